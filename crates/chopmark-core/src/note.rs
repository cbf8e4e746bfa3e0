//! Signed notes and verifier keys.
//!
//! Spec: C2SP signed-note; docs/spec/log.md §4.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use crate::{
    digest::sha256,
    key::{PublicKey, SecretKey},
};

/// The largest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The most signatures that a note may carry.
pub const MAX_NOTE_SIGNATURES: usize = 64;

/// A note as received: text and signature lines. Nothing is verified by parsing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The key's name.
    pub name: String,
    /// The key's id: 4 bytes, big-endian.
    pub key_id: u32,
    /// What follows the key id: 1 to 8,192 bytes.
    pub bytes: Vec<u8>,
}

impl Note {
    /// Makes a note of a text that ends in a newline and signature lines.
    ///
    /// # Errors
    ///
    /// As [`Note::parse`].
    pub fn new(text: &str, signatures: Vec<Signature>) -> Result<Self, NoteError> {
        Self::parse(
            Self {
                text: text.to_owned(),
                signatures,
            }
            .to_string()
            .as_bytes(),
        )
    }

    /// Reads a note; what is read prints to the same bytes.
    ///
    /// # Errors
    ///
    /// [`NoteError`] names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge(bytes.len()));
        }
        let all = std::str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        if all.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Characters);
        }
        let split = all.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, rest) = all.split_at(split.saturating_add(1));
        let lines = rest.strip_prefix('\n').ok_or(NoteError::NoSignatures)?;
        let body = lines.strip_suffix('\n').ok_or(NoteError::SignatureLine)?;
        let signatures = body
            .split('\n')
            .map(str::parse)
            .collect::<Result<Vec<Signature>, _>>()?;
        if signatures.len() > MAX_NOTE_SIGNATURES {
            return Err(NoteError::TooManySignatures(signatures.len()));
        }
        let note = Self {
            text: text.to_owned(),
            signatures,
        };
        if note.to_string().as_bytes() != bytes {
            return Err(NoteError::NotCanonical);
        }
        Ok(note)
    }

    /// Returns the text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the signature lines in order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds signature lines that are not there yet.
    pub fn add(&mut self, signatures: impl IntoIterator<Item = Signature>) {
        for signature in signatures {
            if !self.signatures.contains(&signature) {
                self.signatures.push(signature);
            }
        }
    }

    /// Returns the lines that this key's name and id mark as its own.
    pub fn lines_of<'n>(&'n self, key: &VerifierKey) -> impl Iterator<Item = &'n Signature> {
        let (name, id) = (key.name.clone(), key.key_id());
        self.signatures
            .iter()
            .filter(move |s| s.name == name && s.key_id == id)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| writeln!(f, "{s}"))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = self.key_id.to_be_bytes().to_vec();
        blob.extend_from_slice(&self.bytes);
        write!(f, "\u{2014} {} {}", self.name, STANDARD.encode(blob))
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let rest = line
            .strip_prefix("\u{2014} ")
            .ok_or(NoteError::SignatureLine)?;
        let (name, blob) = rest.split_once(' ').ok_or(NoteError::SignatureLine)?;
        check_name(name)?;
        let blob = STANDARD
            .decode(blob)
            .map_err(|_| NoteError::SignatureLine)?;
        let (id, bytes) = blob
            .split_first_chunk::<4>()
            .ok_or(NoteError::SignatureLine)?;
        if bytes.is_empty() || bytes.len() > 8192 {
            return Err(NoteError::SignatureLine);
        }
        let key_id = u32::from_be_bytes(*id);
        Ok(Self {
            name: name.to_owned(),
            key_id,
            bytes: bytes.to_vec(),
        })
    }
}

/// What a note key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Ed25519 over the text: the log's own signature (`0x01`).
    Log,
    /// Ed25519 over time and text: a cosignature (`0x04`).
    Cosigner,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Cosigner => 0x04,
        }
    }
}

