//! Facts of scripts, of code in Markdown, and of plain text.

mod command;
mod fetched;
mod flow;
mod install;
mod known;
mod link;
mod nested;
mod power;
mod program;
mod reach;
mod syntax;
mod taint;
mod text;

use std::collections::BTreeSet;

use crate::config::Config;
use crate::fact::{Fact, FactKind};
use crate::inventory::Language;
use crate::limit::Limit;
use crate::role::Role;

pub(crate) use command::command_lines;
pub(crate) use syntax::{Refused, Syntax};
pub(crate) use text::{from_text, is_negated};

/// Where a piece of code stands.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    pub(crate) file: &'a str,
    /// The file's line of the code's first line.
    pub(crate) line: u32,
    /// Whether every line of the code stands on that one line of the file.
    pub(crate) single_line: bool,
    pub(crate) role: Role,
    pub(crate) via: &'a [&'static str],
}

impl Origin<'_> {
    /// The fact `kind` of `value` on the code's line `line`, from 1.
    pub(crate) fn fact(&self, kind: FactKind, value: &str, line: u32, text: &str) -> Fact {
        let line = if self.single_line {
            self.line
        } else {
            self.line.saturating_add(line.saturating_sub(1))
        };
        Fact {
            file: self.file.to_owned(),
            line,
            kind,
            value: value.to_owned(),
            role: self.role,
            via: self.via.iter().map(|step| (*step).to_owned()).collect(),
            text: crate::finding::printable(text),
        }
    }
}

/// What was read of one piece of code.
#[derive(Debug, Default)]
pub(crate) struct CodeFacts {
    pub(crate) facts: Vec<Fact>,
    /// First and last lines of comments, in the code's own lines.
    pub(crate) comments: Vec<(u32, u32)>,
    /// What was cut.
    pub(crate) limits: BTreeSet<Limit>,
}

/// Reads facts from code in `language`.
pub(crate) fn from_code(
    language: Language,
    code: &str,
    origin: &Origin<'_>,
    config: &Config,
) -> CodeFacts {
    let grammar = match language {
        Language::Python => syntax::Grammar::Python,
        Language::Shell => syntax::Grammar::Bash,
        Language::JavaScript => syntax::Grammar::JavaScript,
        Language::TypeScript => syntax::Grammar::TypeScript,
        Language::PowerShell => {
            return CodeFacts {
                facts: power::facts(code, origin),
                ..CodeFacts::default()
            };
        }
        Language::Markdown | Language::Data | Language::Unknown => return CodeFacts::default(),
    };
    let syntax = match Syntax::parse(grammar, code, config) {
        Ok(syntax) => syntax,
        Err(Refused(limit)) => {
            return CodeFacts {
                limits: [limit].into(),
                ..CodeFacts::default()
            };
        }
    };
    let mut facts = program::facts(&syntax, origin);
    facts.extend(flow::facts(&syntax, origin));
    for (language, code, line) in nested::scripts(&syntax) {
        let inner = Origin {
            line: if origin.single_line {
                origin.line
            } else {
                origin.line.saturating_add(line.saturating_sub(1))
            },
            single_line: true,
            ..origin.clone()
        };
        let found = from_code(language, &code, &inner, config);
        facts.extend(found.facts);
        syntax.limits.extend(found.limits);
    }
    CodeFacts {
        facts,
        comments: syntax.comments,
        limits: syntax.limits.into_set(),
    }
}

#[cfg(test)]
mod tests;
