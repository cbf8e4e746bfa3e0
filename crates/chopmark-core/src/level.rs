//! The ladder of evidence: what holds for exactly one content digest.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How much is proved about one content digest. Each level holds all that lies below it.
///
/// Spec: docs/spec/decision.md §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing that a publisher signed. Runs only under a local adoption and the legacy profile.
    L0,
    /// Signed by the name's key, included, fresh, witnessed, and the state proved complete.
    L1,
    /// Scanned by another organisation with a result that this host got too, and old enough.
    L2,
    /// Reviewed in full by one independent organisation.
    L3,
    /// Reviewed in full by two over disjoint paths.
    L4,
    /// Built again by two and observed by two.
    L5,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 6] = [Self::L0, Self::L1, Self::L2, Self::L3, Self::L4, Self::L5];

    /// The level's number, 0 to 5.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::L0 => 0,
            Self::L1 => 1,
            Self::L2 => 2,
            Self::L3 => 3,
            Self::L4 => 4,
            Self::L5 => 5,
        }
    }

    /// `L0` to `L5`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::L4 => "L4",
            Self::L5 => "L5",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or(LevelError)
    }
}

/// A word that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a level from `L0` to `L5`")]
#[non_exhaustive]
pub struct LevelError;
