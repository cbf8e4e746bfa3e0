//! Runs the YARA rules of a pack over the views of a file.

use crate::config::{Config, count};
use crate::facts::is_negated;
use crate::finding::{Demotion, Finding, Severity, printable};
use crate::limit::Limit;
use crate::pack::{Rule, RuleBody, RulePack};
use crate::role::{Role, Roles};
use crate::view::View;

/// One rule's match at one line.
#[derive(Debug)]
pub(crate) struct Match<'p> {
    pub(crate) rule: &'p Rule,
    pub(crate) finding: Finding,
}

/// What a pack's rules matched in one view.
#[derive(Debug, Default)]
pub(crate) struct Matches<'p> {
    pub(crate) matches: Vec<Match<'p>>,
    /// Whether a pattern matched more often than is looked at.
    pub(crate) cut: bool,
}

/// A pack made ready to scan; its machine is built once for a package.
pub(crate) struct Matcher<'p> {
    pack: &'p RulePack,
    scanner: yara_x::Scanner<'p>,
}

impl<'p> Matcher<'p> {
    pub(crate) fn new(pack: &'p RulePack, config: &Config) -> Self {
        let mut scanner = yara_x::Scanner::new(pack.compiled());
        // One more than is looked at, so that more shows.
        scanner.max_matches_per_pattern(count(config.max_matches).saturating_add(1));
        Self { pack, scanner }
    }

    /// Scans one view; `Err` names the limit or failure that kept it from being read.
    pub(crate) fn scan(
        &mut self,
        file: &str,
        view: &View,
        roles: &Roles,
        config: &Config,
    ) -> Result<Matches<'p>, Limit> {
        if view.bytes.len() > count(config.max_view_bytes) {
            return Err(Limit::ViewBytes);
        }
        let results = self
            .scanner
            .scan(&view.bytes)
            .map_err(|_| Limit::PatternEngine)?;
        let most = count(config.max_matches);
        let mut out = Matches::default();
        for matched in results.matching_rules() {
            let id = matched.identifier().replace('_', "-");
            let Some(rule) = self.pack.body(&id) else {
                continue;
            };
            let mut places: Vec<(usize, usize)> = Vec::new();
            let marked = matched
                .patterns()
                .any(|pattern| pattern.identifier().starts_with("$hit"));
            for pattern in matched.patterns() {
                if marked && !pattern.identifier().starts_with("$hit") {
                    continue;
                }
                let mut matches = pattern.matches().map(|m| (m.range().start, m.range().end));
                places.extend(matches.by_ref().take(most));
                out.cut |= matches.next().is_some();
            }
            places.sort_unstable();
            if places.is_empty() {
                places.push((0, 0));
            }
            out.matches.extend(
                at_places(
                    rule,
                    &self.pack.name().id,
                    &places,
                    file,
                    view,
                    roles,
                    config,
                )
                .into_iter()
                .map(|finding| Match { rule, finding }),
            );
        }
        Ok(out)
    }
}

/// One finding a line; of a rule's findings the gravest, as many as the config lists, and the last
/// counts the rest. Of a signal all are kept, for each is a fact.
fn at_places(
    rule: &Rule,
    pack: &str,
    places: &[(usize, usize)],
    file: &str,
    view: &View,
    roles: &Roles,
    config: &Config,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for &(start, end) in places {
        let line = view.line_of(start);
        if findings.last().is_some_and(|last| last.line == line) {
            continue;
        }
        let role = roles.at(line);
        if let RuleBody::Pattern { roles } = &rule.body
            && !roles.is_empty()
            && !roles.contains(&role)
            && !view.is_decoded()
        {
            continue;
        }
        let demoted = demotion(rule, view, start, role);
        let full = if view.is_decoded() {
            rule.decoded.unwrap_or(rule.info.severity)
        } else {
            rule.info.severity
        };
        let text = view
            .bytes
            .get(start..end.min(start.saturating_add(400)))
            .unwrap_or_default();
        findings.push(Finding {
            rule: rule.info.id.clone(),
            pack: pack.to_owned(),
            severity: lowered(full, demoted),
            gate: rule.is_gate_in(role) && demoted.is_none(),
            file: file.to_owned(),
            line,
            end_line: view.line_of(end.saturating_sub(1).max(start)),
            role,
            via: view.steps.iter().map(|step| (*step).to_owned()).collect(),
            matched: printable(&String::from_utf8_lossy(text)),
            demoted,
            more: 0,
        });
    }
    if !rule.info.signal {
        list_gravest(&mut findings, count(config.max_places));
    }
    findings
}

/// Keeps the gravest `most` of findings that stand in the order of lines.
pub(crate) fn list_gravest(findings: &mut Vec<Finding>, most: usize) {
    let more = findings.len().saturating_sub(most);
    if more == 0 {
        return;
    }
    let weight = |finding: &Finding| (finding.gate, finding.severity);
    findings.sort_by(|a, b| (weight(b), a.line).cmp(&(weight(a), b.line)));
    findings.truncate(most);
    findings.sort_by_key(|finding| finding.line);
    if let Some(last) = findings.last_mut() {
        last.more = u64::try_from(more).unwrap_or(u64::MAX);
    }
}

fn demotion(rule: &Rule, view: &View, start: usize, role: Role) -> Option<Demotion> {
    if rule.steadfast || view.is_decoded() {
        return None;
    }
    match role {
        Role::Quote => Some(Demotion::Quoted),
        Role::Comment => Some(Demotion::Commented),
        Role::Prose | Role::Fence | Role::FrontMatter => {
            let before = view.line_before(start);
            let warned = is_negated(before).then_some(Demotion::Warned);
            let cited = rule.is_of_words() && is_cited(before);
            warned.or_else(|| cited.then_some(Demotion::Quoted))
        }
        Role::Code | Role::Hidden | Role::Data => None,
    }
}

/// Whether the match begins right after a quotation mark: the words are named, not said.
fn is_cited(before: &[u8]) -> bool {
    let text = String::from_utf8_lossy(
        before
            .get(before.len().saturating_sub(8)..)
            .unwrap_or(before),
    );
    text.trim_end_matches(['(', '[', '*', '_'])
        .ends_with(['"', '`', '“', '‘', '«', '/', '|'])
}

/// A warning or a comment leaves little; a quote one step less, for a whole file can be a quote.
pub(crate) fn lowered(severity: Severity, demoted: Option<Demotion>) -> Severity {
    match (severity, demoted) {
        (severity, None) => severity,
        (Severity::High, Some(Demotion::Quoted)) => Severity::Medium,
        (Severity::Note, Some(_)) => Severity::Note,
        (_, Some(_)) => Severity::Low,
    }
}
