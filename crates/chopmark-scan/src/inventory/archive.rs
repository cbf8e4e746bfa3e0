//! Zip archives (and the office files that are such) and tar archives, opened within limits and
//! never unpacked.

mod tar;

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::read::DeflateDecoder;

use super::find;
use crate::limit::Limit;

pub(crate) use tar::{is_tar, tar_members};

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
    pub(crate) limits: BTreeSet<Limit>,
}

/// Walks the local headers of a zip; the central directory may lie, the local headers are what an
/// unpacker reads.
pub(crate) fn members(bytes: &[u8], max_members: usize, max_bytes: usize) -> Members {
    let mut out = Members::default();
    let mut budget = max_bytes;
    let mut at = 0_usize;
    while let Some(next) = bytes.get(at..).and_then(|tail| find(tail, b"PK\x03\x04")) {
        if out.members.len() >= max_members {
            out.limits.insert(Limit::ArchiveMembers);
            return out;
        }
        at = at.saturating_add(next);
        let Some(header) = Header::read(bytes.get(at..).unwrap_or_default()) else {
            out.limits.insert(Limit::ArchiveMalformed);
            return out;
        };
        let start = at.saturating_add(header.data);
        let packed = bytes.get(start..).unwrap_or_default();
        let size = header.packed.unwrap_or(packed.len());
        let packed = packed.get(..size).unwrap_or_else(|| {
            out.limits.insert(Limit::ArchiveMalformed);
            packed
        });
        let mut unpacked = None;
        if !header.encrypted {
            let (bytes, limit) = unpack(header.method, packed, budget);
            out.limits.extend(limit);
            unpacked = bytes;
        }
        if let Some(bytes) = &unpacked {
            match budget.checked_sub(bytes.len()) {
                Some(left) => budget = left,
                None => {
                    out.limits.insert(Limit::ArchiveBytes);
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

/// What a member holds, as far as it can be read, and what kept the rest from being read.
fn unpack(method: u16, packed: &[u8], budget: usize) -> (Option<Vec<u8>>, Option<Limit>) {
    let limit = u64::try_from(budget).unwrap_or(u64::MAX).saturating_add(1);
    match method {
        0 => (Some(packed.to_vec()), None),
        8 => {
            let mut bytes = Vec::new();
            let mut stream = DeflateDecoder::new(packed).take(limit);
            let broken = stream.read_to_end(&mut bytes).is_err();
            (Some(bytes), broken.then_some(Limit::ArchiveMalformed))
        }
        _ => (None, Some(Limit::ArchiveMethod)),
    }
}

const FIXED: usize = 30;
