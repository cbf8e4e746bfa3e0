//! The writing end: appends lines, keeps the chain, signs heads.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::line::write_line;
use super::{Event, Head, Header};

/// Signs the heads of a journal, with the host's key.
pub trait HeadSigner: Send {
    /// The Ed25519 public key, 32 bytes.
    fn public_key(&self) -> [u8; 32];
    /// The Ed25519 signature of `message`, 64 bytes.
    fn sign(&mut self, message: &[u8]) -> [u8; 64];
}

/// A journal that is being written.
///
/// Lines gather in memory until [`Self::flush`]; [`Self::sync`] makes them durable.
pub struct Writer {
    file: File,
    path: PathBuf,
    buffer: String,
    sequence: u64,
    previous: [u8; 32],
    run: String,
    since_head: u64,
    signer: Box<dyn HeadSigner>,
}

impl Writer {
    /// Creates the journal at `path` with its header.
    ///
    /// When it returns the header is durable: data and directory entry are synced.
    ///
    /// # Errors
    ///
    /// [`JournalError`] when the file exists, cannot be made or cannot be synced.
    pub fn create(
        path: &Path,
        header: Header,
        signer: Box<dyn HeadSigner>,
    ) -> Result<Self, JournalError> {
        let failed = |doing| {
            move |source| JournalError {
                path: path.to_owned(),
                doing,
                source,
            }
        };
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed("create"))?;
        // Readers see by it that the run still goes on; it ends with the last descriptor.
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| failed("lock")(error.into()))?;
        let mut writer = Self {
            file,
            path: path.to_owned(),
            buffer: String::new(),
            sequence: 0,
            previous: [0; 32],
            run: header.facts.run.clone(),
            since_head: 0,
            signer,
        };
        writer.append(&Event::Header(Box::new(header)));
        writer.flush()?;
        // COMMIT: the header is durable before the skill's first instruction.
        writer.file.sync_data().map_err(failed("sync"))?;
        if let Some(folder) = path.parent() {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(failed("sync"))?;
        }
        Ok(writer)
    }

    /// Adds a line in memory.
    pub fn append(&mut self, event: &Event) {
        let start = self.buffer.len();
        write_line(&mut self.buffer, self.sequence, &self.previous, event);
        let line = self.buffer.get(start..).unwrap_or_default();
        self.previous = Sha256::digest(line.trim_end_matches('\n').as_bytes()).into();
        self.sequence = self.sequence.saturating_add(1);
        self.since_head = self.since_head.saturating_add(1);
    }

    /// Adds a signed head unless the last line is one; spec: docs/spec/journal.md §4.
    pub fn sign_head(&mut self) {
        if self.since_head > 0 {
            let message = head_message(&self.run, self.sequence, &self.previous);
            let signature = self.signer.sign(message.as_bytes());
            self.append(&Event::Head(Head { signature }));
            self.since_head = 0;
        }
    }

    /// Lines since the last head.
    #[must_use]
    pub fn since_head(&self) -> u64 {
        self.since_head
    }

    /// Bytes gathered in memory.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Writes what was gathered to the file.
    ///
    /// # Errors
    ///
    /// [`JournalError`]; the file may then end in a torn line, and the skill must be stopped.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        let result = self.file.write_all(self.buffer.as_bytes());
        self.buffer.clear();
        result.map_err(|source| self.failed("write", source))
    }

    /// Writes what was gathered and makes the file durable.
    ///
    /// # Errors
    ///
    /// As [`Self::flush`].
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.flush()?;
        self.file
            .sync_data()
            .map_err(|source| self.failed("sync", source))
    }

    fn failed(&self, doing: &'static str, source: std::io::Error) -> JournalError {
        JournalError {
            path: self.path.clone(),
            doing,
            source,
        }
    }
}

/// What a head signs: run, sequence of the head's own line, and digest of the line before.
pub(super) fn head_message(run: &str, sequence: u64, previous: &[u8; 32]) -> String {
    let mut message = format!("chopmark-journal-head v1\n{run}\n{sequence}\n");
    super::line::hex(&mut message, previous);
    message.push('\n');
    message
}

/// The journal cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} the journal `{}`", path.display())]
pub struct JournalError {
    path: PathBuf,
    doing: &'static str,
    source: std::io::Error,
}
