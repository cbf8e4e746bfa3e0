//! Reads a corpus: folders of skills and a table of labels.

use std::path::{Path, PathBuf};

use chopmark_core::package::{Mode, Package};

use crate::Failure;

/// Path, mode and bytes of the files of one skill.
pub(crate) type Files = Vec<(String, Mode, Vec<u8>)>;

/// One labelled skill.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) path: String,
    pub(crate) folder: PathBuf,
    pub(crate) label: String,
    pub(crate) source: String,
    pub(crate) subtype: String,
    pub(crate) campaign: String,
}

impl Sample {
    pub(crate) fn is_malicious(&self) -> bool {
        self.label == "malicious"
    }

    pub(crate) fn is_benign(&self) -> bool {
        self.label.ends_with("benign")
    }

    /// Found in use, not made for a test.
    pub(crate) fn is_wild(&self) -> bool {
        self.subtype.starts_with("wild")
    }
}

/// The skills that the table `labels` names: `path,label,source,subtype,campaign` by column name.
pub(crate) fn labelled(folder: &Path, labels: &Path) -> Result<Vec<Sample>, Failure> {
    let text = std::fs::read_to_string(labels)?;
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut samples = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |name: &str| {
            let at = head.iter().position(|column| *column == name);
            at.and_then(|at| cells.get(at))
                .copied()
                .unwrap_or_default()
                .to_owned()
        };
        let path = cell("path");
        samples.push(Sample {
            folder: folder.join(&path),
            path,
            label: cell("label"),
            source: cell("source"),
            subtype: cell("subtype"),
            campaign: cell("campaign"),
        });
    }
    Ok(samples)
}

/// Every folder below `folder` that holds a `SKILL.md`, taken as benign; its source is the first
/// folder of its path.
pub(crate) fn unlabelled(folder: &Path) -> Result<Vec<Sample>, Failure> {
    let mut samples = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        if next.join("SKILL.md").is_file() {
            let path = next.strip_prefix(folder)?.to_string_lossy().into_owned();
            samples.push(Sample {
                source: path.split('/').next().unwrap_or_default().to_owned(),
                path,
                folder: next,
                label: "benign".to_owned(),
                subtype: String::new(),
                campaign: String::new(),
            });
            continue;
        }
        for entry in std::fs::read_dir(&next)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    samples.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(samples)
}

/// The regular files below `folder`; links and version control are left out, as packing does.
pub(crate) fn read(folder: &Path) -> Result<Files, Failure> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() && entry.file_name() != ".git" {
                open.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                files.push((name, mode(&entry.metadata()?), std::fs::read(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A package of `files`, or the code of the rule that they break.
///
/// A corpus keeps some skills under another case of `SKILL.md`; their content counts here, not
/// that name.
pub(crate) fn package(mut files: Files) -> Result<Package, String> {
    if !files.iter().any(|(path, ..)| path == "SKILL.md") {
        for (path, ..) in &mut files {
            if path.eq_ignore_ascii_case("skill.md") {
                "SKILL.md".clone_into(path);
            }
        }
    }
    Package::build(files).map_err(|error| error.code().to_owned())
}

fn mode(metadata: &std::fs::Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt as _;
    Mode::from_owner_bits(metadata.permissions().mode())
}
