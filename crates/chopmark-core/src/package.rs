//! A package: the regular files of one skill, and nothing else.
//!
//! A package's identity is the digest of its [`TreeManifest`], never of an archive that carried
//! it. Every check that can be made without a file system is made here, by the one constructor
//! that author, host and auditor share.
//!
//! Spec: docs/spec/package.md.

mod collision;
mod content;
mod error;
mod manifest;
mod path;

pub use content::Package;
pub use error::{PackageError, PathError};
pub use manifest::{FileEntry, Mode, TreeManifest};
pub use path::{PackagePath, is_version_control};

/// Most files in a package.
pub const MAX_FILES: usize = 4096;
/// Most bytes in one file.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Most bytes in all files together.
pub const MAX_TOTAL_BYTES: u64 = 64 * 1024 * 1024;
/// Most bytes in a tree manifest: every entry at its longest.
pub const MAX_MANIFEST_BYTES: usize = 18 + MAX_FILES * (64 + 1 + 8 + 1 + 3 + 1 + 1024 + 1);
/// Above this many files some consumers (the MCP Skills extension) stop reading: worth a warning.
pub const WARN_FILES: usize = 512;
/// Above this many bytes some consumers stop reading: worth a warning.
pub const WARN_TOTAL_BYTES: u64 = 16 * 1024 * 1024;
/// The file that makes a folder a skill; exactly so, at the root.
pub const SKILL_FILE: &str = "SKILL.md";
/// The permission manifest, at the root; may be absent.
pub const PERMISSIONS_FILE: &str = "permissions.yaml";

#[cfg(test)]
mod tests;
