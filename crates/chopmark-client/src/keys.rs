//! Private keys on this host: one folder a label, the pre-rotated next key beside the current one.
//!
//! `keys/<label>/private` holds the seeds, sealed; `keys/<label>/public.json` what anyone may know.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chopmark_core::key::SecretKey;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::durable::{self, Access, FileError};
use crate::seal::{Seal, SealError, is_encrypted};

/// What a key pair of this host is called: `[a-z0-9-]`, 1 to 39 bytes. It never leaves the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// The label of the host's own key.
    #[must_use]
    pub fn host() -> Self {
        Self("host".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = KeyStoreError;

    fn from_str(text: &str) -> Result<Self, KeyStoreError> {
        let fits = (1..=39).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyStoreError::Label(text.to_owned()))
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret keys under one label.
#[derive(Debug)]
pub struct Keys {
    /// Signs now.
    pub current: SecretKey,
    /// Committed to by its digest; takes over at the next rotation.
    pub next: SecretKey,
    /// Drawn for a rotation that may not have reached the log yet: the key after `next`.
    pub fresh: Option<SecretKey>,
}

impl Keys {
    /// Draws a current and a next key from the system's randomness.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Randomness`].
    pub fn generate() -> Result<Self, KeyStoreError> {
        Ok(Self {
            current: draw()?,
            next: draw()?,
            fresh: None,
        })
    }
}

/// Draws one secret key from the system's randomness.
///
/// # Errors
///
/// [`KeyStoreError::Randomness`].
pub fn draw() -> Result<SecretKey, KeyStoreError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyStoreError::Randomness)?;
    Ok(SecretKey::from_seed(&seed))
}

/// The folder of all labels.
#[derive(Debug, Clone)]
pub struct KeyStore {
    folder: PathBuf,
}

impl KeyStore {
    /// The key store in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Stores new keys under `label`, sealed, mode 0600. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Exists`] when the label is taken; nothing is changed then.
    pub fn create(&self, label: &Label, keys: &Keys, seal: &Seal) -> Result<(), KeyStoreError> {
        durable::private_folder(&self.folder_of(label))?;
        let sealed = seal.close(&encode(keys))?;
        durable::create(&self.private_file(label), &sealed, Access::Private).map_err(|error| {
            if error.code() == "file-exists" {
                KeyStoreError::Exists(label.clone())
            } else {
                error.into()
            }
        })
    }

    /// Replaces the keys under `label`. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError`]; the old keys are still in place.
    pub fn replace(&self, label: &Label, keys: &Keys, seal: &Seal) -> Result<(), KeyStoreError> {
        let sealed = seal.close(&encode(keys))?;
        Ok(durable::write(
            &self.private_file(label),
            &sealed,
            Access::Private,
        )?)
    }

    /// Opens the keys under `label`.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError`]: no such label, a wrong passphrase, or a file that others may read.
    pub fn open(&self, label: &Label, seal: &Seal) -> Result<Keys, KeyStoreError> {
        let path = self.private_file(label);
        let sealed = durable::read(&path, MAX_PRIVATE_BYTES)?
            .ok_or_else(|| KeyStoreError::Missing(label.clone()))?;
        if is_open_to_others(&path)? {
            return Err(KeyStoreError::TooOpen(path));
        }
        let clear = seal.open(&sealed)?;
        decode(&clear).ok_or(KeyStoreError::Damaged(path))
    }

    /// Whether the keys under `label` are encrypted; `None` when there are none.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::File`].
    pub fn is_sealed(&self, label: &Label) -> Result<Option<bool>, KeyStoreError> {
        let sealed = durable::read(&self.private_file(label), MAX_PRIVATE_BYTES)?;
        Ok(sealed.map(|bytes| is_encrypted(&bytes)))
    }

    /// All labels, sorted.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::File`].
    pub fn labels(&self) -> Result<Vec<Label>, KeyStoreError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FileError::at("list", &self.folder)(error).into()),
        };
        let mut labels: Vec<Label> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|label| self.private_file(label).exists())
            .collect();
        labels.sort();
        Ok(labels)
    }

    /// Where what is public about `label` is kept.
    #[must_use]
    pub fn public_file(&self, label: &Label) -> PathBuf {
        self.folder_of(label).join("public.json")
    }

    fn private_file(&self, label: &Label) -> PathBuf {
        self.folder_of(label).join("private")
    }

    fn folder_of(&self, label: &Label) -> PathBuf {
        self.folder.join(label.as_str())
    }
}

fn is_open_to_others(path: &Path) -> Result<bool, FileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).map_err(FileError::at("inspect", path))?;
    Ok(metadata.permissions().mode() & 0o077 != 0)
}

/// `chopmark-keys v1`, then `current`, `next` and perhaps `fresh`, each with its seed in base64.
fn encode(keys: &Keys) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(format!("{HEADER}\n"));
    let lines = [
        ("current", Some(&keys.current)),
        ("next", Some(&keys.next)),
        ("fresh", keys.fresh.as_ref()),
    ];
    for (role, key) in lines {
        if let Some(key) = key {
            let seed = Zeroizing::new(STANDARD.encode(key.seed()));
            text.push_str(role);
            text.push(' ');
            text.push_str(&seed);
            text.push('\n');
        }
    }
    Zeroizing::new(text.as_bytes().to_vec())
}

fn decode(bytes: &[u8]) -> Option<Keys> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    let mut seed_of = |role: &str| {
        let encoded = lines.next()?.strip_prefix(role)?.strip_prefix(' ')?;
        let seed = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        Some(SecretKey::from_seed(
            <&[u8; 32]>::try_from(seed.as_slice()).ok()?,
        ))
    };
    Some(Keys {
        current: seed_of("current")?,
        next: seed_of("next")?,
        fresh: seed_of("fresh"),
    })
}

/// Why keys could not be stored or opened.
#[derive(Debug, Error)]
pub enum KeyStoreError {
    /// Not a label.
    #[error("`{0}` is no key label: use 1 to 39 of a-z, 0-9 and hyphens")]
    Label(String),
    /// The label is taken.
    #[error("keys named `{0}` exist already")]
    Exists(Label),
    /// No such label.
    #[error("there are no keys named `{0}`")]
    Missing(Label),
    /// Others than the owner may read the file.
    #[error("`{}` may be read by others", .0.display())]
    TooOpen(PathBuf),
    /// The file is not what was written.
    #[error("`{}` is damaged", .0.display())]
    Damaged(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Randomness,
    /// The seal does not open or close.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl KeyStoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Label(_) => "key-label",
            Self::Exists(_) => "key-exists",
            Self::Missing(_) => "key-missing",
            Self::TooOpen(_) => "key-too-open",
            Self::Damaged(_) => "key-damaged",
            Self::Randomness => "no-randomness",
            Self::Seal(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const HEADER: &str = "chopmark-keys v1";
const MAX_PRIVATE_BYTES: u64 = 16 * 1024;

#[cfg(test)]
mod tests;
