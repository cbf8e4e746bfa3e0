//! What a file held before the skill may have changed it for the first time.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use sha2::{Digest as _, Sha256};

use super::Supervisor;
use super::resolve::Found;
use crate::journal::BEFORE;

/// Digests by device and inode, each taken once and told once.
#[derive(Debug, Default)]
pub(super) struct Before(Mutex<HashMap<(u64, u64), Option<String>>>);

impl Supervisor {
    /// Takes the digest of the file `name` in `folder`, unless it was taken already.
    pub(super) fn note_before(&self, folder: &OwnedFd, name: &OsStr, found: Found) {
        if found != Found::Plain {
            return;
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if let Ok(held) = openat(folder, name, flags, Mode::empty()) {
            self.note_held_before(&held);
        }
    }

    /// As [`Self::note_before`], of a file that is held already.
    pub(super) fn note_held_before(&self, held: &OwnedFd) {
        let Ok(stat) = fstat(held) else { return };
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if !regular || stat.st_dev == self.temp_device {
            return;
        }
        let key = (stat.st_dev, stat.st_ino);
        let mut known = self.before.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN || known.contains_key(&key) {
            return;
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        let digest = if size > MOST_BYTES {
            None
        } else {
            digest(held)
        };
        known.insert(key, digest);
    }

    /// The digest of a file from before its first change, as the journal has it; told once.
    pub(super) fn tell_before(&self, device: u64, inode: u64) -> Vec<u8> {
        let mut known = self.before.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = known.get_mut(&(device, inode)).and_then(Option::take);
        digest.map_or_else(Vec::new, |hex| [BEFORE, hex.as_bytes()].concat())
    }
}

fn digest(held: &OwnedFd) -> Option<String> {
    let link = format!("/proc/self/fd/{}", held.as_raw_fd());
    let file = openat(CWD, link, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut hash = Sha256::new();
    let mut part = vec![0_u8; 64 * 1024];
    loop {
        match rustix::io::read(file.as_fd(), &mut part).ok()? {
            0 => break,
            count => hash.update(part.get(..count)?),
        }
    }
    let mut text = String::new();
    crate::journal::hex(&mut text, &hash.finalize());
    Some(text)
}

/// A larger file has no digest from before: the skill would wait for it.
const MOST_BYTES: u64 = 64 << 20;
const MOST_KNOWN: usize = 10_000;
