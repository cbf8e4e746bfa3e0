//! Compiled rules kept in a folder of this host.

use std::io::Write as _;
use std::path::PathBuf;

use chopmark_core::digest::{RulePackDigest, sha256};

/// A folder for compiled rules, made by this engine from sources it read itself.
///
/// Files are named by the digest of the sources and the engine's version. A file that is damaged or
/// of another engine is compiled anew. The folder must belong to the user: what it holds is as
/// trusted as the engine.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Uses `folder`, which is made on the first write.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) fn read(
        &self,
        digest: &RulePackDigest,
        engine: &semver::Version,
    ) -> Option<yara_x::Rules> {
        let bytes = std::fs::read(self.path(digest, engine)).ok()?;
        let (sum, body) = bytes.split_at_checked(32)?;
        if sum != sha256(body) {
            return None;
        }
        yara_x::Rules::deserialize(body).ok()
    }

    /// Keeps `rules`; a cache that cannot be written is only slow.
    pub(super) fn write(
        &self,
        digest: &RulePackDigest,
        engine: &semver::Version,
        rules: &yara_x::Rules,
    ) {
        let _ = self.try_write(digest, engine, rules);
    }

    fn try_write(
        &self,
        digest: &RulePackDigest,
        engine: &semver::Version,
        rules: &yara_x::Rules,
    ) -> std::io::Result<()> {
        let body = rules.serialize().map_err(std::io::Error::other)?;
        std::fs::create_dir_all(&self.folder)?;
        // A torn or raced file fails its checksum and is made anew: it need not be durable.
        let mut file = std::fs::File::create(self.path(digest, engine))?;
        file.write_all(&sha256(&body))?;
        file.write_all(&body)
    }

    fn path(&self, digest: &RulePackDigest, engine: &semver::Version) -> PathBuf {
        self.folder
            .join(format!("{digest}-{engine}-yara-x-1.22.1.rules"))
    }
}
