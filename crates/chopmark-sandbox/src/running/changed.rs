//! Digests of the files that a run may have changed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use sha2::{Digest as _, Sha256};

use crate::journal::{ChangedFile, Tally};
use crate::plan::Kept;
use crate::plan::review::lies_at;

/// Hashes every file that was opened for writing and lies outside the run's own memory.
pub(super) fn changed_files(tally: &Tally, kept: &[Kept]) -> Vec<ChangedFile> {
    let outside = |path: &&[u8]| {
        !IN_MEMORY.iter().any(|prefix| path.starts_with(prefix)) && path.starts_with(b"/")
    };
    tally
        .written()
        .filter(|(path, _)| outside(path))
        .map(|(path, before)| ChangedFile {
            path: String::from_utf8_lossy(path).into_owned(),
            before: before.map(str::to_owned),
            after: lies_at(kept, Path::new(OsStr::from_bytes(path))).and_then(|path| digest(&path)),
        })
        .filter(|file| file.before.is_some() || file.after.is_some())
        .collect()
}

/// SHA-256 of a regular file in lower-case hex; none when it is gone or no regular file.
fn digest(path: &Path) -> Option<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(openat(CWD, path, flags, Mode::empty()).ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut hash = Sha256::new();
    let mut part = vec![0_u8; 256 * 1024];
    loop {
        match file.read(&mut part).ok()? {
            0 => break,
            count => hash.update(part.get(..count)?),
        }
    }
    let mut text = String::new();
    crate::journal::hex(&mut text, &hash.finalize());
    Some(text)
}

/// Temporary folders; what is written there ends with the run, unless a workspace lies there.
const IN_MEMORY: [&[u8]; 3] = [b"/dev/", b"/home/skill/", b"/proc/"];
