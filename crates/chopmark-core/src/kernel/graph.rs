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

/// A count with both halves of its proof: a path for each unit, and what bounds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    value: u32,
    paths: Vec<Vec<String>>,
    cut: Vec<String>,
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

    /// Returns what bounds the count: without these nothing leads from the roots to a statement
    /// that counts. Organisations by label, engine families as `engine NAME`.
    pub fn cut(&self) -> &[String] {
        &self.cut
    }
}

/// One statement that counts, and what it shares with others of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Support {
    organisation: IdentityId,
    /// Automated evidence passes through one vertex per engine family; human evidence has none.
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
        Self::voice(roots.organisation(stated.issuer))
    }

    pub(super) fn voice(organisation: IdentityId) -> Self {
        Self {
            organisation,
            through: None,
        }
    }

    pub(super) fn organisation(&self) -> IdentityId {
        self.organisation
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
        let mut vouches: BTreeMap<IdentityId, Vec<(IdentityId, u64)>> = BTreeMap::new();
        for vouch in &evidence.vouches {
            let over = is_over(evidence, vouch.body.expires);
            let retracted = evidence.retracted.contains_key(&vouch.id);
            if over || retracted || !vouch.body.scopes.contains(&scope) {
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
    ///
    /// An organisation speaks once, whatever its capacity as a root and however many statements
    /// it made: its statements hang on one vertex of capacity 1.
    pub(super) fn count(
        &self,
        evidence: &Evidence,
        supports: &[Support],
    ) -> Result<Certificate, FlowError> {
        let mut plan = Plan::over(self)?;
        // Sorted, so that the order of the evidence does not choose the paths.
        for support in BTreeSet::from_iter(supports) {
            plan.support(support)?;
        }
        let flow = plan.network.solve()?;
        let organisation = |vertex: &Vertex| match plan.stations.get(vertex)? {
            Station::Organisation(id) => Some(evidence.label(id)),
            Station::Voice(_) | Station::Engine(_) => None,
        };
        let paths = flow
            .paths()
            .iter()
            .map(|path| path.vertices().iter().filter_map(organisation).collect())
            .collect();
        let of_edges = flow.cut().edges().iter().map(|(_, to)| to);
        let cut: BTreeSet<String> = flow
            .cut()
            .vertices()
            .iter()
            .chain(of_edges)
            .filter_map(|vertex| match plan.stations.get(vertex)? {
                Station::Organisation(id) | Station::Voice(id) => Some(evidence.label(id)),
                Station::Engine(family) => Some(format!("engine {family}")),
            })
            .collect();
        Ok(Certificate {
            value: flow.value(),
            paths,
            cut: cut.into_iter().collect(),
        })
    }

    /// Organisations in the order in which the roots reach them, each with the one whose vouch
    /// led there first; none for a root.
    pub(super) fn by_distance(&self) -> Vec<(IdentityId, Option<IdentityId>)> {
        let mut found: Vec<(IdentityId, Option<IdentityId>)> =
            self.roots.keys().map(|id| (*id, None)).collect();
        let mut seen: BTreeSet<IdentityId> = self.roots.keys().copied().collect();
        let mut at = 0_usize;
        while let Some((from, _)) = found.get(at).copied() {
            let lowest = IdentityId::from_bytes([0; 32]);
            let vouched = self.edges.range((from, lowest)..);
            for (_, to) in vouched.take_while(|(by, _)| *by == from) {
                if seen.insert(*to) {
                    found.push((*to, Some(from)));
                }
            }
            at = at.saturating_add(1);
        }
        found
    }
}

/// Whether a statement that ends at `expires` has ended by the witnesses' time.
pub(super) fn is_over(evidence: &Evidence, expires: Option<u64>) -> bool {
    expires.is_some_and(|at| at <= evidence.checkpoint.witness_time)
}

/// What a vertex of the network stands for.
enum Station {
    Organisation(IdentityId),
    /// An organisation's own statements.
    Voice(IdentityId),
    Engine(SkillName),
}

/// A network under construction, and what its vertices stand for.
struct Plan {
    network: Network,
    stations: BTreeMap<Vertex, Station>,
    organisations: BTreeMap<IdentityId, Vertex>,
    voices: BTreeMap<IdentityId, Vertex>,
    engines: BTreeMap<SkillName, Vertex>,
}

impl Plan {
    fn over(graph: &Graph) -> Result<Self, FlowError> {
        let mut plan = Self {
            network: Network::new(),
            stations: BTreeMap::new(),
            organisations: BTreeMap::new(),
            voices: BTreeMap::new(),
            engines: BTreeMap::new(),
        };
        for id in &graph.reached {
            let capacity = graph.roots.get(id).copied();
            let vertex = plan.network.vertex(capacity.unwrap_or(1))?;
            plan.stations.insert(vertex, Station::Organisation(*id));
            plan.organisations.insert(*id, vertex);
            if let Some(capacity) = capacity {
                plan.network.edge(Network::SOURCE, vertex, capacity)?;
            }
        }
        for (from, to) in &graph.edges {
            if let (Some(from), Some(to)) =
                (plan.organisations.get(from), plan.organisations.get(to))
            {
                plan.network.edge(*from, *to, 1)?;
            }
        }
        Ok(plan)
    }

    /// Lets the organisation's voice through to the sink, by its engine's family if it has one.
    fn support(&mut self, support: &Support) -> Result<(), FlowError> {
        let Some(organisation) = self.organisations.get(&support.organisation).copied() else {
            return Ok(());
        };
        let voice = match self.voices.get(&support.organisation) {
            Some(vertex) => *vertex,
            None => {
                let vertex = self.network.vertex(1)?;
                self.network.edge(organisation, vertex, 1)?;
                self.voices.insert(support.organisation, vertex);
                self.stations
                    .insert(vertex, Station::Voice(support.organisation));
                vertex
            }
        };
        let Some(family) = &support.through else {
            return self.network.edge(voice, Network::SINK, 1);
        };
        let engine = match self.engines.get(family) {
            Some(vertex) => *vertex,
            None => {
                let vertex = self.network.vertex(1)?;
                self.network.edge(vertex, Network::SINK, 1)?;
                self.engines.insert(family.clone(), vertex);
                self.stations
                    .insert(vertex, Station::Engine(family.clone()));
                vertex
            }
        };
        self.network.edge(voice, engine, 1)
    }
}
