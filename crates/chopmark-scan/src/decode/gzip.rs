//! gzip and zlib streams that begin a view or a decoded piece.

use std::io::Read as _;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::Piece;

/// Inflates `bytes` where they begin a gzip or zlib stream, up to `budget` bytes; says whether a
/// gzip stream breaks off. What was inflated before that is worth reading, too.
pub(super) fn find(bytes: &[u8], budget: usize, pieces: &mut Vec<Piece>) -> bool {
    let mut broken = false;
    // One byte more than allowed, so that a longer stream shows.
    let limit = u64::try_from(budget).unwrap_or(u64::MAX).saturating_add(1);
    let mut inflated = Vec::new();
    let step = if is_gzip(bytes) {
        let mut stream = MultiGzDecoder::new(bytes).take(limit);
        broken = stream.read_to_end(&mut inflated).is_err();
        "gzip"
    } else if is_zlib(bytes) {
        // Text may begin like this by chance: `x^2`.
        let _ = ZlibDecoder::new(bytes)
            .take(limit)
            .read_to_end(&mut inflated);
        "zlib"
    } else {
        return false;
    };
    if !inflated.is_empty() {
        pieces.push(Piece {
            step,
            offset: 0,
            bytes: inflated,
        });
    }
    broken
}

/// Whether `bytes` begin a stream that [`find`] opens.
pub(super) fn is_stream(bytes: &[u8]) -> bool {
    is_gzip(bytes) || is_zlib(bytes)
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08")
}

fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}
