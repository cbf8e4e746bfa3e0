//! What each kind of record says.

use std::collections::BTreeSet;

use crate::{
    digest::{
        BlobDigest, ContentDigest, IdentityId, KeyDigest, NodeHash, SpecificationDigest,
        StatementId,
    },
    dsse::Envelope,
    name::SkillName,
};

pub use identity::{Claim, Inception, KeySet, NextKeys, Retire, RoleKey, Rotate};
pub use review::{Audit, Counts, Criterion, Method, Outcome, Relation, Scan};

mod identity;
mod review;

/// The body of a record, by kind.
///
/// Spec: docs/spec/records.md §4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Leaf 0: what the log is.
    Charter(Charter),
    /// The first event of an identity.
    Inception(Inception),
    /// New keys for an identity, signed by those it committed to.
    Rotate(Rotate),
    /// The end of an identity.
    Retire(Retire),
    /// The reveal of a committed name.
    Claim(Claim),
    /// A version of a skill.
    Release(Release),
    /// A release taken back.
    Yank(Yank),
    /// The result of a deterministic scan.
    Scan(Scan),
    /// The result of a review.
    Audit(Audit),
    /// Trust in an organisation, within a scope.
    Vouch(Vouch),
    /// A refusal.
    Veto(Veto),
    /// A statement taken back by its issuer.
    Retract(Retract),
    /// The end of a batch: time and the root of the map.
    State(State),
    /// A raise of the rules version.
    Rules(Rules),
}

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind of the body of the same name")]
pub enum Kind {
    Charter,
    Inception,
    Rotate,
    Retire,
    Claim,
    Release,
    Yank,
    Scan,
    Audit,
    Vouch,
    Veto,
    Retract,
    State,
    Rules,
}

impl Kind {
    /// All kinds, in the order of the specification.
    pub const ALL: [Self; 14] = [
        Self::Charter,
        Self::Inception,
        Self::Rotate,
        Self::Retire,
        Self::Claim,
        Self::Release,
        Self::Yank,
        Self::Scan,
        Self::Audit,
        Self::Vouch,
        Self::Veto,
        Self::Retract,
        Self::State,
        Self::Rules,
    ];

    /// Returns the word that names the kind in predicate types.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charter => "charter",
            Self::Inception => "inception",
            Self::Rotate => "rotate",
            Self::Retire => "retire",
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Yank => "yank",
            Self::Scan => "scan",
            Self::Audit => "audit",
            Self::Vouch => "vouch",
            Self::Veto => "veto",
            Self::Retract => "retract",
            Self::State => "state",
            Self::Rules => "rules",
        }
    }

    /// Returns the in-toto predicate type.
    pub fn predicate_type(self) -> String {
        format!("https://chopmark.dev/{}/v1", self.as_str())
    }

    /// Reads an in-toto predicate type.
    pub fn from_predicate_type(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.predicate_type() == text)
    }

    /// Tells whether the record is an event of an identity (and may be as large as one).
    pub fn is_identity_event(self) -> bool {
        matches!(
            self,
            Self::Charter | Self::Inception | Self::Rotate | Self::Retire
        )
    }
}

impl Body {
    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Charter(_) => Kind::Charter,
            Self::Inception(_) => Kind::Inception,
            Self::Rotate(_) => Kind::Rotate,
            Self::Retire(_) => Kind::Retire,
            Self::Claim(_) => Kind::Claim,
            Self::Release(_) => Kind::Release,
            Self::Yank(_) => Kind::Yank,
            Self::Scan(_) => Kind::Scan,
            Self::Audit(_) => Kind::Audit,
            Self::Vouch(_) => Kind::Vouch,
            Self::Veto(_) => Kind::Veto,
            Self::Retract(_) => Kind::Retract,
            Self::State(_) => Kind::State,
            Self::Rules(_) => Kind::Rules,
        }
    }
}

