//! Every limit of a scan. All are counts: a limit of time would make two runs differ.

use chopmark_core::digest::{ConfigDigest, sha256};
use serde::{Deserialize, Serialize};

/// The limits under which a package is scanned; part of what names a result.
///
/// There is no `Default`: a caller says [`Config::standard`].
///
/// Spec: docs/spec/scan.md §3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Most files of a package that are read.
    pub max_files: u64,
    /// Most bytes of one view that are scanned.
    pub max_view_bytes: u64,
    /// Layers of encoding that are opened.
    pub decode_depth: u64,
    /// Most bytes that one file's decoded views may hold together.
    pub max_decoded_bytes: u64,
    /// Most members of one archive that are opened.
    pub max_archive_members: u64,
    /// Most places kept of one rule in one file, and of one capability.
    pub max_places: u64,
    /// Most bytes of one script that are parsed into a syntax tree.
    pub max_syntax_bytes: u64,
    /// Most nodes of one syntax tree that are visited.
    pub max_syntax_nodes: u64,
    /// Most steps of one parser run, counted in its own progress reports.
    pub max_parse_steps: u64,
    /// Most matches of one pattern in one view that are looked at.
    pub max_matches: u64,
    /// Most imported names of one script that are remembered.
    pub max_names: u64,
    /// Most names that one assignment or one function may set.
    pub max_targets: u64,
    /// Most bytes to which strings that are added to each other are joined.
    pub max_text_bytes: u64,
    /// Most strings, names and calls of one expression that are followed.
    pub max_flow_tokens: u64,
    /// Most rounds in which assignments are followed until nothing changes.
    pub max_flow_rounds: u64,
    /// Most addresses, and most secrets, that one name is known to hold.
    pub max_flow_values: u64,
    /// Most characters of a fact's value.
    pub max_value_chars: u64,
    /// Most facts kept of one package.
    pub max_facts: u64,
    /// Most findings kept of one package.
    pub max_findings: u64,
}

impl Config {
    /// The limits that `chopmark scan` uses.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            max_files: 100_000,
            max_view_bytes: 16 * 1024 * 1024,
            decode_depth: 4,
            max_decoded_bytes: 16 * 1024 * 1024,
            max_archive_members: 1000,
            max_places: 5,
            max_syntax_bytes: 1024 * 1024,
            max_syntax_nodes: 400_000,
            max_parse_steps: 200_000,
            max_matches: 1000,
            max_names: 2000,
            max_targets: 256,
            max_text_bytes: 65_536,
            max_flow_tokens: 2048,
            max_flow_rounds: 8,
            max_flow_values: 16,
            max_value_chars: 2000,
            max_facts: 50_000,
            max_findings: 2000,
        }
    }

    /// Digest of the limits in their canonical JSON form.
    #[must_use]
    pub fn digest(&self) -> ConfigDigest {
        let bytes = chopmark_core::json::to_canonical(self).unwrap_or_default();
        ConfigDigest::from_bytes(sha256(&bytes))
    }
}

/// A count as an index; a limit larger than memory is no limit.
pub(crate) fn count(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
