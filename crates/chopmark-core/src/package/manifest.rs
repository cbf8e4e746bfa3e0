//! The tree manifest: every file of a package by path, mode, size and digest.

use std::collections::BTreeMap;

use super::collision::check_collisions;
use super::error::PackageError;
use super::path::PackagePath;
use super::{MAX_FILE_BYTES, MAX_FILES, MAX_MANIFEST_BYTES, MAX_TOTAL_BYTES, SKILL_FILE};
use crate::digest::{BlobDigest, ContentDigest};

/// Whether a file may be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// `0644`
    Regular,
    /// `0755`
    Executable,
}

impl Mode {
    /// The mode by which a source file with these permission bits enters a package: the owner's
    /// execute bit decides.
    #[must_use]
    pub fn from_owner_bits(permissions: u32) -> Self {
        if permissions & 0o100 == 0 {
            Self::Regular
        } else {
            Self::Executable
        }
    }

    /// Permission bits as a file system takes them.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::Regular => 0o644,
            Self::Executable => 0o755,
        }
    }

    /// `644` or `755`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regular => "644",
            Self::Executable => "755",
        }
    }

    fn parse(path: &str, text: &str) -> Result<Self, PackageError> {
        match text {
            "644" => Ok(Self::Regular),
            "755" => Ok(Self::Executable),
            _ => Err(PackageError::Mode {
                path: path.to_owned(),
                mode: text.to_owned(),
            }),
        }
    }
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    path: PackagePath,
    size: u64,
    mode: Mode,
    digest: BlobDigest,
}

impl FileEntry {
    /// Describes one file; `size` is in bytes.
    #[must_use]
    pub fn new(path: PackagePath, mode: Mode, size: u64, digest: BlobDigest) -> Self {
        Self {
            path,
            size,
            mode,
            digest,
        }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &PackagePath {
        &self.path
    }

    /// Bytes in the file.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it may be executed.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> BlobDigest {
        self.digest
    }

    fn to_line(&self) -> String {
        format!(
            "{} {} {} {}\n",
            self.digest,
            self.size,
            self.mode.as_str(),
            self.path
        )
    }
}

/// A valid tree manifest with its canonical bytes.
///
/// Spec: docs/spec/package.md §3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeManifest {
    // INVARIANT: sorted by path bytes, every rule of the specification checked; `bytes` is their canonical form.
    entries: Vec<FileEntry>,
    bytes: Vec<u8>,
}

impl TreeManifest {
    /// Reads a manifest in its canonical form, and no other.
    ///
    /// # Errors
    ///
    /// [`PackageError`]; the first rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(PackageError::ManifestTooLarge);
        }
        let body = bytes
            .strip_prefix(HEADER.as_bytes())
            .ok_or(PackageError::ManifestHeader)?;
        let body = match body.split_last() {
            None => return Err(PackageError::SkillFileMissing),
            Some((b'\n', lines)) => lines,
            Some(_) => return Err(PackageError::ManifestTruncated),
        };
        let mut entries = Vec::<FileEntry>::new();
        for (line, text) in (2..).zip(body.split(|&byte| byte == b'\n')) {
            let entry = parse_line(line, text)?;
            if entries.last().is_some_and(|last| last.path > entry.path) {
                return Err(PackageError::ManifestOrder { line });
            }
            entries.push(entry);
        }
        Self::build(entries)
    }

    /// Makes the manifest of these entries, in any order.
    ///
    /// # Errors
    ///
    /// [`PackageError`]; the first rule that the entries break.
    pub fn build(mut entries: Vec<FileEntry>) -> Result<Self, PackageError> {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        check_limits(&entries)?;
        check_collisions(entries.iter().map(|entry| &entry.path))?;
        check_skill_file(&entries)?;
        let mut bytes = HEADER.as_bytes().to_vec();
        entries
            .iter()
            .for_each(|entry| bytes.extend(entry.to_line().into_bytes()));
        Ok(Self { entries, bytes })
    }

    /// The files, sorted by path bytes.
    #[must_use]
    pub fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    /// The entry of the file at `path`.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&FileEntry> {
        let at = self
            .entries
            .binary_search_by(|entry| entry.path.as_str().cmp(path))
            .ok()?;
        self.entries.get(at)
    }

    /// The canonical bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the canonical bytes: the package's identity.
    #[must_use]
    pub fn digest(&self) -> ContentDigest {
        ContentDigest::of(&self.bytes)
    }

    /// Bytes in all files together.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.entries
            .iter()
            .fold(0, |sum, entry| sum.saturating_add(entry.size))
    }
}

fn parse_line(line: usize, text: &[u8]) -> Result<FileEntry, PackageError> {
    let mut fields = text.splitn(4, |&byte| byte == b' ');
    let (Some(digest), Some(size), Some(mode), Some(path)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(PackageError::ManifestLine { line });
    };
    let ascii = |field| std::str::from_utf8(field).map_err(|_| PackageError::ManifestLine { line });
    let digest = ascii(digest)?
        .parse()
        .map_err(|_| PackageError::ManifestDigest { line })?;
    let size = parse_size(ascii(size)?).ok_or(PackageError::ManifestSize { line })?;
    let path = PackagePath::from_bytes(path)?;
    let mode = Mode::parse(path.as_str(), ascii(mode)?)?;
    Ok(FileEntry {
        path,
        size,
        mode,
        digest,
    })
}

/// A decimal number without sign or leading zero.
fn parse_size(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|digit| digit.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn check_limits(entries: &[FileEntry]) -> Result<(), PackageError> {
    if entries.len() > MAX_FILES {
        return Err(PackageError::TooManyFiles {
            files: entries.len(),
        });
    }
    let mut total = 0_u64;
    let mut sizes = BTreeMap::new();
    for entry in entries {
        if entry.size > MAX_FILE_BYTES {
            return Err(PackageError::FileTooLarge {
                path: entry.path.to_string(),
                bytes: entry.size,
            });
        }
        total = total.saturating_add(entry.size);
        if sizes
            .insert(entry.digest, entry.size)
            .is_some_and(|size| size != entry.size)
        {
            return Err(PackageError::SizeConflict {
                digest: entry.digest,
            });
        }
    }
    if total > MAX_TOTAL_BYTES {
        Err(PackageError::TotalTooLarge)
    } else {
        Ok(())
    }
}

fn check_skill_file(entries: &[FileEntry]) -> Result<(), PackageError> {
    if entries
        .iter()
        .any(|entry| entry.path.as_str() == SKILL_FILE)
    {
        return Ok(());
    }
    let folded = super::collision::fold(SKILL_FILE);
    let near = entries
        .iter()
        .find(|entry| super::collision::fold(entry.path.as_str()) == folded);
    Err(near.map_or(PackageError::SkillFileMissing, |entry| {
        PackageError::SkillFileName {
            path: entry.path.to_string(),
        }
    }))
}

const HEADER: &str = "chopmark-tree v1\n";
