//! `pack.toml`, and packs that are plain YARA files.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PackError;
use crate::fact::FactKind;
use crate::finding::Severity;
use crate::role::Role;

/// What `pack.toml` says.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) id: String,
    pub(super) version: semver::Version,
    pub(super) license: String,
    pub(super) description: String,
    pub(super) rules: Vec<WireRule>,
    /// A folder of YARA files without `pack.toml`.
    pub(super) plain: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePack {
    schema: String,
    id: String,
    version: String,
    license: String,
    engine: String,
    description: String,
    #[serde(default)]
    rules: Vec<WireRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireRule {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Severity,
    #[serde(default)]
    pub(super) gate: bool,
    #[serde(default)]
    pub(super) gate_roles: Vec<Role>,
    pub(super) cwe: String,
    pub(super) owasp: String,
    pub(super) rationale: String,
    #[serde(default)]
    pub(super) signal: bool,
    pub(super) decoded: Option<Severity>,
    #[serde(default)]
    pub(super) steadfast: bool,
    #[serde(default)]
    pub(super) roles: Vec<Role>,
    pub(super) facts: Option<WireFacts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireFacts {
    /// `file`, `package`, or a number of lines.
    pub(super) scope: WireScope,
    pub(super) all: Vec<WireCondition>,
    #[serde(default)]
    pub(super) none: Vec<WireCondition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WireScope {
    File,
    Package,
    Line,
    Near,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireCondition {
    pub(super) kind: FactKind,
    #[serde(default)]
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) roles: Vec<Role>,
    pub(super) decoded: Option<bool>,
}

/// Whether the file at `path` is part of the pack's identity.
pub(super) fn is_source(path: &str) -> bool {
    path == MANIFEST || is_yara(path)
}

/// Whether the file at `path` holds YARA rules.
pub(super) fn is_yara(path: &str) -> bool {
    let rules = [".yar", ".yara"]
        .iter()
        .any(|extension| path.ends_with(extension));
    rules && !path.starts_with("fixtures/")
}

/// Reads the pack's description.
pub(super) fn parse(
    files: &BTreeMap<String, Vec<u8>>,
    engine: &semver::Version,
) -> Result<Parts, PackError> {
    let Some(bytes) = files.get(MANIFEST) else {
        return plain(files);
    };
    let text = std::str::from_utf8(bytes).map_err(|e| PackError::Malformed(e.to_string()))?;
    let pack: WirePack = toml::from_str(text).map_err(|e| PackError::Malformed(e.to_string()))?;
    if pack.schema != SCHEMA {
        return Err(PackError::Malformed(format!("schema is not `{SCHEMA}`")));
    }
    let needs = semver::VersionReq::parse(&pack.engine)
        .map_err(|e| PackError::Malformed(format!("engine: {e}")))?;
    if !needs.matches(engine) {
        return Err(PackError::Engine {
            needs: pack.engine,
            engine: engine.to_string(),
        });
    }
    let version = semver::Version::parse(&pack.version)
        .map_err(|e| PackError::Malformed(format!("version: {e}")))?;
    Ok(Parts {
        id: pack.id,
        version,
        license: pack.license,
        description: pack.description,
        rules: pack.rules,
        plain: false,
    })
}

fn plain(files: &BTreeMap<String, Vec<u8>>) -> Result<Parts, PackError> {
    if !files.keys().any(|path| is_yara(path)) {
        return Err(PackError::Empty);
    }
    Ok(Parts {
        id: "yara".to_owned(),
        version: semver::Version::new(0, 0, 0),
        license: "not declared".to_owned(),
        description: "plain YARA files".to_owned(),
        rules: Vec::new(),
        plain: true,
    })
}

const MANIFEST: &str = "pack.toml";
const SCHEMA: &str = "https://chopmark.dev/schema/rule-pack/v1";
