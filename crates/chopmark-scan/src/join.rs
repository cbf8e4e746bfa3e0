//! Rules over facts: what stands together on a line, near by, in a file or in the package.

use std::collections::BTreeMap;

use crate::config::{Config, count};
use crate::fact::{Fact, FactKind};
use crate::finding::Finding;
use crate::pack::{Condition, FactRule, RuleBody, RulePack, Scope};
use crate::pattern::list_gravest;

/// Facts by kind, in the order of the package.
pub(crate) struct Index<'f> {
    by_kind: BTreeMap<FactKind, Vec<&'f Fact>>,
}

impl<'f> Index<'f> {
    pub(crate) fn of(facts: &'f [Fact]) -> Self {
        let mut by_kind: BTreeMap<FactKind, Vec<&Fact>> = BTreeMap::new();
        for fact in facts {
            by_kind.entry(fact.kind).or_default().push(fact);
        }
        Self { by_kind }
    }

    fn meeting<'a>(&'a self, condition: &'a Condition) -> impl Iterator<Item = &'f Fact> + 'a {
        self.by_kind
            .get(&condition.kind)
            .into_iter()
            .flatten()
            .copied()
            .filter(|fact| meets(fact, condition))
    }
}

/// What the fact rules of `pack` find.
pub(crate) fn findings(pack: &RulePack, index: &Index<'_>, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in pack.bodies() {
        let RuleBody::Facts(body) = &rule.body else {
            continue;
        };
        let Some(first) = body.all.first() else {
            continue;
        };
        let mut kept: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
        for fact in index.meeting(first) {
            if !holds(body, fact, index) {
                continue;
            }
            let in_file = kept.entry(fact.file.as_str()).or_default();
            if in_file.last().is_some_and(|last| last.line == fact.line) {
                continue;
            }
            in_file.push(Finding {
                rule: rule.info.id.clone(),
                pack: pack.name().id.clone(),
                severity: rule.info.severity,
                gate: rule.is_gate_in(fact.role),
                file: fact.file.clone(),
                line: fact.line,
                end_line: fact.line,
                role: fact.role,
                via: fact.via.clone(),
                matched: fact.text.clone(),
                demoted: None,
                more: 0,
            });
        }
        for mut in_file in kept.into_values() {
            list_gravest(&mut in_file, count(config.max_places));
            findings.append(&mut in_file);
        }
    }
    findings
}

fn holds(rule: &FactRule, anchor: &Fact, index: &Index<'_>) -> bool {
    let near = |fact: &Fact| match rule.scope {
        Scope::Package => true,
        Scope::File => fact.file == anchor.file,
        Scope::Lines(lines) => fact.file == anchor.file && fact.line.abs_diff(anchor.line) <= lines,
    };
    let stands = |condition: &Condition| index.meeting(condition).any(near);
    rule.all.iter().skip(1).all(stands) && !rule.none.iter().any(stands)
}

fn meets(fact: &Fact, condition: &Condition) -> bool {
    let value = condition.values.is_empty()
        || condition
            .values
            .iter()
            .any(|glob| matches_glob(glob, &fact.value));
    let decoded = fact.via.iter().any(|step| step != "normalised");
    value
        && (condition.roles.is_empty() || condition.roles.contains(&fact.role))
        && condition.decoded.is_none_or(|wanted| wanted == decoded)
}

/// Whether `text` matches `glob`, in which `*` stands for any text.
pub(crate) fn matches_glob(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else {
        return false;
    };
    let tail: Vec<&str> = parts.collect();
    let Some((last, middle)) = tail.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest
            .get(at.saturating_add(part.len())..)
            .unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches_glob;

    #[track_caller]
    fn check(glob: &str, text: &str, expected: bool) {
        assert_eq!(matches_glob(glob, text), expected, "{glob} {text}");
    }

    #[test]
    fn stars_stand_for_any_text() {
        check("abc", "abc", true);
        check("abc", "abcd", false);
        check("a*", "abc", true);
        check("*c", "abc", true);
        check("*b*", "abc", true);
        check("a*d", "abc", false);
        check("a*b*c", "aXbYc", true);
    }
}
