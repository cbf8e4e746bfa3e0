//! Programs that a skill may start, and its own scripts that may be started.

use std::fmt;
use std::str::FromStr;

use super::error::PermissionError;
use crate::package::PackagePath;

/// A program by name, as a shell finds it: no slash, no space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramName(String);

impl ProgramName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProgramName {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
        let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
        if begins && text.len() <= 64 && text.bytes().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PermissionError::ProgramName {
                value: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for ProgramName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A program that may be started; what it does counts as the skill's own doing.
///
/// Spec: docs/spec/permissions.md §6.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecPermission {
    program: ProgramName,
}

impl ExecPermission {
    /// `program` may be started.
    #[must_use]
    pub fn new(program: ProgramName) -> Self {
        Self { program }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &ProgramName {
        &self.program
    }
}

/// A file of the skill that a run may begin with.
///
/// Spec: docs/spec/permissions.md §9.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entrypoint {
    path: PackagePath,
    interpreter: Option<ProgramName>,
}

impl Entrypoint {
    /// The file at `path`, started by `interpreter` or by itself.
    #[must_use]
    pub fn new(path: PackagePath, interpreter: Option<ProgramName>) -> Self {
        Self { path, interpreter }
    }

    /// Where in the package it is.
    #[must_use]
    pub fn path(&self) -> &PackagePath {
        &self.path
    }

    /// The program that runs it; without one it is executable itself.
    #[must_use]
    pub fn interpreter(&self) -> Option<&ProgramName> {
        self.interpreter.as_ref()
    }
}
