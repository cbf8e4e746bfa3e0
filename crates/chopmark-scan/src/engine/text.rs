//! The stages that read a file's text: roles of lines, and facts.

use std::collections::BTreeMap;

use chopmark_core::package::{Package, SKILL_FILE};

use super::Collected;
use super::file::Source;
use crate::config::{Config, count};
use crate::coverage::Stage;
use crate::fact::Fact;
use crate::facts::{CodeFacts, Origin, command_lines, from_code, from_text};
use crate::inventory::{self, Kind, Language};
use crate::limit::Limit;
use crate::markdown;
use crate::role::{Role, Roles};
use crate::view::View;

/// The language in which `SKILL.md` starts a file of the package, by the file's path.
pub(super) fn interpreters(package: &Package) -> BTreeMap<String, Language> {
    let mut hints = BTreeMap::new();
    let text = package.file(SKILL_FILE).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
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

/// The roles of a file's lines, and the facts of its text and code.
pub(super) fn read_text(
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
    let mut memo = Memo::default();
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
        let most = count(config.max_syntax_nodes);
        if document.snippets.len() > most {
            out.tally.limit(Limit::Snippets, source.path);
        }
        for snippet in document.snippets.iter().take(most) {
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
            let found = if inline {
                memo.code_facts(language, &code, &place, config, out)
            } else {
                let unused = &mut Roles::all(Role::Fence);
                code_facts(language, &code, &place, config, out, unused)
            };
            facts.extend(found);
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
            facts.extend(memo.code_facts(Language::Shell, &command, &place, config, out));
        }
    }
    (roles, facts)
}

/// What pieces of code on one line came to: many texts name the same command again and again.
#[derive(Default)]
struct Memo(BTreeMap<(Language, String), CodeFacts>);

impl Memo {
    fn code_facts(
        &mut self,
        language: Language,
        code: &str,
        origin: &Origin<'_>,
        config: &Config,
        out: &mut Collected,
    ) -> Vec<Fact> {
        let found = self
            .0
            .entry((language, code.to_owned()))
            .or_insert_with(|| from_code(language, code, origin, config));
        out.tally
            .add(Stage::Facts, 1, code.len(), found.facts.len());
        for limit in &found.limits {
            out.tally.limit(*limit, origin.file);
        }
        let placed = found.facts.iter().map(|fact| Fact {
            line: origin.line,
            role: origin.role,
            ..fact.clone()
        });
        placed.collect()
    }
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
    for limit in found.limits {
        out.tally.limit(limit, origin.file);
    }
    for (first, last) in found.comments {
        roles.mark(first, last, Role::Comment);
    }
    found.facts
}

/// Facts of a decoded view: each of its lines stands where the encoded text stood.
pub(super) fn decoded_facts(
    source: &Source<'_>,
    view: &View,
    config: &Config,
    out: &mut Collected,
) -> Vec<Fact> {
    if inventory::kind(&view.bytes) != Kind::Text {
        return Vec::new();
    }
    let text = &*String::from_utf8_lossy(&view.bytes);
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
