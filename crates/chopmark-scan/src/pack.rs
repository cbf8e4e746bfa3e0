//! Rule packs: a folder of `pack.toml`, YARA sources and fixtures.
//!
//! Only sources are identity: the digest is over `pack.toml` and the `.yar` files. Compiled rules
//! are a cache of this host, made from those sources and never taken from elsewhere.

mod cache;
mod check;
mod compile;
mod fixture;
mod folder;
mod rule;
mod wire;

use std::collections::BTreeMap;

use chopmark_core::digest::{RulePackDigest, hex, sha256};
use thiserror::Error;

use crate::result::PackName;

pub use cache::Cache;
pub use fixture::{Fixture, FixtureFailure};
pub use folder::read_pack_folder;
pub use rule::RuleInfo;
pub(crate) use rule::{Condition, FactRule, Rule, RuleBody, Scope};

/// A rule pack, checked and compiled.
///
/// Spec: docs/spec/scan.md §7.
pub struct RulePack {
    name: PackName,
    license: String,
    description: String,
    // INVARIANT: ordered and distinct by id.
    rules: BTreeMap<String, Rule>,
    compiled: yara_x::Rules,
    sources: BTreeMap<String, Vec<u8>>,
}

/// Why a folder is no rule pack.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file of the pack could not be read.
    #[error("cannot read `{path}` of the rule pack")]
    Read {
        /// The path as given.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// There is no `pack.toml` and no YARA file.
    #[error("the folder holds neither `pack.toml` nor a `.yar` file")]
    Empty,
    /// `pack.toml` is not of its shape.
    #[error("`pack.toml` is malformed: {0}")]
    Malformed(String),
    /// The pack needs another engine.
    #[error("the pack needs engine `{needs}`, this is {engine}")]
    Engine {
        /// The requirement.
        needs: String,
        /// This engine's version.
        engine: String,
    },
    /// A YARA source does not compile.
    #[error("a rule does not compile: {0}")]
    Compile(String),
    /// A rule breaks the format.
    #[error("rule `{rule}`: {problem}")]
    Rule {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        problem: String,
    },
    /// A fixture file breaks the format.
    #[error("fixtures of `{rule}`: {problem}")]
    Fixture {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        problem: String,
    },
}

impl PackError {
    /// Stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "pack-unreadable",
            Self::Empty => "pack-empty",
            Self::Malformed(_) => "pack-malformed",
            Self::Engine { .. } => "pack-engine",
            Self::Compile(_) => "pack-compile",
            Self::Rule { .. } => "pack-rule",
            Self::Fixture { .. } => "pack-fixture",
        }
    }
}

impl RulePack {
    /// Loads a pack from its files, by path; `engine` is this release. Compiled rules come from
    /// `cache` where it holds those of these sources and this engine, and go there otherwise.
    ///
    /// # Errors
    ///
    /// [`PackError`]; nothing but the cache was written.
    pub fn load(
        files: BTreeMap<String, Vec<u8>>,
        engine: &semver::Version,
        cache: Option<&Cache>,
    ) -> Result<Self, PackError> {
        let parts = wire::parse(&files, engine)?;
        let digest = digest(&files);
        let compiled = match cache.and_then(|cache| cache.read(&digest, engine)) {
            Some(compiled) => compiled,
            None => {
                let compiled = compile::compile(&files)?;
                if let Some(cache) = cache {
                    cache.write(&digest, engine, &compiled);
                }
                compiled
            }
        };
        let rules = check::rules(parts.rules, &compiled, parts.plain)?;
        Ok(Self {
            name: PackName {
                id: parts.id,
                version: parts.version,
                digest,
            },
            license: parts.license,
            description: parts.description,
            rules,
            compiled,
            sources: files,
        })
    }

    /// Id, version and digest.
    #[must_use]
    pub fn name(&self) -> &PackName {
        &self.name
    }

    /// The licence that the pack declares, an SPDX expression.
    #[must_use]
    pub fn license(&self) -> &str {
        &self.license
    }

    /// What the pack is for.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The rules, by id.
    pub fn rules(&self) -> impl Iterator<Item = &RuleInfo> {
        self.rules.values().map(|rule| &rule.info)
    }

    /// One rule.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&RuleInfo> {
        self.rules.get(id).map(|rule| &rule.info)
    }

    /// The fixtures that came with the sources.
    ///
    /// # Errors
    ///
    /// [`PackError::Fixture`] for a file that is not of the format.
    pub fn fixtures(&self) -> Result<Vec<Fixture>, PackError> {
        fixture::parse(&self.sources)
    }

    /// Runs every fixture and every count that the format asks for; empty means all is well.
    ///
    /// # Errors
    ///
    /// [`PackError::Fixture`] for a file that is not of the format.
    pub fn test(&self, engine: &semver::Version) -> Result<Vec<FixtureFailure>, PackError> {
        fixture::run(self, engine)
    }

    pub(crate) fn compiled(&self) -> &yara_x::Rules {
        &self.compiled
    }

    pub(crate) fn body(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    pub(crate) fn bodies(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }
}

impl std::fmt::Debug for RulePack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RulePack")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The pack that comes with Chopmark.
///
/// # Errors
///
/// [`PackError`], which a test excludes for this release.
pub fn base_pack(engine: &semver::Version, cache: Option<&Cache>) -> Result<RulePack, PackError> {
    let files = BASE
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect();
    RulePack::load(files, engine, cache)
}

/// Digest over the sources: `"chopmark-pack v1\n"`, then `<sha256> <size> <path>\n` for each, by path.
fn digest(files: &BTreeMap<String, Vec<u8>>) -> RulePackDigest {
    let mut text = "chopmark-pack v1\n".to_owned();
    for (path, bytes) in files.iter().filter(|(path, _)| wire::is_source(path)) {
        text.push_str(&format!("{} {} {path}\n", hex(&sha256(bytes)), bytes.len()));
    }
    RulePackDigest::from_bytes(sha256(text.as_bytes()))
}

const BASE: &[(&str, &str)] = &[
    (
        "pack.toml",
        include_str!("../../../rules/chopmark-base/pack.toml"),
    ),
    (
        "delivery.yar",
        include_str!("../../../rules/chopmark-base/delivery.yar"),
    ),
    (
        "injection.yar",
        include_str!("../../../rules/chopmark-base/injection.yar"),
    ),
    (
        "code.yar",
        include_str!("../../../rules/chopmark-base/code.yar"),
    ),
];

#[cfg(test)]
mod tests;
