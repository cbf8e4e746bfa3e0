//! Entries: what the map holds, and the keys that it holds them under.
//!
//! An entry joins the docket (every record about the key, by issuer) with the little state that
//! the rules need, so that a judge of one record reads a handful of entries and nothing else.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    digest::{
        ContentDigest, IdentityId, KeyDigest, NodeHash, SpecificationDigest, StatementId, sha256,
    },
    identity::IdentityState,
    map::Path,
    name::{Name, Skeleton, SkillName},
    record::{Kind, Limits},
};

mod codec;

/// What the map is asked about.
///
/// Spec: docs/spec/map.md §3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapKey {
    /// Exact bytes.
    Content(ContentDigest),
    /// An identity.
    Identity(IdentityId),
    /// A public key.
    Key(KeyDigest),
    /// The log itself.
    Log,
    /// A claimed name.
    Name(Name),
    /// What a claimed name can be mistaken for.
    Skeleton(Skeleton),
    /// A skill of a publisher.
    Skill(IdentityId, SkillName),
    /// A statement.
    Statement(StatementId),
    /// A version of a skill.
    Version(IdentityId, SkillName, semver::Version),
}

impl MapKey {
    /// Returns the 32 bytes under which the map holds the key: SHA-256 over the length-prefixed
    /// kind and value.
    pub fn path(&self) -> Path {
        let (tag, value) = match self {
            Self::Content(digest) => ("content", digest.as_bytes().to_vec()),
            Self::Identity(id) => ("identity", id.as_bytes().to_vec()),
            Self::Key(digest) => ("key", digest.as_bytes().to_vec()),
            Self::Log => ("log", Vec::new()),
            Self::Name(name) => ("name", name.as_str().into()),
            Self::Skeleton(skeleton) => ("skeleton", skeleton.as_str().into()),
            Self::Skill(id, skill) => ("skill", joined(id, skill, None)),
            Self::Statement(id) => ("statement", id.as_bytes().to_vec()),
            Self::Version(id, skill, version) => ("version", joined(id, skill, Some(version))),
        };
        let mut input = Vec::new();
        prefixed(&mut input, tag.as_bytes());
        prefixed(&mut input, &value);
        sha256(&input)
    }
}

fn prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    // No value is near 4 GiB: names and versions come from leaves of at most 65,535 bytes.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn joined(id: &IdentityId, skill: &SkillName, version: Option<&semver::Version>) -> Vec<u8> {
    let mut out = id.as_bytes().to_vec();
    prefixed(&mut out, skill.as_str().as_bytes());
    if let Some(version) = version {
        prefixed(&mut out, version.to_string().as_bytes());
    }
    out
}

/// What the map holds under a key.
///
/// Spec: docs/spec/map.md §4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Root of the map from issuer to the tree of its records about the key; none for kinds that
    /// keep no docket, or none yet.
    pub docket: Option<NodeHash>,
    /// What the rules need to know.
    pub state: EntryState,
}

/// The state part of an entry, by kind of key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Of exact bytes: nothing but the docket.
    Content,
    /// Of an identity.
    Identity(Box<IdentityState>),
    /// Of a public key: whose it is. `None` while it is only vetoed.
    Key(Option<IdentityId>),
    /// Of the log.
    Log(LogFacts),
    /// Of a name: whose it is, and the index of the claim.
    Name {
        /// Whose it is.
        identity: IdentityId,
        /// The index of the claim.
        index: u64,
    },
    /// Of a skeleton: the name that took it.
    Skeleton(Name),
    /// Of a skill: its last release. `None` while it is only vetoed.
    Skill(Option<StatementId>),
    /// Of a statement.
    Statement(StatementFacts),
    /// Of a version.
    Version(VersionFacts),
}

/// What the rules know of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFacts {
    /// The operator.
    pub operator: IdentityId,
    /// The rules version in force since the charter or the last raise.
    pub rules: u64,
    /// A recorded raise that is not in force yet.
    pub raise: Option<Raise>,
    /// The charter's limits.
    pub limits: Limits,
}

/// A recorded raise of the rules version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The version.
    pub version: u64,
    /// Digest of its specification.
    pub specification: SpecificationDigest,
    /// Seconds since the Unix epoch, by the log's clock.
    pub not_before: u64,
}

/// What the rules know of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFacts {
    /// Its index.
    pub index: u64,
    /// Who answers for it.
    pub issuer: IdentityId,
    /// Its kind.
    pub kind: Kind,
    /// The map paths of the dockets that hold it.
    pub filed: Vec<Path>,
    /// The index at which its issuer took it back.
    pub retracted: Option<u64>,
}

/// What the rules know of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFacts {
    /// The release.
    pub release: StatementId,
    /// Its index.
    pub index: u64,
    /// What was released.
    pub content: ContentDigest,
    /// The index at which it was yanked.
    pub yanked: Option<u64>,
}

/// First byte of an entry's node.
const ENTRY: u8 = 0x03;

impl Entry {
    /// Returns the node's bytes: `0x03`, then canonical JSON.
    ///
    /// # Errors
    ///
    /// [`EntryError::Malformed`] never happens for an entry that `apply` made.
    pub fn bytes(&self) -> Result<Vec<u8>, EntryError> {
        let mut out = vec![ENTRY];
        out.extend(codec::write(self)?);
        Ok(out)
    }

    /// Reads a node's bytes.
    ///
    /// # Errors
    ///
    /// [`EntryError::Malformed`] when they are not exactly what [`Entry::bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        match bytes.split_first() {
            Some((&ENTRY, json)) => codec::read(json),
            Some(_) | None => Err(EntryError::Malformed("not an entry node".to_owned())),
        }
    }

    /// Returns the node's hash, which is the value in the map.
    ///
    /// # Errors
    ///
    /// As [`Entry::bytes`].
    pub fn hash(&self) -> Result<NodeHash, EntryError> {
        Ok(NodeHash::from_bytes(sha256(&self.bytes()?)))
    }
}

/// The entries that a judge reads, by key; `None` where the map proved that there is none.
pub type Entries = BTreeMap<MapKey, Option<Entry>>;

/// Why bytes are not an entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EntryError {
    /// The words say what is wrong.
    #[error("the map entry is malformed: {0}")]
    Malformed(String),
}
