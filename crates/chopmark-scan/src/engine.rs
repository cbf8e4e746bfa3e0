//! The scan: seven stages over every file, one result.

mod file;
mod text;

use chopmark_core::package::{PERMISSIONS_FILE, Package};

use crate::capability;
use crate::compare::{self, compare};
use crate::config::{Config, count};
use crate::coverage::{Stage, Tally};
use crate::fact::Fact;
use crate::finding::Finding;
use crate::join;
use crate::limit::Limit;
use crate::pack::RulePack;
use crate::pattern::Matcher;
use crate::result::ScanResult;

/// The engine's name in results and records.
pub const ENGINE: &str = "chopmark-scan";

/// The engine's release, part of what names a result.
#[must_use]
pub fn engine_version() -> semver::Version {
    // The build's own version is well-formed; zero would be a release that never was.
    env!("CARGO_PKG_VERSION")
        .parse()
        .unwrap_or(semver::Version::new(0, 0, 0))
}

/// What the stages collect.
pub(crate) struct Collected {
    pub(crate) facts: Vec<Fact>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) tally: Tally,
}

/// Scans `package` with `packs` under the limits of `config`; `engine` names this release.
///
/// A pure function: equal arguments give a result with equal bytes, whatever the machine, the
/// number of threads or the order of `packs`.
///
/// Spec: docs/spec/scan.md §2.
#[must_use]
pub fn scan(
    package: &Package,
    packs: &[RulePack],
    config: &Config,
    engine: &semver::Version,
) -> ScanResult {
    let mut ordered: Vec<&RulePack> = packs.iter().collect();
    ordered.sort_by_key(|pack| pack.name().digest);
    ordered.dedup_by_key(|pack| pack.name().digest);
    let mut matchers: Vec<Matcher<'_>> = ordered
        .iter()
        .map(|pack| Matcher::new(pack, config))
        .collect();
    let mut collected = Collected {
        facts: Vec::new(),
        findings: Vec::new(),
        tally: Tally::new(),
    };
    let hints = text::interpreters(package);
    for (index, (path, mode, bytes)) in package.files().enumerate() {
        if index >= count(config.max_files) {
            collected.tally.limit(Limit::Files, "");
            break;
        }
        let name = path.to_string();
        let source = file::Source {
            path: &name,
            mode,
            bytes,
            hint: hints.get(&name).copied(),
            depth: 0,
        };
        file::scan(&source, &mut matchers, config, &mut collected);
    }
    finish(package, &ordered, config, engine, collected)
}

/// Sorts facts, keeps each once, and at most `most`.
fn settle(facts: &mut Vec<Fact>, tally: &mut Tally, most: usize) {
    facts.sort();
    facts.dedup();
    if facts.len() > most {
        tally.limit(Limit::Facts, "");
        facts.truncate(most);
    }
}

fn finish(
    package: &Package,
    packs: &[&RulePack],
    config: &Config,
    engine: &semver::Version,
    collected: Collected,
) -> ScanResult {
    let Collected {
        mut facts,
        mut findings,
        mut tally,
    } = collected;
    let manifest = package.file(PERMISSIONS_FILE);
    compare::admit_entrypoints(manifest, &mut facts);
    settle(&mut facts, &mut tally, count(config.max_facts));
    let index = join::Index::of(&facts);
    let joined: Vec<Finding> = packs
        .iter()
        .flat_map(|pack| join::findings(pack, &index, config))
        .collect();
    tally.add(Stage::Join, facts.len(), 0, joined.len());
    findings.extend(joined);
    let capabilities = capability::of(&facts, config);
    let (permissions, undeclared) = compare(manifest, &capabilities);
    findings.extend(undeclared);
    findings.sort_by(|a, b| a.key().cmp(&b.key()));
    // One rule on one line is one finding, however many views show it; the plainest view is kept.
    findings.dedup_by(|later, first| {
        let same = (&later.file, later.line, &later.pack, &later.rule)
            == (&first.file, first.line, &first.pack, &first.rule);
        if same && later.severity > first.severity {
            std::mem::swap(later, first);
        }
        same
    });
    if findings.len() > count(config.max_findings) {
        tally.limit(Limit::Findings, "");
        findings.truncate(count(config.max_findings));
    }
    let (coverage, reasons) = tally.finish();
    ScanResult {
        content: package.digest(),
        engine: engine.clone(),
        packs: packs.iter().map(|pack| pack.name().clone()).collect(),
        config: config.clone(),
        coverage,
        reasons,
        permissions,
        capabilities,
        findings,
    }
}
