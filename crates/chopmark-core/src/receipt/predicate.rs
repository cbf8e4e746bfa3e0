//! Prints a decision, its inputs and its outcome as a receipt's payload.

use super::{Surroundings, wire};
use crate::{
    admit::Decision,
    evidence::Evidence,
    json::{self, JsonError},
    kernel::{KERNEL_VERSION, Request},
    policy::{Policy, PolicyDecision},
    requirement::Confinement,
    roots::Roots,
    score::score,
};

/// Prints the receipt's payload, an in-toto statement in canonical JSON.
///
/// # Errors
///
/// [`JsonError`] never happens for values made by this crate.
pub fn payload(
    evidence: &Evidence,
    roots: &Roots,
    policy: &dyn Policy,
    request: &Request,
    decision: &Decision,
    around: &Surroundings,
) -> Result<Vec<u8>, JsonError> {
    json::to_canonical(&wire::Receipt {
        statement_type: wire::STATEMENT_TYPE.to_owned(),
        subject: vec![wire::Subject {
            name: format!(
                "@{}/{}@{}",
                evidence.publisher_name, evidence.skill, evidence.version
            ),
            digest: [("sha256".to_owned(), evidence.subject.to_string())].into(),
        }],
        predicate_type: wire::PREDICATE_TYPE.to_owned(),
        predicate: predicate(evidence, roots, policy, request, decision, around),
    })
}

fn predicate(
    evidence: &Evidence,
    roots: &Roots,
    policy: &dyn Policy,
    request: &Request,
    decision: &Decision,
    around: &Surroundings,
) -> wire::Predicate {
    let verdict = decision.verdict.as_ref();
    let passed = decision.outcome.is_ok();
    wire::Predicate {
        verifier: wire::Verifier {
            id: around.host.to_string(),
            kernel: KERNEL_VERSION,
        },
        time_verified: request.clock,
        resource_uri: format!("@{}/{}", evidence.publisher_name, evidence.skill),
        query_version: around.query.version.as_ref().map(ToString::to_string),
        publisher: evidence.publisher.to_string(),
        release: evidence.release.id.to_string(),
        index: evidence.release.index,
        policy: policy.digest().to_string(),
        roots: roots.digest().to_string(),
        origin: evidence.origin.clone(),
        charter: evidence.charter.to_string(),
        checkpoint_size: evidence.checkpoint.size,
        checkpoint_root: evidence.checkpoint.root.to_string(),
        witness_time: evidence.checkpoint.witness_time,
        cosigners: evidence.checkpoint.cosigners.clone(),
        evidence: around.bundle.to_string(),
        request: wire::Request {
            permissions: request.manifest.to_json(),
            files: request.files,
            hook: match &request.confinement {
                Confinement::Hook(name) => Some(name.clone()),
                Confinement::None => None,
            },
            new_publisher_key: request.lineage.new_publisher_key,
            weaker_provenance: request.lineage.weaker_provenance,
            growth: request.lineage.growth,
            close_name: request.lineage.close_name.clone(),
            rescan: request.rescan.map(|r| wire::Rescan {
                result: r.result.to_string(),
                high: r.high,
            }),
            max_age: request.max_age,
        },
        statements: verdict.map_or_else(Vec::new, |v| {
            v.statements
                .iter()
                .map(|(id, cause)| (id.to_string(), cause.map(|c| c.as_str().to_owned())))
                .collect()
        }),
        required: verdict.map(|v| v.requirement.need().to_string()),
        asks: verdict.map_or_else(Vec::new, |v| {
            v.requirement
                .asks()
                .map(|(ask, need)| (ask.words(), need.to_string()))
                .collect()
        }),
        verified_levels: verdict.map_or_else(Vec::new, |v| vec![v.level.to_string()]),
        missing: verdict.map_or_else(Vec::new, |v| v.missing.clone()),
        human_paths: verdict.map_or_else(Vec::new, |v| v.human.paths().to_vec()),
        human_cut: verdict.map_or_else(Vec::new, |v| v.human.cut().to_vec()),
        scan_paths: verdict.map_or_else(Vec::new, |v| v.automated.paths().to_vec()),
        scan_cut: verdict.map_or_else(Vec::new, |v| v.automated.cut().to_vec()),
        severe: verdict.map_or_else(Vec::new, |v| {
            v.severe.iter().map(ToString::to_string).collect()
        }),
        score: verdict.map_or(0, |v| score(evidence, v).total),
        rules: match &decision.policy {
            Some(PolicyDecision::Allow { rules } | PolicyDecision::Deny { rules }) => rules.clone(),
            Some(PolicyDecision::Error { .. }) | None => Vec::new(),
        },
        verification_result: if passed { "PASSED" } else { "FAILED" }.to_owned(),
        refusal: decision
            .outcome
            .as_ref()
            .err()
            .map(|refusal| wire::Refusal {
                code: refusal.code().to_owned(),
                message: refusal.to_string(),
            }),
        consent: around.consent.as_str().to_owned(),
        grant: around.grant.map(|digest| digest.to_string()),
        previous: around.previous.map(|digest| digest.to_string()),
    }
}
