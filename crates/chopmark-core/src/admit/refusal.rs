//! Refusals: why nothing is installed, what to do about it and who is answerable.

use thiserror::Error;

use crate::{
    digest::{ContentDigest, StatementId},
    kernel::VetoGround,
    level::Level,
    requirement::Need,
    rules::Blame,
};

/// Why nothing is installed. Closed: a new gate must break who matches on it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum Refusal {
    #[error("{}", veto_words(.ground))]
    Vetoed { ground: VetoGround },
    #[error("the roots file does not name the log `{origin}` with charter {charter}")]
    OtherLog {
        origin: String,
        charter: StatementId,
    },
    #[error("the roots file expired at {at}")]
    RootsExpired { at: u64 },
    #[error("the witnesses' time is {witnesses} and this host's clock says {clock}")]
    ClockBehind { witnesses: u64, clock: u64 },
    #[error("the newest cosigned state is of {witnesses}, older than the {max_age} s allowed")]
    Stale { witnesses: u64, max_age: u64 },
    #[error("the state is UNPROVED: too few replaying witnesses cosigned (present: [{}])", .cosigners.join(", "))]
    Unproved { cosigners: Vec<String> },
    #[error("version {version} was yanked at index {index}")]
    Yanked { version: String, index: u64 },
    #[error("needs {need} ({}); has {level}; missing: {}", .reasons.join(", "), .missing.join(", "))]
    Level {
        need: Need,
        level: Level,
        reasons: Vec<String>,
        missing: Vec<String>,
    },
    #[error("the policy forbids it{}", rules_words(.rules))]
    Policy { rules: Vec<String> },
    #[error("the policy could not be evaluated: {problem}")]
    PolicyError { problem: String },
    #[error("the evidence is too large to decide: {problem}")]
    TooLarge { problem: String },
    #[error("the adoption is of {adopted}, the folder is {content}")]
    AdoptionOther {
        content: ContentDigest,
        adopted: ContentDigest,
    },
    #[error("the adoption ended at {at}")]
    AdoptionExpired { at: u64 },
    #[error("an adoption runs 90 days at most")]
    AdoptionTooLong,
}

fn veto_words(ground: &VetoGround) -> String {
    match ground {
        VetoGround::Root {
            by,
            statement,
            reason,
        } => format!("{by}, one of your roots, vetoes it ({reason:?}): {statement}").to_lowercase(),
        VetoGround::Reached { disjoint, .. } => {
            format!("{disjoint} organisations over disjoint paths veto it")
        }
        VetoGround::Panel { name, .. } => format!("the panel `{name}` vetoes it"),
    }
}

fn rules_words(rules: &[String]) -> String {
    if rules.is_empty() {
        ": no rule permits it".to_owned()
    } else {
        format!(": {}", rules.join(", "))
    }
}

impl Refusal {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Vetoed { .. } => "vetoed",
            Self::OtherLog { .. } => "roots-other-log",
            Self::RootsExpired { .. } => "roots-expired",
            Self::ClockBehind { .. } => "clock-behind",
            Self::Stale { .. } => "evidence-stale",
            Self::Unproved { .. } => "state-unproved",
            Self::Yanked { .. } => "release-yanked",
            Self::Level { .. } => "level-too-low",
            Self::Policy { .. } => "policy-denied",
            Self::PolicyError { .. } => "policy-error",
            Self::TooLarge { .. } => "evidence-too-large",
            Self::AdoptionOther { .. } => "adoption-other-content",
            Self::AdoptionExpired { .. } => "adoption-expired",
            Self::AdoptionTooLong => "adoption-too-long",
        }
    }

    /// Returns what its reader can do about it, one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Vetoed { .. } => "nothing overrides a veto; only its issuer takes it back",
            Self::OtherLog { .. } => "name the log in the roots file if you mean to trust it",
            Self::RootsExpired { .. } => "look at the roots file, raise its version, sign it again",
            Self::ClockBehind { .. } => "set this host's clock",
            Self::Stale { .. } => "try again, or another mirror; the registry may be withholding",
            Self::Unproved { .. } => "wait until enough replaying witnesses have cosigned",
            Self::Yanked { .. } => "choose another version",
            Self::Level { .. } => "ask for less, wait, or ask for what is missing",
            Self::Policy { .. } => "the rules named stand in your policy folder",
            Self::PolicyError { .. } => "mend the policy; until then everything is refused",
            Self::TooLarge { .. } => "name fewer roots, or less depth for each",
            Self::AdoptionOther { .. } => "the folder changed: adopt it again",
            Self::AdoptionExpired { .. } => "adopt it again",
            Self::AdoptionTooLong => "choose an earlier end",
        }
    }

    /// Returns who is answerable.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Vetoed { .. } | Self::Yanked { .. } | Self::Level { .. } => Blame::Issuer,
            Self::Stale { .. } | Self::TooLarge { .. } => Blame::Registry,
            Self::Unproved { .. } => Blame::Witness,
            Self::OtherLog { .. }
            | Self::RootsExpired { .. }
            | Self::ClockBehind { .. }
            | Self::Policy { .. }
            | Self::PolicyError { .. }
            | Self::AdoptionOther { .. }
            | Self::AdoptionExpired { .. }
            | Self::AdoptionTooLong => Blame::Host,
        }
    }
}
