//! Fixtures: small packages in one text file a rule, where the rule must fire and where not.
//!
//! `=== hit` or `=== miss` begins a case; `+++ PATH` begins one of its files (`+++ hex PATH` for
//! bytes in hexadecimal). Text before the first `+++` is the body of `SKILL.md`.

use std::collections::BTreeMap;

use chopmark_core::package::{Mode, Package};

use super::{PackError, RulePack};
use crate::config::Config;
use crate::engine::scan;

/// One case of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The rule's id.
    pub rule: String,
    /// The line of the fixture file on which the case begins.
    pub line: usize,
    /// Whether the rule must fire.
    pub hit: bool,
    files: BTreeMap<String, Vec<u8>>,
}

impl Fixture {
    /// The files of the case by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }
}

/// A case that did not come out as it says, or a rule without enough cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixtureFailure {
    /// The rule's id.
    pub rule: String,
    /// What is wrong.
    pub problem: String,
}

/// Reads all fixture files of a pack.
pub(super) fn parse(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Fixture>, PackError> {
    let mut fixtures = Vec::new();
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix("fixtures/") else {
            continue;
        };
        let rule = name.trim_end_matches(".txt").to_owned();
        let broken = |problem: &str| PackError::Fixture {
            rule: rule.clone(),
            problem: problem.to_owned(),
        };
        let text = std::str::from_utf8(bytes).map_err(|_| broken("not UTF-8"))?;
        fixtures.extend(cases(&rule, text).map_err(|problem| broken(&problem))?);
    }
    Ok(fixtures)
}

/// Runs all fixtures of `pack`.
pub(super) fn run(
    pack: &RulePack,
    engine: &semver::Version,
) -> Result<Vec<FixtureFailure>, PackError> {
    let fixtures = parse(&pack.sources)?;
    let mut failures = Vec::new();
    let mut fail = |rule: &str, problem: String| {
        failures.push(FixtureFailure {
            rule: rule.to_owned(),
            problem,
        });
    };
    for rule in pack.rules().filter(|rule| !rule.signal) {
        let count = |hit| {
            fixtures
                .iter()
                .filter(|f| f.rule == rule.id && f.hit == hit)
                .count()
        };
        if count(true) < MIN_HITS || count(false) < MIN_MISSES {
            fail(
                &rule.id,
                format!(
                    "{} hits and {} misses; at least {MIN_HITS} and {MIN_MISSES}",
                    count(true),
                    count(false)
                ),
            );
        }
    }
    for fixture in &fixtures {
        let at = |text: &str| format!("case on line {}: {text}", fixture.line);
        if pack.rule(&fixture.rule).is_none() {
            fail(&fixture.rule, at("no such rule"));
            continue;
        }
        let files = fixture
            .files
            .iter()
            .map(|(path, bytes)| (path.clone(), Mode::Regular, bytes.clone()));
        let package = match Package::build(files.collect()) {
            Ok(package) => package,
            Err(error) => {
                fail(&fixture.rule, at(&error.to_string()));
                continue;
            }
        };
        let result = scan(
            &package,
            std::slice::from_ref(pack),
            &Config::standard(),
            engine,
        );
        let wanted = pack.rule(&fixture.rule).map(|rule| rule.severity);
        let fired = result
            .findings()
            .iter()
            .any(|finding| finding.rule == fixture.rule && Some(finding.severity) >= wanted);
        if fired != fixture.hit {
            fail(
                &fixture.rule,
                at(if fired {
                    "fires, should not"
                } else {
                    "does not fire, should"
                }),
            );
        }
    }
    Ok(failures)
}

fn cases(rule: &str, text: &str) -> Result<Vec<Fixture>, String> {
    let mut fixtures: Vec<Fixture> = Vec::new();
    let mut path = String::new();
    let mut is_hex = false;
    for (line, number) in text.split_inclusive('\n').zip(1_usize..) {
        let bare = line.trim_end();
        if let Some(kind) = bare.strip_prefix("=== ") {
            let hit = match kind {
                "hit" => true,
                "miss" => false,
                other => return Err(format!("line {number}: `{other}` is neither hit nor miss")),
            };
            path = "SKILL.md".to_owned();
            is_hex = false;
            fixtures.push(Fixture {
                rule: rule.to_owned(),
                line: number,
                hit,
                files: BTreeMap::from([(path.clone(), HEAD.as_bytes().to_vec())]),
            });
            continue;
        }
        let Some(fixture) = fixtures.last_mut() else {
            if bare.is_empty() {
                continue;
            }
            return Err(format!("line {number}: text before the first case"));
        };
        if let Some(name) = bare.strip_prefix("+++ ") {
            is_hex = name.starts_with("hex ");
            path = name.trim_start_matches("hex ").to_owned();
            fixture.files.insert(path.clone(), Vec::new());
            continue;
        }
        let file = fixture.files.entry(path.clone()).or_default();
        if is_hex {
            file.extend(bytes_of(bare).ok_or_else(|| format!("line {number}: not hexadecimal"))?);
        } else {
            file.extend_from_slice(line.as_bytes());
        }
    }
    Ok(fixtures)
}

fn bytes_of(line: &str) -> Option<Vec<u8>> {
    let digits: String = line.split_whitespace().collect();
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

const MIN_HITS: usize = 2;
const MIN_MISSES: usize = 3;
const HEAD: &str = "---\nname: fixture\ndescription: A case for a rule.\n---\n\n";
