//! What a scan and an audit of some content found.

use std::collections::BTreeSet;

use crate::{
    digest::{BlobDigest, ConfigDigest, ContentDigest, ResultDigest, RulePackDigest},
    name::SkillName,
};

/// The outcome of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Something was found.
    Findings,
    /// A limit was hit: what was seen is not all.
    Incomplete,
    /// All was read and nothing was found.
    NoFindings,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Counts {
    pub high: u64,
    pub medium: u64,
    pub low: u64,
}

/// The result of a deterministic scan; the subject is the content digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// What was scanned.
    pub content: ContentDigest,
    /// The engine's name, a label of 1 to 64 bytes.
    pub engine: SkillName,
    /// The engine's exact version.
    pub engine_version: semver::Version,
    /// The rule packs, by digest, ascending, distinct.
    pub packs: Vec<RulePackDigest>,
    /// The engine's configuration.
    pub config: ConfigDigest,
    /// The outcome.
    pub outcome: Outcome,
    /// Findings by severity.
    pub counts: Counts,
    /// Digest of the canonical result, which another run must meet.
    pub result: ResultDigest,
    /// The published result, a blob.
    pub report: BlobDigest,
}

/// How an audit was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Method {
    Human,
    Model,
}

/// What an auditor certifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criterion {
    /// Its text may be shown to an agent.
    SafeToRead,
    /// Its programs may run within what they declare.
    SafeToRun,
    /// It may be given the secrets that it declares.
    SafeWithSecrets,
}

impl Criterion {
    /// All criteria, in the order in which records list them.
    pub const ALL: [Self; 3] = [Self::SafeToRead, Self::SafeToRun, Self::SafeWithSecrets];
}

/// What binds the auditor to the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Relation {
    None,
    Paid,
    SameEmployer,
}

/// The result of a review; the subject is the content digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// What was reviewed.
    pub content: ContentDigest,
    /// Who reviewed: a person or a model.
    pub method: Method,
    /// What is certified; empty when the review certifies nothing.
    pub criteria: BTreeSet<Criterion>,
    /// Files examined.
    pub files_examined: u64,
    /// Files in the package.
    pub files_total: u64,
    /// Time spent, in minutes.
    pub minutes: u64,
    /// Declared relation to the publisher.
    pub relation: Relation,
    /// The content that an earlier audit of the same issuer covered, when only the change was read.
    pub delta_base: Option<ContentDigest>,
    /// Findings by severity.
    pub counts: Counts,
    /// The published report, a blob.
    pub report: Option<BlobDigest>,
}
