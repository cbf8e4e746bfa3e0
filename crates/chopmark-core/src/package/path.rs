//! Paths inside a package.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::is_nfc;

use super::error::PathError;

/// Most bytes in one component of a path.
const MAX_COMPONENT_BYTES: usize = 255;
/// Most bytes in a path.
const MAX_PATH_BYTES: usize = 1024;
/// Most components in a path.
const MAX_COMPONENTS: usize = 16;

/// A relative path that names one file on every system, or none.
///
/// Components are separated by `/`. Ordered by bytes.
///
/// Spec: docs/spec/package.md §2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackagePath(String);

impl PackagePath {
    /// Reads a path as a file system or a manifest gives it.
    ///
    /// # Errors
    ///
    /// [`PathError`]; the first rule of the specification that the path breaks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PathError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.parse(),
            Err(_) => Err(PathError::NotUtf8 {
                path: String::from_utf8_lossy(bytes).into_owned(),
            }),
        }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The components from the root on; never empty.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folders above, the outermost first: `a/b/c` gives `a`, `a/b`.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0
            .match_indices('/')
            .filter_map(|(at, _)| self.0.get(..at))
    }
}

impl FromStr for PackagePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong { bytes: text.len() });
        }
        check_characters(text)?;
        if text.starts_with('/') {
            return Err(PathError::Absolute {
                path: text.to_owned(),
            });
        }
        let components = text.split('/').count();
        if components > MAX_COMPONENTS {
            return Err(PathError::TooDeep {
                path: text.to_owned(),
                components,
            });
        }
        text.split('/')
            .try_for_each(|component| check_component(text, component))?;
        if !is_nfc(text) {
            return Err(PathError::NotNfc {
                path: text.to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PackagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for PackagePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn check_characters(path: &str) -> Result<(), PathError> {
    let owned = || path.to_owned();
    let mut start = path.chars();
    let drive = start.next().is_some_and(|c| c.is_ascii_alphabetic()) && start.next() == Some(':');
    if drive {
        return Err(PathError::DriveLetter { path: owned() });
    }
    for character in path.chars() {
        let code_point = u32::from(character);
        let escaped = || path.escape_debug().to_string();
        if character == '\\' {
            return Err(PathError::Backslash { path: owned() });
        }
        if character.is_control()
            || code_point & 0xFFFE == 0xFFFE
            || matches!(code_point, 0xFDD0..=0xFDEF)
        {
            return Err(PathError::ControlCharacter {
                path: escaped(),
                code_point,
            });
        }
        if is_invisible(character) {
            return Err(PathError::InvisibleCharacter {
                path: escaped(),
                code_point,
            });
        }
        if matches!(character, ':' | '<' | '>' | '"' | '|' | '?' | '*') {
            return Err(PathError::WindowsCharacter {
                path: owned(),
                character,
            });
        }
    }
    Ok(())
}

fn check_component(path: &str, component: &str) -> Result<(), PathError> {
    let path = || path.to_owned();
    match component {
        "" => return Err(PathError::EmptyComponent { path: path() }),
        "." => return Err(PathError::DotComponent { path: path() }),
        ".." => return Err(PathError::ParentComponent { path: path() }),
        _ => {}
    }
    if component.len() > MAX_COMPONENT_BYTES {
        return Err(PathError::ComponentTooLong {
            path: path(),
            bytes: component.len(),
        });
    }
    if component.ends_with(['.', ' ']) {
        return Err(PathError::TrailingDotOrSpace { path: path() });
    }
    let folded = super::collision::fold(component);
    if VERSION_CONTROL.contains(&folded.as_str()) {
        return Err(PathError::VersionControl { path: path() });
    }
    if folded.starts_with(".chopmark") {
        return Err(PathError::OwnName { path: path() });
    }
    if is_device_name(&folded) {
        return Err(PathError::ReservedName {
            path: path(),
            component: component.to_owned(),
        });
    }
    if is_short_name(component) {
        return Err(PathError::ShortName {
            path: path(),
            component: component.to_owned(),
        });
    }
    Ok(())
}

/// Whether version control owns a component of this name, whatever its case.
#[must_use]
pub fn is_version_control(component: &str) -> bool {
    VERSION_CONTROL.contains(&super::collision::fold(component).as_str())
}

/// Windows devices: the name up to the first dot, spaces before it not counting.
fn is_device_name(folded: &str) -> bool {
    let stem = folded
        .split('.')
        .next()
        .unwrap_or(folded)
        .trim_end_matches(' ');
    let numbered = |prefix: &str| {
        let rest = stem.strip_prefix(prefix).unwrap_or_default();
        rest.len() == 1 && rest.bytes().all(|digit| digit.is_ascii_digit())
    };
    matches!(stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || numbered("com")
        || numbered("lpt")
}

/// The form `NAME~1.EXT` within eight and three characters.
fn is_short_name(component: &str) -> bool {
    let (stem, extension) = component.split_once('.').unwrap_or((component, ""));
    let Some((name, number)) = stem.rsplit_once('~') else {
        return false;
    };
    let digits = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    digits && !name.is_empty() && stem.chars().count() <= 8 && extension.chars().count() <= 3
}

/// Format and default-ignorable characters of Unicode: zero-width, bidi, joiners, tags, selectors, and
/// the two separators that editors show as line ends.
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891 | 0x08E2
        | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x110BD | 0x110CD | 0x13430..=0x1345F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
        | 0xE0000..=0xE0FFF)
}

const VERSION_CONTROL: [&str; 7] = [
    ".git",
    ".gitmodules",
    ".hg",
    ".svn",
    ".bzr",
    ".jj",
    "_darcs",
];
