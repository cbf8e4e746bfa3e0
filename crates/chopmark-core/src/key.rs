//! Keys: checked Ed25519 public keys, their digests and roles, and secret keys made from seeds.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use thiserror::Error;

use crate::digest::{KeyDigest, sha256};

/// An Ed25519 public key that is canonical, of full order and torsion-free.
///
/// The same 32 bytes are the same key everywhere; counting keys means counting these bytes.
///
/// Spec: docs/spec/records.md §3.
#[derive(Clone)]
pub struct PublicKey {
    verifying: VerifyingKey,
}

impl PublicKey {
    /// Checks 32 bytes (RFC 8032 encoding) as a public key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the bytes are not the canonical encoding of a point of prime order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let verifying = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        let point = verifying.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(Self { verifying })
    }

    /// Reads the standard base64 form used in records.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the text is not canonical base64 of 32 bytes, or the key is refused.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::Encoding)?;
        Self::from_bytes(&<[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Encoding)?)
    }

    /// Returns the 32 canonical bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.verifying.as_bytes()
    }

    /// Returns the SHA-256 of the 32 canonical bytes: the `keyid`, and what pre-rotation commits to.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::from_bytes(sha256(self.as_bytes()))
    }

    /// Returns the standard base64 form used in records.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.as_bytes())
    }

    /// Tells whether `signature` (64 bytes) over `message` holds under strict RFC 8032 rules.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.verifying
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_base64())
    }
}

/// A secret key; its bytes are wiped when it goes, and it prints only its public half.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Makes the key of a 32-byte seed (RFC 8032). The caller draws the seed at random.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Returns the 32-byte seed, for encrypted storage only.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        // A key made from a seed is a clamped multiple of the base point: canonical, torsion-free.
        PublicKey {
            verifying: self.0.verifying_key(),
        }
    }

    /// Signs `message`; deterministic (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().to_base64())
    }
}

/// What a key of an identity may sign.
///
/// Spec: docs/spec/records.md §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Scans and audits.
    Audit,
    /// The log's own acts: state leaves and rules; only the operator's keys use it.
    Operate,
    /// Releases and yanks.
    Release,
    /// Vetoes.
    Veto,
    /// Vouches.
    Vouch,
}

impl Role {
    /// All roles, in the order in which records list them.
    pub const ALL: [Self; 5] = [
        Self::Audit,
        Self::Operate,
        Self::Release,
        Self::Veto,
        Self::Vouch,
    ];

    /// Returns the word used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Operate => "operate",
            Self::Release => "release",
            Self::Veto => "veto",
            Self::Vouch => "vouch",
        }
    }

    /// Reads the word used in records.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why bytes are refused as a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not canonical standard base64 of 32 bytes.
    #[error("the key is not standard base64 of 32 bytes")]
    Encoding,
    /// The bytes encode no point of the curve.
    #[error("the key is no point of the curve")]
    NotAPoint,
    /// Another encoding of the same point exists and is the canonical one.
    #[error("the key is not in canonical encoding")]
    NotCanonical,
    /// The point has small order: signatures under it prove nothing.
    #[error("the key has small order")]
    SmallOrder,
    /// The point has a torsion component: verifiers would disagree about it.
    #[error("the key is not torsion-free")]
    Torsion,
}

#[cfg(test)]
mod tests;
