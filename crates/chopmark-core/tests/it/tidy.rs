//! What house-style promises and no type can hold: layers, file sizes, documented codes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![below.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn crates_depend_only_downwards() {
    let allowed: BTreeMap<&str, &[&str]> = [
        ("chopmark-core", &[][..]),
        ("chopmark-log", &["chopmark-core"]),
        ("chopmark-scan", &["chopmark-core"]),
        ("chopmark-sandbox", &["chopmark-core"]),
        ("chopmark-client", &["chopmark-core", "chopmark-sandbox"]),
        ("chopmark-registry", &["chopmark-core", "chopmark-log"]),
        (
            "chopmark",
            &[
                "chopmark-core",
                "chopmark-client",
                "chopmark-scan",
                "chopmark-sandbox",
                "chopmark-registry",
                "chopmark-log",
            ],
        ),
    ]
    .into();
    let mut seen = 0;
    for manifest in files(&root().join("crates"), "Cargo.toml") {
        let text = fs::read_to_string(&manifest).unwrap();
        let name = manifest
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let allowed = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("new crate {name}"));
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let dependency = line.split(['.', ' ', '=']).next().unwrap();
            if section == "[dependencies]" && dependency.starts_with("chopmark") {
                assert!(
                    allowed.contains(&dependency),
                    "{name} may not use {dependency}"
                );
            }
        }
        seen += 1;
    }
    assert_eq!(seen, allowed.len());
}

#[test]
fn no_file_holds_more_than_one_concept_can() {
    let long: Vec<String> = files(&root().join("crates"), ".rs")
        .iter()
        .filter(|path| !path.to_string_lossy().contains("tests"))
        .map(|path| (fs::read_to_string(path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > 800)
        .map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// The codes that functions named `code` return.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for path in files(&root().join("crates"), ".rs") {
        if path.to_string_lossy().contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("fn code(") {
            rest = &rest[at + 8..];
            let body = &rest[..rest.find("\n    }").unwrap_or(rest.len())];
            if !body.contains("&'static str") {
                continue;
            }
            for (n, word) in body.split('"').enumerate() {
                let kebab = word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                if n % 2 == 1 && kebab && !word.is_empty() {
                    codes.insert(word.to_owned());
                }
            }
        }
    }
    codes
}

#[test]
fn every_refusal_code_is_documented() {
    let documented = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let codes = codes();
    assert!(
        codes.len() > 80,
        "only {} codes found: has the search gone blind?",
        codes.len()
    );
    let missing: Vec<_> = codes
        .iter()
        .filter(|code| !documented.contains(&format!("| {code} |")))
        .collect();
    assert!(missing.is_empty(), "docs/errors.md lacks {missing:#?}");
}

#[test]
fn every_attack_names_a_test_that_exists() {
    let threats = fs::read_to_string(root().join("THREATS.md")).unwrap();
    let sources: String = files(&root().join("crates"), ".rs")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut named = 0;
    for line in threats
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
    {
        let test = line.rsplit('`').nth(1).unwrap();
        assert!(
            sources.contains(&format!("fn {test}(")),
            "THREATS.md names `{test}`"
        );
        named += 1;
    }
    assert!(named >= 10, "only {named} attacks found");
}

#[test]
fn core_neither_reads_nor_waits() {
    for path in files(&root().join("crates/chopmark-core/src"), ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        for forbidden in [
            "std::fs",
            "std::net::Tcp",
            "SystemTime",
            "Instant::now",
            "thread::sleep",
            "async fn",
        ] {
            assert!(
                !text.contains(forbidden),
                "{} uses {forbidden}",
                path.display()
            );
        }
    }
}
