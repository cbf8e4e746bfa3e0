//! Reads a pack's folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::PackError;

/// Reads the files of the rule pack in `folder`: `pack.toml`, YARA files, `fixtures/`.
///
/// # Errors
///
/// [`PackError::Read`] names the file or folder.
pub fn read_pack_folder(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, PackError> {
    let mut files = BTreeMap::new();
    for (prefix, folder) in [
        ("", folder.to_owned()),
        ("fixtures/", folder.join("fixtures")),
    ] {
        if !prefix.is_empty() && !folder.is_dir() {
            continue;
        }
        let failed = |source| PackError::Read {
            path: folder.display().to_string(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, name) = (entry.path(), entry.file_name());
            let Some(name) = name.to_str().filter(|_| path.is_file()) else {
                continue;
            };
            let bytes = std::fs::read(&path).map_err(|source| PackError::Read {
                path: path.display().to_string(),
                source,
            })?;
            files.insert(format!("{prefix}{name}"), bytes);
        }
    }
    Ok(files)
}
