//! The note that makes an interrupted installation repairable.

use std::path::PathBuf;

use chopmark_core::digest::{ContentDigest, hex};
use serde::{Deserialize, Serialize};

use super::InstallError;

/// What an installation is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intent {
    /// SHA-256 of the lock file that commits it, lower-case hex.
    pub(super) lock: String,
    /// The folders that change.
    pub(super) swaps: Vec<Swap>,
}

/// One folder's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Swap {
    /// The folder.
    pub(super) folder: PathBuf,
    /// Where its new content is written first.
    pub(super) staged: PathBuf,
    /// Where its old content goes, where the two cannot be exchanged.
    pub(super) retired: PathBuf,
    /// Its new content; `None` when it is removed.
    pub(super) content: Option<ContentDigest>,
}

impl Swap {
    /// A change of `folder`, with fresh names beside it.
    pub(super) fn new(
        folder: PathBuf,
        content: Option<ContentDigest>,
    ) -> Result<Self, InstallError> {
        let (Some(name), Some(_)) = (folder.file_name().and_then(|n| n.to_str()), folder.to_str())
        else {
            return Err(InstallError::Path(folder));
        };
        let mut random = [0u8; 8];
        // Without randomness the names repeat, and writing into an existing folder is refused.
        let _ = getrandom::fill(&mut random);
        let tag = hex(&random);
        let staged = folder.with_file_name(format!(".chopmark-new-{name}-{tag}"));
        let retired = folder.with_file_name(format!(".chopmark-old-{name}-{tag}"));
        Ok(Self {
            folder,
            staged,
            retired,
            content,
        })
    }
}

impl Intent {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let swaps = self.swaps.iter().map(|swap| wire::Swap {
            folder: text(&swap.folder),
            staged: text(&swap.staged),
            retired: text(&swap.retired),
            content: swap.content.map(|content| content.to_hex()),
        });
        let file = wire::Intent {
            schema: SCHEMA.to_owned(),
            lock: self.lock.clone(),
            swaps: swaps.collect(),
        };
        serde_json::to_vec(&file).unwrap_or_default()
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let file: wire::Intent = serde_json::from_slice(bytes).ok()?;
        if file.schema != SCHEMA {
            return None;
        }
        let swaps = file.swaps.into_iter().map(|swap| {
            let content = match swap.content {
                Some(content) => Some(content.parse().ok()?),
                None => None,
            };
            Some(Swap {
                folder: swap.folder.into(),
                staged: swap.staged.into(),
                retired: swap.retired.into(),
                content,
            })
        });
        Some(Self {
            lock: file.lock,
            swaps: swaps.collect::<Option<_>>()?,
        })
    }
}

mod wire {
    use super::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Intent {
        pub schema: String,
        pub lock: String,
        pub swaps: Vec<Swap>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Swap {
        pub folder: String,
        pub staged: String,
        pub retired: String,
        pub content: Option<String>,
    }
}

const SCHEMA: &str = "https://chopmark.dev/schema/intent/v1";
