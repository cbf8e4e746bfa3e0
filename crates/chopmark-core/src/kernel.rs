//! The trust kernel: from evidence and roots to a level.
//!
//! Integers and ordered maps only; no clock, no I/O; bounded work. The same inputs give the same
//! verdict on any host. Nothing here says *yes*: that is [`crate::admit`]'s alone.
//!
//! Spec: docs/spec/decision.md.

use std::collections::BTreeMap;

use crate::{
    digest::{ContentDigest, ResultDigest, StatementId},
    evidence::{Evidence, Stated},
    flow::FlowError,
    level::Level,
    permission::Manifest,
    record::{Body, Counts, Scope},
    requirement::{Confinement, Lineage, Requirement, asks},
    roots::Roots,
};

use graph::{Graph, Support};

mod cause;
mod graph;
mod nearest;
mod veto;

#[cfg(test)]
mod tests;

pub use cause::Cause;
pub use graph::Certificate;
pub use veto::VetoGround;

/// The version of the kernel's rules; stands in each receipt.
pub const KERNEL_VERSION: u64 = 1;

/// What is asked, and what this host knows by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the skill asks for.
    pub manifest: Manifest,
    /// How many files the package holds.
    pub files: u64,
    /// What holds the agent that reads the text.
    pub confinement: Confinement,
    /// What is installed here already.
    pub lineage: Lineage,
    /// The host's own run of the scan.
    pub rescan: Option<Rescan>,
    /// The host's clock, in seconds since the Unix epoch.
    pub clock: u64,
    /// How old the witnesses' time may be, in seconds.
    pub max_age: u64,
}

/// The result of the host's own scan of the same bytes with the same packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescan {
    /// Digest of the canonical result.
    pub result: ResultDigest,
    /// Findings of severity high.
    pub high: u64,
}

/// What the kernel finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The level that holds for exactly this content.
    pub level: Level,
    /// The level that the request takes.
    pub requirement: Requirement,
    /// Who refuses it, if anyone does.
    pub veto: Option<VetoGround>,
    /// Disjoint engine families with a scan that this host got too.
    pub automated: Certificate,
    /// Disjoint human audits of all files.
    pub human: Certificate,
    /// Statements of organisations reached that found something severe.
    pub severe: Vec<StatementId>,
    /// How long the release has stood in the log, in seconds, by the log's clock.
    pub age: u64,
    /// The cool-down that L2 asks, in seconds.
    pub cool_down: u64,
    /// What is missing for the next level, in words.
    pub missing: Vec<String>,
    /// Every statement that was looked at, and why it does not count.
    pub statements: BTreeMap<StatementId, Option<Cause>>,
}

