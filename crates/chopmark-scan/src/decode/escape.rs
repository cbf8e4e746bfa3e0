//! Text written as numbers: `\x41`, `\u0041`, `%41`, and arrays of character codes.

use super::{Piece, is_meaningful};

/// Finds escaped text and character arrays in `text` and adds what they decode to.
pub(super) fn find(text: &str, pieces: &mut Vec<Piece>) {
    for (step, prefix, digits) in [("escape", "\\x", 2), ("escape", "\\u", 4), ("url", "%", 2)] {
        if text.contains(prefix) {
            escapes(text, step, prefix, digits, pieces);
        }
    }
    arrays(text, pieces);
}

fn escapes(text: &str, step: &'static str, prefix: &str, digits: usize, pieces: &mut Vec<Piece>) {
    let mut from = 0_usize;
    while let Some(at) = text.get(from..).and_then(|tail| tail.find(prefix)) {
        let start = from.saturating_add(at);
        let (decoded, escaped, end) = take_escapes(text, start, prefix, digits);
        if escaped >= MIN_ESCAPES && is_meaningful(decoded.as_bytes()) {
            pieces.push(Piece {
                step,
                offset: start,
                bytes: decoded.into_bytes(),
            });
        }
        from = end.max(start.saturating_add(prefix.len()));
    }
}

/// Decodes from `start` on while at least one of four characters is an escape.
fn take_escapes(text: &str, start: usize, prefix: &str, digits: usize) -> (String, usize, usize) {
    let (mut bytes, mut escaped, mut plain, mut at) = (Vec::new(), 0_usize, 0_usize, start);
    while let Some(tail) = text.get(at..) {
        let code = tail
            .strip_prefix(prefix)
            .and_then(|tail| tail.get(..digits))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(character) = code.and_then(char::from_u32) {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            escaped = escaped.saturating_add(1);
            plain = 0;
            at = at.saturating_add(prefix.len()).saturating_add(digits);
            continue;
        }
        let Some(character) = tail.chars().next() else {
            break;
        };
        plain = plain.saturating_add(1);
        if plain > MAX_PLAIN || matches!(character, '\n' | '"' | '\'' | ' ') {
            break;
        }
        let mut buffer = [0; 4];
        bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        at = at.saturating_add(character.len_utf8());
    }
    (String::from_utf8_lossy(&bytes).into_owned(), escaped, at)
}

/// `[104, 116, …]`, `String.fromCharCode(104, 116, …)`, `chr(104)+chr(116)+…`.
fn arrays(text: &str, pieces: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    let mut at = 0_usize;
    while let Some(tail) = bytes.get(at..).filter(|tail| !tail.is_empty()) {
        let Some(open) = tail
            .iter()
            .position(|byte| matches!(byte, b'[' | b'(' | b'{'))
        else {
            return;
        };
        let start = at.saturating_add(open);
        let (codes, end) = numbers(bytes, start.saturating_add(1));
        if codes.len() >= MIN_CODES && is_meaningful(&codes) {
            pieces.push(Piece {
                step: "codes",
                offset: start,
                bytes: codes,
            });
        }
        at = end.max(start.saturating_add(1));
    }
}

/// Numbers below 256 in a row, between commas or between `chr(` and `)`.
fn numbers(bytes: &[u8], from: usize) -> (Vec<u8>, usize) {
    let (mut codes, mut at) = (Vec::new(), from);
    while let Some(tail) = bytes.get(at..) {
        let skipped = tail
            .iter()
            .take(MAX_GAP)
            .take_while(|byte| b" \t\r\n,+)".contains(byte))
            .count();
        let tail = tail.get(skipped..).unwrap_or_default();
        let word = ["chr(", "Chr(", "[char]", "0x"]
            .iter()
            .find(|word| tail.starts_with(word.as_bytes()))
            .copied()
            .unwrap_or_default();
        let tail = tail.get(word.len()..).unwrap_or_default();
        let radix = if word == "0x" { 16 } else { 10 };
        let length = tail
            .iter()
            .take(4)
            .take_while(|byte| char::from(**byte).is_digit(radix))
            .count();
        let digits = tail.get(..length).unwrap_or_default();
        let code = std::str::from_utf8(digits).ok();
        let Some(code) = code.and_then(|digits| u8::from_str_radix(digits, radix).ok()) else {
            break;
        };
        codes.push(code);
        at = at
            .saturating_add(skipped)
            .saturating_add(word.len())
            .saturating_add(length);
    }
    (codes, at)
}

const MIN_ESCAPES: usize = 6;
const MIN_CODES: usize = 8;
const MAX_PLAIN: usize = 3;
const MAX_GAP: usize = 80;
