//! Zip archives (and the office files that are such), opened within limits and never unpacked.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

use super::find;

/// One file inside an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) encrypted: bool,
    /// Its bytes, unless encrypted or packed by a method that is not read.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// What could be read of an archive.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) members: Vec<Member>,
    pub(crate) limit: Option<&'static str>,
}

/// Walks the local headers of a zip; the central directory may lie, the local headers are what an
/// unpacker reads.
pub(crate) fn members(bytes: &[u8], max_members: usize, max_bytes: usize) -> Members {
    let mut out = Members::default();
    let mut budget = max_bytes;
    let mut at = 0_usize;
    while let Some(next) = bytes.get(at..).and_then(|tail| find(tail, b"PK\x03\x04")) {
        if out.members.len() >= max_members {
            out.limit = Some("archive-members");
            return out;
        }
        at = at.saturating_add(next);
        let Some(header) = Header::read(bytes.get(at..).unwrap_or_default()) else {
            out.limit = Some("archive-malformed");
            return out;
        };
        let start = at.saturating_add(header.data);
        let packed = bytes.get(start..).unwrap_or_default();
        let packed = header
            .packed
            .map_or(packed, |size| packed.get(..size).unwrap_or(packed));
        let unpacked = if header.encrypted {
            None
        } else {
            unpack(header.method, packed, budget)
        };
        if let Some(bytes) = &unpacked {
            match budget.checked_sub(bytes.len()) {
                Some(left) => budget = left,
                None => {
                    out.limit = Some("archive-bytes");
                    return out;
                }
            }
        }
        out.members.push(Member {
            name: header.name,
            encrypted: header.encrypted,
            bytes: unpacked,
        });
        // Without a size in the header the next signature is searched for.
        at = start.saturating_add(header.packed.unwrap_or_default());
    }
    out
}

struct Header {
    encrypted: bool,
    method: u16,
    packed: Option<usize>,
    name: String,
    data: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            Some(u16::from_le_bytes([
                *bytes.get(at)?,
                *bytes.get(at.checked_add(1)?)?,
            ]))
        };
        let flags = word(6)?;
        let size = usize::from(word(18)?) | usize::from(word(20)?) << 16;
        let (name_length, extra) = (usize::from(word(26)?), usize::from(word(28)?));
        let name_end = FIXED.checked_add(name_length)?;
        let name = bytes.get(FIXED..name_end)?;
        Some(Self {
            encrypted: flags & 1 != 0,
            method: word(8)?,
            packed: (flags & 8 == 0 || size != 0).then_some(size),
            name: String::from_utf8_lossy(name).into_owned(),
            data: name_end.checked_add(extra)?,
        })
    }
}

fn unpack(method: u16, packed: &[u8], budget: usize) -> Option<Vec<u8>> {
    let limit = u64::try_from(budget).unwrap_or(u64::MAX).saturating_add(1);
    match method {
        0 => Some(packed.to_vec()),
        8 => {
            let mut bytes = Vec::new();
            let _ = DeflateDecoder::new(packed)
                .take(limit)
                .read_to_end(&mut bytes);
            Some(bytes)
        }
        _ => None,
    }
}

const FIXED: usize = 30;
