//! All stages on one file.

use std::collections::BTreeMap;

use chopmark_core::package::{Mode, Package, SKILL_FILE};

use super::Collected;
use crate::config::{Config, count};
use crate::coverage::Stage;
use crate::fact::{Fact, FactKind};
use crate::facts::{Origin, command_lines, from_code, from_text};
use crate::inventory::{self, Kind, Language};
use crate::markdown;
use crate::pattern::Matcher;
use crate::role::{Role, Roles};
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
    let (roles, facts) = read_text(source, language, read, config, out);
    out.facts.extend(facts);
    for view in views.iter().filter(|view| view.is_decoded()) {
        let facts = decoded_facts(source, view, config, out);
        out.facts.extend(facts);
    }
    for matcher in matchers {
        for view in &views {
            let matched = matcher.scan(source.path, view, &roles, config);
            let found = matched.as_ref().map_or(0, Vec::len);
            out.tally.add(Stage::Patterns, 1, view.bytes.len(), found);
            match matched {
                Err(limit) => out.tally.limit(limit, source.path),
                Ok(matched) => out.take(matched),
            }
        }
    }
}

impl Collected {
    /// Keeps matches: those of signals as facts, the others as findings.
    fn take(&mut self, matches: Vec<crate::pattern::Match<'_>>) {
        for found in matches {
            let finding = found.finding;
            if !found.rule.info.signal {
                self.findings.push(finding);
                continue;
            }
            if finding.demoted.is_none() {
                self.facts.push(Fact {
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
    }
}

/// The language in which `SKILL.md` starts a file of the package, by the file's path.
pub(super) fn interpreters(package: &Package) -> BTreeMap<String, Language> {
    let mut hints = BTreeMap::new();
    let Some(text) = package
        .file(SKILL_FILE)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
    else {
        return hints;
    };
    let known = [
        ("python3 ", Language::Python),
        ("python ", Language::Python),
        ("node ", Language::JavaScript),
        ("bash ", Language::Shell),
        ("sh ", Language::Shell),
        ("source ", Language::Shell),
    ];
    for (start, language) in known {
        for (at, _) in text.match_indices(start) {
            let tail = text
                .get(at.saturating_add(start.len())..)
                .unwrap_or_default();
            let word = tail
                .split(|c: char| c.is_whitespace() || "`\"'<>()".contains(c))
                .next()
                .unwrap_or_default();
            let path = word
                .trim_start_matches("./")
                .trim_start_matches("{baseDir}/");
            if package.file(path).is_some() {
                hints.entry(path.to_owned()).or_insert(language);
            }
        }
    }
    hints
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
        Kind::Zip | Kind::Gzip | Kind::OtherArchive => add("archive"),
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
    if !matches!(kind, Kind::Zip | Kind::OtherArchive) {
        return;
    }
    if kind == Kind::OtherArchive || source.depth > 0 {
        out.tally.limit("archive-not-opened", source.path);
        return;
    }
    let opened = inventory::open_archive(kind, source.bytes, config);
    if let Some(limit) = opened.limit {
        out.tally.limit(limit, source.path);
    }
    for member in opened.members {
        let path = format!("{}!{}", source.path, member.name);
        if member.encrypted {
            out.facts.push(file_fact(source, "encrypted"));
            out.tally.limit("archive-encrypted", source.path);
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
    if let Some(limit) = opened.limit {
        out.tally.limit(limit, source.path);
    }
    views.extend(opened.views);
}

/// The roles of a file's lines, and the facts of its text and code.
fn read_text(
    source: &Source<'_>,
    language: Language,
    text: &str,
    config: &Config,
    out: &mut Collected,
) -> (Roles, Vec<Fact>) {
    let origin = |line, single_line, role| Origin {
        file: source.path,
        line,
        single_line,
        role,
        via: &[],
    };
    let mut facts = Vec::new();
    let mut roles = match language {
        Language::Markdown => Roles::all(Role::Prose),
        Language::Data => Roles::all(Role::Data),
        Language::Unknown => Roles::all(if text.is_empty() {
            Role::Data
        } else {
            Role::Prose
        }),
        Language::Python
        | Language::Shell
        | Language::JavaScript
        | Language::TypeScript
        | Language::PowerShell => Roles::all(Role::Code),
    };
    if language == Language::Markdown {
        let document = markdown::read(text);
        out.tally
            .add(Stage::Markdown, 1, text.len(), document.blocks);
        for snippet in document
            .snippets
            .iter()
            .take(count(config.max_syntax_nodes))
        {
            let inline = snippet.language == "inline";
            if inline && !snippet.code.contains(' ') {
                continue;
            }
            let language = inventory::fence_language(&snippet.language, &snippet.code);
            let place = origin(
                snippet.line,
                inline,
                if inline { Role::Prose } else { Role::Fence },
            );
            let code = prompts_removed(&snippet.code);
            facts.extend(code_facts(
                language,
                &code,
                &place,
                config,
                out,
                &mut Roles::all(Role::Fence),
            ));
        }
        roles = document.roles;
    } else {
        let place = origin(1, false, Role::Code);
        facts.extend(code_facts(language, text, &place, config, out, &mut roles));
    }
    let place = origin(1, false, Role::Prose);
    facts.extend(from_text(text, |line| roles.at(line), &place));
    if matches!(
        language,
        Language::Markdown | Language::Data | Language::Unknown
    ) {
        for (number, command) in command_lines(text) {
            let place = origin(number, true, roles.at(number));
            let unused = &mut Roles::all(Role::Prose);
            facts.extend(code_facts(
                Language::Shell,
                &command,
                &place,
                config,
                out,
                unused,
            ));
        }
    }
    (roles, facts)
}

fn code_facts(
    language: Language,
    code: &str,
    origin: &Origin<'_>,
    config: &Config,
    out: &mut Collected,
    roles: &mut Roles,
) -> Vec<Fact> {
    let found = from_code(language, code, origin, config);
    out.tally
        .add(Stage::Facts, 1, code.len(), found.facts.len());
    if let Some(limit) = found.limit {
        out.tally.limit(limit, origin.file);
    }
    for (first, last) in found.comments {
        roles.mark(first, last, Role::Comment);
    }
    found.facts
}

/// Facts of a decoded view: each of its lines stands where the encoded text stood.
fn decoded_facts(
    source: &Source<'_>,
    view: &View,
    config: &Config,
    out: &mut Collected,
) -> Vec<Fact> {
    let Ok(text) = std::str::from_utf8(&view.bytes) else {
        return Vec::new();
    };
    let found = inventory::language("", text);
    let language = if matches!(
        found,
        Language::Unknown | Language::Markdown | Language::Data
    ) {
        Language::Shell
    } else {
        found
    };
    let place = Origin {
        file: source.path,
        line: view.line_of(0),
        single_line: true,
        role: Role::Code,
        via: &view.steps,
    };
    let hosts = from_text(text, |_| Role::Code, &place);
    let mut facts = Vec::new();
    if inventory::language("", text) != Language::Unknown {
        let roles = &mut Roles::all(Role::Code);
        facts.extend(code_facts(language, text, &place, config, out, roles));
    }
    facts.extend(hosts);
    facts
}

/// A transcript's `$ ` is no part of the command.
fn prompts_removed(code: &str) -> String {
    if !code
        .lines()
        .any(|line| line.starts_with("$ ") || line.starts_with("> ") || line.starts_with("% "))
    {
        return code.to_owned();
    }
    code.split_inclusive('\n')
        .map(|line| {
            ["$ ", "> ", "% "]
                .iter()
                .find_map(|prompt| line.strip_prefix(prompt))
                .unwrap_or(line)
        })
        .collect()
}
