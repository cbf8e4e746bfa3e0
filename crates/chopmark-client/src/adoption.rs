//! Adoptions: unsigned folders that this host takes in, in its own name and for a while.

use chopmark_core::key::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::signed::{self, Kind, SignedError};

/// What a host takes upon itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Adoption {
    schema: String,
    /// The bytes, by content digest in lower-case hex.
    pub content: String,
    /// What it is called here.
    pub name: String,
    /// When it begins, in seconds since the Unix epoch.
    pub from: u64,
    /// When it ends.
    pub expires: u64,
    /// Why, in the words of who adopted it.
    pub reason: String,
    /// What its text leads an agent to is held by nothing.
    pub text_confined: bool,
}

impl Adoption {
    /// An adoption from now until `expires`.
    #[must_use]
    pub fn new(content: String, name: String, from: u64, expires: u64, reason: String) -> Self {
        let schema = SCHEMA.to_owned();
        Self {
            schema,
            content,
            name,
            from,
            expires,
            reason,
            text_confined: false,
        }
    }

    /// Signs it in this host's name.
    ///
    /// # Errors
    ///
    /// [`AdoptionError`].
    pub fn sign(&self, key: &SecretKey) -> Result<Vec<u8>, AdoptionError> {
        let payload =
            serde_json::to_vec(self).map_err(|e| AdoptionError::Malformed(e.to_string()))?;
        Ok(signed::sign(Kind::Adoption, &payload, key)?)
    }

    /// Opens one that the holder of `key` signed.
    ///
    /// # Errors
    ///
    /// [`AdoptionError`].
    pub fn open(bytes: &[u8], key: &PublicKey) -> Result<Self, AdoptionError> {
        let payload = signed::open(Kind::Adoption, bytes, key)?;
        let adoption: Self = serde_json::from_slice(&payload)
            .map_err(|e| AdoptionError::Malformed(e.to_string()))?;
        if adoption.schema != SCHEMA {
            return Err(AdoptionError::Malformed(format!(
                "unknown schema `{}`",
                adoption.schema
            )));
        }
        Ok(adoption)
    }
}

/// Why an adoption record is not believed.
#[derive(Debug, Error)]
pub enum AdoptionError {
    /// Not of this shape.
    #[error("the adoption record is malformed: {0}")]
    Malformed(String),
    /// Its signature.
    #[error(transparent)]
    Signed(#[from] SignedError),
}

impl AdoptionError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "adoption-malformed",
            Self::Signed(error) => error.code(),
        }
    }
}

const SCHEMA: &str = "https://chopmark.dev/schema/adoption/v1";
