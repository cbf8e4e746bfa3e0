//! Secrets that skills may use: one sealed file, names in the clear only to its owner.
//!
//! Values never appear in arguments, the environment or logs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::durable::{self, Access, FileError};
use crate::seal::{Seal, SealError};

/// The file of secrets, opened.
pub struct Secrets {
    path: PathBuf,
    values: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

impl Secrets {
    /// Opens the file at `path`; none there means no secrets yet.
    ///
    /// # Errors
    ///
    /// [`SecretsError`].
    pub fn open(path: PathBuf, seal: &Seal) -> Result<Self, SecretsError> {
        let values = match durable::read(&path, MAX_FILE_BYTES)? {
            None => BTreeMap::new(),
            Some(sealed) => {
                let clear = seal.open(&sealed)?;
                decode(&clear).ok_or_else(|| SecretsError::Damaged(path.clone()))?
            }
        };
        Ok(Self { path, values })
    }

    /// Stores `value` under `name`, durably.
    ///
    /// # Errors
    ///
    /// [`SecretsError`]; the file is unchanged then.
    pub fn set(&mut self, name: &str, value: &[u8], seal: &Seal) -> Result<(), SecretsError> {
        check_name(name)?;
        if value.is_empty() || value.len() > MAX_VALUE_BYTES {
            return Err(SecretsError::Value(name.to_owned()));
        }
        if value.iter().any(|byte| byte.is_ascii_control()) {
            return Err(SecretsError::Control(name.to_owned()));
        }
        self.values
            .insert(name.to_owned(), Zeroizing::new(value.to_vec()));
        self.save(seal)
    }

    /// Forgets `name`, durably.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Missing`] when it is not there.
    pub fn remove(&mut self, name: &str, seal: &Seal) -> Result<(), SecretsError> {
        if self.values.remove(name).is_none() {
            return Err(SecretsError::Missing(name.to_owned()));
        }
        self.save(seal)
    }

    /// The value of `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(|value| value.as_slice())
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    fn save(&self, seal: &Seal) -> Result<(), SecretsError> {
        let mut text = Zeroizing::new(format!("{HEADER}\n"));
        for (name, value) in &self.values {
            let value = Zeroizing::new(STANDARD.encode(value.as_slice()));
            text.push_str(name);
            text.push(' ');
            text.push_str(&value);
            text.push('\n');
        }
        if let Some(folder) = self.path.parent() {
            durable::private_folder(folder)?;
        }
        Ok(durable::write(
            &self.path,
            &seal.close(text.as_bytes())?,
            Access::Private,
        )?)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Refuses what is not a secret's name: `[A-Z][A-Z0-9_]*`, 1 to 64 bytes.
///
/// # Errors
///
/// [`SecretsError::Name`].
pub fn check_name(name: &str) -> Result<(), SecretsError> {
    let fits = (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if fits {
        Ok(())
    } else {
        Err(SecretsError::Name(name.to_owned()))
    }
}

fn decode(bytes: &[u8]) -> Option<BTreeMap<String, Zeroizing<Vec<u8>>>> {
    let mut lines = std::str::from_utf8(bytes)
        .ok()?
        .strip_suffix('\n')?
        .split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    lines
        .map(|line| {
            let (name, value) = line.split_once(' ')?;
            check_name(name).ok()?;
            Some((
                name.to_owned(),
                Zeroizing::new(STANDARD.decode(value).ok()?),
            ))
        })
        .collect()
}

/// Why a secret could not be stored or read.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// Not a name.
    #[error("`{0}` is no secret's name: use A-Z, 0-9 and _, a letter first, at most 64")]
    Name(String),
    /// Empty or too long.
    #[error("the value of `{0}` is empty or longer than 8192 bytes")]
    Value(String),
    /// A header cannot carry it.
    #[error("the value of `{0}` holds a control character, which no header can carry")]
    Control(String),
    /// No such secret.
    #[error("there is no secret `{0}`")]
    Missing(String),
    /// The file is not what was written.
    #[error("`{}` is damaged", .0.display())]
    Damaged(PathBuf),
    /// The seal does not open or close.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl SecretsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "secret-name",
            Self::Value(_) => "secret-length",
            Self::Control(_) => "secret-control",
            Self::Missing(_) => "secret-missing",
            Self::Damaged(_) => "secrets-damaged",
            Self::Seal(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const HEADER: &str = "chopmark-secrets v1";
const MAX_VALUE_BYTES: usize = 8192;
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_back_and_stay_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.age");
        let seal = Seal::passphrase("pass".to_owned()).unwrap();
        let mut secrets = Secrets::open(path.clone(), &seal).unwrap();
        secrets.set("WEATHER_TOKEN", b"s3cret", &seal).unwrap();
        let reopened = Secrets::open(path.clone(), &seal).unwrap();
        assert_eq!(reopened.value("WEATHER_TOKEN"), Some(b"s3cret".as_slice()));
        assert_eq!(
            Secrets::open(path, &Seal::Plain).unwrap_err().code(),
            "passphrase-needed"
        );
    }

    #[test]
    fn refused_values_leave_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.age");
        let mut secrets = Secrets::open(path.clone(), &Seal::Plain).unwrap();
        for (name, value, code) in [
            ("lower", b"v".as_slice(), "secret-name"),
            ("EMPTY", b"", "secret-length"),
            ("LINES", b"a\nb", "secret-control"),
        ] {
            assert_eq!(
                secrets.set(name, value, &Seal::Plain).unwrap_err().code(),
                code
            );
        }
        assert_eq!(
            secrets.remove("NONE", &Seal::Plain).unwrap_err().code(),
            "secret-missing"
        );
        assert!(!path.exists());
        secrets.set("FINE", b"v", &Seal::Plain).unwrap();
        secrets.remove("FINE", &Seal::Plain).unwrap();
        assert_eq!(
            Secrets::open(path, &Seal::Plain).unwrap().names().count(),
            0
        );
    }
}