/// A key that verifies signature lines, in `vkey` form `name+id+base64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: PublicKey,
}

impl VerifierKey {
    /// Names a key.
    ///
    /// # Errors
    ///
    /// [`NoteError::Name`] for a name that notes cannot carry.
    pub fn new(name: &str, kind: KeyKind, key: PublicKey) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            kind,
            key,
        })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the key signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Returns the public key; two verifier keys with one public key are one signer.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the id: the first 4 bytes of SHA-256 over name, newline, kind and key.
    pub fn key_id(&self) -> u32 {
        let mut input = self.name.as_bytes().to_vec();
        input.push(b'\n');
        input.push(self.kind.byte());
        input.extend_from_slice(self.key.as_bytes());
        let hash = sha256(&input);
        hash.first_chunk::<4>()
            .map_or(0, |id| u32::from_be_bytes(*id))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = vec![self.kind.byte()];
        blob.extend_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.key_id(),
            STANDARD.encode(blob)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_id), Some(blob)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey("not of the form name+id+key"));
        };
        let blob = STANDARD
            .decode(blob)
            .map_err(|_| NoteError::VerifierKey("the key is not base64"))?;
        let (kind, bytes) = blob
            .split_first()
            .ok_or(NoteError::VerifierKey("the key is empty"))?;
        let kind = [KeyKind::Log, KeyKind::Cosigner]
            .into_iter()
            .find(|k| k.byte() == *kind)
            .ok_or(NoteError::VerifierKey("its signature type is not known"))?;
        let bytes = <[u8; 32]>::try_from(bytes)
            .map_err(|_| NoteError::VerifierKey("the key is not 32 bytes long"))?;
        let key = PublicKey::from_bytes(&bytes)
            .map_err(|_| NoteError::VerifierKey("the key is not a sound Ed25519 key"))?;
        let parsed = Self::new(name, kind, key)?;
        if parsed.to_string() != text {
            return Err(NoteError::VerifierKey(
                "its id is not that of its name and key",
            ));
        }
        Ok(parsed)
    }
}

/// Signs `text` as the log of this name does (type `0x01`).
///
/// # Errors
///
/// [`NoteError::Name`] for a name that notes cannot carry.
pub fn sign_as_log(name: &str, key: &SecretKey, text: &str) -> Result<Signature, NoteError> {
    let verifier = VerifierKey::new(name, KeyKind::Log, key.public())?;
    Ok(Signature {
        name: name.to_owned(),
        key_id: verifier.key_id(),
        bytes: key.sign(text.as_bytes()).to_vec(),
    })
}

fn check_name(name: &str) -> Result<(), NoteError> {
    if name.is_empty() || name.len() > 255 || name.chars().any(|c| c.is_whitespace() || c == '+') {
        return Err(NoteError::Name(name.chars().take(80).collect()));
    }
    Ok(())
}

/// Why bytes are no note, or a text no verifier key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Larger than [`MAX_NOTE_BYTES`].
    #[error("the note has {0} bytes; at most 65536 are read")]
    TooLarge(usize),
    /// Not UTF-8, or a control character.
    #[error("the note is not UTF-8 without control characters")]
    Characters,
    /// No empty line before signatures.
    #[error("the note has no signatures")]
    NoSignatures,
    /// More than [`MAX_NOTE_SIGNATURES`].
    #[error("the note carries {0} signatures; at most 64 are read")]
    TooManySignatures(usize),
    /// A line after the text that is no signature line.
    #[error("a line of the note is no signature line")]
    SignatureLine,
    /// Another spelling of a note.
    #[error("the note is not in canonical form")]
    NotCanonical,
    /// A key name that is empty, too long, or holds space or plus.
    #[error("`{0}` is no key name")]
    Name(String),
    /// A malformed verifier key.
    #[error("the verifier key is malformed: {0}")]
    VerifierKey(&'static str),
}

#[cfg(test)]
mod tests;
