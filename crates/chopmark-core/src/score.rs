//! A number for ordering and display. It decides nothing.

use crate::{evidence::Evidence, kernel::Verdict, level::Level};

/// A score with the terms that it is the sum of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The sum.
    pub total: u64,
    /// Each term in words, with its part.
    pub terms: Vec<(String, u64)>,
}

/// Scores a verdict: 1600 for each level and what lies within it; 0 when vetoed or L0.
///
/// Spec: docs/spec/decision.md §7.
pub fn score(evidence: &Evidence, verdict: &Verdict) -> Score {
    if verdict.veto.is_some() || verdict.level == Level::L0 {
        return Score {
            total: 0,
            terms: Vec::new(),
        };
    }
    let capped = |n: u32, each: u64, most: u64| u64::from(n).saturating_mul(each).min(most);
    let days = (verdict.age / 86_400).min(90);
    let terms = vec![
        (
            format!("level {}", verdict.level),
            u64::from(verdict.level.number()).saturating_mul(1600),
        ),
        (
            "disjoint human audits".to_owned(),
            capped(verdict.human.value(), 300, 900),
        ),
        (
            "disjoint scans".to_owned(),
            capped(verdict.automated.value(), 100, 300),
        ),
        ("days in the log, at most 90".to_owned(), days),
        (
            "releases before this one, at most 10".to_owned(),
            u64::try_from(
                evidence
                    .releases
                    .iter()
                    .filter(|r| r.index < evidence.release.index)
                    .count(),
            )
            .unwrap_or(u64::MAX)
            .min(10),
        ),
    ];
    let total = terms
        .iter()
        .fold(0u64, |sum, (_, part)| sum.saturating_add(*part));
    Score { total, terms }
}