/// Judges the evidence by the roots.
///
/// # Errors
///
/// [`FlowError`] when the network is too large to decide; the caller denies.
pub fn evaluate(
    evidence: &Evidence,
    roots: &Roots,
    request: &Request,
) -> Result<Verdict, FlowError> {
    let gates = roots.preset().gates();
    let graph = Graph::build(evidence, roots, Scope::Audit, Some(evidence.publisher));
    let doubt = Graph::build(evidence, roots, Scope::Veto, None);
    let mut statements = BTreeMap::new();
    let mut severe = Vec::new();
    let (mut scans, mut audits) = (Vec::new(), Vec::new());
    for stated in &evidence.statements {
        let cause = match &stated.body {
            Body::Scan(scan) => {
                let cause = cause::of_scan(evidence, roots, request, &graph, stated, scan);
                if cause.is_none() {
                    scans.push(Support::family(roots, stated, scan));
                }
                if blocks(evidence, &graph, roots, stated, scan.content, scan.counts) {
                    severe.push(stated.id);
                }
                cause
            }
            Body::Audit(audit) => {
                let cause = cause::of_audit(evidence, roots, request, &graph, stated, audit);
                if cause.is_none() {
                    audits.push(Support::statement(roots, stated));
                }
                if blocks(evidence, &graph, roots, stated, audit.content, audit.counts) {
                    severe.push(stated.id);
                }
                cause
            }
            Body::Veto(veto) => veto::cause(evidence, roots, &doubt, stated, veto),
            Body::Charter(_)
            | Body::Inception(_)
            | Body::Rotate(_)
            | Body::Retire(_)
            | Body::Claim(_)
            | Body::Release(_)
            | Body::Yank(_)
            | Body::Vouch(_)
            | Body::Retract(_)
            | Body::State(_)
            | Body::Rules(_) => continue,
        };
        statements.insert(stated.id, cause);
    }
    for vouch in &evidence.vouches {
        statements.insert(
            vouch.id,
            cause::of_vouch(evidence, roots, &graph, &doubt, vouch),
        );
    }
    severe.sort_unstable();
    let automated = graph.count(evidence, &scans)?;
    let human = graph.count(evidence, &audits)?;
    let age = evidence
        .checkpoint
        .witness_time
        .saturating_sub(evidence.release.log_time);
    let mut verdict = Verdict {
        level: Level::L0,
        requirement: Requirement::of(
            asks(&request.manifest, &request.confinement, &request.lineage),
            roots.preset(),
        ),
        veto: veto::ground(evidence, roots, &doubt)?,
        automated,
        human,
        severe,
        age,
        cool_down: gates.cool_down_seconds,
        missing: Vec::new(),
        statements,
    };
    climb(&mut verdict, evidence, request, gates.engine_families);
    if matches!(verdict.level, Level::L2 | Level::L3) {
        let nearest = nearest::reviewer(evidence, roots, &graph, &audits, verdict.human.value())?;
        if let (Some(nearest), Some(missing)) = (nearest, verdict.missing.last_mut()) {
            missing.push_str("; nearest: ");
            missing.push_str(&nearest);
        }
    }
    Ok(verdict)
}

/// Climbs the ladder as far as the facts carry, and says what the next rung takes.
fn climb(verdict: &mut Verdict, evidence: &Evidence, request: &Request, families: u32) {
    if !evidence.checkpoint.replayed {
        verdict
            .missing
            .push("cosignatures of replaying witnesses: the state is UNPROVED".into());
        return;
    }
    verdict.level = Level::L1;
    let scans = verdict.automated.value();
    if scans < families {
        verdict.missing.push(match request.rescan {
            None => "a scan on this host".into(),
            Some(_) if differs(verdict) => "a scan with the result that this host got".into(),
            Some(_) => format!("{} that your roots reach", amount(families, "scan")),
        });
    }
    if !verdict.severe.is_empty() || request.rescan.is_some_and(|r| r.high > 0) {
        verdict
            .missing
            .push("an answer to findings of severity high".into());
    }
    if verdict.age < verdict.cool_down {
        let left = verdict.cool_down.saturating_sub(verdict.age);
        verdict.missing.push(format!("{left} s of cool-down"));
    }
    if !verdict.missing.is_empty() {
        return;
    }
    verdict.level = Level::L2;
    match verdict.human.value() {
        0 => verdict
            .missing
            .push("one human audit that your roots reach".into()),
        1 => {
            verdict.level = Level::L3;
            verdict
                .missing
                .push("a second human audit over a disjoint path".into());
        }
        _ => {
            verdict.level = Level::L4;
            verdict
                .missing
                .push("builds and observed runs of two organisations".into());
        }
    }
}

fn differs(verdict: &Verdict) -> bool {
    let mut causes = verdict.statements.values();
    causes.any(|cause| *cause == Some(Cause::ResultDiffers))
}

fn amount(n: u32, what: &str) -> String {
    if n == 1 {
        format!("one {what}")
    } else {
        format!("{n} {what}s of distinct engine families")
    }
}

/// Whether a statement holds back L2: a severe finding in these bytes, by an organisation that
/// the roots reach, not taken back. It does so whatever else its auditor or engine lacks.
fn blocks(
    evidence: &Evidence,
    graph: &Graph,
    roots: &Roots,
    stated: &Stated<Body>,
    content: ContentDigest,
    counts: Counts,
) -> bool {
    counts.high > 0
        && content == evidence.subject
        && graph.reaches(roots.organisation(stated.issuer))
        && !evidence.retracted.contains_key(&stated.id)
}
