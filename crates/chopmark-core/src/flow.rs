//! Integral maximum flow with capacities on vertices: how many *disjoint* ways lead from the
//! source to the sink.
//!
//! The kernel counts with it: a statement's weight is not how many identities signed it but how
//! many vertex-disjoint paths of vouches lead to those that did. The network is small, everything
//! is an integer, and vertices and arcs are visited in the order in which they were added, so the
//! same network gives the same [`Flow`] everywhere.
//!
//! A result carries its own proof. The paths show that the value is reached, the cut shows that
//! nothing larger can be; [`Network::admits`] and [`Network::bounds`] check them without solving
//! anything.
//!
//! Spec: docs/spec/decision.md §4.

mod certificate;
mod solve;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub use self::certificate::{Cut, Path};

/// A vertex of one [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vertex(usize);

/// A directed graph whose vertices and edges have integral capacities.
///
/// Vertex 0 is the source and vertex 1 the sink; both are unbounded.
#[derive(Clone, Debug)]
pub struct Network {
    capacities: Vec<u32>,
    edges: Vec<Edge>,
}

impl Network {
    /// The vertex from which all flow comes.
    pub const SOURCE: Vertex = Vertex(0);
    /// The vertex to which all flow goes.
    pub const SINK: Vertex = Vertex(1);

    /// A network of source and sink only.
    #[must_use]
    pub fn new() -> Self {
        Self {
            capacities: vec![u32::MAX, u32::MAX],
            edges: Vec::new(),
        }
    }

    /// Adds a vertex that lets at most `capacity` units through.
    ///
    /// # Errors
    ///
    /// [`FlowError::Vertices`] when the network is full; nothing was added.
    pub fn vertex(&mut self, capacity: u32) -> Result<Vertex, FlowError> {
        let index = self.capacities.len();
        if index >= MAX_VERTICES {
            return Err(FlowError::Vertices { max: MAX_VERTICES });
        }
        self.capacities.push(capacity);
        Ok(Vertex(index))
    }

    /// Adds an edge that lets at most `capacity` units through. Parallel edges add up.
    ///
    /// # Errors
    ///
    /// [`FlowError::Edges`] when the network is full, [`FlowError::Foreign`] when a vertex is not
    /// of this network; nothing was added.
    pub fn edge(&mut self, from: Vertex, to: Vertex, capacity: u32) -> Result<(), FlowError> {
        if self.edges.len() >= MAX_EDGES {
            return Err(FlowError::Edges { max: MAX_EDGES });
        }
        if from.0.max(to.0) >= self.capacities.len() {
            return Err(FlowError::Foreign);
        }
        self.edges.push(Edge { from, to, capacity });
        Ok(())
    }

    /// Finds the maximum flow, with the paths that reach it and the cut that bounds it.
    ///
    /// Work is at most proportional to edges × value, and less in practice.
    ///
    /// # Errors
    ///
    /// [`FlowError::Value`] when the value would pass [`MAX_VALUE`] (also where source and sink
    /// are joined without any bound).
    pub fn solve(&self) -> Result<Flow, FlowError> {
        let mut residual = solve::Residual::of(self);
        let value = residual.saturate(MAX_VALUE)?;
        let paths = certificate::paths(self, &residual, value);
        let cut = certificate::cut(self, &residual);
        Ok(Flow { value, paths, cut })
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

/// A maximum flow and why it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    value: u32,
    paths: Vec<Path>,
    cut: Cut,
}

impl Flow {
    /// How many units reach the sink.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.value
    }

    /// One path for each unit; together they respect every capacity.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// What, taken away, leaves no path at all; its capacities sum to [`Flow::value`].
    #[must_use]
    pub fn cut(&self) -> &Cut {
        &self.cut
    }
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    from: Vertex,
    to: Vertex,
    capacity: u32,
}

/// A network that is too large to be decided. The kernel answers it with a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FlowError {
    /// Too many vertices.
    #[error("more than {max} vertices")]
    Vertices {
        /// The bound.
        max: usize,
    },
    /// Too many edges.
    #[error("more than {max} edges")]
    Edges {
        /// The bound.
        max: usize,
    },
    /// Too much flow.
    #[error("a flow of more than {max}")]
    Value {
        /// The bound.
        max: u32,
    },
    /// A vertex of another network.
    #[error("a vertex of another network")]
    Foreign,
}

/// The most vertices that a network may have.
pub const MAX_VERTICES: usize = 32_768;
/// The most edges that a network may have.
pub const MAX_EDGES: usize = 131_072;
/// The largest flow that is counted.
pub const MAX_VALUE: u32 = 4_096;
