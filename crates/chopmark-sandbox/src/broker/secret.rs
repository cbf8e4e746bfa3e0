//! Secrets: what the skill sees, what the server gets, and where the one becomes the other.

use std::fmt;
use std::str::FromStr;

use hyper::header::{HeaderName, HeaderValue};
use thiserror::Error;
use zeroize::Zeroizing;

/// The value of a secret; wiped when dropped, never shown by `Debug`.
#[derive(Clone)]
pub struct SecretValue(Zeroizing<Vec<u8>>);

impl SecretValue {
    /// Takes the value.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when it is too short to be recognised in an answer, too long, or holds a
    /// byte that no header may carry.
    pub fn new(value: Zeroizing<Vec<u8>>) -> Result<Self, SecretError> {
        if value.len() < MIN_VALUE_BYTES {
            return Err(SecretError::TooShort);
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(SecretError::TooLong);
        }
        if !value
            .iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
        {
            return Err(SecretError::NotHeaderText);
        }
        Ok(Self(value))
    }

    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(..)")
    }
}

/// Why a value or a placeholder cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Fewer than 8 bytes: redaction would hit ordinary text.
    #[error("a secret has fewer than 8 bytes")]
    TooShort,
    /// More than 8 KiB.
    #[error("a secret has more than 8192 bytes")]
    TooLong,
    /// A byte outside visible ASCII and space.
    #[error("a secret holds a byte that no header may carry")]
    NotHeaderText,
    /// Not `chopmark-secret-` and 32 lower-case hexadecimal digits.
    #[error("a placeholder is not `chopmark-secret-` and 32 hexadecimal digits")]
    BadPlaceholder,
    /// The permission's header or format does not make a header.
    #[error("a secret's header or format does not make a header")]
    BadTarget,
}

/// The token that stands for a secret inside the sandbox: `chopmark-secret-` and 32 lower-case
/// hexadecimal digits, drawn anew for each run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Placeholder(String);

impl Placeholder {
    /// Makes a placeholder from 16 random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 16]) -> Self {
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{PLACEHOLDER_PREFIX}{digits}"))
    }

    /// The token, as it stands in the skill's environment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Placeholder {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let digits = text
            .strip_prefix(PLACEHOLDER_PREFIX)
            .ok_or(SecretError::BadPlaceholder)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if digits.len() == PLACEHOLDER_DIGITS && digits.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SecretError::BadPlaceholder)
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A declared secret, ready to be placed.
#[derive(Debug)]
pub(super) struct SecretRule {
    pub(super) name: String,
    pub(super) placeholder: Placeholder,
    pub(super) header: HeaderName,
    pub(super) format: String,
    pub(super) methods: Option<Vec<String>>,
    pub(super) path_prefix: Option<String>,
    pub(super) value: SecretValue,
}

impl SecretRule {
    /// What the skill must send for the secret to be placed.
    pub(super) fn expected(&self) -> String {
        self.format.replace(SLOT, self.placeholder.as_str())
    }

    /// What the server gets; marked sensitive, so that `Debug` hides it.
    pub(super) fn placed(&self) -> Option<HeaderValue> {
        let (before, after) = self.format.split_once(SLOT)?;
        let text =
            Zeroizing::new([before.as_bytes(), self.value.expose(), after.as_bytes()].concat());
        let mut value = HeaderValue::from_bytes(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Where a format takes the value.
pub(super) const SLOT: &str = "{secret}";
/// How every placeholder begins.
pub(super) const PLACEHOLDER_PREFIX: &str = "chopmark-secret-";
const PLACEHOLDER_DIGITS: usize = 32;
const MIN_VALUE_BYTES: usize = 8;
const MAX_VALUE_BYTES: usize = 8192;

#[cfg(test)]
mod tests;
