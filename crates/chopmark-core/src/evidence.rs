//! Evidence: the *complete* current state about one release, proved complete.
//!
//! [`collect`] walks from a cosigned checkpoint down to single leaves, believing nothing on the
//! way. It reads through a [`Source`]: a registry over HTTP the first time, the recorded
//! [`Bundle`] ever after, so that an old decision is recomputed by the same code.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    digest::{ContentDigest, IdentityId, KeyDigest, NodeHash, StatementId, TreeHash},
    docket::{DocketError, DocketStore},
    entry::EntryError,
    identity::IdentityState,
    map::MapError,
    merkle::ProofError,
    name::{Name, NameError, SkillName},
    record::{Body, Record, RecordError, Release, Vouch},
    rules::{Blame, RuleError},
    state::StateError,
    tlog_policy::{Policy, QuorumError},
};

pub use bundle::{Bundle, BundleError, MAX_BUNDLE_BYTES, Recorder};
pub use collect::{collect, resolve};

mod bundle;
mod collect;
mod history;
mod reader;

/// Where evidence is read from. Every answer is checked; `None` means that it was not given.
pub trait Source: DocketStore {
    /// Returns the log's newest checkpoint note with cosignatures.
    fn checkpoint(&self) -> Option<Vec<u8>>;
    /// Returns a leaf's bytes.
    fn leaf(&self, index: u64) -> Option<Vec<u8>>;
    /// Returns the inclusion proof of a leaf in the tree of `size` leaves.
    fn path(&self, index: u64, size: u64) -> Option<Vec<TreeHash>>;
    /// Returns the index of the first state leaf after `index`: a hint, checked by the caller.
    fn state_after(&self, index: u64, size: u64) -> Option<u64>;
}

/// What a host was told at first contact, by a file that its user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstContact {
    /// Log key, witness keys, quorum.
    pub policy: Policy,
    /// The log's name.
    pub origin: String,
    /// The statement id of leaf 0.
    pub charter: StatementId,
    /// The group of the policy whose witnesses replay the rules.
    pub replay_group: String,
}

/// Whose word can matter: the verifier's roots, and how far to follow their vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The organisations that the roots name.
    pub roots: Vec<IdentityId>,
    /// The most vouches in a row.
    pub max_depth: u64,
    /// The most organisations; more is [`EvidenceError::TooManyOrganisations`].
    pub max_organisations: usize,
}

/// Which release is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The publisher's name.
    pub publisher: Name,
    /// The skill.
    pub skill: SkillName,
    /// The version; none for the highest that is neither yanked nor a pre-release.
    pub version: Option<semver::Version>,
}

/// What the cosigned checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointFacts {
    /// The note, as received.
    pub note: Vec<u8>,
    /// The number of leaves.
    pub size: u64,
    /// The tree's root.
    pub root: TreeHash,
    /// The time of the last state leaf, in seconds since the Unix epoch.
    pub log_time: u64,
    /// The lower median of the counted witnesses' times; the log's time without witnesses.
    pub witness_time: u64,
    /// The witnesses that cosigned, by their names in the policy.
    pub cosigners: Vec<String>,
    /// Whether enough replaying witnesses cosigned; otherwise the state is UNPROVED.
    pub replayed: bool,
}

/// A statement that was verified as of its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated<T> {
    /// Its statement id.
    pub id: StatementId,
    /// Its index in the log.
    pub index: u64,
    /// The time of its batch's state leaf, in seconds since the Unix epoch.
    pub log_time: u64,
    /// Who answers for it.
    pub issuer: IdentityId,
    /// The issuer's keys that signed it.
    pub signers: Vec<KeyDigest>,
    /// What it says.
    pub body: T,
}

/// Everything that the log holds about one release, from the publisher and from whom the roots
/// reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The log's name.
    pub origin: String,
    /// The statement id of leaf 0.
    pub charter: StatementId,
    /// The checkpoint.
    pub checkpoint: CheckpointFacts,
    /// The content asked about.
    pub subject: ContentDigest,
    /// The publisher.
    pub publisher: IdentityId,
    /// Its name.
    pub publisher_name: Name,
    /// The skill.
    pub skill: SkillName,
    /// The version.
    pub version: semver::Version,
    /// The release.
    pub release: Stated<Release>,
    /// All releases of the skill, this one too, in log order.
    pub releases: Vec<Stated<Release>>,
    /// The index at which this version was yanked.
    pub yanked: Option<u64>,
    /// Scans, audits and vetoes about the content, the skill or the release's keys, by the
    /// publisher and all organisations reached, in log order; retracted ones too.
    pub statements: Vec<Stated<Body>>,
    /// Vouches by the organisations reached, in log order; retracted ones too.
    pub vouches: Vec<Stated<Vouch>>,
    /// The publisher and the organisations reached, as they are now.
    pub identities: BTreeMap<IdentityId, IdentityState>,
    /// Which statements were retracted, and at which index.
    pub retracted: BTreeMap<StatementId, u64>,
}

impl Evidence {
    /// Returns the name of an identity if it claimed one, its id otherwise.
    pub fn label(&self, id: &IdentityId) -> String {
        match self
            .identities
            .get(id)
            .and_then(|state| state.name.as_ref())
        {
            Some(name) => format!("@{name}"),
            None => id.to_string(),
        }
    }
}

