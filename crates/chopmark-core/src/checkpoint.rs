//! Checkpoints: three lines that name a log, its size and its root; and cosignatures over them.
//!
//! Spec: C2SP tlog-checkpoint and tlog-cosignature; docs/spec/log.md §5.

use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use crate::{
    digest::TreeHash,
    key::SecretKey,
    note::{KeyKind, NoteError, Signature, VerifierKey},
};

/// What a log says of itself; believed only inside [`crate::tlog_policy::VerifiedCheckpoint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: 1 to 255 bytes.
    pub origin: String,
    /// Its number of leaves.
    pub size: u64,
    /// Its RFC 6962 root.
    pub root: TreeHash,
}

impl Checkpoint {
    /// Reads a note's text: exactly three lines, in their one spelling.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] names what is wrong.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let lines: Vec<&str> = body.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(CheckpointError::Lines);
        };
        if origin.is_empty() || origin.len() > 255 {
            return Err(CheckpointError::Origin);
        }
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(CheckpointError::Root)?;
        let checkpoint = Self {
            origin: (*origin).to_owned(),
            size: size.parse().map_err(|_| CheckpointError::Size)?,
            root: TreeHash::from_bytes(root),
        };
        if checkpoint.text() != text {
            return Err(CheckpointError::Size);
        }
        Ok(checkpoint)
    }

    /// Returns the three lines.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root.as_bytes())
        )
    }
}

/// Cosigns a checkpoint's text at `time`, in seconds since the Unix epoch.
///
/// # Errors
///
/// [`NoteError::Name`] for a name that notes cannot carry.
pub fn cosign(name: &str, key: &SecretKey, text: &str, time: u64) -> Result<Signature, NoteError> {
    let verifier = VerifierKey::new(name, KeyKind::Cosigner, key.public())?;
    let mut bytes = time.to_be_bytes().to_vec();
    bytes.extend_from_slice(&key.sign(&cosigned(text, time)));
    Ok(Signature {
        name: name.to_owned(),
        key_id: verifier.key_id(),
        bytes,
    })
}

/// Checks a signature line over a checkpoint's text against the key whose line it is.
///
/// Returns the time of a cosignature, `None` for a log's signature.
///
/// # Errors
///
/// [`CheckpointError::Signature`] when it does not hold.
pub fn verify_line(
    key: &VerifierKey,
    line: &Signature,
    text: &str,
) -> Result<Option<u64>, CheckpointError> {
    let bad = || CheckpointError::Signature(key.name().to_owned());
    match key.kind() {
        KeyKind::Log => {
            let signature = <[u8; 64]>::try_from(line.bytes.as_slice()).map_err(|_| bad())?;
            key.key()
                .verifies(text.as_bytes(), &signature)
                .then_some(None)
                .ok_or_else(bad)
        }
        KeyKind::Cosigner => {
            let (time, signature) = line.bytes.split_first_chunk::<8>().ok_or_else(bad)?;
            let time = u64::from_be_bytes(*time);
            let signature = <[u8; 64]>::try_from(signature).map_err(|_| bad())?;
            let holds = i64::try_from(time).is_ok()
                && key.key().verifies(&cosigned(text, time), &signature);
            holds.then_some(Some(time)).ok_or_else(bad)
        }
    }
}

fn cosigned(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// Why a text is no checkpoint, or a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Not exactly three lines.
    #[error("a checkpoint has exactly three lines")]
    Lines,
    /// The origin is empty or longer than 255 bytes.
    #[error("the checkpoint's origin does not have 1 to 255 bytes")]
    Origin,
    /// The size is not a canonical decimal below 2^64.
    #[error("the checkpoint's size is no canonical number")]
    Size,
    /// The root is not canonical base64 of 32 bytes.
    #[error("the checkpoint's root is not base64 of 32 bytes")]
    Root,
    /// A signature line of a known key does not hold.
    #[error("the signature of `{0}` does not hold")]
    Signature(String),
}

#[cfg(test)]
mod tests;
