//! Opens layers of encoding: what was opened is a view of its own and is opened again.

mod encoded;
mod escape;
mod gzip;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::config::{Config, count};
use crate::inventory::{self, Kind};
use crate::limit::Limit;
use crate::view::View;

/// One decoded piece: the layer's name, the offset where it began, and its bytes.
struct Piece {
    step: &'static str,
    offset: usize,
    bytes: Vec<u8>,
}

/// What the decoding stage made of one file.
pub(crate) struct Decoded {
    pub(crate) views: Vec<View>,
    /// The limits that were hit.
    pub(crate) limits: BTreeSet<Limit>,
}

/// Opens `view` layer by layer; one view a layer, made of all that was found there.
pub(crate) fn open(view: &View, config: &Config) -> Decoded {
    let mut out = Decoded {
        views: Vec::new(),
        limits: BTreeSet::new(),
    };
    let mut budget = count(config.max_decoded_bytes);
    let mut current = layer(view, &mut budget, &mut out.limits);
    for _ in 0..config.decode_depth {
        if current.is_empty() {
            return out;
        }
        let mut next = Vec::new();
        for view in &current {
            next.extend(layer(view, &mut budget, &mut out.limits));
        }
        out.views.append(&mut current);
        current = next;
    }
    if !current.is_empty() {
        out.limits.insert(Limit::DecodeDepth);
    }
    out
}

/// The views one layer below `view`, one for each kind of encoding.
fn layer(view: &View, budget: &mut usize, limits: &mut BTreeSet<Limit>) -> Vec<View> {
    let mut pieces = Vec::new();
    if gzip::find(&view.bytes, *budget, &mut pieces) {
        limits.insert(Limit::StreamBroken);
    }
    if let Some(text) = text_of(&view.bytes) {
        encoded::find(&text, &mut pieces);
        escape::find(&text, &mut pieces);
    }
    // Text apart from the rest: one piece that is no text must not make a view unreadable.
    let key = |piece: &Piece| (piece.step, std::str::from_utf8(&piece.bytes).is_err());
    pieces.sort_by_key(|piece| (key(piece), piece.offset));
    let mut views: Vec<View> = Vec::new();
    let mut at = 0;
    while let Some(first) = pieces.get(at) {
        let (step, group) = (first.step, key(first));
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        while let Some(piece) = pieces.get(at).filter(|piece| key(piece) == group) {
            // A stream must begin its view, or the next layer would not know it.
            if !bytes.is_empty() && gzip::is_stream(&piece.bytes) {
                break;
            }
            at = at.saturating_add(1);
            let Some(left) = budget.checked_sub(piece.bytes.len()) else {
                limits.insert(Limit::DecodedBytes);
                continue;
            };
            *budget = left;
            starts.push((bytes.len(), view.line_of(piece.offset)));
            bytes.extend_from_slice(&piece.bytes);
            bytes.extend_from_slice(b"\n\n");
        }
        let mut steps = view.steps.clone();
        steps.push(step);
        if !bytes.is_empty() {
            views.push(View::pieces(steps, bytes, starts));
        }
    }
    views
}

/// Text to look for encodings in; a byte that is no text stands as `?`, so that offsets hold.
fn text_of(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let mut rest = bytes;
    let mut whole = String::new();
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) if whole.is_empty() => return Some(Cow::Borrowed(text)),
            Ok(text) => {
                whole.push_str(text);
                return Some(Cow::Owned(whole));
            }
            Err(_) if whole.is_empty() && inventory::kind(bytes) != Kind::Text => return None,
            Err(error) => {
                let (text, tail) = rest.split_at_checked(error.valid_up_to())?;
                whole.push_str(std::str::from_utf8(text).ok()?);
                let broken = error.error_len().unwrap_or(tail.len());
                whole.extend(std::iter::repeat_n('?', broken));
                rest = tail.get(broken..)?;
            }
        }
    }
}

/// Whether decoded bytes look like something that a person or a machine would read.
fn is_meaningful(bytes: &[u8]) -> bool {
    const MAGIC: &[&[u8]] = &[
        b"\x1f\x8b",
        b"PK\x03\x04",
        b"MZ",
        b"\x7fELF",
        b"#!",
        b"\x78\x9c",
    ];
    if MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        return bytes.len() > 16;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let odd = text
        .chars()
        .filter(|c| {
            (c.is_control() && !c.is_whitespace()) || !(c.is_ascii() || c.is_alphanumeric())
        })
        .count();
    text.len() >= MIN_DECODED && odd.saturating_mul(20) <= text.chars().count()
}

/// Shorter results are chance.
const MIN_DECODED: usize = 6;

#[cfg(test)]
mod tests;
