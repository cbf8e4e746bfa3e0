//! DSSE envelopes, version 1.0.2, in one canonical spelling.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use crate::{
    digest::{StatementId, sha256},
    json,
    key::{PublicKey, SecretKey},
};

/// The payload type of every leaf.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The most signatures that one envelope may carry.
pub const MAX_SIGNATURES: usize = 32;

/// A parsed envelope that keeps the bytes it came in. Nothing is verified by parsing.
///
/// Spec: docs/spec/records.md §1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    bytes: Vec<u8>,
    payload: Vec<u8>,
    signatures: Vec<[u8; 64]>,
}

impl Envelope {
    /// Reads an envelope; refuses every spelling but the canonical one.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`] names what is wrong; nothing of the input is kept.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let wire: wire::Envelope =
            json::from_canonical(bytes).map_err(|e| EnvelopeError::Json(e.to_string()))?;
        if wire.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType(wire.payload_type));
        }
        if wire.signatures.is_empty() || wire.signatures.len() > MAX_SIGNATURES {
            return Err(EnvelopeError::SignatureCount(wire.signatures.len()));
        }
        let payload = STANDARD
            .decode(&wire.payload)
            .map_err(|_| EnvelopeError::Base64)?;
        let signatures = wire
            .signatures
            .iter()
            .map(|s| {
                let bytes = STANDARD.decode(&s.sig).map_err(|_| EnvelopeError::Base64)?;
                <[u8; 64]>::try_from(bytes).map_err(|_| EnvelopeError::SignatureLength)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            bytes: bytes.to_vec(),
            payload,
            signatures,
        })
    }

    /// Signs `payload` with each of `keys`, in order.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::SignatureCount`] for no key or more than [`MAX_SIGNATURES`].
    pub fn sign(payload: &[u8], keys: &[&SecretKey]) -> Result<Self, EnvelopeError> {
        let message = pae(PAYLOAD_TYPE, payload);
        let wire = wire::Envelope {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: keys
                .iter()
                .map(|key| wire::Signature {
                    keyid: key.public().digest().to_string(),
                    sig: STANDARD.encode(key.sign(&message)),
                })
                .collect(),
        };
        let bytes = json::to_canonical(&wire).map_err(|e| EnvelopeError::Json(e.to_string()))?;
        Self::parse(&bytes)
    }

    /// Returns those of `keys` that signed this payload, by canonical key bytes; `keyid` is ignored.
    pub fn signers<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k PublicKey>,
    ) -> BTreeSet<&'k PublicKey> {
        let message = pae(PAYLOAD_TYPE, &self.payload);
        keys.into_iter()
            .filter(|key| self.signatures.iter().any(|s| key.verifies(&message, s)))
            .collect()
    }

    /// Returns the envelope's bytes exactly as received: the leaf.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the payload's bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the SHA-256 of the payload, which names the statement whatever its signatures.
    pub fn statement_id(&self) -> StatementId {
        StatementId::from_bytes(sha256(&self.payload))
    }
}

/// Returns DSSE's pre-authentication encoding: `DSSEv1 len(type) type len(payload) payload`.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    out.reserve(payload.len());
    let mut out = out.into_bytes();
    out.extend_from_slice(payload);
    out
}

/// Why bytes are not an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Not canonical JSON of the envelope's shape.
    #[error("the envelope is malformed: {0}")]
    Json(String),
    /// Another payload type than [`PAYLOAD_TYPE`].
    #[error("the payload type is `{0}`, not `application/vnd.in-toto+json`")]
    PayloadType(String),
    /// No signature, or too many.
    #[error("the envelope carries {0} signatures; 1 to 32 are allowed")]
    SignatureCount(usize),
    /// A field is not canonical standard base64.
    #[error("a field of the envelope is not standard base64")]
    Base64,
    /// A signature that is not 64 bytes long.
    #[error("a signature is not 64 bytes long")]
    SignatureLength,
}

mod wire {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct Envelope {
        pub payload_type: String,
        pub payload: String,
        pub signatures: Vec<Signature>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Signature {
        pub keyid: String,
        pub sig: String,
    }
}

#[cfg(test)]
mod tests;
