//! The reading end: lines, chain and heads checked.

use std::io::{self, BufRead};

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::writer::head_message;
use super::{Event, Line, parse};

/// Reads a journal line by line and checks the chain on the way.
///
/// Stops before a torn tail: a last line without its line feed. Where the run still goes on,
/// the rest of that line may come: asked again, the reader goes on with it.
pub struct Reader<R> {
    input: R,
    sequence: u64,
    previous: [u8; 32],
    partial: Vec<u8>,
}

impl<R: BufRead> Reader<R> {
    /// Starts at the first line of `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            sequence: 0,
            previous: [0; 32],
            partial: Vec::new(),
        }
    }

    /// The next line; none at the end or before a torn tail.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] when a line is too long, is no event, or breaks the chain.
    pub fn next_line(&mut self) -> Result<Option<Line>, VerifyError> {
        let mut text = std::mem::take(&mut self.partial);
        let room = MAX_LINE_BYTES.saturating_sub(text.len());
        let room = u64::try_from(room).unwrap_or(u64::MAX);
        io::Read::take(&mut self.input, room).read_until(b'\n', &mut text)?;
        let Some((b'\n', body)) = text.split_last() else {
            if text.len() >= MAX_LINE_BYTES {
                return Err(VerifyError::TooLong {
                    sequence: self.sequence,
                });
            }
            self.partial = text;
            return Ok(None);
        };
        let line = parse::line(body).ok_or(VerifyError::NoEvent {
            sequence: self.sequence,
        })?;
        if line.sequence != self.sequence || line.previous != self.previous {
            return Err(VerifyError::Chain {
                sequence: self.sequence,
            });
        }
        self.previous = Sha256::digest(body).into();
        self.sequence = self.sequence.saturating_add(1);
        Ok(Some(line))
    }

    /// Bytes of a torn tail, 0 for none; known once [`Self::next_line`] returned none.
    pub fn torn_bytes(&self) -> u64 {
        u64::try_from(self.partial.len()).unwrap_or(u64::MAX)
    }
}

/// What was found true of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Lines in the chain.
    pub lines: u64,
    /// Lines covered by a signed head.
    pub signed_lines: u64,
    /// Bytes after the last whole line.
    pub torn_bytes: u64,
    /// Whether the run's end is there and signed.
    pub complete: bool,
    /// SHA-256 of the last whole line, which the chain makes a digest of all before it.
    pub last: [u8; 32],
}

/// Checks the whole chain and every head against `key`, the host's public key.
///
/// Proves that nothing before the last signed head was cut or edited by one without the key.
///
/// # Errors
///
/// [`VerifyError`] with the sequence of the first line at fault.
pub fn verify(input: impl BufRead, key: &[u8; 32]) -> Result<Verified, VerifyError> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| VerifyError::Key)?;
    let mut reader = Reader::new(input);
    let mut found = Verified {
        lines: 0,
        signed_lines: 0,
        torn_bytes: 0,
        complete: false,
        last: [0; 32],
    };
    let mut run = None;
    let mut ended = false;
    while let Some(line) = reader.next_line()? {
        let sequence = line.sequence;
        match line.event {
            Event::Header(header) if sequence == 0 => {
                if header.key != key.to_bytes() {
                    return Err(VerifyError::OtherKey);
                }
                run = Some(header.facts.run);
            }
            Event::Header(_) => return Err(VerifyError::Place { sequence }),
            _ if run.is_none() || found.complete => return Err(VerifyError::Place { sequence }),
            Event::Head(head) => {
                let run = run.as_deref().unwrap_or_default();
                let message = head_message(run, sequence, &line.previous);
                key.verify_strict(message.as_bytes(), &Signature::from_bytes(&head.signature))
                    .map_err(|_| VerifyError::Signature { sequence })?;
                found.signed_lines = sequence;
                found.complete = ended;
            }
            _ if ended => return Err(VerifyError::Place { sequence }),
            Event::End(_) => ended = true,
            Event::Access(_) | Event::Process(_) | Event::Program(_) | Event::Network(..) => {}
        }
        found.lines = sequence.saturating_add(1);
    }
    if run.is_none() {
        return Err(VerifyError::NoHeader);
    }
    found.torn_bytes = reader.torn_bytes();
    found.last = reader.previous;
    Ok(found)
}

/// Why a journal is not what a supervisor wrote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The journal cannot be read.
    #[error("cannot read the journal")]
    Read(#[from] io::Error),
    /// The key is no Ed25519 public key.
    #[error("the key is not an Ed25519 public key")]
    Key,
    /// The header names another key.
    #[error("the journal was signed by another host")]
    OtherKey,
    /// There is no header.
    #[error("the journal has no header")]
    NoHeader,
    /// A line is longer than any event.
    #[error("line {sequence} is too long")]
    TooLong {
        /// Sequence of the line.
        sequence: u64,
    },
    /// A line is not an event.
    #[error("line {sequence} is not an event")]
    NoEvent {
        /// Sequence of the line.
        sequence: u64,
    },
    /// A line does not follow the one before.
    #[error("line {sequence} does not follow the line before it")]
    Chain {
        /// Sequence of the line.
        sequence: u64,
    },
    /// An event stands where it may not.
    #[error("line {sequence} stands in the wrong place")]
    Place {
        /// Sequence of the line.
        sequence: u64,
    },
    /// A head's signature is wrong.
    #[error("the head in line {sequence} is not signed by this key")]
    Signature {
        /// Sequence of the line.
        sequence: u64,
    },
}

impl VerifyError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "journal-unreadable",
            Self::Key | Self::OtherKey => "journal-other-key",
            Self::NoHeader => "journal-no-header",
            Self::TooLong { .. } | Self::NoEvent { .. } => "journal-bad-line",
            Self::Chain { .. } | Self::Place { .. } => "journal-broken-chain",
            Self::Signature { .. } => "journal-bad-signature",
        }
    }
}

/// The end line carries lists, so it may be long.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;
