//! Masks secret values in what comes back, even where a value is cut by a chunk boundary.
//!
//! Best effort, and no more: a server that answers with the value reversed, hashed, compressed or
//! cut apart tells it to the skill all the same.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hyper::body::Bytes;
use memchr::memmem;
use zeroize::Zeroizing;

use super::path::escape;
use super::secret::SecretValue;

/// The byte strings to mask: each value as it is and in its common encodings.
///
/// Masking keeps lengths, so `Content-Length` stays true and only the length is told.
#[derive(Default)]
pub(super) struct Patterns(Vec<Zeroizing<Vec<u8>>>);

impl Patterns {
    /// Collects the forms of all values: raw, hexadecimal, percent-encoded, as a JSON string, and
    /// inside base64 at each of the three alignments.
    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a SecretValue>) -> Self {
        let mut patterns = Vec::new();
        for value in values {
            let value = value.expose();
            patterns.push(Zeroizing::new(value.to_vec()));
            patterns.push(Zeroizing::new(hex(value, "0123456789abcdef")));
            patterns.push(Zeroizing::new(hex(value, "0123456789ABCDEF")));
            patterns.push(Zeroizing::new(percent(value)));
            patterns.push(Zeroizing::new(json(value)));
            for offset in 0..3 {
                patterns.push(Zeroizing::new(base64_core(value, offset, &STANDARD_NO_PAD)));
                patterns.push(Zeroizing::new(base64_core(value, offset, &URL_SAFE_NO_PAD)));
            }
        }
        patterns.sort_by(|one, other| one.as_slice().cmp(other.as_slice()));
        patterns.dedup();
        Self(patterns)
    }

    /// Masks a whole text in place; true when something was masked.
    pub(super) fn mask(&self, bytes: &mut [u8]) -> bool {
        let ranges = self.find(bytes);
        for range in &ranges {
            if let Some(found) = bytes.get_mut(range.clone()) {
                found.fill(MASK);
            }
        }
        !ranges.is_empty()
    }

    /// Masks a text, also where the value is hidden behind needless percent signs.
    pub(super) fn mask_text(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        self.mask(&mut bytes);
        let text = String::from_utf8(bytes).unwrap_or_else(|_| MASKED_ALL.to_owned());
        let mut decoded = percent_decoded(text.as_bytes());
        if self.mask(&mut decoded) {
            MASKED_ALL.to_owned()
        } else {
            text
        }
    }

    /// Whether a value, in any of the forms, or in another letter case, is in the text.
    pub(super) fn occurs_in_any_case(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.0.iter().any(|pattern| {
            let pattern = Zeroizing::new(pattern.to_ascii_lowercase());
            memmem::find(text.as_bytes(), &pattern).is_some()
        })
    }

    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for pattern in &self.0 {
            for start in memmem::find_iter(bytes, pattern.as_slice()) {
                ranges.push(start..start.saturating_add(pattern.len()));
            }
        }
        ranges
    }

    /// The length of the longest end of `bytes` with which some pattern begins.
    fn begun(&self, bytes: &[u8]) -> usize {
        let begun = |pattern: &[u8]| {
            let longest = pattern.len().saturating_sub(1).min(bytes.len());
            (1..=longest)
                .rev()
                .find(|length| {
                    pattern
                        .get(..*length)
                        .is_some_and(|head| bytes.ends_with(head))
                })
                .unwrap_or(0)
        };
        self.0
            .iter()
            .map(|pattern| begun(pattern))
            .max()
            .unwrap_or(0)
    }
}

/// Masks a body that comes in pieces.
///
/// Holds back at most the beginning of a value; a piece that ends otherwise passes whole, so a
/// stream of events is not delayed.
pub(super) struct Redactor {
    patterns: std::sync::Arc<Patterns>,
    /// INVARIANT: shorter than the longest pattern, and a beginning of one.
    held: Zeroizing<Vec<u8>>,
    /// So many first bytes of `held` belong to a value that was found.
    held_masked: usize,
}

