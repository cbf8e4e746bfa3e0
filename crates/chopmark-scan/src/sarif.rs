//! Results for viewers: SARIF 2.1.0.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::engine::ENGINE;
use crate::finding::Severity;
use crate::pack::{RuleInfo, RulePack};
use crate::result::ScanResult;

/// Writes `result` as a SARIF 2.1.0 log with one run.
///
/// Files are relative to the base id `SKILL`; `packs` give titles and rationales of rules.
#[must_use]
pub fn to_sarif(result: &ScanResult, packs: &[RulePack]) -> Value {
    let known: BTreeMap<&str, &RuleInfo> = packs
        .iter()
        .flat_map(RulePack::rules)
        .map(|rule| (rule.id.as_str(), rule))
        .collect();
    let mut ids: Vec<&str> = result.findings().iter().map(|f| f.rule.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let rules: Vec<Value> = ids
        .iter()
        .map(|id| rule(id, known.get(id).copied()))
        .collect();
    let results: Vec<Value> = result
        .findings()
        .iter()
        .map(|finding| {
            let index = ids.binary_search(&finding.rule.as_str()).unwrap_or_default();
            json!({
                "ruleId": finding.rule,
                "ruleIndex": index,
                "level": level(finding.severity),
                "message": { "text": finding.matched },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": uri(&finding.file), "uriBaseId": "SKILL" },
                        "region": { "startLine": finding.line, "endLine": finding.end_line },
                    },
                }],
                "properties": { "role": finding.role, "via": finding.via, "gate": finding.gate, "demoted": finding.demoted },
            })
        })
        .collect();
    let notifications: Vec<Value> = result
        .reasons()
        .iter()
        .map(|reason| {
            json!({
                "level": "warning",
                "message": { "text": format!("limit `{}` was hit: {}", reason.code, reason.file) },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": ENGINE,
                "informationUri": "https://chopmark.dev/",
                "semanticVersion": result.engine().to_string(),
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": result.reasons().is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": { "content": result.content().to_string(), "resultDigest": result.digest().to_string() },
        }],
    })
}

fn rule(id: &str, info: Option<&RuleInfo>) -> Value {
    let Some(info) = info else {
        return json!({ "id": id, "shortDescription": { "text": "a capability that permissions.yaml does not declare" } });
    };
    json!({
        "id": id,
        "shortDescription": { "text": info.title },
        "fullDescription": { "text": info.rationale },
        "defaultConfiguration": { "level": level(info.severity) },
        "properties": { "tags": [info.cwe, info.owasp] },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Low | Severity::Medium => "warning",
        Severity::High => "error",
    }
}

/// Percent-encodes what a relative URI may not hold.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
