//! Where Chopmark keeps what it knows on this host.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Chopmark's own folders: configuration, data, state.
///
/// They follow the XDG base directories; `CHOPMARK_HOME` moves all three below one folder. The
/// library never reads the environment: the caller passes a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
    user: Option<PathBuf>,
}

impl Home {
    /// Folders from environment variables, or `None` where nothing names an absolute folder.
    ///
    /// As the XDG specification demands, a relative value counts as unset.
    #[must_use]
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let folder = |name: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let user = folder("HOME");
        if let Some(root) = folder("CHOPMARK_HOME") {
            return Some(Self {
                user,
                ..Self::below(&root)
            });
        }
        let xdg = |name: &str, fallback: &str| {
            let base = folder(name).or_else(|| user.as_ref().map(|home| home.join(fallback)))?;
            Some(base.join("chopmark"))
        };
        Some(Self {
            config: xdg("XDG_CONFIG_HOME", ".config")?,
            data: xdg("XDG_DATA_HOME", ".local/share")?,
            state: xdg("XDG_STATE_HOME", ".local/state")?,
            user,
        })
    }

    /// All folders below `root`.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self {
            config: root.join("config"),
            data: root.join("data"),
            state: root.join("state"),
            user: None,
        }
    }

    /// What a person edits or copies: first contact, roots, policy.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// What must not be lost: keys, store, receipts, journals.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What this host remembers: newest checkpoints, requests, pending work.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The user's home folder, for the global scope of an installation.
    #[must_use]
    pub fn user(&self) -> Option<&Path> {
        self.user.as_deref()
    }

    /// Private keys and what is public about them.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// The content store: blobs and manifests by digest.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.data.join("store")
    }

    /// Receipts, one file each.
    #[must_use]
    pub fn receipts(&self) -> PathBuf {
        self.data.join("receipts")
    }

    /// What installed skills were granted, by digest.
    #[must_use]
    pub fn grants(&self) -> PathBuf {
        self.data.join("grants")
    }

    /// Journals of runs.
    #[must_use]
    pub fn journals(&self) -> PathBuf {
        self.data.join("journal")
    }

    /// What stays of journals that were removed, a signed line each.
    #[must_use]
    pub fn pruned_journals(&self) -> PathBuf {
        self.data.join("journal").join("pruned")
    }

    /// The host's trust inputs: what it believes at first contact.
    #[must_use]
    pub fn first_contact(&self) -> PathBuf {
        self.config.join("first-contact.policy")
    }

    /// Which charter and which witnesses go with the policy.
    #[must_use]
    pub fn first_contact_facts(&self) -> PathBuf {
        self.config.join("first-contact.json")
    }

    /// The public half of the host's key.
    #[must_use]
    pub fn host_key(&self) -> PathBuf {
        self.config.join("host.pub")
    }

    /// The host's roots, signed by the host key.
    #[must_use]
    pub fn roots(&self) -> PathBuf {
        self.config.join("roots.json")
    }

    /// The host's Cedar policies.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.config.join("policy")
    }

    /// Secrets, encrypted.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.data.join("secrets.age")
    }

    /// Newest verified checkpoint of each origin, and evidence of conflicts.
    #[must_use]
    pub fn origins(&self) -> PathBuf {
        self.state.join("origins")
    }

    /// Open requests for consent, and the answers.
    #[must_use]
    pub fn requests(&self) -> PathBuf {
        self.state.join("requests")
    }

    /// Changes of reviewed runs that nobody has decided about yet.
    #[must_use]
    pub fn reviews(&self) -> PathBuf {
        self.state.join("reviews")
    }

    /// Installations that were begun and not ended.
    #[must_use]
    pub fn pending(&self) -> PathBuf {
        self.state.join("pending")
    }
}

#[cfg(test)]
mod tests;
