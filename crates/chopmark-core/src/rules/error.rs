//! Why a record is void.

use thiserror::Error;

use crate::{
    digest::{ContentDigest, IdentityId, KeyDigest, NodeHash, StatementId},
    key::Role,
    name::Name,
};

/// Who is answerable for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blame {
    /// Whoever issued the record.
    Issuer,
    /// The operator of the registry.
    Registry,
    /// A witness.
    Witness,
    /// This host: its files, its clock, its version of this program.
    Host,
}

impl Blame {
    /// Returns the word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Registry => "registry",
            Self::Witness => "witness",
            Self::Host => "host",
        }
    }
}

/// Why a record is void. Closed: a new rule must break who matches on it.
///
/// Spec: docs/spec/rules.md §4.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum RuleError {
    #[error("the record belongs to the log `{origin}`, not to this one")]
    OtherLog { origin: String },
    #[error("the log has no charter at index 0")]
    NoCharter,
    #[error("a charter stands at index 0 and nowhere else")]
    SecondCharter,
    #[error("the charter is not one that these rules allow: {problem}")]
    BadCharter { problem: &'static str },
    #[error("the rules in force are version {version}; this program knows version 1")]
    Upgrade { version: u64 },
    #[error("the record has {bytes} bytes; the charter allows {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    #[error("a batch holds at most {limit} records")]
    BatchFull { limit: u64 },
    #[error("statement {statement} is already in the log")]
    Duplicate { statement: StatementId },
    #[error("identity {issuer} is not in the log")]
    UnknownIssuer { issuer: IdentityId },
    #[error("identity {issuer} is already in the log")]
    IdentityExists { issuer: IdentityId },
    #[error("identity {issuer} has retired")]
    Retired { issuer: IdentityId },
    #[error(
        "the record needs {needed} signature(s) by keys of {issuer} that may {role} now; it has {held}"
    )]
    Signature {
        issuer: IdentityId,
        role: Role,
        held: u64,
        needed: u64,
    },
    #[error("the record needs {needed} signature(s) by keys of {issuer} in force; it has {held}")]
    Quorum {
        issuer: IdentityId,
        held: u64,
        needed: u64,
    },
    #[error("event of {issuer}: expected number {expected} after {last_event}")]
    Sequence {
        issuer: IdentityId,
        expected: u64,
        last_event: StatementId,
    },
    #[error("the keys are not those that {issuer} committed to before")]
    NotPreRotated { issuer: IdentityId },
    #[error("key {key} did not sign the event of {issuer} that introduces it")]
    KeyDidNotSign { issuer: IdentityId, key: KeyDigest },
    #[error("key {key} is already in the log")]
    KeyExists { key: KeyDigest },
    #[error("the record is no event of an identity")]
    NotAnEvent,
    #[error("{issuer} did not commit to this name, or has one")]
    NameNotCommitted { issuer: IdentityId },
    #[error("the name `@{name}` is taken, or looks like `@{taken}`, which is")]
    NameTaken { name: Name, taken: Name },
    #[error("the commitment to a name must stand in an earlier batch than its claim")]
    ClaimTooEarly,
    #[error("version {version} of `{skill}` is already released")]
    VersionExists { skill: String, version: String },
    #[error("the release must name the release of `{skill}` before it")]
    Predecessor { skill: String },
    #[error("version {version} of `{skill}` is not released with content {content}")]
    NoSuchRelease {
        skill: String,
        version: String,
        content: ContentDigest,
    },
    #[error("version {version} of `{skill}` is already yanked")]
    AlreadyYanked { skill: String, version: String },
    #[error("an identity cannot vouch for itself")]
    SelfVouch,
    #[error("organisation {organisation} is not in the log")]
    UnknownOrganisation { organisation: IdentityId },
    #[error("a veto for malice never expires")]
    MaliciousExpires,
    #[error("statement {statement} is not in the log")]
    UnknownStatement { statement: StatementId },
    #[error("statement {statement} was issued by {issuer}, who alone can take it back")]
    NotYours {
        statement: StatementId,
        issuer: IdentityId,
    },
    #[error("a record of this kind cannot be retracted")]
    NotRetractable,
    #[error("statement {statement} is already retracted")]
    AlreadyRetracted { statement: StatementId },
    #[error("only the operator issues records of this kind")]
    NotOperator,
    #[error("the state leaf does not follow the one before it")]
    StateChain,
    #[error("the state leaf's root is not that of the records before it, {expected}")]
    StateRoot { expected: NodeHash },
    #[error("the state leaf's time lies before that of the one before it, {before}")]
    TimeBackwards { before: u64 },
    #[error("a raise of the rules goes to the next version, with 14 days' notice, one at a time")]
    BadRaise,
}