/// Why evidence is not complete or not sound.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum EvidenceError {
    #[error(transparent)]
    Checkpoint(#[from] QuorumError),
    #[error("the checkpoint is of `{found}`; first contact named `{expected}`")]
    OtherLog { found: String, expected: String },
    #[error("leaf 0 is not the charter that first contact named")]
    OtherCharter,
    #[error("the registry left out {what}")]
    Withheld { what: String },
    #[error("map node {0} was altered")]
    AlteredNode(NodeHash),
    #[error("the list {0} of what an issuer said was altered")]
    AlteredList(TreeHash),
    #[error("leaf {index} was altered: the tree holds another hash for it")]
    AlteredLeaf { index: u64 },
    #[error("leaf {index} is not under the checkpoint: {error}")]
    Inclusion { index: u64, error: ProofError },
    #[error("the log does not end in a state leaf")]
    NoState,
    #[error("leaf {index} is not the state leaf of its batch")]
    WrongState { index: u64 },
    #[error("leaf {index} is no record: {error}")]
    Record { index: u64, error: RecordError },
    #[error("leaf {index} is filed where it does not belong")]
    Misfiled { index: u64 },
    #[error("leaf {index}: {error}")]
    Rule { index: u64, error: RuleError },
    #[error("the map does not hold what the history of {identity} makes")]
    History { identity: IdentityId },
    #[error("no identity claimed the name `@{name}`")]
    UnknownName { name: Name },
    #[error("`@{name}` released no skill `{skill}`")]
    UnknownSkill { name: Name, skill: SkillName },
    #[error("`{skill}` has no version {version}")]
    UnknownVersion { skill: SkillName, version: String },
    #[error("the roots reach more than {limit} organisations")]
    TooManyOrganisations { limit: usize },
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("the map is malformed: {problem}")]
    Malformed { problem: String },
}

impl EvidenceError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Checkpoint(QuorumError::Note(_)) => "checkpoint-malformed",
            Self::Checkpoint(QuorumError::Checkpoint(_)) => "checkpoint-signature",
            Self::Checkpoint(QuorumError::UnknownLog(_)) => "checkpoint-unknown-log",
            Self::Checkpoint(QuorumError::Quorum { .. }) => "checkpoint-quorum",
            Self::OtherLog { .. } => "evidence-other-log",
            Self::OtherCharter => "charter-mismatch",
            Self::Withheld { .. } => "evidence-withheld",
            Self::AlteredNode(_) => "map-node-altered",
            Self::AlteredList(_) => "docket-altered",
            Self::AlteredLeaf { .. } => "leaf-altered",
            Self::Inclusion { .. } => "proof-invalid",
            Self::NoState => "state-missing",
            Self::WrongState { .. } => "state-wrong-batch",
            Self::Record { .. } => "record-malformed",
            Self::Misfiled { .. } => "record-misfiled",
            Self::Rule { error, .. } => error.code(),
            Self::History { .. } => "identity-history",
            Self::UnknownName { .. } => "name-unknown",
            Self::UnknownSkill { .. } => "skill-unknown",
            Self::UnknownVersion { .. } => "version-unknown",
            Self::TooManyOrganisations { .. } => "roots-overflow",
            Self::Name(_) => "name-malformed",
            Self::Malformed { .. } => "map-malformed",
        }
    }

    /// Returns who is answerable.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Rule {
                error: RuleError::Upgrade { .. },
                ..
            }
            | Self::UnknownName { .. }
            | Self::UnknownSkill { .. }
            | Self::UnknownVersion { .. }
            | Self::TooManyOrganisations { .. }
            | Self::Name(_) => Blame::Host,
            Self::Checkpoint(_)
            | Self::OtherLog { .. }
            | Self::OtherCharter
            | Self::Withheld { .. }
            | Self::AlteredNode(_)
            | Self::AlteredList(_)
            | Self::AlteredLeaf { .. }
            | Self::Inclusion { .. }
            | Self::NoState
            | Self::WrongState { .. }
            | Self::Record { .. }
            | Self::Misfiled { .. }
            | Self::Rule { .. }
            | Self::History { .. }
            | Self::Malformed { .. } => Blame::Registry,
        }
    }
}

impl From<StateError> for EvidenceError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Map(error) => error.into(),
            StateError::Docket(error) => error.into(),
            StateError::Entry(EntryError::Malformed(problem)) => Self::Malformed { problem },
            StateError::Rule(error) => Self::Malformed {
                problem: error.to_string(),
            },
            StateError::NoEntry => Self::Malformed {
                problem: error.to_string(),
            },
        }
    }
}

impl From<MapError> for EvidenceError {
    fn from(error: MapError) -> Self {
        match error {
            MapError::Missing(hash) => Self::Withheld {
                what: format!("map node {hash}"),
            },
            MapError::Altered(hash) => Self::AlteredNode(hash),
            MapError::Malformed(hash) => Self::Malformed {
                problem: format!("node {hash}"),
            },
        }
    }
}

impl From<DocketError> for EvidenceError {
    fn from(error: DocketError) -> Self {
        match error {
            DocketError::Map(error) => error.into(),
            DocketError::MissingList(root) => Self::Withheld {
                what: format!("docket list {root}"),
            },
            DocketError::AlteredList(root) => Self::AlteredList(root),
        }
    }
}

fn parse(index: u64, leaf: &[u8]) -> Result<Record, EvidenceError> {
    Record::parse(leaf).map_err(|error| EvidenceError::Record { index, error })
}

#[cfg(test)]
mod tests;
