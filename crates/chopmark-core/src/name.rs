//! Names of identities and skills.
//!
//! A name is a label, never an identity: roots, locks and requirements bind [`crate::digest::IdentityId`]s.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The name that an identity claimed, without the `@`: 2 to 39 bytes of `[a-z0-9-]`, no hyphen at
/// an edge, no two in a row.
///
/// Spec: docs/spec/records.md §5.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Returns the form that is unique in a log: hyphens dropped, `0` read as `o`, `1` and `i` as `l`.
    pub fn skeleton(&self) -> Skeleton {
        Skeleton(
            self.0
                .chars()
                .filter(|c| *c != '-')
                .map(|c| match c {
                    '0' => 'o',
                    '1' | 'i' => 'l',
                    other => other,
                })
                .collect(),
        )
    }

    /// Returns the name without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_label(text, 2, 39)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What two names share when a person could take one for the other; made by [`Name::skeleton`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Skeleton(String);

impl Skeleton {
    /// Returns the skeleton's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a skill within its publisher: 1 to 64 bytes of `[a-z0-9-]`, no hyphen at an edge,
/// no two in a row, as the Agent Skills format asks.
///
/// Spec: docs/spec/records.md §5.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SkillName(String);

impl SkillName {
    /// Returns the name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SkillName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_label(text, 1, 64)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Shorter or longer than allowed, in bytes.
    #[error("`{text}` has {length} bytes; a name has {min} to {max}")]
    Length {
        /// The text, cut to 80 characters.
        text: String,
        /// Its length in bytes.
        length: usize,
        /// The least allowed.
        min: usize,
        /// The most allowed.
        max: usize,
    },
    /// A character outside `[a-z0-9-]`.
    #[error("`{text}` holds `{found}`; a name is made of a-z, 0-9 and hyphens")]
    Character {
        /// The text.
        text: String,
        /// The first character that is not allowed.
        found: char,
    },
    /// A hyphen at an edge, or two in a row.
    #[error("`{0}` has a hyphen at an edge, or two in a row")]
    Hyphen(String),
}

fn check_label(text: &str, min: usize, max: usize) -> Result<(), NameError> {
    if text.len() < min || text.len() > max {
        return Err(NameError::Length {
            text: text.chars().take(80).collect(),
            length: text.len(),
            min,
            max,
        });
    }
    if let Some(found) = text
        .chars()
        .find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-'))
    {
        return Err(NameError::Character {
            text: text.to_owned(),
            found,
        });
    }
    if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
        return Err(NameError::Hyphen(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
