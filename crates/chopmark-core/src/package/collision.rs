//! Two paths that some file system would store under one name.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::error::PackageError;
use super::path::PackagePath;

/// Checks that no two paths, nor any of their folders, are one name on some system, and that no
/// file is also a folder. `paths` are sorted by bytes.
pub(super) fn check_collisions<'a>(
    paths: impl Iterator<Item = &'a PackagePath>,
) -> Result<(), PackageError> {
    // Folded name → the exact name that took it, and whether that is a file.
    let mut taken = BTreeMap::<String, (&str, bool)>::new();
    for path in paths {
        for folder in path.folders() {
            claim(&mut taken, folder, false)?;
        }
        claim(&mut taken, path.as_str(), true)?;
    }
    Ok(())
}

fn claim<'a>(
    taken: &mut BTreeMap<String, (&'a str, bool)>,
    name: &'a str,
    file: bool,
) -> Result<(), PackageError> {
    let Some(&(earlier, earlier_is_file)) = taken.get(&fold(name)) else {
        taken.insert(fold(name), (name, file));
        return Ok(());
    };
    if earlier != name {
        let (first, second) = (earlier.to_owned(), name.to_owned());
        let by_case = lower(earlier) == lower(name);
        return Err(if by_case {
            PackageError::CaseCollision { first, second }
        } else {
            PackageError::UnicodeCollision { first, second }
        });
    }
    match (earlier_is_file, file) {
        (false, false) => Ok(()),
        (true, true) => Err(PackageError::DuplicatePath {
            path: name.to_owned(),
        }),
        (true, false) | (false, true) => Err(PackageError::FileAsFolder {
            path: name.to_owned(),
        }),
    }
}

/// The name that a caseless, normalizing file system may store: compatibility form, then lower,
/// upper and lower case letter by letter, then compatibility form again. Coarser than any one file system.
pub(super) fn fold(name: &str) -> String {
    let caseless = |text: &str| {
        lower(
            &text
                .chars()
                .flat_map(char::to_lowercase)
                .flat_map(char::to_uppercase)
                .collect::<String>(),
        )
    };
    caseless(&name.nfkc().collect::<String>()).nfkc().collect()
}

fn lower(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}
