//! The residual network, and blocking flows along shortest paths until none is left (Dinic).
//! On vertices of capacity 1 that takes at most √vertices rounds.

use std::collections::VecDeque;

use super::{FlowError, Network};

/// The split network: vertex `v` becomes `2v` (in) and `2v + 1` (out), joined by an arc of its
/// capacity. Arc `a` and its reverse are neighbours: `a ^ 1`.
pub(super) struct Residual {
    /// What each arc can still take.
    room: Vec<u32>,
    head: Vec<usize>,
    /// Arcs that leave a node, in the order of insertion.
    leaving: Vec<Vec<usize>>,
}

impl Residual {
    pub(super) fn of(network: &Network) -> Self {
        let nodes = network.capacities.len().saturating_mul(2);
        let mut residual = Self {
            room: Vec::new(),
            head: Vec::new(),
            leaving: vec![Vec::new(); nodes],
        };
        for (vertex, capacity) in network.capacities.iter().enumerate() {
            residual.arc(entry(vertex), exit(vertex), *capacity);
        }
        for edge in &network.edges {
            residual.arc(exit(edge.from.0), entry(edge.to.0), edge.capacity);
        }
        residual
    }

    fn arc(&mut self, from: usize, to: usize, capacity: u32) {
        for (tail, head, room) in [(from, to, capacity), (to, from, 0)] {
            if let Some(leaving) = self.leaving.get_mut(tail) {
                leaving.push(self.room.len());
            }
            self.room.push(room);
            self.head.push(head);
        }
    }

    /// Pushes as much as fits and returns how much that was.
    pub(super) fn saturate(&mut self, max: u32) -> Result<u32, FlowError> {
        let mut value = 0_u32;
        while let Some(levels) = self.levels() {
            let mut next = vec![0_usize; self.leaving.len()];
            while let Some(trail) = self.trail(&levels, &mut next) {
                let units = trail.iter().map(|arc| self.room(*arc)).min().unwrap_or(0);
                value = value.saturating_add(units);
                if value > max {
                    return Err(FlowError::Value { max });
                }
                for arc in trail {
                    self.push(arc, units);
                }
            }
        }
        Ok(value)
    }

    /// Distance of each node from the source over arcs with room; `None` when the sink has none.
    fn levels(&self) -> Option<Vec<Option<u32>>> {
        let levels = self.reached();
        levels.get(TO)?.is_some().then_some(levels)
    }

    /// Distance of each node from the source over arcs with room.
    pub(super) fn reached(&self) -> Vec<Option<u32>> {
        let mut levels = vec![None; self.leaving.len()];
        let mut queue = VecDeque::from([(FROM, 0_u32)]);
        while let Some((node, level)) = queue.pop_front() {
            match levels.get_mut(node) {
                Some(slot @ None) => *slot = Some(level),
                Some(Some(_)) | None => continue,
            }
            for arc in self.leaving(node) {
                if self.room(*arc) > 0 {
                    queue.push_back((self.head(*arc), level.saturating_add(1)));
                }
            }
        }
        levels
    }

    /// The next path of arcs that each go one level further, or `None` when the level graph is
    /// blocked. `next` remembers per node which arcs are exhausted.
    fn trail(&self, levels: &[Option<u32>], next: &mut [usize]) -> Option<Vec<usize>> {
        let mut trail: Vec<usize> = Vec::new();
        let mut node = FROM;
        while node != TO {
            let cursor = next.get(node).copied()?;
            match self.leaving(node).get(cursor) {
                Some(arc) if self.room(*arc) > 0 && self.descends(levels, node, *arc) => {
                    trail.push(*arc);
                    node = self.head(*arc);
                }
                Some(_) => advance(next, node),
                None => {
                    let back = trail.pop()?;
                    node = self.head(back ^ 1);
                    advance(next, node);
                }
            }
        }
        Some(trail)
    }

    fn descends(&self, levels: &[Option<u32>], node: usize, arc: usize) -> bool {
        let level = |node: usize| levels.get(node).copied().flatten();
        match (level(node), level(self.head(arc))) {
            (Some(here), Some(there)) => there == here.saturating_add(1),
            (None | Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn push(&mut self, arc: usize, units: u32) {
        if let Some(room) = self.room.get_mut(arc) {
            *room = room.saturating_sub(units);
        }
        if let Some(room) = self.room.get_mut(arc ^ 1) {
            *room = room.saturating_add(units);
        }
    }

    /// How much flow each edge of the network carries, in the order of insertion.
    pub(super) fn carried(&self, network: &Network) -> Vec<u32> {
        let first = network.capacities.len().saturating_mul(2);
        (0..network.edges.len())
            .map(|edge| self.room(first.saturating_add(edge.saturating_mul(2)) ^ 1))
            .collect()
    }

    fn leaving(&self, node: usize) -> &[usize] {
        self.leaving.get(node).map_or(&[], Vec::as_slice)
    }

    fn room(&self, arc: usize) -> u32 {
        self.room.get(arc).copied().unwrap_or(0)
    }

    fn head(&self, arc: usize) -> usize {
        self.head.get(arc).copied().unwrap_or(FROM)
    }
}

/// The node at which flow enters `vertex`.
pub(super) fn entry(vertex: usize) -> usize {
    vertex.saturating_mul(2)
}

/// The node at which flow leaves `vertex`.
pub(super) fn exit(vertex: usize) -> usize {
    vertex.saturating_mul(2).saturating_add(1)
}

fn advance(next: &mut [usize], node: usize) {
    if let Some(cursor) = next.get_mut(node) {
        *cursor = cursor.saturating_add(1);
    }
}

/// Flow starts where it leaves the source, so that the source's own arc bounds nothing.
const FROM: usize = 1;
/// Flow ends where it enters the sink.
const TO: usize = 2;
