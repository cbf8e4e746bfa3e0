//! What is found in a case is found after it was disguised.

use std::collections::BTreeMap;

use chopmark_core::package::{Mode, Package};
use chopmark_scan::{Config, RulePack, Severity, read_pack_folder, scan};

use crate::corpus::Files;
use crate::{engine, mutate};

fn base() -> RulePack {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/chopmark-base");
    RulePack::load(read_pack_folder(&folder).expect("read"), &engine(), None).expect("loads")
}

fn is_high(files: &Files, packs: &[RulePack]) -> Option<bool> {
    let package = Package::build(files.clone()).ok()?;
    let result = scan(&package, packs, &Config::standard(), &engine());
    let high = |finding: &chopmark_scan::Finding| finding.severity == Severity::High;
    Some(result.findings().iter().any(high))
}

#[test]
fn six_disguises_leave_95_of_100_cases_found() {
    let packs = [base()];
    let fixtures = packs[0].fixtures().expect("fixtures parse");
    let mut families: BTreeMap<&str, (u32, u32, Vec<String>)> = BTreeMap::new();
    for fixture in fixtures.iter().filter(|fixture| fixture.hit) {
        let files: Files = fixture
            .files()
            .iter()
            .map(|(path, bytes)| (path.clone(), Mode::Regular, bytes.clone()))
            .collect();
        if is_high(&files, &packs) != Some(true) {
            continue;
        }
        for (family, changed) in mutate::families(&files) {
            if changed == files {
                continue;
            }
            let Some(found) = is_high(&changed, &packs) else {
                continue;
            };
            let entry = families.entry(family).or_default();
            entry.1 += 1;
            if found {
                entry.0 += 1;
            } else {
                entry.2.push(format!("{}:{}", fixture.rule, fixture.line));
            }
        }
    }
    assert_eq!(families.len(), 6, "{families:?}");
    for (family, (found, all, missed)) in families {
        assert!(all >= 10, "{family}: only {all} cases were changed");
        assert!(
            found * 100 >= all * 95,
            "{family}: {found} of {all}; missed {missed:?}"
        );
    }
}
