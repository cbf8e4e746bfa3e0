//! Digests of programs that an earlier run computed, so that an interpreter of some megabytes is
//! not read whole at each start; spec: docs/spec/sandbox.md §12.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Stat, major};

/// What the kernel changes whenever a file's content changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    /// Seconds and nanoseconds of the last change of content.
    pub(crate) modified: (u64, u64),
    /// The same of the last change of anything; no program can set it back.
    pub(crate) changed: (u64, u64),
}

/// A program's digest, and the file that had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) print: Print,
    pub(crate) sha256: [u8; 32],
}

impl Print {
    /// `None` for times before 1970.
    pub(crate) fn of(stat: &Stat) -> Option<Self> {
        Some(Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).ok()?,
            modified: (u64::try_from(stat.st_mtime).ok()?, stat.st_mtime_nsec),
            changed: (u64::try_from(stat.st_ctime).ok()?, stat.st_ctime_nsec),
        })
    }

    /// Whether the print may stand for the content later: it lies on a block device, for other
    /// device numbers are given anew, and was not changed within the clock's coarse step.
    ///
    /// `now` is in seconds since 1970.
    pub(crate) fn is_lasting(&self, now: u64) -> bool {
        major(self.device) != 0 && self.changed.0.saturating_add(SETTLING_SECONDS) < now
    }
}

/// The digests known from earlier runs, and where they are kept.
#[derive(Debug)]
pub(crate) struct Memory {
    path: PathBuf,
    entries: Vec<Known>,
}

impl Memory {
    /// Reads what is kept at `path`; what cannot be read is not known.
    pub(crate) fn read(path: PathBuf) -> Self {
        let mut text = String::new();
        let read = fs::File::open(&path)
            .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
            .is_ok();
        let entries = match text.strip_prefix(HEADER) {
            Some(lines) if read => lines.lines().map_while(parse).collect(),
            Some(_) | None => Vec::new(),
        };
        Self { path, entries }
    }

    /// All of them.
    pub(crate) fn entries(&self) -> &[Known] {
        &self.entries
    }

    /// Keeps `new` too. A memory that cannot be written costs time and nothing else.
    pub(crate) fn add(self, new: Vec<Known>) {
        if new.is_empty() {
            return;
        }
        let stays = |old: &&Known| !new.iter().any(|new| same_file(&new.print, &old.print));
        let kept: Vec<&Known> = self.entries.iter().filter(stays).chain(&new).collect();
        let first = kept.len().saturating_sub(MOST_ENTRIES);
        let mut text = HEADER.to_owned();
        for known in kept.into_iter().skip(first) {
            print(&mut text, known);
        }
        let _ = replace(&self.path, &text);
    }
}

fn same_file(a: &Print, b: &Print) -> bool {
    (a.device, a.inode) == (b.device, b.inode)
}

#[expect(
    clippy::disallowed_methods,
    reason = "losing it costs time only, and a torn file is read up to the tear"
)]
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut temporary = path.to_owned();
    temporary.set_extension(format!("new-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        fs::remove_file(&temporary)?;
    }
    written
}

fn print(out: &mut String, known: &Known) {
    let Print {
        device,
        inode,
        size,
        modified,
        changed,
    } = known.print;
    let _ = write!(
        out,
        "{device} {inode} {size} {} {} {} {} ",
        modified.0, modified.1, changed.0, changed.1
    );
    crate::journal::hex(out, &known.sha256);
    out.push('\n');
}

fn parse(line: &str) -> Option<Known> {
    let mut words = line.split(' ');
    let mut number = || words.next()?.parse::<u64>().ok();
    let print = Print {
        device: number()?,
        inode: number()?,
        size: number()?,
        modified: (number()?, number()?),
        changed: (number()?, number()?),
    };
    let hex = words.next().filter(|hex| hex.len() == 64)?;
    let mut sha256 = [0_u8; 32];
    for (byte, pair) in sha256.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    words.next().is_none().then_some(Known { print, sha256 })
}

const HEADER: &str = "chopmark programs v1\n";
const MOST_ENTRIES: usize = 1024;
const MOST_BYTES: u64 = 1 << 20;
const SETTLING_SECONDS: u64 = 2;

#[cfg(test)]
mod tests;
