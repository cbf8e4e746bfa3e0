//! What each stage read, and what kept it from reading all.

use serde::{Deserialize, Serialize};

use crate::limit::Limit;

/// One stage of a scan, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(
    missing_docs,
    reason = "docs/spec/scan.md §4 says what each stage does"
)]
pub enum Stage {
    Inventory,
    Unicode,
    Decoding,
    Patterns,
    Markdown,
    Facts,
    Join,
}

/// What one stage read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Coverage {
    /// The stage.
    pub stage: Stage,
    /// Files, views, scripts or facts that it looked at.
    pub items: u64,
    /// Bytes that it looked at.
    pub bytes: u64,
    /// What it produced: kinds, marks, views, matches, blocks, facts, findings.
    pub found: u64,
    /// How often a limit kept it from reading all.
    pub cut: u64,
}

/// A limit that was hit: the scan did not read all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
    /// Stable code, the kebab-case name of the limit.
    pub code: String,
    /// The file, or empty for the package.
    pub file: String,
}

/// Counts coverage and collects reasons while a scan runs.
#[derive(Debug)]
pub(crate) struct Tally {
    stages: [Coverage; 7],
    reasons: std::collections::BTreeSet<Reason>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        use Stage::{Decoding, Facts, Inventory, Join, Markdown, Patterns, Unicode};
        let stages = [
            Inventory, Unicode, Decoding, Patterns, Markdown, Facts, Join,
        ];
        Self {
            stages: stages.map(|stage| Coverage {
                stage,
                items: 0,
                bytes: 0,
                found: 0,
                cut: 0,
            }),
            reasons: std::collections::BTreeSet::new(),
        }
    }

    pub(crate) fn add(&mut self, stage: Stage, items: usize, bytes: usize, found: usize) {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        for row in &mut self.stages {
            if row.stage == stage {
                row.items = row.items.saturating_add(number(items));
                row.bytes = row.bytes.saturating_add(number(bytes));
                row.found = row.found.saturating_add(number(found));
            }
        }
    }

    /// Counts that `limit` cut what was read of `file`, or of the package where that is empty.
    pub(crate) fn limit(&mut self, limit: Limit, file: &str) {
        for row in &mut self.stages {
            if row.stage == limit.stage() {
                row.cut = row.cut.saturating_add(1);
            }
        }
        self.reasons.insert(Reason {
            code: limit.word().to_owned(),
            file: file.to_owned(),
        });
    }

    pub(crate) fn finish(self) -> (Vec<Coverage>, Vec<Reason>) {
        (
            self.stages.into_iter().collect(),
            self.reasons.into_iter().collect(),
        )
    }
}
