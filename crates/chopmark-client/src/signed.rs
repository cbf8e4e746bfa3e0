//! Documents that this host signs for itself: roots, consents, adoptions.
//!
//! A DSSE envelope whose payload type names the kind of document, so that none can stand for
//! another. The host's public key is kept beside the roots.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chopmark_core::dsse::pae;
use chopmark_core::json;
use chopmark_core::key::{KeyError, PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::home::Home;
use crate::keys::{KeyStore, KeyStoreError, Keys, Label};
use crate::seal::Seal;

/// What a document of this host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder taken in without a publisher's signature.
    Adoption,
    /// A person's answer to a request.
    Consent,
    /// What stays of a journal that was removed.
    PrunedJournal,
    /// From where the host counts.
    Roots,
    /// When a grant ends.
    Term,
}

impl Kind {
    fn payload_type(self) -> &'static str {
        match self {
            Self::Adoption => "application/vnd.chopmark.adoption+json",
            Self::Consent => "application/vnd.chopmark.consent+json",
            Self::PrunedJournal => "application/vnd.chopmark.pruned-journal+json",
            Self::Roots => "application/vnd.chopmark.roots+json",
            Self::Term => "application/vnd.chopmark.grant-term+json",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Signs a document.
///
/// # Errors
///
/// [`SignedError::Malformed`] never happens for these parts.
pub fn sign(kind: Kind, payload: &[u8], key: &SecretKey) -> Result<Vec<u8>, SignedError> {
    let wire = Wire {
        payload_type: kind.payload_type().to_owned(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signature {
            keyid: key.public().digest().to_hex(),
            sig: STANDARD.encode(key.sign(&pae(kind.payload_type(), payload))),
        }],
    };
    json::to_canonical(&wire).map_err(|error| SignedError::Malformed(error.to_string()))
}

/// Opens a document of `kind` that the holder of `key` signed, and returns its payload.
///
/// # Errors
///
/// [`SignedError`].
pub fn open(kind: Kind, bytes: &[u8], key: &PublicKey) -> Result<Vec<u8>, SignedError> {
    let malformed = |what: &str| SignedError::Malformed(what.to_owned());
    let wire: Wire =
        json::from_canonical(bytes).map_err(|e| SignedError::Malformed(e.to_string()))?;
    if wire.payload_type != kind.payload_type() {
        return Err(SignedError::Malformed(format!(
            "it is a `{}`",
            wire.payload_type
        )));
    }
    let payload = STANDARD
        .decode(&wire.payload)
        .map_err(|_| malformed("its payload is no base64"))?;
    let [signature] = wire.signatures.as_slice() else {
        return Err(malformed("it does not carry exactly one signature"));
    };
    let signature = STANDARD
        .decode(&signature.sig)
        .ok()
        .and_then(|sig| <[u8; 64]>::try_from(sig).ok());
    let signature = signature.ok_or_else(|| malformed("its signature is not 64 bytes"))?;
    if key.verifies(&pae(kind.payload_type(), &payload), &signature) {
        Ok(payload)
    } else {
        Err(SignedError::Signature)
    }
}

/// Makes this host's own key, or says that there is one.
///
/// # Errors
///
/// [`SignedError::Keys`] when it exists already.
pub fn make_host_key(home: &Home, seal: &Seal) -> Result<PublicKey, SignedError> {
    let keys = Keys::generate()?;
    KeyStore::new(home.keys()).create(&Label::host(), &keys, seal)?;
    let public = keys.current.public();
    durable::private_folder(home.config())?;
    durable::write(
        &home.host_key(),
        format!("{}\n", public.to_base64()).as_bytes(),
        Access::Public,
    )?;
    Ok(public)
}

/// The public half of this host's key.
///
/// # Errors
///
/// [`SignedError::NoHostKey`] where none was made.
pub fn host_key(home: &Home) -> Result<PublicKey, SignedError> {
    let bytes = durable::read(&home.host_key(), 1024)?.ok_or(SignedError::NoHostKey)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(PublicKey::from_base64(text.trim_end())?)
}

/// Opens this host's secret key.
///
/// # Errors
///
/// [`SignedError::HostKeyDiffers`] when it is not the one beside the roots.
pub fn open_host_key(home: &Home, seal: &Seal) -> Result<SecretKey, SignedError> {
    let public = host_key(home)?;
    let keys = KeyStore::new(home.keys()).open(&Label::host(), seal)?;
    if keys.current.public() != public {
        return Err(SignedError::HostKeyDiffers);
    }
    Ok(keys.current)
}

/// Why a document of this host is not believed.
#[derive(Debug, Error)]
pub enum SignedError {
    /// This host has no key of its own.
    #[error("this host has no key of its own yet")]
    NoHostKey,
    /// The secret key is not the one that documents are checked against.
    #[error("the host's secret key does not belong to the public key beside the roots")]
    HostKeyDiffers,
    /// Not a document of this kind.
    #[error("the document is malformed: {0}")]
    Malformed(String),
    /// Another signature, or other bytes.
    #[error("the document was not signed by this host, or was changed")]
    Signature,
    /// The key beside the roots.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key store.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl SignedError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoHostKey => "host-key-missing",
            Self::HostKeyDiffers => "host-key-differs",
            Self::Malformed(_) => "host-document-malformed",
            Self::Signature => "host-document-signature",
            Self::Key(_) => "host-key-malformed",
            Self::Keys(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_opens_as_its_own_kind_under_its_own_key_and_unchanged() {
        let key = SecretKey::from_seed(&[1; 32]);
        let other = SecretKey::from_seed(&[2; 32]).public();
        let bytes = sign(Kind::Consent, b"{}", &key).unwrap();
        assert_eq!(open(Kind::Consent, &bytes, &key.public()).unwrap(), b"{}");
        let code = |result: Result<Vec<u8>, SignedError>| result.unwrap_err().code();
        assert_eq!(
            code(open(Kind::Roots, &bytes, &key.public())),
            "host-document-malformed"
        );
        assert_eq!(
            code(open(Kind::Consent, &bytes, &other)),
            "host-document-signature"
        );
        let changed = String::from_utf8(bytes).unwrap().replace("e30=", "e31=");
        assert!(open(Kind::Consent, changed.as_bytes(), &key.public()).is_err());
    }
}
