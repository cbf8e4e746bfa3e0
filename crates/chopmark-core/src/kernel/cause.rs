//! Why a statement does not count, by kind.

use super::{
    Request,
    graph::{Graph, is_over},
};
use crate::{
    digest::{IdentityId, StatementId},
    evidence::{Evidence, Stated},
    permission::Manifest,
    record::{Audit, Body, Criterion, Method, Outcome, Relation, Scan, Vouch},
    roots::Roots,
};

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

pub(super) fn of_scan(
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

pub(super) fn of_audit(
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
pub(super) fn of_vouch(
    evidence: &Evidence,
    roots: &Roots,
    graph: &Graph,
    doubt: &Graph,
    vouch: &Stated<Vouch>,
) -> Option<Cause> {
    let by = roots.organisation(vouch.issuer);
    if evidence.retracted.contains_key(&vouch.id) {
        Some(Cause::Retracted)
    } else if is_over(evidence, vouch.body.expires) {
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
