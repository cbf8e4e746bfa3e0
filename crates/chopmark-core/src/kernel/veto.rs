//! Vetoes come first, and nothing overrides them.

use std::collections::BTreeSet;

use super::{
    Cause,
    graph::{Graph, Support, is_over},
};
use crate::{
    digest::{IdentityId, StatementId},
    evidence::{Evidence, Stated},
    flow::FlowError,
    record::{Body, Veto, VetoReason, VetoTarget},
    roots::Roots,
};

/// On what ground a release is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VetoGround {
    /// A root refuses it.
    Root {
        /// The organisation, by label.
        by: String,
        /// The veto.
        statement: StatementId,
        /// Why.
        reason: VetoReason,
    },
    /// Organisations over two disjoint paths refuse it.
    Reached {
        /// Over how many; at least 2.
        disjoint: u32,
        /// The vetoes of all organisations reached.
        statements: Vec<StatementId>,
    },
    /// A panel named in the roots refuses it.
    Panel {
        /// The panel.
        name: String,
        /// The vetoes.
        statements: Vec<StatementId>,
    },
}

pub(super) fn ground(
    evidence: &Evidence,
    roots: &Roots,
    graph: &Graph,
) -> Result<Option<VetoGround>, FlowError> {
    let mut vetoes: Vec<(&Stated<Body>, &Veto, IdentityId)> = Vec::new();
    for stated in &evidence.statements {
        if let Body::Veto(veto) = &stated.body
            && in_force(evidence, stated, veto)
        {
            vetoes.push((stated, veto, roots.organisation(stated.issuer)));
        }
    }
    // The oldest is named, whatever order the evidence came in.
    vetoes.sort_by_key(|(stated, _, _)| (stated.index, stated.id));
    if let Some((stated, veto, _)) = vetoes
        .iter()
        .find(|(_, _, by)| roots.roots().contains_key(by))
    {
        return Ok(Some(VetoGround::Root {
            by: evidence.label(&stated.issuer),
            statement: stated.id,
            reason: veto.reason,
        }));
    }
    for panel in roots.panels() {
        let members: BTreeSet<IdentityId> = panel
            .members
            .iter()
            .map(|id| roots.organisation(*id))
            .collect();
        let agreed: Vec<_> = vetoes
            .iter()
            .filter(|(_, _, by)| members.contains(by))
            .collect();
        let organisations: BTreeSet<IdentityId> = agreed.iter().map(|(_, _, by)| *by).collect();
        if u32::try_from(organisations.len()).unwrap_or(u32::MAX) >= panel.threshold.get() {
            return Ok(Some(VetoGround::Panel {
                name: panel.name.to_string(),
                statements: agreed.iter().map(|(stated, _, _)| stated.id).collect(),
            }));
        }
    }
    let supports: Vec<Support> = vetoes
        .iter()
        .map(|(stated, _, _)| Support::statement(roots, stated))
        .collect();
    let disjoint = graph.count(evidence, &supports)?.value();
    if disjoint >= 2 {
        let statements = vetoes
            .iter()
            .filter(|(_, _, by)| graph.reaches(*by))
            .map(|(stated, _, _)| stated.id)
            .collect();
        return Ok(Some(VetoGround::Reached {
            disjoint,
            statements,
        }));
    }
    Ok(None)
}

/// Why a veto has no weight at all; one that has some may still be too few.
pub(super) fn cause(
    evidence: &Evidence,
    roots: &Roots,
    graph: &Graph,
    stated: &Stated<Body>,
    veto: &Veto,
) -> Option<Cause> {
    let by = roots.organisation(stated.issuer);
    let mut panellists = roots.panels().iter().flat_map(|panel| &panel.members);
    if evidence.retracted.contains_key(&stated.id) {
        Some(Cause::Retracted)
    } else if !is_about(evidence, veto) {
        Some(Cause::OtherContent)
    } else if is_over(evidence, veto.expires) {
        Some(Cause::Expired)
    } else if !graph.reaches(by) && !panellists.any(|id| roots.organisation(*id) == by) {
        Some(Cause::NotReached)
    } else {
        None
    }
}

fn in_force(evidence: &Evidence, stated: &Stated<Body>, veto: &Veto) -> bool {
    is_about(evidence, veto)
        && !evidence.retracted.contains_key(&stated.id)
        && !is_over(evidence, veto.expires)
}

fn is_about(evidence: &Evidence, veto: &Veto) -> bool {
    match &veto.target {
        VetoTarget::Content(content) => *content == evidence.subject,
        VetoTarget::Key { key, from_index } => {
            evidence.release.signers.contains(key) && evidence.release.index >= *from_index
        }
        VetoTarget::Skill {
            publisher,
            skill,
            versions,
        } => {
            *publisher == evidence.publisher
                && *skill == evidence.skill
                && versions.matches(&evidence.version)
        }
    }
}
