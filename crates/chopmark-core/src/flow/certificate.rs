//! The two halves of the proof that a flow is maximal, and the checks that need no solver.

use std::collections::{BTreeMap, BTreeSet};

use super::solve::{Residual, entry, exit};
use super::{Network, Vertex};

/// The vertices that one unit of flow passes, source and sink included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Vertex>);

impl Path {
    /// The vertices in order; the first is the source, the last the sink.
    #[must_use]
    pub fn vertices(&self) -> &[Vertex] {
        &self.0
    }

    /// A path over the given vertices, as read from a receipt. [`Network::admits`] judges it.
    #[must_use]
    pub fn through(vertices: Vec<Vertex>) -> Self {
        Self(vertices)
    }
}

/// Vertices and edges whose removal leaves no path from source to sink.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cut {
    vertices: Vec<Vertex>,
    edges: Vec<(Vertex, Vertex)>,
}

impl Cut {
    /// The vertices of the cut.
    #[must_use]
    pub fn vertices(&self) -> &[Vertex] {
        &self.vertices
    }

    /// The edges of the cut, each as (from, to); parallel edges are cut together.
    #[must_use]
    pub fn edges(&self) -> &[(Vertex, Vertex)] {
        &self.edges
    }

    /// A cut of the given parts, as read from a receipt. [`Network::bounds`] judges it.
    #[must_use]
    pub fn of(vertices: Vec<Vertex>, edges: Vec<(Vertex, Vertex)>) -> Self {
        Self { vertices, edges }
    }
}

impl Network {
    /// Whether all of `paths` fit into this network at once: each leads from source to sink over
    /// edges that exist, and no vertex or edge is used beyond its capacity.
    #[must_use]
    pub fn admits(&self, paths: &[Path]) -> bool {
        let edges = self.joined();
        let mut on_vertex: BTreeMap<Vertex, u32> = BTreeMap::new();
        let mut on_edge: BTreeMap<(Vertex, Vertex), u32> = BTreeMap::new();
        for Path(vertices) in paths {
            let (Some(first), Some(last)) = (vertices.first(), vertices.last()) else {
                return false;
            };
            if *first != Self::SOURCE || *last != Self::SINK {
                return false;
            }
            for vertex in vertices {
                count(&mut on_vertex, *vertex);
            }
            for (from, to) in vertices.iter().zip(vertices.iter().skip(1)) {
                count(&mut on_edge, (*from, *to));
            }
        }
        on_vertex
            .iter()
            .all(|(vertex, used)| self.capacity(*vertex) >= *used)
            && on_edge
                .iter()
                .all(|(edge, used)| edges.get(edge).is_some_and(|room| room >= used))
    }

    /// Whether `cut` proves that no flow passes `value`: without it nothing leads from source to
    /// sink, and its capacities sum to at most `value`.
    #[must_use]
    pub fn bounds(&self, cut: &Cut, value: u32) -> bool {
        let edges = self.joined();
        let vertices: BTreeSet<Vertex> = cut.vertices.iter().copied().collect();
        let cut_edges: BTreeSet<(Vertex, Vertex)> = cut.edges.iter().copied().collect();
        let of_vertices = vertices
            .iter()
            .map(|vertex| u64::from(self.capacity(*vertex)));
        let of_edges = cut_edges
            .iter()
            .map(|edge| u64::from(edges.get(edge).copied().unwrap_or(0)));
        if of_vertices.chain(of_edges).fold(0, u64::saturating_add) > u64::from(value) {
            return false;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![Self::SOURCE];
        while let Some(vertex) = open.pop() {
            if vertex == Self::SINK {
                return false;
            }
            if vertices.contains(&vertex) || !seen.insert(vertex) {
                continue;
            }
            let from = (vertex, Vertex(0))..=(vertex, Vertex(usize::MAX));
            for (edge, capacity) in edges.range(from) {
                if *capacity > 0 && !cut_edges.contains(edge) {
                    open.push(edge.1);
                }
            }
        }
        true
    }

    /// Capacities of parallel edges added up.
    fn joined(&self) -> BTreeMap<(Vertex, Vertex), u32> {
        let mut joined: BTreeMap<(Vertex, Vertex), u32> = BTreeMap::new();
        for edge in &self.edges {
            let room = joined.entry((edge.from, edge.to)).or_default();
            *room = room.saturating_add(edge.capacity);
        }
        joined
    }

    fn capacity(&self, vertex: Vertex) -> u32 {
        self.capacities.get(vertex.0).copied().unwrap_or(0)
    }
}

/// Takes the flow apart into `value` paths, always along the first edge that still carries some.
pub(super) fn paths(network: &Network, residual: &Residual, value: u32) -> Vec<Path> {
    let mut carried: BTreeMap<(Vertex, Vertex), u32> = BTreeMap::new();
    for (edge, units) in network.edges.iter().zip(residual.carried(network)) {
        let on = carried.entry((edge.from, edge.to)).or_default();
        *on = on.saturating_add(units);
    }
    carried.retain(|_, units| *units > 0);
    (0..value).map(|_| path(&mut carried)).collect()
}

fn path(carried: &mut BTreeMap<(Vertex, Vertex), u32>) -> Path {
    let mut vertices = vec![Network::SOURCE];
    let mut here = Network::SOURCE;
    while here != Network::SINK {
        let from = (here, Vertex(0))..=(here, Vertex(usize::MAX));
        let Some((edge, units)) = carried.range_mut(from).next() else {
            break;
        };
        let edge = *edge;
        *units = units.saturating_sub(1);
        if *units == 0 {
            carried.remove(&edge);
        }
        here = edge.1;
        // A walk that comes back to a vertex went round a circle that carries nothing to the sink.
        if let Some(before) = vertices.iter().position(|seen| *seen == here) {
            vertices.truncate(before);
        }
        vertices.push(here);
    }
    Path(vertices)
}

/// The cut nearest to the source: what separates the nodes that still have room from the rest.
pub(super) fn cut(network: &Network, residual: &Residual) -> Cut {
    let reached = residual.reached();
    let near = |node: usize| reached.get(node).copied().flatten().is_some();
    let vertices = (0..network.capacities.len())
        .filter(|vertex| near(entry(*vertex)) && !near(exit(*vertex)))
        .map(Vertex)
        .filter(|vertex| *vertex != Network::SINK)
        .collect();
    let edges: BTreeSet<(Vertex, Vertex)> = network
        .edges
        .iter()
        .filter(|edge| near(exit(edge.from.0)) && !near(entry(edge.to.0)))
        .map(|edge| (edge.from, edge.to))
        .collect();
    Cut {
        vertices,
        edges: edges.into_iter().collect(),
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K) {
    let used = counts.entry(key).or_default();
    *used = used.saturating_add(1);
}
