//! Secrets at rest: age files under a passphrase, or plain files where their owner said so.

use age::secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// How bytes are kept on disk. There is no default: the caller's user chooses.
#[derive(Clone)]
pub enum Seal {
    /// Encrypted with age (scrypt recipient) under this passphrase.
    Passphrase(SecretString),
    /// Not encrypted; the file's mode is the only protection.
    Plain,
}

impl Seal {
    /// A seal under `passphrase`.
    ///
    /// # Errors
    ///
    /// [`SealError::EmptyPassphrase`] when there is nothing to encrypt with.
    pub fn passphrase(passphrase: String) -> Result<Self, SealError> {
        if passphrase.is_empty() {
            return Err(SealError::EmptyPassphrase);
        }
        Ok(Self::Passphrase(SecretString::from(passphrase)))
    }

    /// Seals `bytes`.
    ///
    /// # Errors
    ///
    /// [`SealError::Encrypt`].
    pub fn close(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Plain => Ok(bytes.to_vec()),
            Self::Passphrase(passphrase) => {
                let recipient = age::scrypt::Recipient::new(passphrase.clone());
                age::encrypt(&recipient, bytes).map_err(|_| SealError::Encrypt)
            }
        }
    }

    /// Opens what [`Seal::close`] made. A plain file opens under any seal.
    ///
    /// # Errors
    ///
    /// [`SealError::PassphraseNeeded`] or [`SealError::WrongPassphrase`].
    pub fn open(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if !is_encrypted(bytes) {
            return Ok(Zeroizing::new(bytes.to_vec()));
        }
        let Self::Passphrase(passphrase) = self else {
            return Err(SealError::PassphraseNeeded);
        };
        let identity = age::scrypt::Identity::new(passphrase.clone());
        age::decrypt(&identity, bytes)
            .map(Zeroizing::new)
            .map_err(|_| SealError::WrongPassphrase)
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Seal::Passphrase(…)",
            Self::Plain => "Seal::Plain",
        })
    }
}

impl PartialEq for Seal {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain, Self::Plain) => true,
            (Self::Passphrase(a), Self::Passphrase(b)) => a.expose_secret() == b.expose_secret(),
            (Self::Plain, Self::Passphrase(_)) | (Self::Passphrase(_), Self::Plain) => false,
        }
    }
}

/// Whether `bytes` are an age file.
#[must_use]
pub fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/v1\n")
}

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// The passphrase has no character.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// age could not encrypt.
    #[error("encryption failed")]
    Encrypt,
    /// The file is encrypted and no passphrase was given.
    #[error("this file is encrypted and needs its passphrase")]
    PassphraseNeeded,
    /// The passphrase does not open the file, or the file was changed.
    #[error("the passphrase does not open this file")]
    WrongPassphrase,
}

impl SealError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EmptyPassphrase => "passphrase-empty",
            Self::Encrypt => "encryption-failed",
            Self::PassphraseNeeded => "passphrase-needed",
            Self::WrongPassphrase => "passphrase-wrong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_opens_under_its_passphrase_and_no_other() {
        let seal = Seal::passphrase("correct horse".to_owned()).unwrap();
        let sealed = seal.close(b"value").unwrap();
        assert!(is_encrypted(&sealed));
        assert!(!sealed.windows(5).any(|w| w == b"value"));
        assert_eq!(*seal.open(&sealed).unwrap(), b"value");
        let other = Seal::passphrase("wrong horse".to_owned()).unwrap();
        assert_eq!(other.open(&sealed).unwrap_err(), SealError::WrongPassphrase);
        assert_eq!(
            Seal::Plain.open(&sealed).unwrap_err(),
            SealError::PassphraseNeeded
        );
        assert_eq!(*seal.open(b"plain").unwrap(), b"plain");
        assert_eq!(
            Seal::passphrase(String::new()),
            Err(SealError::EmptyPassphrase)
        );
    }
}
