//! A limit that is hit is named and makes the result incomplete; just below it nothing is.

use chopmark_scan::{Config, Outcome, scan};

use crate::{engine, package, packs};

/// Scans with `config` and again with the standard limits: the first names `code`, the second
/// nothing.
#[track_caller]
fn check(files: &[(&str, &[u8])], config: &Config, code: &str) {
    let package = package(files);
    let limited = scan(&package, packs(), config, &engine());
    let codes: Vec<_> = limited
        .reasons()
        .iter()
        .map(|reason| reason.code.as_str())
        .collect();
    assert!(codes.contains(&code), "{codes:?}");
    assert_eq!(limited.outcome(), Outcome::Incomplete);
    let free = scan(&package, packs(), &Config::standard(), &engine());
    assert_eq!(free.reasons(), []);
    assert_ne!(free.outcome(), Outcome::Incomplete);
}

const SCRIPT: &[u8] = b"a = 1\nb = '/etc/hosts'\nprint(a, b)\nexec(open('/tmp/x').read())\n";

#[test]
fn files_beyond_the_limit_make_a_scan_incomplete() {
    let config = Config {
        max_files: 1,
        ..Config::standard()
    };
    check(&[("a.py", SCRIPT)], &config, "files");
}

#[test]
fn a_view_over_the_limit_makes_a_scan_incomplete() {
    let config = Config {
        max_view_bytes: 40,
        ..Config::standard()
    };
    check(&[("a.py", SCRIPT)], &config, "view-bytes");
}

#[test]
fn encodings_beyond_the_limits_make_a_scan_incomplete() {
    let text = b"x = 'aGVsbG8gd29ybGQsIHRoaXMgaXMgYSBncmVldGluZw=='\n";
    let config = Config {
        max_decoded_bytes: 8,
        ..Config::standard()
    };
    check(&[("a.txt", text)], &config, "decoded-bytes");
    let config = Config {
        decode_depth: 0,
        ..Config::standard()
    };
    check(&[("a.txt", text)], &config, "decode-depth");
}

#[test]
fn scripts_beyond_the_limits_make_a_scan_incomplete() {
    let config = Config {
        max_syntax_bytes: 10,
        ..Config::standard()
    };
    check(&[("a.py", SCRIPT)], &config, "syntax-bytes");
    let config = Config {
        max_syntax_nodes: 5,
        ..Config::standard()
    };
    check(&[("a.py", SCRIPT)], &config, "syntax-nodes");
}

#[test]
fn facts_and_findings_beyond_the_limits_make_a_scan_incomplete() {
    let config = Config {
        max_facts: 1,
        ..Config::standard()
    };
    check(&[("a.py", SCRIPT)], &config, "facts");
    let config = Config {
        max_findings: 0,
        ..Config::standard()
    };
    check(&[("a.py", SCRIPT)], &config, "findings");
}

#[test]
fn an_archive_that_is_not_opened_makes_a_scan_incomplete() {
    let archive = b"7z\xbc\xaf\x27\x1c\x00\x04 some more bytes of it".as_slice();
    let limited = scan(
        &package(&[("a.7z", archive)]),
        packs(),
        &Config::standard(),
        &engine(),
    );
    assert_eq!(limited.outcome(), Outcome::Incomplete);
    assert_eq!(limited.reasons()[0].code, "archive-not-opened");
    let plain = scan(
        &package(&[("a.7z", b"text")]),
        packs(),
        &Config::standard(),
        &engine(),
    );
    assert_eq!(plain.reasons(), []);
}