/// Leaf 0. Nothing stands before it and nothing is implicit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    /// The inception of the operator's identity, whole.
    pub operator: Envelope,
    /// The rules version that judges from the start.
    pub rules: u64,
    /// What anyone may put into the log.
    pub limits: Limits,
}

/// The limits that a charter states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest leaf, in bytes.
    pub leaf_bytes: u64,
    /// The largest leaf of an identity event, in bytes.
    pub identity_leaf_bytes: u64,
    /// The most records that one batch holds, its state leaf included.
    pub batch_records: u64,
}

impl Limits {
    /// The limits that the first charters carry.
    pub const V1: Self = Self {
        leaf_bytes: 8192,
        identity_leaf_bytes: 32768,
        batch_records: 1024,
    };
}

/// A version of a skill; the subject is the content digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// What is released.
    pub content: ContentDigest,
    /// The skill.
    pub skill: SkillName,
    /// The version, SemVer 2.0.
    pub version: semver::Version,
    /// The publisher's release of this skill before, if any.
    pub previous: Option<StatementId>,
}

/// A release taken back: no new installation, old ones are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yank {
    /// The content of the release.
    pub content: ContentDigest,
    /// The skill.
    pub skill: SkillName,
    /// The version.
    pub version: semver::Version,
    /// The release.
    pub release: StatementId,
    /// Why.
    pub reason: YankReason,
}

/// Why a release is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum YankReason {
    Defective,
    Security,
    Withdrawn,
}

/// What a vouch covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Human and model audits, and scans.
    Audit,
    /// Vetoes.
    Veto,
}

impl Scope {
    /// All scopes, in the order in which records list them.
    pub const ALL: [Self; 2] = [Self::Audit, Self::Veto];
}

/// Trust in an organisation; the subject is its identity id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouch {
    /// For whom.
    pub organisation: IdentityId,
    /// For what; at least one scope.
    pub scopes: BTreeSet<Scope>,
    /// How many further vouches may follow: 0 to 7.
    pub depth: u64,
    /// Seconds since the Unix epoch, by the log's clock.
    pub expires: Option<u64>,
}

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum VetoReason {
    Malicious,
    Policy,
    Vulnerable,
}

/// What is refused: never a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VetoTarget {
    /// Exactly these bytes.
    Content(ContentDigest),
    /// What this key signed from a log index on.
    Key {
        /// The key.
        key: KeyDigest,
        /// The first index that is refused.
        from_index: u64,
    },
    /// Versions of a skill.
    Skill {
        /// Its publisher.
        publisher: IdentityId,
        /// The skill.
        skill: SkillName,
        /// The versions, a SemVer requirement.
        versions: semver::VersionReq,
    },
}

/// A refusal; only its issuer takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    /// What is refused.
    pub target: VetoTarget,
    /// Why.
    pub reason: VetoReason,
    /// Seconds since the Unix epoch, by the log's clock; never for [`VetoReason::Malicious`].
    pub expires: Option<u64>,
    /// The published evidence, a blob.
    pub report: Option<BlobDigest>,
}

/// Why a statement is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum RetractReason {
    Error,
    Superseded,
    Withdrawn,
}

/// A statement taken back by its issuer; the subject is the statement id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retract {
    /// The statement.
    pub statement: StatementId,
    /// Why.
    pub reason: RetractReason,
}

/// The end of a batch; the subject is the map's root over everything before this leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The index of this leaf.
    pub index: u64,
    /// The index of the state leaf before, none for the first.
    pub previous_index: Option<u64>,
    /// The root that the state leaf before stated; that of the empty map for the first.
    pub previous_root: NodeHash,
    /// The root of the map over all leaves before this one.
    pub root: NodeHash,
    /// Seconds since the Unix epoch, never less than before.
    pub time: u64,
}

/// A raise of the rules version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The version, one above the one in force.
    pub version: u64,
    /// SHA-256 of its specification.
    pub specification: SpecificationDigest,
    /// Seconds since the Unix epoch by the log's clock, at least 14 days ahead.
    pub not_before: u64,
}
