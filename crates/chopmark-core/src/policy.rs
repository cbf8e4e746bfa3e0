//! The seam to an organisation's policy: typed facts in, a decision out.
//!
//! A policy adds refusals; it cannot weaken a gate of the kernel.

use std::collections::BTreeSet;

use crate::{digest::PolicyDigest, level::Level};

/// What a policy may look at.
///
/// Spec: docs/spec/decision.md §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFacts {
    /// The publisher's id, in hex.
    pub publisher: String,
    /// The publisher's name.
    pub publisher_name: String,
    /// The skill.
    pub skill: String,
    /// The version.
    pub version: String,
    /// The level that holds.
    pub level: Level,
    /// Rows of the requirement table that the request touches.
    pub asks: BTreeSet<String>,
    /// Hosts asked for, `host:port`.
    pub hosts: BTreeSet<String>,
    /// Secrets asked for, by name.
    pub secrets: BTreeSet<String>,
    /// Disjoint human audits.
    pub human_audits: u32,
    /// Disjoint scans.
    pub scans: u32,
    /// Age of the release by the log's clock, in seconds.
    pub age_seconds: u64,
    /// Whether a hook confines the agent that reads the text.
    pub text_confined: bool,
}

/// What a policy decides. Closed: an error is a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyDecision {
    /// These rules permit, none forbids.
    Allow {
        /// The rules, by id.
        rules: Vec<String>,
    },
    /// These rules forbid; none when nothing permits.
    Deny {
        /// The rules, by id.
        rules: Vec<String>,
    },
    /// The policy could not be evaluated; that is a refusal.
    Error {
        /// What went wrong.
        problem: String,
    },
}

/// A policy over [`PolicyFacts`]. Pure: the same facts give the same decision.
pub trait Policy {
    /// Returns the digest of the policy's text and schema.
    fn digest(&self) -> PolicyDigest;
    /// Decides.
    fn decide(&self, facts: &PolicyFacts) -> PolicyDecision;
}
