//! The result of a scan and its canonical bytes.

use chopmark_core::digest::{ConfigDigest, ContentDigest, ResultDigest, RulePackDigest, sha256};
use thiserror::Error;

use crate::capability::Capability;
use crate::compare::Comparison;
use crate::config::Config;
use crate::coverage::{Coverage, Reason};
use crate::finding::{Finding, Severity};

mod wire;

/// What a scan came to. There is no "safe".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Something of severity low or above was found.
    Findings,
    /// All was read and nothing of severity low or above was found.
    NoFindings,
    /// A limit was hit: what was seen is not all. Findings may be listed, too.
    Incomplete,
}

impl Outcome {
    /// The outcome's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::NoFindings => "no-findings",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A rule pack as a result names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackName {
    /// The pack's id.
    pub id: String,
    /// The pack's version.
    pub version: semver::Version,
    /// Digest over its sources.
    pub digest: RulePackDigest,
}

/// What was found in a package, and all that determined it.
///
/// Equal inputs give equal bytes on every machine; no time, path or name of a machine is in it.
///
/// Spec: docs/spec/scan.md §6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanResult {
    pub(crate) content: ContentDigest,
    pub(crate) engine: semver::Version,
    pub(crate) packs: Vec<PackName>,
    pub(crate) config: Config,
    pub(crate) coverage: Vec<Coverage>,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) permissions: Comparison,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) findings: Vec<Finding>,
}

/// Why bytes are no scan result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResultError {
    /// Not the JSON of a scan result in its one spelling.
    #[error("not a scan result in canonical form: {0}")]
    Malformed(String),
    /// A digest or version in it is malformed.
    #[error("the scan result names a malformed {0}")]
    Field(&'static str),
    /// The outcome or the counts are not those of the findings and reasons listed.
    #[error("the scan result contradicts itself about its {0}")]
    Inconsistent(&'static str),
}

impl ResultError {
    /// Stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Field(_) => "scan-result-malformed",
            Self::Inconsistent(_) => "scan-result-inconsistent",
        }
    }
}

impl ScanResult {
    /// Reads a result from its canonical bytes.
    ///
    /// # Errors
    ///
    /// [`ResultError`]; in particular another spelling of the same JSON is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, ResultError> {
        wire::parse(bytes)
    }

    /// The canonical bytes: compact JSON in the order of the specification.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        wire::print(self)
    }

    /// Digest of the canonical bytes, which another run must meet.
    #[must_use]
    pub fn digest(&self) -> ResultDigest {
        ResultDigest::from_bytes(sha256(&self.bytes()))
    }

    /// What was scanned.
    #[must_use]
    pub fn content(&self) -> ContentDigest {
        self.content
    }

    /// The engine's release.
    #[must_use]
    pub fn engine(&self) -> &semver::Version {
        &self.engine
    }

    /// The packs, by digest.
    #[must_use]
    pub fn packs(&self) -> &[PackName] {
        &self.packs
    }

    /// The limits in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Digest of the limits in force.
    #[must_use]
    pub fn config_digest(&self) -> ConfigDigest {
        self.config.digest()
    }

    /// What the scan came to.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let found = self
            .findings
            .iter()
            .any(|finding| finding.severity > Severity::Note);
        match (self.reasons.is_empty(), found) {
            (false, _) => Outcome::Incomplete,
            (true, true) => Outcome::Findings,
            (true, false) => Outcome::NoFindings,
        }
    }

    /// How many findings have `severity`.
    #[must_use]
    pub fn count(&self, severity: Severity) -> u64 {
        let of = self
            .findings
            .iter()
            .filter(|finding| finding.severity == severity);
        u64::try_from(of.count()).unwrap_or(u64::MAX)
    }

    /// How many findings are hard gates.
    #[must_use]
    pub fn gates(&self) -> u64 {
        let gates = self.findings.iter().filter(|finding| finding.gate);
        u64::try_from(gates.count()).unwrap_or(u64::MAX)
    }

    /// What each stage read.
    #[must_use]
    pub fn coverage(&self) -> &[Coverage] {
        &self.coverage
    }

    /// The limits that were hit.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Capabilities against `permissions.yaml`.
    #[must_use]
    pub fn permissions(&self) -> &Comparison {
        &self.permissions
    }

    /// What the skill can do, by kind and value.
    #[must_use]
    pub fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// What the rules found, by file and line.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}
