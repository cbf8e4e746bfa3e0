//! Who is reached, and over how many disjoint paths.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    digest::IdentityId,
    evidence::{Evidence, Stated},
    flow::{FlowError, Network, Vertex},
    name::SkillName,
    record::{Body, Scan, Scope},
    roots::Roots,
};

/// A count with its proof: one path of organisations for each unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    value: u32,
    /// Organisations from a root to the one that made the statement, by label.
    paths: Vec<Vec<String>>,
}

impl Certificate {
    /// Returns how many disjoint paths there are.
    pub fn value(&self) -> u32 {
        self.value
    }

    /// Returns one path for each unit: organisations from a root on, by label.
    pub fn paths(&self) -> &[Vec<String>] {
        &self.paths
    }
}

/// One statement that counts, and what it shares with others of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Support {
    organisation: IdentityId,
    /// Automated evidence passes through one node per engine family, human through its own.
    through: Option<SkillName>,
}

impl Support {
    pub(super) fn family(roots: &Roots, stated: &Stated<Body>, scan: &Scan) -> Self {
        Self {
            organisation: roots.organisation(stated.issuer),
            through: roots.engine_family(&scan.engine).cloned(),
        }
    }

    pub(super) fn statement(roots: &Roots, stated: &Stated<Body>) -> Self {
        Self {
            organisation: roots.organisation(stated.issuer),
            through: None,
        }
    }
}

/// Organisations and the vouches between them that are in force for one scope.
#[derive(Debug)]
pub(super) struct Graph {
    /// Organisation → capacity, roots only.
    roots: BTreeMap<IdentityId, u32>,
    edges: BTreeSet<(IdentityId, IdentityId)>,
    reached: BTreeSet<IdentityId>,
}

impl Graph {
    /// `without` is an identity whose organisation takes no part: a publisher cannot lead to its
    /// own reviewers.
    pub(super) fn build(
        evidence: &Evidence,
        roots: &Roots,
        scope: Scope,
        without: Option<IdentityId>,
    ) -> Self {
        let without = without.map(|id| roots.organisation(id));
        let now = evidence.checkpoint.witness_time;
        let mut vouches: BTreeMap<IdentityId, Vec<(IdentityId, u64)>> = BTreeMap::new();
        for vouch in &evidence.vouches {
            let expired = vouch.body.expires.is_some_and(|at| at <= now);
            let retracted = evidence.retracted.contains_key(&vouch.id);
            if expired || retracted || !vouch.body.scopes.contains(&scope) {
                continue;
            }
            let from = roots.organisation(vouch.issuer);
            let to = roots.organisation(vouch.body.organisation);
            if from != to && Some(to) != without {
                vouches
                    .entry(from)
                    .or_default()
                    .push((to, vouch.body.depth));
            }
        }
        let mut graph = Self {
            roots: BTreeMap::new(),
            edges: BTreeSet::new(),
            reached: BTreeSet::new(),
        };
        // The most vouches that may still follow, by organisation; visited again when it grows.
        let mut left: BTreeMap<IdentityId, u64> = BTreeMap::new();
        let mut open = VecDeque::new();
        for (id, root) in roots.roots() {
            if Some(*id) != without {
                graph.roots.insert(*id, root.capacity.get());
                left.insert(*id, u64::from(root.depth));
                open.push_back(*id);
            }
        }
        while let Some(id) = open.pop_front() {
            graph.reached.insert(id);
            let Some(remaining) = left.get(&id).copied().and_then(|n| n.checked_sub(1)) else {
                continue;
            };
            for (to, depth) in vouches.get(&id).map(Vec::as_slice).unwrap_or_default() {
                graph.edges.insert((id, *to));
                let next = remaining.min(*depth);
                if left.get(to).is_none_or(|known| *known < next) {
                    left.insert(*to, next);
                    open.push_back(*to);
                }
            }
        }
        graph
    }

    pub(super) fn reaches(&self, organisation: IdentityId) -> bool {
        self.reached.contains(&organisation)
    }

    /// Counts disjoint paths from the roots through supporting organisations.
    pub(super) fn count(
        &self,
        evidence: &Evidence,
        supports: &[Support],
    ) -> Result<Certificate, FlowError> {
        let mut network = Network::new();
        let mut vertices: BTreeMap<IdentityId, Vertex> = BTreeMap::new();
        for id in &self.reached {
            let capacity = self.roots.get(id).copied().unwrap_or(1);
            let vertex = network.vertex(capacity)?;
            vertices.insert(*id, vertex);
            if self.roots.contains_key(id) {
                network.edge(Network::SOURCE, vertex, capacity)?;
            }
        }
        for (from, to) in &self.edges {
            if let (Some(from), Some(to)) = (vertices.get(from), vertices.get(to)) {
                network.edge(*from, *to, 1)?;
            }
        }
        let mut families: BTreeMap<&SkillName, Vertex> = BTreeMap::new();
        for support in supports {
            let Some(from) = vertices.get(&support.organisation) else {
                continue;
            };
            let node = match &support.through {
                Some(family) => match families.get(family) {
                    Some(vertex) => *vertex,
                    None => {
                        let vertex = network.vertex(1)?;
                        network.edge(vertex, Network::SINK, 1)?;
                        families.insert(family, vertex);
                        vertex
                    }
                },
                None => {
                    let vertex = network.vertex(1)?;
                    network.edge(vertex, Network::SINK, 1)?;
                    vertex
                }
            };
            network.edge(*from, node, 1)?;
        }
        let flow = network.solve()?;
        let names: BTreeMap<Vertex, IdentityId> = vertices
            .into_iter()
            .map(|(id, vertex)| (vertex, id))
            .collect();
        let paths = flow
            .paths()
            .iter()
            .map(|path| {
                path.vertices()
                    .iter()
                    .filter_map(|vertex| names.get(vertex))
                    .map(|id| evidence.label(id))
                    .collect()
            })
            .collect();
        Ok(Certificate {
            value: flow.value(),
            paths,
        })
    }
}
