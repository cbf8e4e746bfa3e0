//! Secret keys of servers: one 32-byte seed a file, base64, mode 0600.
//!
//! A server starts without a person, so its keys are not sealed with a passphrase; whoever reads
//! the file is the server.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chopmark_core::key::SecretKey;
use thiserror::Error;

/// Draws a key and writes it to a new file; durable when it returns.
///
/// # Errors
///
/// [`KeyFileError`] when there is a file already, or writing or drawing failed.
pub fn create(path: &Path) -> Result<SecretKey, KeyFileError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| KeyFileError::Random)?;
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    writeln!(file, "{}", STANDARD.encode(seed))
        .and_then(|()| file.sync_all())
        .map_err(io)?;
    Ok(SecretKey::from_seed(&seed))
}

/// Reads a key.
///
/// # Errors
///
/// [`KeyFileError`] when the file is missing, malformed, or readable by others than its owner.
pub fn read(path: &Path) -> Result<SecretKey, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let mode = std::fs::metadata(path).map_err(io)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    let seed = STANDARD
        .decode(text.trim_end())
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .ok_or_else(|| KeyFileError::Malformed(path.to_owned()))?;
    Ok(SecretKey::from_seed(&seed))
}

/// Why a key file could not be used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The operating system refused.
    #[error("the key file {} could not be used: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// Not a key.
    #[error("{} is not base64 of 32 bytes", .0.display())]
    Malformed(PathBuf),
    /// Others can read it.
    #[error("{} can be read by others than its owner", .0.display())]
    Open(PathBuf),
    /// No random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
}
