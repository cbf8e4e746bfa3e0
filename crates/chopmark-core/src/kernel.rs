//! The trust kernel: from evidence and roots to a level.
//!
//! Integers and ordered maps only; no clock, no I/O; bounded work. The same inputs give the same
//! verdict on any host. Nothing here says *yes*: that is [`crate::admit`]'s alone.
//!
//! Spec: docs/spec/decision.md.

use std::collections::BTreeMap;

use crate::{
    digest::{ContentDigest, IdentityId, ResultDigest, StatementId},
    evidence::{Evidence, Stated},
    flow::FlowError,
    level::Level,
    permission::Manifest,
    record::{Audit, Body, Counts, Criterion, Method, Outcome, Relation, Scan, Scope, Vouch},
    requirement::{Confinement, Lineage, Requirement, asks},
    roots::Roots,
};

use graph::{Graph, Support};

mod graph;
mod nearest;
mod veto;

#[cfg(test)]
mod tests;

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

/// Why a statement does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`as_str` says each")]
pub enum Cause {
    ByPublisher,
    DeltaUnsupported,
    EngineUnnamed,
    Expired,
    Incomplete,
    LacksCriteria,
    NotAllFiles,
    NotHuman,
    NotIndependent,
    NotReached,
    OtherContent,
    ResultDiffers,
    Retracted,
    TooOld,
}

impl Cause {
    /// Returns the word used in receipts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByPublisher => "by-publisher",
            Self::DeltaUnsupported => "delta-unsupported",
            Self::EngineUnnamed => "engine-unnamed",
            Self::Expired => "expired",
            Self::Incomplete => "incomplete",
            Self::LacksCriteria => "lacks-criteria",
            Self::NotAllFiles => "not-all-files",
            Self::NotHuman => "not-human",
            Self::NotIndependent => "not-independent",
            Self::NotReached => "not-reached",
            Self::OtherContent => "other-content",
            Self::ResultDiffers => "result-differs",
            Self::Retracted => "retracted",
            Self::TooOld => "too-old",
        }
    }
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
                let cause = scan_cause(evidence, roots, request, &graph, stated, scan);
                if cause.is_none() {
                    scans.push(Support::family(roots, stated, scan));
                }
                if blocks(evidence, &graph, roots, stated, scan.content, scan.counts) {
                    severe.push(stated.id);
                }
                cause
            }
            Body::Audit(audit) => {
                let cause = audit_cause(evidence, roots, request, &graph, stated, audit);
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
            vouch_cause(evidence, roots, &graph, &doubt, vouch),
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

/// Causes that hold for any kind of positive statement.
fn common_cause(
    evidence: &Evidence,
    roots: &Roots,
    graph: &Graph,
    id: StatementId,
    issuer: IdentityId,
) -> Option<Cause> {
    let organisation = roots.organisation(issuer);
    if evidence.retracted.contains_key(&id) {
        Some(Cause::Retracted)
    } else if organisation == roots.organisation(evidence.publisher) {
        Some(Cause::ByPublisher)
    } else if !graph.reaches(organisation) {
        Some(Cause::NotReached)
    } else {
        None
    }
}

fn scan_cause(
    evidence: &Evidence,
    roots: &Roots,
    request: &Request,
    graph: &Graph,
    stated: &Stated<Body>,
    scan: &Scan,
) -> Option<Cause> {
    let age = evidence
        .checkpoint
        .witness_time
        .saturating_sub(stated.log_time);
    if scan.content != evidence.subject {
        Some(Cause::OtherContent)
    } else if let Some(cause) = common_cause(evidence, roots, graph, stated.id, stated.issuer) {
        Some(cause)
    } else if roots.engine_family(&scan.engine).is_none() {
        Some(Cause::EngineUnnamed)
    } else if scan.outcome == Outcome::Incomplete {
        Some(Cause::Incomplete)
    } else if age > roots.preset().gates().scan_max_age_seconds {
        Some(Cause::TooOld)
    } else if request
        .rescan
        .is_none_or(|rescan| rescan.result != scan.result)
    {
        Some(Cause::ResultDiffers)
    } else {
        None
    }
}

fn audit_cause(
    evidence: &Evidence,
    roots: &Roots,
    request: &Request,
    graph: &Graph,
    stated: &Stated<Body>,
    audit: &Audit,
) -> Option<Cause> {
    if audit.content != evidence.subject {
        Some(Cause::OtherContent)
    } else if let Some(cause) = common_cause(evidence, roots, graph, stated.id, stated.issuer) {
        Some(cause)
    } else if audit.method != Method::Human {
        Some(Cause::NotHuman)
    } else if audit.relation != Relation::None {
        Some(Cause::NotIndependent)
    } else if audit.delta_base.is_some() {
        Some(Cause::DeltaUnsupported)
    } else if audit.files_examined != audit.files_total || audit.files_total != request.files {
        Some(Cause::NotAllFiles)
    } else if !needed(&request.manifest)
        .iter()
        .all(|c| audit.criteria.contains(c))
    {
        Some(Cause::LacksCriteria)
    } else {
        None
    }
}

/// Why a vouch leads nowhere: it is over, or nothing leads to who made it.
fn vouch_cause(
    evidence: &Evidence,
    roots: &Roots,
    graph: &Graph,
    doubt: &Graph,
    vouch: &Stated<Vouch>,
) -> Option<Cause> {
    let by = roots.organisation(vouch.issuer);
    if evidence.retracted.contains_key(&vouch.id) {
        Some(Cause::Retracted)
    } else if graph::is_over(evidence, vouch.body.expires) {
        Some(Cause::Expired)
    } else if !graph.reaches(by) && !doubt.reaches(by) {
        Some(Cause::NotReached)
    } else {
        None
    }
}

/// What a human audit must certify, by what is asked.
fn needed(manifest: &Manifest) -> Vec<Criterion> {
    let mut needed = vec![Criterion::SafeToRead];
    if !manifest.exec().is_empty() {
        needed.push(Criterion::SafeToRun);
    }
    if !manifest.secrets().is_empty() {
        needed.push(Criterion::SafeWithSecrets);
    }
    needed
}
