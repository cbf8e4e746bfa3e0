//! Vetoes come first, and nothing overrides them.

use std::collections::BTreeSet;

use super::graph::{Graph, Support};
use crate::{
    digest::{IdentityId, StatementId},
    evidence::{Evidence, Stated},
    flow::FlowError,
    record::{Body, Scope, Veto, VetoReason, VetoTarget},
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
        /// The vetoes.
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

pub(super) fn ground(evidence: &Evidence, roots: &Roots) -> Result<Option<VetoGround>, FlowError> {
    let vetoes: Vec<(&Stated<Body>, &Veto, IdentityId)> = evidence
        .statements
        .iter()
        .filter_map(|stated| {
            let Body::Veto(veto) = &stated.body else {
                return None;
            };
            in_force(evidence, stated, veto)
                .then(|| (stated, veto, roots.organisation(stated.issuer)))
        })
        .collect();
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
    let graph = Graph::build(evidence, roots, Scope::Veto, None);
    let supports: Vec<Support> = vetoes
        .iter()
        .map(|(stated, _, _)| Support::statement(roots, stated))
        .collect();
    if graph.count(evidence, &supports)?.value() >= 2 {
        let statements = vetoes.iter().map(|(stated, _, _)| stated.id).collect();
        return Ok(Some(VetoGround::Reached { statements }));
    }
    Ok(None)
}

fn in_force(evidence: &Evidence, stated: &Stated<Body>, veto: &Veto) -> bool {
    let now = evidence.checkpoint.witness_time;
    let about_this = match &veto.target {
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
    };
    about_this
        && !evidence.retracted.contains_key(&stated.id)
        && veto.expires.is_none_or(|at| at > now)
}
