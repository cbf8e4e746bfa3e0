//! Receipts on disk: signed decisions in a chain, with all that a replay needs, durable before the
//! effect that they allow.
//!
//! `receipts/<digest>.json` is a DSSE envelope; `receipts/input/<kind>-<digest>` what it names;
//! `receipts/newest` the digest of the last one.

use std::path::PathBuf;

use chopmark_core::digest::{BlobDigest, hex, sha256};
use chopmark_core::dsse::{Envelope, EnvelopeError};
use chopmark_core::key::{PublicKey, SecretKey};
use chopmark_core::receipt::{Receipt, ReceiptError};
use thiserror::Error;

use crate::adoption::{Adoption, AdoptionError};
use crate::durable::{self, Access, Exclusive, FileError};
use crate::home::Home;

/// The receipts of this host.
#[derive(Debug, Clone)]
pub struct Receipts {
    folder: PathBuf,
}

/// A kind of input that receipts name by digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What the log held.
    Evidence,
    /// From where the host counted.
    Roots,
    /// The organisation's policy.
    Policy,
}

impl Input {
    fn name(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Roots => "roots",
            Self::Policy => "policy",
        }
    }
}

impl Receipts {
    /// The receipts below `home`.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self {
            folder: home.receipts(),
        }
    }

    /// Waits until no other command writes receipts.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn exclusive(&self) -> Result<Exclusive, FileError> {
        Exclusive::wait(&self.folder.join("guard"))
    }

    /// The SHA-256 of the newest receipt's payload, which the next one names.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError`].
    pub fn newest(&self) -> Result<Option<BlobDigest>, ReceiptsError> {
        let path = self.folder.join("newest");
        let Some(bytes) = durable::read(&path, 128)? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end()
            .parse()
            .map(Some)
            .map_err(|_| ReceiptsError::Damaged(path))
    }

    /// Keeps an input under its digest; durable when it returns.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError`].
    pub fn keep_input(&self, input: Input, bytes: &[u8]) -> Result<(), ReceiptsError> {
        let path = self.input_file(input, &hex(&sha256(bytes)));
        if path.exists() {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            durable::private_folder(folder)?;
        }
        Ok(durable::write(&path, bytes, Access::Private)?)
    }

    /// Reads an input; its bytes are those that the digest names.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError::InputMissing`] or [`ReceiptsError::Damaged`].
    pub fn input(&self, input: Input, digest: &str) -> Result<Vec<u8>, ReceiptsError> {
        let path = self.input_file(input, digest);
        let bytes = durable::read(&path, MAX_INPUT_BYTES)?
            .ok_or_else(|| ReceiptsError::InputMissing(input.name(), digest.to_owned()))?;
        if hex(&sha256(&bytes)) == digest {
            Ok(bytes)
        } else {
            Err(ReceiptsError::Damaged(path))
        }
    }

    /// Signs and keeps a receipt's payload, and returns the digest of the signed document in hex.
    /// Durable when it returns; the effect comes after.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError`].
    pub fn keep(&self, payload: &[u8], key: &SecretKey) -> Result<String, ReceiptsError> {
        let signed = Envelope::sign(payload, &[key])?;
        let digest = hex(&sha256(signed.bytes()));
        durable::private_folder(&self.folder)?;
        durable::write(
            &self.folder.join(format!("{digest}.json")),
            signed.bytes(),
            Access::Private,
        )?;
        let newest = format!("{}\n", BlobDigest::of(payload));
        durable::write(
            &self.folder.join("newest"),
            newest.as_bytes(),
            Access::Private,
        )?;
        Ok(digest)
    }

    /// Reads the receipt whose digest begins with `prefix`, signed by the holder of `key`.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError`].
    pub fn read(&self, prefix: &str, key: &PublicKey) -> Result<(String, Receipt), ReceiptsError> {
        let digest = self.find(prefix)?;
        let path = self.folder.join(format!("{digest}.json"));
        let bytes = durable::read_existing(&path, MAX_INPUT_BYTES)?;
        if hex(&sha256(&bytes)) != digest {
            return Err(ReceiptsError::Damaged(path));
        }
        let envelope = Envelope::parse(&bytes)?;
        if envelope.signers([key]).is_empty() {
            return Err(ReceiptsError::Signature(digest));
        }
        Ok((digest, Receipt::parse(envelope.payload())?))
    }

    /// Keeps a signed adoption record, and returns its digest in hex. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError`].
    pub fn keep_adoption(&self, record: &[u8]) -> Result<String, ReceiptsError> {
        let digest = hex(&sha256(record));
        durable::private_folder(&self.folder)?;
        durable::write(
            &self.folder.join(format!("{digest}.json")),
            record,
            Access::Private,
        )?;
        Ok(digest)
    }

    /// Reads an adoption record that the holder of `key` signed.
    ///
    /// # Errors
    ///
    /// [`ReceiptsError`].
    pub fn adoption(&self, digest: &str, key: &PublicKey) -> Result<Adoption, ReceiptsError> {
        let path = self.folder.join(format!("{digest}.json"));
        let bytes = durable::read_existing(&path, MAX_INPUT_BYTES)?;
        if hex(&sha256(&bytes)) != digest {
            return Err(ReceiptsError::Damaged(path));
        }
        Ok(Adoption::open(&bytes, key)?)
    }

    fn find(&self, prefix: &str) -> Result<String, ReceiptsError> {
        let unknown = || ReceiptsError::Unknown(prefix.chars().take(64).collect());
        if prefix.len() < 4 || !prefix.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let entries = std::fs::read_dir(&self.folder).map_err(|_| unknown())?;
        let mut found = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                Some(
                    entry
                        .file_name()
                        .to_str()?
                        .strip_suffix(".json")?
                        .to_owned(),
                )
            })
            .filter(|digest| digest.starts_with(prefix));
        match (found.next(), found.next()) {
            (Some(digest), None) => Ok(digest),
            (None, _) | (Some(_), Some(_)) => Err(unknown()),
        }
    }

    fn input_file(&self, input: Input, digest: &str) -> PathBuf {
        self.folder
            .join("input")
            .join(format!("{}-{digest}", input.name()))
    }
}

/// Why a receipt could not be kept or read.
#[derive(Debug, Error)]
pub enum ReceiptsError {
    /// None, or more than one, begins so.
    #[error("no single receipt begins with `{0}`")]
    Unknown(String),
    /// A file is not what was written.
    #[error("`{}` is damaged", .0.display())]
    Damaged(PathBuf),
    /// Signed by another key than this host's.
    #[error("the receipt {0} was not signed by this host")]
    Signature(String),
    /// An input that a receipt names is gone.
    #[error("the {0} {1} that the receipt names is not here any more")]
    InputMissing(&'static str, String),
    /// Not a signed document.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Not an adoption record.
    #[error(transparent)]
    Adoption(#[from] AdoptionError),
    /// Not a receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl ReceiptsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "receipt-unknown",
            Self::Damaged(_) => "receipt-changed",
            Self::Signature(_) => "receipt-signature",
            Self::InputMissing(..) => "receipt-input-missing",
            Self::Envelope(_) => "receipt-malformed",
            Self::Adoption(error) => error.code(),
            Self::Receipt(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const MAX_INPUT_BYTES: u64 = 128 * 1024 * 1024;