impl RuleError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherLog { .. } => "record-other-log",
            Self::NoCharter => "log-no-charter",
            Self::SecondCharter => "charter-not-first",
            Self::BadCharter { .. } => "charter-invalid",
            Self::Upgrade { .. } => "rules-upgrade",
            Self::TooLarge { .. } => "record-too-large",
            Self::BatchFull { .. } => "batch-full",
            Self::Duplicate { .. } => "record-duplicate",
            Self::UnknownIssuer { .. } => "issuer-unknown",
            Self::IdentityExists { .. } => "identity-exists",
            Self::Retired { .. } => "identity-retired",
            Self::Signature { .. } => "signature-not-in-force",
            Self::Quorum { .. } => "signature-threshold",
            Self::Sequence { .. } => "identity-sequence",
            Self::NotPreRotated { .. } => "key-not-pre-rotated",
            Self::KeyDidNotSign { .. } => "key-did-not-sign",
            Self::KeyExists { .. } => "key-exists",
            Self::NotAnEvent => "identity-not-an-event",
            Self::NameNotCommitted { .. } => "name-not-committed",
            Self::NameTaken { .. } => "name-taken",
            Self::ClaimTooEarly => "name-claim-too-early",
            Self::VersionExists { .. } => "version-exists",
            Self::Predecessor { .. } => "release-predecessor",
            Self::NoSuchRelease { .. } => "release-unknown",
            Self::AlreadyYanked { .. } => "release-already-yanked",
            Self::SelfVouch => "vouch-self",
            Self::UnknownOrganisation { .. } => "organisation-unknown",
            Self::MaliciousExpires => "veto-malicious-expires",
            Self::UnknownStatement { .. } => "statement-unknown",
            Self::NotYours { .. } => "retract-not-issuer",
            Self::NotRetractable => "retract-kind",
            Self::AlreadyRetracted { .. } => "retract-twice",
            Self::NotOperator => "operator-only",
            Self::StateChain => "state-chain",
            Self::StateRoot { .. } => "state-root",
            Self::TimeBackwards { .. } => "state-time",
            Self::BadRaise => "rules-raise",
        }
    }

    /// Returns who is answerable.
    pub fn blame(&self) -> Blame {
        match self {
            Self::NoCharter
            | Self::SecondCharter
            | Self::BadCharter { .. }
            | Self::BatchFull { .. }
            | Self::NotOperator
            | Self::StateChain
            | Self::StateRoot { .. }
            | Self::TimeBackwards { .. }
            | Self::BadRaise => Blame::Registry,
            Self::Upgrade { .. } => Blame::Host,
            Self::OtherLog { .. }
            | Self::TooLarge { .. }
            | Self::Duplicate { .. }
            | Self::UnknownIssuer { .. }
            | Self::IdentityExists { .. }
            | Self::Retired { .. }
            | Self::Signature { .. }
            | Self::Quorum { .. }
            | Self::Sequence { .. }
            | Self::NotPreRotated { .. }
            | Self::KeyDidNotSign { .. }
            | Self::KeyExists { .. }
            | Self::NotAnEvent
            | Self::NameNotCommitted { .. }
            | Self::NameTaken { .. }
            | Self::ClaimTooEarly
            | Self::VersionExists { .. }
            | Self::Predecessor { .. }
            | Self::NoSuchRelease { .. }
            | Self::AlreadyYanked { .. }
            | Self::SelfVouch
            | Self::UnknownOrganisation { .. }
            | Self::MaliciousExpires
            | Self::UnknownStatement { .. }
            | Self::NotYours { .. }
            | Self::NotRetractable
            | Self::AlreadyRetracted { .. } => Blame::Issuer,
        }
    }
}
