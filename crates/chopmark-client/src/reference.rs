//! How people name a skill of a log: `@publisher/skill`, perhaps with `@version`.

use std::fmt;
use std::str::FromStr;

use chopmark_core::evidence::Query;
use chopmark_core::name::{Name, NameError, SkillName};
use thiserror::Error;

/// A skill of a publisher, perhaps in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The publisher's name.
    pub publisher: Name,
    /// The skill.
    pub skill: SkillName,
    /// The version; none for the newest.
    pub version: Option<semver::Version>,
}

impl Reference {
    /// What to ask the log.
    #[must_use]
    pub fn query(&self) -> Query {
        Query {
            publisher: self.publisher.clone(),
            skill: self.skill.clone(),
            version: self.version.clone(),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let form = || ReferenceError::Form(text.chars().take(120).collect());
        let (publisher, rest) = text
            .strip_prefix('@')
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(form)?;
        let (skill, version) = match rest.split_once('@') {
            Some((skill, version)) => (skill, Some(version.parse().map_err(|_| form())?)),
            None => (rest, None),
        };
        Ok(Self {
            publisher: publisher.parse()?,
            skill: skill.parse()?,
            version,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}/{}", self.publisher, self.skill)?;
        match &self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// Why a text names no skill.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// Another form.
    #[error("`{0}` is not of the form @publisher/skill or @publisher/skill@version")]
    Form(String),
    /// A name in it.
    #[error(transparent)]
    Name(#[from] NameError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_printed() {
        for text in [
            "@author/weather",
            "@author/weather@1.2.3",
            "@a1/b@1.0.0-rc.1+x",
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
        for text in [
            "author/weather",
            "@author",
            "@author/weather@1",
            "@Author/weather",
            "@a/b/c",
            "@author/",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
