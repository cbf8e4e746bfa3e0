//! What the format asks of rules beyond their shape.

use std::collections::{BTreeMap, BTreeSet};

use super::PackError;
use super::rule::{Condition, FactRule, Rule, RuleBody, RuleInfo, Scope};
use super::wire::{WireCondition, WireFacts, WireRule, WireScope};
use crate::finding::Severity;

/// Turns wire rules into rules; each pattern rule must have its YARA rule and the other way round.
pub(super) fn rules(
    wire: Vec<WireRule>,
    compiled: &yara_x::Rules,
    plain: bool,
) -> Result<BTreeMap<String, Rule>, PackError> {
    let mut patterns: BTreeSet<String> = compiled
        .iter()
        .filter(|rule| !rule.is_private())
        .map(|rule| rule.identifier().replace('_', "-"))
        .collect();
    if plain {
        return Ok(patterns
            .into_iter()
            .map(|id| (id.clone(), foreign(id)))
            .collect());
    }
    let mut rules = BTreeMap::new();
    for rule in wire {
        let id = rule.id.clone();
        let problem = |problem: &str| PackError::Rule {
            rule: id.clone(),
            problem: problem.to_owned(),
        };
        let kebab = id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if id.is_empty() || !kebab {
            return Err(problem("the id is not kebab-case"));
        }
        if rule.gate && rule.severity != Severity::High {
            return Err(problem("a gate must be of severity high"));
        }
        if rule.rationale.trim().is_empty() || rule.title.trim().is_empty() {
            return Err(problem("title or rationale is missing"));
        }
        if !rule.cwe.starts_with("CWE-") || !rule.owasp.starts_with("ASI") {
            return Err(problem("cwe or owasp is not an id"));
        }
        let is_pattern = patterns.remove(&id);
        if is_pattern == rule.facts.is_some() {
            return Err(problem(
                "needs either a YARA rule of its name or a table of facts",
            ));
        }
        if rules
            .insert(
                id.clone(),
                from_wire(rule).ok_or_else(|| problem("no condition"))?,
            )
            .is_some()
        {
            return Err(problem("the id stands twice"));
        }
    }
    if let Some(stray) = patterns.into_iter().next() {
        return Err(PackError::Rule {
            rule: stray,
            problem: "the YARA rule is not listed in pack.toml".to_owned(),
        });
    }
    Ok(rules)
}

fn from_wire(rule: WireRule) -> Option<Rule> {
    let body = match rule.facts {
        Some(facts) => RuleBody::Facts(fact_rule(facts)?),
        None => RuleBody::Pattern { roles: rule.roles },
    };
    Some(Rule {
        info: RuleInfo {
            id: rule.id,
            title: rule.title,
            severity: rule.severity,
            gate: rule.gate,
            cwe: rule.cwe,
            owasp: rule.owasp,
            rationale: rule.rationale,
            signal: rule.signal,
        },
        gate_roles: rule.gate_roles,
        decoded: rule.decoded,
        steadfast: rule.steadfast,
        body,
    })
}

fn fact_rule(wire: WireFacts) -> Option<FactRule> {
    let conditions = |list: Vec<WireCondition>| {
        list.into_iter()
            .map(|condition| Condition {
                kind: condition.kind,
                values: condition.values,
                roles: condition.roles,
                decoded: condition.decoded,
            })
            .collect::<Vec<_>>()
    };
    let all = conditions(wire.all);
    (!all.is_empty()).then_some(FactRule {
        scope: match wire.scope {
            WireScope::File => Scope::File,
            WireScope::Package => Scope::Package,
            WireScope::Line => Scope::Lines(0),
            WireScope::Near => Scope::Lines(NEAR_LINES),
        },
        all,
        none: conditions(wire.none),
    })
}

/// A rule of a plain YARA file says nothing about itself.
fn foreign(id: String) -> Rule {
    Rule {
        info: RuleInfo {
            title: format!("YARA rule {id}"),
            id,
            severity: Severity::Medium,
            gate: false,
            cwe: String::new(),
            owasp: String::new(),
            rationale: "a rule of a plain YARA file".to_owned(),
            signal: false,
        },
        gate_roles: Vec::new(),
        decoded: None,
        steadfast: false,
        body: RuleBody::Pattern { roles: Vec::new() },
    }
}

/// What `near` means, in lines.
const NEAR_LINES: u32 = 15;
