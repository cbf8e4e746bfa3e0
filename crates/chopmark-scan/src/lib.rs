//! A reproducible scanner of agent skills.
//!
//! [`scan`] is a pure function of a package, rule packs, a [`Config`] and the name of the engine's
//! release: it reads no clock, no file and no environment, and gives the same [`ScanResult`] bytes
//! on every machine. What it says is evidence that others can make again, never "safe".
//!
//! It does **not** run anything of a skill, fetch anything, or decide anything. Its parsers read
//! hostile bytes; every limit is a count in [`Config`], and a limit that was hit makes the outcome
//! [`Outcome::Incomplete`].
//!
//! Reading order: [`scan`], [`ScanResult`], [`Finding`], [`Capability`], [`RulePack`].
//!
//! Spec: docs/spec/scan.md.

mod capability;
mod compare;
mod config;
mod coverage;
mod decode;
mod engine;
mod fact;
mod facts;
mod finding;
#[cfg(test)]
mod hostile;
mod infer;
mod inventory;
mod join;
mod limit;
mod markdown;
mod pack;
mod pattern;
mod result;
mod role;
mod sarif;
mod unicode;
mod verify;
mod view;

pub use capability::{Capability, CapabilityChange, Change, Place, capability_changes};
pub use compare::{Comparison, Declared};
pub use config::Config;
pub use coverage::{Coverage, Reason, Stage};
pub use engine::{ENGINE, engine_version, scan};
pub use fact::FactKind;
pub use finding::{Demotion, Finding, Severity};
pub use infer::infer;
pub use pack::{
    Cache, Fixture, FixtureFailure, PackError, RuleInfo, RulePack, base_pack, read_pack_folder,
};
pub use result::{Outcome, PackName, ResultError, ScanResult};
pub use role::Role;
pub use sarif::to_sarif;
pub use verify::{Difference, first_difference};
