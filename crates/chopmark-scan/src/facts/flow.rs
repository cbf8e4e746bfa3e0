//! From source to sink: what data goes where, without regard to order or branches.
//!
//! One pass learns which names carry what, until nothing changes; a second asks each sink what it
//! is given. It errs to the side of seeing a flow: a name means the same everywhere in a file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Origin;
use super::known::{self, Sink, Taint};
use super::syntax::{Call, Grammar, Syntax, TokenKind};
use crate::fact::{Fact, FactKind};

/// The flows of one script.
pub(super) fn facts(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let names = learn(syntax);
    let mut facts = Vec::new();
    for call in &syntax.calls {
        let Some(sink) = sink(syntax, call) else {
            continue;
        };
        let mut taint = taint_of(syntax, &call.arguments, &names);
        for (from, to) in &syntax.pipes {
            if to.contains(&call.range.start) {
                taint = taint.union(taint_of(syntax, from, &names));
            }
        }
        taint = taint.union(substituted(syntax, call, &names));
        report(sink, taint, call, syntax, origin, &mut facts);
    }
    facts.extend(fetched_and_run(syntax, origin));
    facts
}

fn report(
    sink: Sink,
    taint: Taint,
    call: &Call,
    syntax: &Syntax,
    origin: &Origin<'_>,
    facts: &mut Vec<Fact>,
) {
    let (word, harmful) = match sink {
        Sink::Execute => ("execute", [Taint::DOWNLOAD, Taint::DECODED].as_slice()),
        Sink::Deserialise => ("deserialise", [Taint::DOWNLOAD, Taint::DECODED].as_slice()),
        Sink::Network => (
            "network",
            [
                Taint::SECRET_FILE,
                Taint::ALL_ENV,
                Taint::SPIED,
                Taint::CREDENTIAL,
            ]
            .as_slice(),
        ),
    };
    for name in harmful
        .iter()
        .filter(|source| taint.has(**source))
        .flat_map(|source| source.names())
    {
        let value = format!("{name}>{word}");
        facts.push(origin.fact(FactKind::Flow, &value, call.line, syntax.slice(&call.range)));
    }
    if sink == Sink::Execute && taint.has(Taint::DOWNLOAD) && taint.has(Taint::DECODED) {
        facts.push(origin.fact(
            FactKind::Flow,
            "decoded-download>execute",
            call.line,
            syntax.slice(&call.range),
        ));
    }
}

/// Which names carry what.
fn learn(syntax: &Syntax) -> BTreeMap<String, Taint> {
    let mut names: BTreeMap<String, Taint> = BTreeMap::new();
    let functions: BTreeMap<&str, &[String]> = syntax
        .functions
        .iter()
        .map(|function| (function.name.as_str(), function.parameters.as_slice()))
        .collect();
    for _ in 0..ROUNDS {
        let mut changed = false;
        let mut add = |name: &str, taint: Taint, names: &mut BTreeMap<String, Taint>| {
            let old = names.get(name).copied().unwrap_or_default();
            if taint != Taint::NONE && old.union(taint) != old {
                names.insert(name.to_owned(), old.union(taint));
                changed = true;
            }
        };
        for assignment in &syntax.assignments {
            let taint = taint_of(syntax, &assignment.value, &names);
            for target in &assignment.targets {
                add(target, taint, &mut names);
            }
        }
        for call in &syntax.calls {
            let name = known::last_part(&call.callee);
            if let Some(parameters) = functions.get(name) {
                let taint = taint_of(syntax, &call.arguments, &names);
                for parameter in *parameters {
                    add(parameter, taint, &mut names);
                }
            }
            if matches!(
                name,
                "append" | "push" | "write" | "update" | "extend" | "add"
            ) {
                let base = call.callee.split('.').next().unwrap_or_default();
                let taint = taint_of(syntax, &call.arguments, &names);
                add(base, taint, &mut names);
            }
        }
        for (body, target) in &syntax.redirects {
            let taint = taint_of(syntax, body, &names);
            for token in syntax.tokens_in(target) {
                add(&token.text, taint, &mut names);
            }
        }
        if !changed {
            break;
        }
    }
    names
}