impl Redactor {
    pub(super) fn new(patterns: std::sync::Arc<Patterns>) -> Self {
        Self {
            patterns,
            held: Zeroizing::new(Vec::new()),
            held_masked: 0,
        }
    }

    /// Takes the next piece and returns what may go on now.
    pub(super) fn push(&mut self, piece: Bytes) -> Bytes {
        if self.held.is_empty()
            && self.patterns.begun(&piece) == 0
            && self.patterns.find(&piece).is_empty()
        {
            return piece;
        }
        let mut bytes = std::mem::take(&mut *self.held);
        bytes.extend_from_slice(&piece);
        let cut = bytes.len().saturating_sub(self.patterns.begun(&bytes));
        let ranges = self.patterns.find(&bytes);
        let straddling = ranges
            .iter()
            .filter(|range| range.start < cut && range.end > cut);
        let masked_after_cut = straddling.map(|range| range.end.saturating_sub(cut)).max();
        let held_masked = std::mem::take(&mut self.held_masked);
        self.held_masked = masked_after_cut
            .unwrap_or(0)
            .max(held_masked.saturating_sub(cut));
        self.held = Zeroizing::new(bytes.split_off(cut));
        for range in ranges.into_iter().chain(std::iter::once(0..held_masked)) {
            let end = range.end.min(bytes.len());
            if let Some(found) = bytes.get_mut(range.start.min(end)..end) {
                found.fill(MASK);
            }
        }
        Bytes::from(bytes)
    }

    /// Returns what was held back, at the end of the body.
    pub(super) fn finish(&mut self) -> Bytes {
        let mut bytes = std::mem::take(&mut *self.held);
        self.patterns.mask(&mut bytes);
        if let Some(masked) = bytes.get_mut(..self.held_masked) {
            masked.fill(MASK);
        }
        self.held_masked = 0;
        Bytes::from(bytes)
    }
}

/// Decodes percent signs once, leaving broken ones as they are.
pub(super) fn percent_decoded(mut bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    while let Some((first, after)) = bytes.split_first() {
        match after {
            [high, low, rest @ ..] if *first == b'%' && escape(*high, *low).is_some() => {
                decoded.extend(escape(*high, *low));
                bytes = rest;
            }
            _ => {
                decoded.push(*first);
                bytes = after;
            }
        }
    }
    decoded
}

fn hex(value: &[u8], digits: &str) -> Vec<u8> {
    let digit = |index: u8| {
        digits
            .as_bytes()
            .get(usize::from(index))
            .copied()
            .unwrap_or(b'0')
    };
    value
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn percent(value: &[u8]) -> Vec<u8> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: &u8| match *byte {
        byte if unreserved(byte) => vec![byte],
        byte => format!("%{byte:02X}").into_bytes(),
    };
    value.iter().flat_map(encode).collect()
}

fn json(value: &[u8]) -> Vec<u8> {
    let encode = |byte: &u8| match *byte {
        byte @ (b'"' | b'\\') => vec![b'\\', byte],
        byte => vec![byte],
    };
    value.iter().flat_map(encode).collect()
}

/// The characters of base64 text that depend on the value alone, when it begins `offset` bytes
/// after a multiple of three.
fn base64_core(value: &[u8], offset: usize, engine: &impl Engine) -> Vec<u8> {
    let mut padded = Zeroizing::new(vec![0; offset]);
    padded.extend_from_slice(value);
    let text = Zeroizing::new(engine.encode(padded.as_slice()));
    let whole = padded.len().saturating_mul(8) / 6;
    let begin = if offset == 0 {
        0
    } else {
        offset.saturating_add(1)
    };
    text.as_bytes()
        .get(begin..whole)
        .unwrap_or_default()
        .to_vec()
}

const MASK: u8 = b'*';
const MASKED_ALL: &str = "(masked)";

#[cfg(test)]
mod tests;
