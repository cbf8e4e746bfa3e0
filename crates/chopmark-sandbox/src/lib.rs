#![expect(
    unsafe_code,
    reason = "namespaces, seccomp and shared memory need system calls that rustix does not wrap; all of it lies in `sys`"
)]
//! Confinement, egress broker and journal for agent skills.
//!
//! A `Plan` is made from a grant; starting it yields a running, confined process;
//! waiting for that yields the outcome, and the journal holds every file and connection.
//! The crate never prints and decides nothing about trust.

pub mod broker;
pub mod journal;
mod known;
mod launch;
pub mod layer;
pub mod plan;
mod report;
pub mod running;
mod seccomp;
mod setup;
mod supervisor;
mod sys;
mod ways;

pub use journal::{HeadSigner, RunFacts, Summary};
pub use layer::{Layer, LayerState, probe};
pub use plan::{BrokerEndpoint, Kept, Plan, PlanError, PlanOptions, RunningBroker};
pub use running::{Outcome, RunEnd, RunError, Running, StartError, start};
