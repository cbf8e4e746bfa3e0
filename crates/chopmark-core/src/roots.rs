//! The roots file: from where a host counts, and by which table it requires.
//!
//! There are no default roots: what a verdict says is relative to this document, and every receipt
//! carries its digest. It is canonical JSON; the host signs it, and the client checks that before
//! it comes here.
//!
//! Spec: docs/spec/roots.md.

mod lint;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use thiserror::Error;

use crate::{
    digest::{IdentityId, RootsDigest, StatementId},
    json::{self, JsonError},
    name::SkillName,
    requirement::{Preset, PresetError},
};

pub use self::{
    lint::{Advice, lint},
    wire::{EngineWire, LogWire, PanelWire, RootWire, RootsWire},
};

/// A verified reading of a roots file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    version: u64,
    not_after: u64,
    logs: Vec<FirstContact>,
    roots: BTreeMap<IdentityId, Root>,
    organisations: BTreeMap<IdentityId, IdentityId>,
    engines: BTreeMap<SkillName, SkillName>,
    panels: Vec<Panel>,
    preset: Preset,
    digest: RootsDigest,
}

/// What a host believes of a log before it has spoken to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstContact {
    /// The log's origin.
    pub origin: String,
    /// The charter: leaf 0.
    pub charter: StatementId,
    /// A tlog-policy file: the log's key, the witnesses, the quorum.
    pub tlog_policy: String,
    /// The group of that file whose keys cosign only what they have replayed.
    pub replay_group: String,
}

/// One organisation from which counting starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// How many disjoint paths may pass through it: ρ.
    pub capacity: NonZeroU32,
    /// How many vouches in a row may follow it; 0 counts only what it states itself.
    pub depth: u8,
}

/// Organisations that together can refuse: `threshold` of `members`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// A label.
    pub name: SkillName,
    /// Its members.
    pub members: BTreeSet<IdentityId>,
    /// How many distinct organisations among them must agree.
    pub threshold: NonZeroU32,
}

impl Roots {
    /// Reads a roots file in canonical JSON.
    ///
    /// # Errors
    ///
    /// [`RootsError`] names the first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, RootsError> {
        if bytes.len() > MAX_BYTES {
            return Err(RootsError::TooLarge);
        }
        wire::read(&json::from_canonical(bytes)?, RootsDigest::of(bytes))
    }

    /// The document's version; a host refuses to go back.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last second at which the document is valid, since the Unix epoch.
    #[must_use]
    pub fn not_after(&self) -> u64 {
        self.not_after
    }

    /// What is believed of each log at first contact.
    #[must_use]
    pub fn logs(&self) -> &[FirstContact] {
        &self.logs
    }

    /// What is believed of the log with this origin.
    #[must_use]
    pub fn log(&self, origin: &str) -> Option<&FirstContact> {
        self.logs.iter().find(|log| log.origin == origin)
    }

    /// The roots, by the organisation that each stands for.
    #[must_use]
    pub fn roots(&self) -> &BTreeMap<IdentityId, Root> {
        &self.roots
    }

    /// The organisation that an identity belongs to: itself, unless this document merges it into
    /// another.
    #[must_use]
    pub fn organisation(&self, identity: IdentityId) -> IdentityId {
        self.organisations
            .get(&identity)
            .copied()
            .unwrap_or(identity)
    }

    /// Every identity whose organisation is a root or that this document merges with others, and
    /// every member of a panel: whose word can matter without a vouch, or as another's.
    #[must_use]
    pub fn identities(&self) -> BTreeSet<IdentityId> {
        let members = self.panels.iter().flat_map(|panel| &panel.members);
        self.roots
            .keys()
            .chain(self.organisations.keys())
            .chain(members)
            .copied()
            .collect()
    }

    /// The family that an engine belongs to; an engine that is not named belongs to none, and its
    /// scans count for nothing.
    #[must_use]
    pub fn engine_family(&self, engine: &SkillName) -> Option<&SkillName> {
        self.engines.get(engine)
    }

    /// The engine families that are named.
    #[must_use]
    pub fn engine_families(&self) -> BTreeSet<&SkillName> {
        self.engines.values().collect()
    }

    /// The panels.
    #[must_use]
    pub fn panels(&self) -> &[Panel] {
        &self.panels
    }

    /// The requirement table and the numbers of the gates.
    #[must_use]
    pub fn preset(&self) -> &Preset {
        &self.preset
    }

    /// SHA-256 of the document's bytes.
    #[must_use]
    pub fn digest(&self) -> RootsDigest {
        self.digest
    }
}

/// Why bytes are no roots file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RootsError {
    /// More than [`MAX_BYTES`].
    #[error("a roots file has at most {MAX_BYTES} bytes")]
    TooLarge,
    /// Not the expected JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Another schema.
    #[error("the schema is `{0}`")]
    Schema(String),
    /// A field that does not hold what it must.
    #[error("`{field}`: {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A list that is not strictly ascending, or too long.
    #[error("`{0}` must be strictly ascending and within its limit")]
    List(&'static str),
    /// One identity in two organisations.
    #[error("identity `{0}` stands in two organisations")]
    Merged(IdentityId),
    /// Two roots that are one organisation.
    #[error("identity `{0}` is a root of an organisation that has one already")]
    TwoRoots(IdentityId),
    /// One engine in two families.
    #[error("engine `{0}` stands in two families")]
    Engine(String),
    /// A panel that can never agree.
    #[error("panel `{0}` asks for more organisations than it has")]
    Panel(String),
    /// A requirement table that is none.
    #[error(transparent)]
    Preset(#[from] PresetError),
}

impl RootsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "roots-invalid"
    }
}

/// The largest roots file, in bytes.
pub const MAX_BYTES: usize = 262_144;
/// How many vouches in a row may follow a root at most.
pub const MAX_DEPTH: u8 = 7;
