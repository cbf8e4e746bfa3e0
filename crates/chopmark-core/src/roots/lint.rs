//! What is allowed in a roots file and yet unwise.

use std::num::NonZeroU32;

use super::{Panel, Roots};

/// A piece of advice about a roots file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advice {
    /// Stable code, kebab-case.
    pub code: &'static str,
    /// One line for people.
    pub words: String,
}

/// Looks for what weakens a host without being wrong. `now` is in seconds since the Unix epoch.
///
/// Sorted by code. What the tlog-policy file itself promises is linted where it is parsed.
#[must_use]
pub fn lint(roots: &Roots, now: u64) -> Vec<Advice> {
    let mut advice = Vec::new();
    of_document(roots, now, &mut advice);
    of_counting(roots, &mut advice);
    for panel in roots.panels() {
        of_panel(roots, panel, &mut advice);
    }
    advice.sort();
    advice
}

fn of_document(roots: &Roots, now: u64, advice: &mut Vec<Advice>) {
    if roots.logs().is_empty() {
        add(
            advice,
            "roots-no-log",
            "no log is named: every evidence is refused",
        );
    }
    if roots.not_after() < now {
        add(
            advice,
            "roots-past",
            "the document has expired: every request is refused",
        );
    } else if roots.not_after() < now.saturating_add(EXPIRY_WARNING) {
        add(
            advice,
            "roots-expire-soon",
            "the document expires within 14 days",
        );
    }
    if roots.not_after() > now.saturating_add(LONG_LIFE) {
        add(
            advice,
            "roots-long-lived",
            "the document is valid for more than a year",
        );
    }
    if roots.preset().gates().cool_down_seconds == 0 {
        add(
            advice,
            "roots-no-cool-down",
            "a release counts for L2 the moment it is in the log",
        );
    }
}

fn of_counting(roots: &Roots, advice: &mut Vec<Advice>) {
    if roots.roots().is_empty() {
        add(
            advice,
            "roots-empty",
            "no root: nothing above L1 can be reached, and nobody can veto",
        );
    }
    for (organisation, root) in roots.roots() {
        if root.capacity > NonZeroU32::MIN {
            let capacity = root.capacity;
            let words =
                format!("root {organisation} alone can stand for {capacity} independent reviewers");
            advice.push(Advice {
                code: "roots-wide-root",
                words,
            });
        }
        if root.depth > DEEP {
            let depth = root.depth;
            let words = format!("root {organisation} reaches {depth} vouches far");
            advice.push(Advice {
                code: "roots-deep-root",
                words,
            });
        }
    }
    let families = u32::try_from(roots.engine_families().len()).unwrap_or(u32::MAX);
    if families < roots.preset().gates().engine_families {
        let words = "the preset asks for more engine families than are named: L2 is out of reach";
        add(advice, "roots-few-engines", words);
    }
}

fn of_panel(roots: &Roots, panel: &Panel, advice: &mut Vec<Advice>) {
    if panel.threshold == NonZeroU32::MIN {
        let words = format!("each member of panel `{}` can refuse alone", panel.name);
        advice.push(Advice {
            code: "roots-panel-of-one",
            words,
        });
    }
    let all_roots = panel
        .members
        .iter()
        .all(|member| roots.roots().contains_key(&roots.organisation(*member)));
    if all_roots {
        let words = format!("panel `{}` adds nothing: each member is a root", panel.name);
        advice.push(Advice {
            code: "roots-panel-idle",
            words,
        });
    }
}

fn add(advice: &mut Vec<Advice>, code: &'static str, words: &str) {
    advice.push(Advice {
        code,
        words: words.to_owned(),
    });
}

const DAY: u64 = 86_400;
const EXPIRY_WARNING: u64 = 14 * DAY;
const LONG_LIFE: u64 = 400 * DAY;
/// More vouches in a row than this are hard for a person to follow.
const DEEP: u8 = 4;
