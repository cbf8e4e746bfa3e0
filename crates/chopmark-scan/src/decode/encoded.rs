//! Runs of base64 and of hexadecimal text, also broken over lines.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Piece, is_meaningful};

/// Finds runs of base64 and hexadecimal digits in `text` and adds what they decode to.
pub(super) fn find(text: &str, pieces: &mut Vec<Piece>) {
    let mut rest = 0_usize;
    let bytes = text.as_bytes();
    while let Some(start) = next(bytes, rest) {
        let line = bytes.get(start..).unwrap_or_default();
        let length = line.iter().take_while(|byte| is_digit(**byte)).count();
        // Most runs are words; only a long line goes on in the next.
        if length < MIN_RUN {
            rest = start.saturating_add(length.max(1));
            continue;
        }
        let (digits, end) = run(bytes, start);
        decode(&digits, start, pieces);
        rest = end.max(start.saturating_add(1));
    }
}

fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    let at = tail.iter().position(|byte| is_digit(*byte))?;
    from.checked_add(at)
}

/// The digits from `start` on, joined over line breaks where a full line of digits goes on in the
/// next, and the offset after them.
fn run(bytes: &[u8], start: usize) -> (Vec<u8>, usize) {
    let mut digits = Vec::new();
    let mut at = start;
    loop {
        let line = bytes.get(at..).unwrap_or_default();
        let length = line.iter().take_while(|byte| is_digit(**byte)).count();
        digits.extend_from_slice(line.get(..length).unwrap_or_default());
        at = at.saturating_add(length);
        let padding = bytes.get(at..).unwrap_or_default();
        let padding = padding.iter().take_while(|byte| **byte == b'=').count();
        at = at.saturating_add(padding);
        if length < MIN_LINE || padding > 0 {
            break;
        }
        let gap = continuation(bytes.get(at..).unwrap_or_default());
        let after = at.saturating_add(gap);
        if gap == 0 || !bytes.get(after).is_some_and(|byte| is_digit(*byte)) {
            break;
        }
        at = after;
    }
    (digits, at)
}

/// Bytes between a line of digits and the next: quotes, a sign of continuation, a break, indent.
fn continuation(bytes: &[u8]) -> usize {
    let before = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b'+' | b',' | b' ' | b'\r'))
        .count();
    let tail = bytes.get(before..).unwrap_or_default();
    if tail.first() != Some(&b'\n') {
        return 0;
    }
    let indent = tail
        .iter()
        .skip(1)
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'#' | b'>'))
        .count();
    before.saturating_add(1).saturating_add(indent)
}

fn decode(digits: &[u8], offset: usize, pieces: &mut Vec<Piece>) {
    if digits.len() >= MIN_HEX && digits.iter().all(u8::is_ascii_hexdigit) {
        let bytes = from_hex(digits);
        if is_meaningful(&bytes) {
            pieces.push(Piece {
                step: "hex",
                offset,
                bytes,
            });
        }
        return;
    }
    let standard: Vec<u8> = digits
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    // A word may stick to the run's end; whole groups of four decode without it.
    let whole = standard
        .len()
        .saturating_sub(usize::from(standard.len() % 4 == 1));
    let Ok(bytes) = LENIENT.decode(standard.get(..whole).unwrap_or_default()) else {
        return;
    };
    if is_meaningful(&bytes) {
        pieces.push(Piece {
            step: "base64",
            offset,
            bytes,
        });
    }
}

fn from_hex(digits: &[u8]) -> Vec<u8> {
    digits
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
const MIN_RUN: usize = 16;
const MIN_HEX: usize = 24;
const MIN_LINE: usize = 32;
