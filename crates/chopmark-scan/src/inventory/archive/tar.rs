//! Tar archives: a header of 512 bytes before each file.

use super::{Member, Members};
use crate::limit::Limit;

/// Whether `bytes` begin a tar archive.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    bytes
        .get(MAGIC_AT..)
        .is_some_and(|tail| tail.starts_with(b"ustar"))
}

/// Walks the headers of a tar archive.
pub(crate) fn tar_members(bytes: &[u8], max_members: usize) -> Members {
    let mut out = Members::default();
    let mut rest = bytes;
    // Blocks of zeros end an archive.
    while let Some((header, tail)) = rest.split_at_checked(BLOCK)
        && header.iter().any(|byte| *byte != 0)
    {
        if out.members.len() >= max_members {
            out.limits.insert(Limit::ArchiveMembers);
            return out;
        }
        let body = size(header).and_then(|size| {
            let padded = size.checked_next_multiple_of(BLOCK)?;
            Some((tail.get(..size)?, tail.get(padded..).unwrap_or_default()))
        });
        let Some((body, next)) = body.filter(|_| is_tar(header)) else {
            out.limits.insert(Limit::ArchiveMalformed);
            return out;
        };
        // Regular files only; folders, links and further headers hold nothing to read.
        if matches!(header.get(TYPE_AT), Some(b'0' | 0 | b'7')) {
            out.members.push(Member {
                name: name(header),
                encrypted: false,
                bytes: Some(body.to_vec()),
            });
        }
        rest = next;
    }
    out
}

fn size(header: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(header.get(SIZE)?).ok()?;
    usize::from_str_radix(digits.trim_matches(['\0', ' ']), 8).ok()
}

fn name(header: &[u8]) -> String {
    let text = |range| {
        let field: &[u8] = header.get(range).unwrap_or_default();
        let end = field.iter().position(|byte| *byte == 0);
        let field = field.get(..end.unwrap_or(field.len()));
        String::from_utf8_lossy(field.unwrap_or_default()).into_owned()
    };
    let (folder, name) = (text(PREFIX), text(NAME));
    if folder.is_empty() {
        return name;
    }
    format!("{folder}/{name}")
}

const BLOCK: usize = 512;
const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const TYPE_AT: usize = 156;
const MAGIC_AT: usize = 257;
const PREFIX: std::ops::Range<usize> = 345..500;
