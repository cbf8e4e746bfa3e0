//! Files that a skill may read or write.

use std::fmt;
use std::str::FromStr;

use super::control::is_control_path;
use super::error::PermissionError;

/// What may be done to the files below a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Open for reading, list, start.
    Read,
    /// Reading, and creating, changing, renaming and removing.
    Write,
}

/// Where a file permission begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// The folder in which the person works.
    Workspace,
    /// The installed skill's own folder.
    Skill,
    /// A temporary folder of the run.
    Temp,
    /// The machine's root.
    Absolute,
}

/// A file or folder, with all below it, that may be read or written.
///
/// Spec: docs/spec/permissions.md §3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePermission {
    access: Access,
    root: Root,
    // INVARIANT: `.` for the root itself, else components joined by `/`; with a leading `/` when the root is absolute.
    path: String,
}

impl FilePermission {
    /// Reads `workspace:PATH`, `skill:PATH`, `temp:PATH` or `/PATH`, as the manifest writes it.
    ///
    /// # Errors
    ///
    /// [`PermissionError`] of the families `File…` and `SkillWrite`.
    pub fn parse(access: Access, text: &str) -> Result<Self, PermissionError> {
        let value = || text.to_owned();
        let (root, path) = match text.split_once(':') {
            _ if text.starts_with('/') => (Root::Absolute, text),
            Some(("workspace", path)) => (Root::Workspace, path),
            Some(("skill", path)) => (Root::Skill, path),
            Some(("temp", path)) => (Root::Temp, path),
            Some(_) | None => return Err(PermissionError::FileRoot { value: value() }),
        };
        if path.contains(['*', '?']) {
            return Err(PermissionError::FileGlob { value: value() });
        }
        if path == "/" {
            return Err(PermissionError::FileEverything);
        }
        if !is_plain(
            path.strip_prefix('/')
                .filter(|_| root == Root::Absolute)
                .unwrap_or(path),
            root,
        ) {
            return Err(PermissionError::FilePath { value: value() });
        }
        if (access, root) == (Access::Write, Root::Skill) {
            return Err(PermissionError::SkillWrite { value: value() });
        }
        Ok(Self {
            access,
            root,
            path: path.to_owned(),
        })
    }

    /// What may be done.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access
    }

    /// Where the path begins.
    #[must_use]
    pub fn root(&self) -> Root {
        self.root
    }

    /// `.` for the root itself, a path below it such as `out/reports`, or an absolute path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether whoever has this permission has `other` too. A path that something obeys later is
    /// written only by a permission that names it, so no wider one covers that.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.access >= other.access
            && self.root == other.root
            && is_below(&other.path, &self.path)
            && (other.access == Access::Read || !other.names_control() || self.names_control())
    }

    fn names_control(&self) -> bool {
        match self.root {
            Root::Workspace | Root::Absolute => is_control_path(self.path.as_bytes()),
            Root::Skill | Root::Temp => false,
        }
    }

    /// What both permissions allow.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let (narrow, wide) = match (
            is_below(&self.path, &other.path),
            is_below(&other.path, &self.path),
        ) {
            _ if self.root != other.root => return None,
            (true, _) => (self, other),
            (false, true) => (other, self),
            (false, false) => return None,
        };
        let access = if narrow.names_control() && !wide.names_control() {
            Access::Read
        } else {
            self.access.min(other.access)
        };
        Some(Self {
            access,
            ..narrow.clone()
        })
    }
}

impl fmt::Display for FilePermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root {
            Root::Workspace => write!(f, "workspace:{}", self.path),
            Root::Skill => write!(f, "skill:{}", self.path),
            Root::Temp => write!(f, "temp:{}", self.path),
            Root::Absolute => f.write_str(&self.path),
        }
    }
}

impl Access {
    /// `read` or `write`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl FromStr for Access {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            _ => Err(PermissionError::FilePath {
                value: text.to_owned(),
            }),
        }
    }
}

fn is_plain(path: &str, root: Root) -> bool {
    if path == "." {
        return root != Root::Absolute;
    }
    let plain = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255;
    path.len() <= 4095 && path.split('/').all(plain) && !path.chars().any(char::is_control)
}

fn is_below(path: &str, folder: &str) -> bool {
    folder == "."
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
