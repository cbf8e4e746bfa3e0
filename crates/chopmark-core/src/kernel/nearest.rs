//! Who could give the human audit that is missing.

use std::collections::BTreeSet;

use super::graph::{Graph, Support};
use crate::{
    digest::IdentityId,
    evidence::Evidence,
    flow::FlowError,
    record::{Body, Kind},
    roots::Roots,
};

/// Names an organisation whose audit would raise the count, and who vouches for it:
/// `@orgx, vouched for by @roota`.
///
/// Those that said something about these bytes come first, then by their distance from the roots,
/// and the roots themselves last. At most [`MOST_TRIED`] are tried.
pub(super) fn reviewer(
    evidence: &Evidence,
    roots: &Roots,
    graph: &Graph,
    audits: &[Support],
    have: u32,
) -> Result<Option<String>, FlowError> {
    let counted: BTreeSet<IdentityId> = audits.iter().map(Support::organisation).collect();
    let speakers: BTreeSet<IdentityId> = evidence
        .statements
        .iter()
        .filter(|stated| is_review(&stated.body))
        .map(|stated| roots.organisation(stated.issuer))
        .collect();
    let mut candidates = graph.by_distance();
    candidates.retain(|(id, _)| !counted.contains(id));
    candidates.sort_by_key(|(id, by)| (!speakers.contains(id), by.is_none()));
    for (id, by) in candidates.into_iter().take(MOST_TRIED) {
        let mut supports = audits.to_vec();
        supports.push(Support::voice(id));
        if graph.count(evidence, &supports)?.value() > have {
            let label = evidence.label(&id);
            return Ok(Some(match by {
                Some(by) => format!("{label}, vouched for by {}", evidence.label(&by)),
                None => format!("{label}, one of your roots"),
            }));
        }
    }
    Ok(None)
}

fn is_review(body: &Body) -> bool {
    matches!(body.kind(), Kind::Scan | Kind::Audit)
}

/// How many candidates are tried; each costs one flow.
const MOST_TRIED: usize = 16;
