//! Digests of what was executed, apart from the supervising threads.

use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender};

use rustix::fs::fstat;
use sha2::{Digest as _, Sha256};

use super::Supervisor;
use crate::journal::Program;
use crate::known::{Known, Print};
use crate::report::Report;

/// Work of the hashing thread.
pub(crate) enum Work {
    /// Hash and report.
    Hash(Image),
    /// Say that all before is done.
    Answer(SyncSender<()>),
}

/// A program image to be hashed, held by its inode.
pub(crate) struct Image {
    pub(super) number: u32,
    pub(super) time_ns: u64,
    pub(super) file: OwnedFd,
    pub(super) path: Vec<u8>,
}

/// Hashes and reports every image.
pub(super) fn hash_all(gate: &OnceLock<Supervisor>, works: &Receiver<Work>) {
    for work in works {
        // Work comes from there.
        let supervisor = gate.wait();
        let image = match work {
            Work::Hash(image) => image,
            Work::Answer(done) => {
                // Whoever asked waits for it.
                let _ = done.send(());
                continue;
            }
        };
        let before = fstat(&image.file).ok();
        if let (Some(found), Some(sha256)) = (before, sha256(&image.file)) {
            let print = Print::of(&found).filter(|print| {
                let after = fstat(&image.file).ok();
                print.is_lasting(seconds())
                    && after.and_then(|after| Print::of(&after)).as_ref() == Some(print)
            });
            supervisor.report(&Report::Program(Program {
                time_ns: image.time_ns,
                number: image.number,
                device: found.st_dev,
                inode: found.st_ino,
                size: u64::try_from(found.st_size).unwrap_or(0),
                sha256,
                path: image.path,
            }));
            if let Some(print) = print {
                supervisor.report(&Report::Known(Known { print, sha256 }));
            }
        }
    }
}

/// Seconds since 1970.
fn seconds() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    u64::try_from(now.tv_sec).unwrap_or(0)
}

fn sha256(file: &OwnedFd) -> Option<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut part = vec![0_u8; 256 * 1024];
    loop {
        match rustix::io::read(file, &mut part).ok()? {
            0 => return Some(hash.finalize().into()),
            count => hash.update(part.get(..count)?),
        }
    }
}
