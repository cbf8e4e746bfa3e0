//! All stages on one file.

use chopmark_core::package::Mode;

use super::Collected;
use super::text::{decoded_facts, read_text};
use crate::config::{Config, count};
use crate::coverage::Stage;
use crate::fact::{Fact, FactKind};
use crate::inventory::{self, Kind, Language};
use crate::limit::Limit;
use crate::pattern::{Match, Matcher};
use crate::role::Role;
use crate::view::View;
use crate::{decode, unicode};

/// One file, or one member of an archive.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) mode: Mode,
    pub(super) bytes: &'a [u8],
    /// The language in which another file starts it.
    pub(super) hint: Option<Language>,
    /// Archives around it.
    pub(super) depth: usize,
}

/// Runs the stages on `source`.
pub(super) fn scan(
    source: &Source<'_>,
    matchers: &mut [Matcher<'_>],
    config: &Config,
    out: &mut Collected,
) {
    let kind = inventory(source, out);
    members(source, kind, matchers, config, out);
    let text = (kind == Kind::Text).then(|| String::from_utf8_lossy(source.bytes));
    let plain = text.as_deref().and_then(|text| marks(source, text, out));
    let read = plain.as_deref().or(text.as_deref()).unwrap_or_default();
    let language = source
        .hint
        .unwrap_or_else(|| inventory::language(source.path, read));
    let mut views = vec![View::whole(Vec::new(), source.bytes.to_vec())];
    if let Some(plain) = &plain {
        views.push(View::whole(vec!["normalised"], plain.clone().into_bytes()));
    }
    decoded(source, &mut views, config, out);
    packed(source, &views, matchers, config, out);
    let (roles, facts) = read_text(source, language, read, config, out);
    out.keep(facts, source.path, config);
    for view in views.iter().filter(|view| view.is_decoded()) {
        let facts = decoded_facts(source, view, config, out);
        out.keep(facts, source.path, config);
    }
    for matcher in matchers {
        for view in &views {
            let matched = matcher.scan(source.path, view, &roles, config);
            let found = matched.as_ref().map_or(0, |matched| matched.matches.len());
            out.tally.add(Stage::Patterns, 1, view.bytes.len(), found);
            match matched {
                Err(limit) => out.tally.limit(limit, source.path),
                Ok(matched) => {
                    if matched.cut {
                        out.tally.limit(Limit::PatternMatches, source.path);
                    }
                    out.take(matched.matches, source.path, config);
                }
            }
        }
    }
}

impl Collected {
    /// Keeps matches: those of signals as facts, the others as findings.
    fn take(&mut self, matches: Vec<Match<'_>>, file: &str, config: &Config) {
        let mut facts = Vec::new();
        for found in matches {
            let finding = found.finding;
            if !found.rule.info.signal {
                self.findings.push(finding);
                continue;
            }
            if finding.demoted.is_none() {
                facts.push(Fact {
                    file: finding.file,
                    line: finding.line,
                    kind: FactKind::Signal,
                    value: finding.rule,
                    role: finding.role,
                    via: finding.via,
                    text: finding.matched,
                });
            }
        }
        self.keep(facts, file, config);
    }

    /// Keeps facts, each value within its limit, and no more of them than may be kept.
    fn keep(&mut self, facts: Vec<Fact>, file: &str, config: &Config) {
        let longest = count(config.max_value_chars);
        for mut fact in facts {
            if let Some((end, _)) = fact.value.char_indices().nth(longest) {
                fact.value.truncate(end);
                fact.value.push('…');
                self.tally.limit(Limit::Lengths, file);
            }
            self.facts.push(fact);
        }
        // A second time as many, so that sorting is seldom and what stands twice counts once.
        let most = count(config.max_facts);
        if self.facts.len() > most.saturating_mul(2) {
            super::settle(&mut self.facts, &mut self.tally, most);
        }
    }
}

fn file_fact(source: &Source<'_>, value: &str) -> Fact {
    Fact {
        file: source.path.to_owned(),
        line: 1,
        kind: FactKind::File,
        value: value.to_owned(),
        role: Role::Data,
        via: Vec::new(),
        text: format!("{} bytes", source.bytes.len()),
    }
}

fn inventory(source: &Source<'_>, out: &mut Collected) -> Kind {
    let kind = inventory::kind(source.bytes);
    let before = out.facts.len();
    let mut add = |value: &str| out.facts.push(file_fact(source, value));
    match kind {
        Kind::Native => add("native"),
        Kind::Bytecode => add("bytecode"),
        Kind::Zip | Kind::Tar | Kind::Gzip | Kind::OtherArchive => add("archive"),
        Kind::Text | Kind::Image | Kind::Document | Kind::Binary => {}
    }
    if inventory::is_mismatch(source.path, kind) {
        add("mismatch");
    }
    if inventory::is_hidden(source.path) {
        add("hidden");
    }
    if inventory::is_polyglot(source.bytes, kind) {
        add("polyglot");
    }
    if source.mode == Mode::Executable && kind == Kind::Binary {
        add("executable-binary");
    }
    let found = out.facts.len().saturating_sub(before);
    out.tally
        .add(Stage::Inventory, 1, source.bytes.len(), found);
    kind
}

fn members(
    source: &Source<'_>,
    kind: Kind,
    matchers: &mut [Matcher<'_>],
    config: &Config,
    out: &mut Collected,
) {
    if !matches!(kind, Kind::Zip | Kind::Tar | Kind::OtherArchive) {
        return;
    }
    if kind == Kind::OtherArchive || source.depth > 0 {
        out.tally.limit(Limit::ArchiveNotOpened, source.path);
        return;
    }
    let opened = inventory::open_archive(kind, source.bytes, config);
    for limit in opened.limits {
        out.tally.limit(limit, source.path);
    }
    for member in opened.members {
        let path = format!("{}!{}", source.path, member.name);
        if member.encrypted {
            out.facts.push(file_fact(source, "encrypted"));
            out.tally.limit(Limit::ArchiveEncrypted, source.path);
        }
        let Some(bytes) = member.bytes else { continue };
        let inner = Source {
            path: &path,
            mode: Mode::Regular,
            bytes: &bytes,
            hint: None,
            depth: source.depth.saturating_add(1),
        };
        scan(&inner, matchers, config, out);
    }
}

/// An archive inside an encoding: a tar inside gzip is opened, any other is named.
fn packed(
    source: &Source<'_>,
    views: &[View],
    matchers: &mut [Matcher<'_>],
    config: &Config,
    out: &mut Collected,
) {
    for view in views.iter().filter(|view| view.is_decoded()) {
        let kind = inventory::kind(&view.bytes);
        let inner = Source {
            path: source.path,
            mode: Mode::Regular,
            bytes: &view.bytes,
            hint: None,
            depth: source.depth.saturating_add(usize::from(kind != Kind::Tar)),
        };
        members(&inner, kind, matchers, config, out);
    }
}

fn marks(source: &Source<'_>, text: &str, out: &mut Collected) -> Option<String> {
    let marks = unicode::marks(text);
    out.tally.add(Stage::Unicode, 1, text.len(), marks.len());
    for mark in marks {
        out.facts.push(Fact {
            file: source.path.to_owned(),
            line: mark.line,
            kind: FactKind::Unicode,
            value: mark.kind.word().to_owned(),
            role: Role::Data,
            via: Vec::new(),
            text: crate::finding::printable(&mark.text),
        });
    }
    unicode::normalise(text)
}

fn decoded(source: &Source<'_>, views: &mut Vec<View>, config: &Config, out: &mut Collected) {
    let Some(last) = views.last() else { return };
    let opened = decode::open(last, config);
    out.tally
        .add(Stage::Decoding, 1, last.bytes.len(), opened.views.len());
    for limit in opened.limits {
        out.tally.limit(limit, source.path);
    }
    views.extend(opened.views);
}
