//! Whether a run still goes on, and whether its journal has an end.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::{Event, parse};

/// Whether the supervisor of this journal still writes: it holds a lock on the file as long.
///
/// # Errors
///
/// What the kernel says when it cannot tell.
pub fn is_being_written(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {
            flock(file, FlockOperation::Unlock)?;
            Ok(false)
        }
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Whether the journal has its end line: the last one, or the last before a head.
///
/// Reads from the back, no more than the last two lines; checks neither chain nor signature.
///
/// # Errors
///
/// When the file cannot be read.
pub fn has_end(file: &mut File) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut window = FIRST_WINDOW.min(length);
    loop {
        file.seek(SeekFrom::Start(length.saturating_sub(window)))?;
        let mut tail = Vec::new();
        file.by_ref().take(window).read_to_end(&mut tail)?;
        let mut lines: Vec<&[u8]> = tail.split(|byte| *byte == b'\n').collect();
        // What follows the last line feed is a torn tail, or nothing.
        lines.pop();
        if window < length {
            if lines.len() < LINES.saturating_add(1) && window < LARGEST_WINDOW {
                window = window.saturating_mul(4).min(length);
                continue;
            }
            if let Some(first) = lines.first_mut() {
                *first = &[];
            }
        }
        let ends = |body: &&[u8]| {
            parse::line(body).is_some_and(|line| matches!(line.event, Event::End(_)))
        };
        return Ok(lines.iter().rev().take(LINES).any(ends));
    }
}

const LINES: usize = 2;
const FIRST_WINDOW: u64 = 16 * 1024;
const LARGEST_WINDOW: u64 = 64 * 1024 * 1024;
