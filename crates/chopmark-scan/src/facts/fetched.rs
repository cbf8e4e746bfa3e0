//! Files that a shell script fetches and later starts.

use super::Origin;
use super::flow::program;
use super::known;
use super::reach::{Names, Reach};
use super::syntax::{Grammar, Syntax};
use crate::fact::{Fact, FactKind};

/// A file that is fetched under a name and later started under it.
pub(super) fn facts(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let fetches = |name: &str| matches!(name, "curl" | "wget");
    let mut calls = syntax.calls.iter();
    if syntax.grammar != Grammar::Bash || !calls.any(|call| fetches(program(&call.callee))) {
        return Vec::new();
    }
    let mut fetched: Vec<(String, usize, Reach)> = Vec::new();
    let reaches = Names::learn(syntax);
    let mut facts = Vec::new();
    for call in &syntax.calls {
        let words: Vec<&str> = syntax.slice(&call.arguments).split_whitespace().collect();
        let name = program(&call.callee);
        if fetches(name) {
            let reach = reaches.of(syntax, &call.arguments);
            syntax.limits.extend(reach.cut.iter().copied());
            fetched.extend(
                outputs(name, &words)
                    .into_iter()
                    .map(|file| (file, call.range.start, reach.clone())),
            );
            continue;
        }
        let started = |file: &str| {
            let is = |word: &str| base(word) == file;
            is(&call.callee) && call.callee.contains('/')
                || (known::is_interpreter(name) && words.first().is_some_and(|word| is(word)))
                || (name == "sudo" && words.iter().take(2).any(|word| is(word)))
                || (matches!(
                    name,
                    "chmod" | "open" | "installer" | "start" | "xattr" | "source"
                ) && words.iter().any(|word| is(word)))
        };
        let mut add = |value: &str| {
            facts.push(origin.fact(FactKind::Flow, value, call.line, syntax.slice(&call.range)));
        };
        let mut origins = fetched
            .iter()
            .filter(|(file, at, _)| *at < call.range.start && started(file))
            .map(|(_, _, reach)| reach);
        if let Some(first) = origins.next() {
            add("download>execute");
            let hidden =
                |(file, _, _): &(String, usize, Reach)| file.starts_with('.') && started(file);
            if fetched.iter().any(hidden) {
                add("hidden-file>execute");
            }
            if first.is_foreign() || origins.any(Reach::is_foreign) {
                add("foreign-download>execute");
                // A program, not a script: its name has no extension.
                let dropped = |word: &str| {
                    let word = word.trim_matches(['"', '\'']);
                    known::is_temporary(word) && !base(word).contains('.')
                };
                if dropped(&call.callee) || (name == "chmod" && words.iter().any(|w| dropped(w))) {
                    add("temp-program>execute");
                }
                let here = |(_, at, _): &(String, usize, Reach)| {
                    let between = syntax.source.get(*at..call.range.start);
                    between.is_some_and(|between| !between.contains('\n'))
                };
                if name != "chmod" && fetched.iter().any(here) {
                    add("foreign-pipe>execute");
                }
            }
        }
    }
    facts
}

/// The files that a fetching command writes, by their last path part.
fn outputs(program: &str, words: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    for (word, next) in words
        .iter()
        .zip(words.iter().skip(1).chain(std::iter::once(&"")))
    {
        let named = match program {
            "curl" => matches!(
                *word,
                "-o" | "--output" | "-Lo" | "-sLo" | "-fsSLo" | "-sSLo" | "-so"
            ),
            _ => matches!(*word, "-O" | "-qO" | "--output-document"),
        };
        if named && !next.is_empty() {
            files.push(base(next).to_owned());
        }
        if word.trim_matches(['"', '\'']).starts_with("http")
            && (program == "wget"
                || words
                    .iter()
                    .any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('O')))
        {
            files.push(base(word).to_owned());
        }
    }
    files.retain(|file| file.len() > 1 && file != "/dev/null" && file != "null");
    files
}

fn base(word: &str) -> &str {
    let word = word.trim_matches(['"', '\'', ';', '&', ')']);
    word.rsplit('/').next().unwrap_or(word)
}
