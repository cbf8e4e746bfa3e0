//! The JSON of a scan result.

use chopmark_core::json;
use serde::{Deserialize, Serialize};

use super::{Outcome, PackName, ResultError, ScanResult};
use crate::capability::Capability;
use crate::compare::Comparison;
use crate::config::Config;
use crate::coverage::{Coverage, Reason};
use crate::engine::ENGINE;
use crate::finding::{Finding, Severity};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireResult {
    schema: String,
    content: String,
    engine: WireEngine,
    packs: Vec<WirePack>,
    config_digest: String,
    config: Config,
    outcome: String,
    reasons: Vec<Reason>,
    counts: WireCounts,
    coverage: Vec<Coverage>,
    permissions: Comparison,
    capabilities: Vec<Capability>,
    findings: Vec<Finding>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEngine {
    name: String,
    version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePack {
    id: String,
    version: String,
    digest: String,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct WireCounts {
    gate: u64,
    high: u64,
    medium: u64,
    low: u64,
    note: u64,
}

impl WireCounts {
    fn of(result: &ScanResult) -> Self {
        Self {
            gate: result.gates(),
            high: result.count(Severity::High),
            medium: result.count(Severity::Medium),
            low: result.count(Severity::Low),
            note: result.count(Severity::Note),
        }
    }
}

pub(super) fn print(result: &ScanResult) -> Vec<u8> {
    let wire = WireResult {
        schema: SCHEMA.to_owned(),
        content: result.content.to_string(),
        engine: WireEngine {
            name: ENGINE.to_owned(),
            version: result.engine.to_string(),
        },
        packs: result
            .packs
            .iter()
            .map(|pack| WirePack {
                id: pack.id.clone(),
                version: pack.version.to_string(),
                digest: pack.digest.to_string(),
            })
            .collect(),
        config_digest: result.config.digest().to_string(),
        config: result.config.clone(),
        outcome: result.outcome().word().to_owned(),
        reasons: result.reasons.clone(),
        counts: WireCounts::of(result),
        coverage: result.coverage.clone(),
        permissions: result.permissions.clone(),
        capabilities: result.capabilities.clone(),
        findings: result.findings.clone(),
    };
    // Only a map with keys that are no strings could fail, and there is none.
    json::to_canonical(&wire).unwrap_or_default()
}

pub(super) fn parse(bytes: &[u8]) -> Result<ScanResult, ResultError> {
    let wire: WireResult =
        json::from_canonical(bytes).map_err(|error| ResultError::Malformed(error.to_string()))?;
    if wire.schema != SCHEMA {
        return Err(ResultError::Field("schema"));
    }
    if wire.engine.name != ENGINE {
        return Err(ResultError::Field("engine"));
    }
    let packs = wire.packs.into_iter().map(|pack| {
        Ok(PackName {
            id: pack.id,
            version: pack
                .version
                .parse()
                .map_err(|_| ResultError::Field("pack version"))?,
            digest: pack
                .digest
                .parse()
                .map_err(|_| ResultError::Field("pack digest"))?,
        })
    });
    let result = ScanResult {
        content: wire
            .content
            .parse()
            .map_err(|_| ResultError::Field("content digest"))?,
        engine: wire
            .engine
            .version
            .parse()
            .map_err(|_| ResultError::Field("engine version"))?,
        packs: packs.collect::<Result<_, _>>()?,
        config: wire.config,
        coverage: wire.coverage,
        reasons: wire.reasons,
        permissions: wire.permissions,
        capabilities: wire.capabilities,
        findings: wire.findings,
    };
    if result.config.digest().to_string() != wire.config_digest {
        return Err(ResultError::Inconsistent("configuration"));
    }
    if Outcome::word(result.outcome()) != wire.outcome {
        return Err(ResultError::Inconsistent("outcome"));
    }
    if WireCounts::of(&result) != wire.counts {
        return Err(ResultError::Inconsistent("counts"));
    }
    Ok(result)
}

const SCHEMA: &str = "https://chopmark.dev/schema/scan-result/v1";