/// What an expression carries: its strings, its names, and the calls in it.
fn taint_of(syntax: &Syntax, range: &Range<usize>, names: &BTreeMap<String, Taint>) -> Taint {
    let mut taint = Taint::NONE;
    for token in syntax.tokens_in(range) {
        taint = taint.union(match token.kind {
            TokenKind::Text if known::is_secret_path(&token.text) => Taint::SECRET_FILE,
            TokenKind::Text => names.get(&token.text).copied().unwrap_or_default(),
            TokenKind::Name => {
                let own = names.get(&token.text).copied().unwrap_or_default();
                own.union(taint_of_name(&token.text, syntax.grammar))
            }
        });
    }
    for call in syntax.calls_in(range) {
        taint = taint.union(source(syntax, call));
    }
    taint
}

fn taint_of_name(name: &str, grammar: Grammar) -> Taint {
    match name {
        "os.environ" | "os.environ.copy" | "os.environ.items" | "os.environ.values"
        | "process.env" => Taint::ALL_ENV,
        _ if grammar == Grammar::Bash && known::is_credential_name(name) => Taint::CREDENTIAL,
        _ if name.starts_with("process.env.") && known::is_credential_name(name) => {
            Taint::CREDENTIAL
        }
        _ => Taint::NONE,
    }
}

fn source(syntax: &Syntax, call: &Call) -> Taint {
    let arguments = syntax.slice(&call.arguments);
    if syntax.grammar == Grammar::Bash {
        return known::source_of_command(program(&call.callee), arguments);
    }
    let reads_env = ["os.getenv", "os.environ.get"].contains(&call.callee.as_str());
    if reads_env && known::is_credential_name(arguments) {
        return Taint::CREDENTIAL;
    }
    known::source_of_call(&call.callee, arguments)
}

fn sink(syntax: &Syntax, call: &Call) -> Option<Sink> {
    if syntax.grammar == Grammar::Bash {
        return known::sink_of_command(program(&call.callee), syntax.slice(&call.arguments));
    }
    known::sink_of_call(&call.callee)
}

/// A script inside a string: `os.system("curl … | sh")`, `bash -c "$(curl …)"`.
fn substituted(syntax: &Syntax, call: &Call, names: &BTreeMap<String, Taint>) -> Taint {
    if syntax.grammar == Grammar::Bash {
        return Taint::NONE;
    }
    let mut taint = Taint::NONE;
    for text in syntax.texts_in(&call.arguments).take(MAX_SCRIPTS) {
        let piped = text.contains("| sh")
            || text.contains("|sh")
            || text.contains("| bash")
            || text.contains("|bash")
            || text.contains("$(curl");
        if piped && (text.contains("curl ") || text.contains("wget ")) {
            taint = taint.union(Taint::DOWNLOAD);
        }
        if piped && text.contains("base64 -") {
            taint = taint.union(Taint::DECODED);
        }
    }
    taint.union(names.get(&call.callee).copied().unwrap_or_default())
}

/// A file that is fetched under a name and later started under it.
fn fetched_and_run(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    if syntax.grammar != Grammar::Bash {
        return Vec::new();
    }
    let mut fetched: Vec<(String, usize)> = Vec::new();
    let mut facts = Vec::new();
    for call in &syntax.calls {
        let words: Vec<&str> = syntax.slice(&call.arguments).split_whitespace().collect();
        let name = program(&call.callee);
        if matches!(name, "curl" | "wget") {
            fetched.extend(
                outputs(name, &words)
                    .into_iter()
                    .map(|file| (file, call.range.start)),
            );
            continue;
        }
        let started = |file: &str| {
            let is = |word: &str| base(word) == file;
            is(&call.callee) && call.callee.contains('/')
                || (known::is_interpreter(name) && words.first().is_some_and(|word| is(word)))
                || (matches!(
                    name,
                    "chmod" | "open" | "installer" | "sudo" | "start" | "xattr" | "source"
                ) && words.iter().any(|word| is(word)))
        };
        if fetched
            .iter()
            .any(|(file, at)| *at < call.range.start && started(file))
        {
            facts.push(origin.fact(
                FactKind::Flow,
                "download>execute",
                call.line,
                syntax.slice(&call.range),
            ));
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

/// The program's name without its folder.
pub(super) fn program(callee: &str) -> &str {
    callee.rsplit('/').next().unwrap_or(callee)
}

const ROUNDS: usize = 8;
const MAX_SCRIPTS: usize = 16;
