#![expect(clippy::arithmetic_side_effects, reason = "a test fails loudly")]

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hyper::body::Bytes;
use zeroize::Zeroizing;

use super::{Patterns, Redactor};
use crate::broker::SecretValue;

const SECRET: &str = "s3cr3t/to?ken+\"value\"";

fn patterns(values: &[&str]) -> Arc<Patterns> {
    let values: Vec<_> = values
        .iter()
        .map(|value| SecretValue::new(Zeroizing::new(value.as_bytes().to_vec())).unwrap())
        .collect();
    Arc::new(Patterns::of(&values))
}

fn in_pieces(patterns: &Arc<Patterns>, text: &str, cuts: &[usize]) -> String {
    let mut redactor = Redactor::new(Arc::clone(patterns));
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    let mut at = 0;
    for cut in cuts {
        let (piece, after) = rest.split_at(cut - at);
        out.extend(redactor.push(Bytes::copy_from_slice(piece)));
        rest = after;
        at = *cut;
    }
    out.extend(redactor.push(Bytes::copy_from_slice(rest)));
    out.extend(redactor.finish());
    String::from_utf8(out).unwrap()
}

/// Every cut, every pair of near cuts, and byte by byte give the same masked text.
fn check(values: &[&str], text: &str, expected: &str) {
    let patterns = patterns(values);
    assert_eq!(in_pieces(&patterns, text, &[]), expected);
    for first in 0..=text.len() {
        assert_eq!(
            in_pieces(&patterns, text, &[first]),
            expected,
            "cut {first}"
        );
        for second in first..=text.len().min(first + 30) {
            assert_eq!(in_pieces(&patterns, text, &[first, second]), expected);
        }
    }
    let each: Vec<_> = (0..=text.len()).collect();
    assert_eq!(in_pieces(&patterns, text, &each), expected);
}

#[test]
fn masked_at_every_cut() {
    let mask = "*".repeat(SECRET.len());
    check(
        &[SECRET],
        &format!("a {SECRET} b {SECRET}{SECRET}"),
        &format!("a {mask} b {mask}{mask}"),
    );
    check(&[SECRET], "nothing of the kind", "nothing of the kind");
    check(&[SECRET], &SECRET[..10], &SECRET[..10]);
    let false_start = format!("{}{SECRET}", &SECRET[..12]);
    check(&[SECRET], &false_start, &format!("{}{mask}", &SECRET[..12]));
}

#[test]
fn values_that_overlap_or_contain_each_other() {
    check(
        &["abcdefgh", "efghijkl"],
        "x abcdefghijkl y",
        "x ************ y",
    );
    check(
        &["abcdefgh", "abcdefghijkl"],
        "abcdefghijkX",
        "********ijkX",
    );
    check(
        &["abcdefgh", "abcdefghijkl"],
        "abcdefghijkl",
        "************",
    );
    check(
        &["abcdefgh", "zzabcdefghzzz"],
        "zzabcdefghzzX",
        "zz********zzX",
    );
}

#[test]
fn common_encodings() {
    let patterns = patterns(&[SECRET]);
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [
        hex.to_uppercase(),
        hex,
        "s3cr3t%2Fto%3Fken%2B%22value%22".to_owned(),
        SECRET.replace('"', "\\\""),
    ] {
        let out = in_pieces(&patterns, &format!("<{form}>"), &[3]);
        assert_eq!(out, format!("<{}>", "*".repeat(form.len())));
    }
    for before in ["", "u", "us", "user:", "Bearer "] {
        for after in ["", "x", "xy", "xyz"] {
            let plain = format!("{before}{SECRET}{after}");
            for text in [STANDARD.encode(&plain), URL_SAFE.encode(&plain)] {
                let out = in_pieces(&patterns, &text, &[text.len() / 2]);
                let left = out.bytes().filter(|byte| *byte != b'*').count();
                let outside = (before.len() + after.len()).div_ceil(3) * 4 + 6;
                assert!(
                    out.contains("*********") && left <= outside,
                    "{plain} {out}"
                );
            }
        }
    }
}

#[test]
fn texts_for_the_journal() {
    let patterns = patterns(&["hunter2-hunter2"]);
    assert_eq!(
        patterns.mask_text("/a/hunter2-hunter2/b"),
        "/a/***************/b"
    );
    assert_eq!(patterns.mask_text("/a/%68unter2-hunter2/b"), "(masked)");
    assert_eq!(
        patterns.mask_text("/a/hunter2-hunter3/b"),
        "/a/hunter2-hunter3/b"
    );
    assert!(patterns.occurs_in_any_case("X-Hunter2-HUNTER2"));
    assert!(!patterns.occurs_in_any_case("X-Hunter2-HUNTER3"));
}
