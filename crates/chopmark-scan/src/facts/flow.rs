//! From source to sink: what data goes where, without regard to order or branches.
//!
//! One pass learns which names carry what, until nothing changes; a second asks each sink what it
//! is given. It errs to the side of seeing a flow: a name means the same everywhere in a file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::known::{self, Sink, Taint};
use super::reach::{Names, Reach};
use super::syntax::{Call, Grammar, Syntax, TokenKind};
use super::{Origin, fetched};
use crate::fact::{Fact, FactKind};

/// The flows of one script.
pub(super) fn facts(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let names = learn(syntax);
    let reaches = Names::learn(syntax);
    let mut facts = Vec::new();
    for call in &syntax.calls {
        let Some(sink) = sink(syntax, call) else {
            continue;
        };
        let (given, reads_pipe) = given(syntax, call);
        let mut taint = taint_of(syntax, &given, &names);
        let mut reach = reaches.of(syntax, &given);
        for (from, to) in &syntax.pipes {
            if reads_pipe && to.contains(&call.range.start) {
                taint = taint.union(taint_of(syntax, from, &names));
                reach.take(&reaches.of(syntax, from));
            }
        }
        taint = taint.union(substituted(syntax, call, &names));
        let mut add = |value: &str| {
            facts.push(origin.fact(FactKind::Flow, value, call.line, syntax.slice(&call.range)));
        };
        for sink in also(sink, syntax, call) {
            report(sink, taint, &mut add);
            special(sink, taint, &reach, &mut add);
        }
        if sink == Sink::Network {
            let body =
                body(syntax, call).map_or(Taint::NONE, |body| taint_of(syntax, &body, &names));
            let pipes = syntax
                .pipes
                .iter()
                .filter(|(_, to)| to.contains(&call.range.start));
            let piped = pipes.map(|(from, _)| taint_of(syntax, from, &names));
            of_body(syntax, call, piped.fold(body, Taint::union), &mut add);
        }
    }
    facts.extend(bundles(syntax, origin));
    facts.extend(fetched::facts(syntax, origin));
    facts
}

/// What a call takes as code or as content, and whether it takes what comes through a pipe so.
///
/// Of an interpreter's words only the script counts: `python3 -c 'print(1)' "$DATA"` runs no data.
fn given(syntax: &Syntax, call: &Call) -> (Range<usize>, bool) {
    if syntax.grammar != Grammar::Bash || !known::is_interpreter(program(&call.callee)) {
        return (call.arguments.clone(), true);
    }
    let mut tokens = syntax.tokens_in(&call.arguments).iter();
    let none = call.arguments.start..call.arguments.start;
    while let Some(token) = tokens.next() {
        match token.text.as_str() {
            "-" | "-s" => return (none, true),
            "-c" | "-e" | "-ec" | "-lc" | "-Command" | "--eval" => {
                let script = tokens.next();
                return (script.map_or(none, |script| script.range.clone()), false);
            }
            "-m" => return (none, false),
            text if text.starts_with('-') => {}
            _ => return (token.range.clone(), false),
        }
    }
    (none, true)
}

/// The sink, and where a command line in a string sends or asks, that too.
fn also(sink: Sink, syntax: &Syntax, call: &Call) -> Vec<Sink> {
    let mut sinks = vec![sink];
    if matches!(sink, Sink::Execute | Sink::Evaluate) && syntax.grammar != Grammar::Bash {
        let has = |words: &[&str]| {
            let mut texts = syntax.texts_in(&call.arguments).take(MAX_SCRIPTS);
            texts.any(|text| {
                words.iter().any(|word| {
                    text == *word
                        || text.starts_with(&format!("{word} "))
                        || text.contains(&format!("| {word} "))
                })
            })
        };
        if has(&["curl", "wget", "nc", "ncat", "scp"]) {
            sinks.push(Sink::Network);
        }
        if has(&["dig", "nslookup", "host"]) {
            sinks.push(Sink::Names);
        }
    }
    sinks
}

fn report(sink: Sink, taint: Taint, add: &mut impl FnMut(&str)) {
    let secret = [
        Taint::SECRET_FILE,
        Taint::ALL_ENV,
        Taint::SPIED,
        Taint::CREDENTIAL,
        Taint::OWN_SECRET,
    ];
    let (word, harmful) = match sink {
        Sink::Execute => ("execute", [Taint::DOWNLOAD, Taint::DECODED].as_slice()),
        Sink::Evaluate => (
            "execute",
            [Taint::DOWNLOAD, Taint::DECODED, Taint::TEMP_FILE].as_slice(),
        ),
        Sink::Deserialise => ("deserialise", [Taint::DOWNLOAD, Taint::DECODED].as_slice()),
        Sink::Network => ("network", secret.as_slice()),
        Sink::Names => ("dns", secret.as_slice()),
    };
    for name in harmful
        .iter()
        .filter(|source| taint.has(**source))
        .flat_map(|source| source.names())
    {
        add(&format!("{name}>{word}"));
    }
}

/// Flows that depend on more than what the data is.
fn special(sink: Sink, taint: Taint, reach: &Reach, add: &mut impl FnMut(&str)) {
    let executes = matches!(sink, Sink::Execute | Sink::Evaluate);
    if executes && taint.has(Taint::DOWNLOAD) {
        if taint.has(Taint::DECODED) {
            add("decoded-download>execute");
        }
        if reach.is_foreign() {
            add("foreign-download>execute");
            add("foreign-pipe>execute");
        }
    }
    if sink == Sink::Network && reach.hides_url {
        add("hidden-address>network");
    }
    if sink == Sink::Network && taint.has(Taint::CREDENTIAL) && reach.is_misdirected() {
        add("misdirected-credential>network");
    }
}

/// Flows of what becomes a message's content.
fn of_body(syntax: &Syntax, call: &Call, body: Taint, add: &mut impl FnMut(&str)) {
    if body.has(Taint::CREDENTIAL) {
        add("credential-in-body>network");
    }
    let secret = [Taint::OWN_SECRET, Taint::SECRET_FILE];
    // `echo "$x" | base64 | curl`: a value, not a file, that shall not be read on its way.
    let value = syntax.pipes.iter().any(|(from, to)| {
        let calls = syntax.calls_in(from);
        let has = |names: &[&str]| {
            calls
                .iter()
                .any(|call| names.contains(&program(&call.callee)))
        };
        to.contains(&call.range.start) && has(&["echo", "printf", "env"]) && has(&["base64", "xxd"])
    });
    if body.has(Taint::ENCODED) && (value || secret.into_iter().any(|secret| body.has(secret))) {
        add("encoded-secret>network");
    }
}

/// Secrets of several services put into one text.
fn bundles(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let reaches = Names::learn_direct(syntax);
    let is_bundle = |call: &&Call| {
        matches!(
            call.callee.as_str(),
            "json.dumps" | "JSON.stringify" | "pickle.dumps" | "yaml.dump"
        ) && reaches.of(syntax, &call.arguments).is_bundle()
    };
    let found = syntax.calls.iter().filter(is_bundle);
    found
        .map(|call| {
            let text = syntax.slice(&call.range);
            origin.fact(FactKind::Flow, "secrets>bundle", call.line, text)
        })
        .collect()
}

/// The part of a call's arguments that becomes a message's body.
fn body(syntax: &Syntax, call: &Call) -> Option<Range<usize>> {
    let arguments = syntax.slice(&call.arguments);
    let marks: &[&str] = if syntax.grammar == Grammar::Bash {
        &[" -d", " --data", " -F", " --form"]
    } else {
        &["data=", "json=", "files=", "body:", "data:", "params="]
    };
    let at = marks.iter().filter_map(|mark| arguments.find(mark)).min();
    let positional = ["post", "put", "write", "send", "sendall", "end"]
        .contains(&known::last_part(&call.callee));
    let at = at.or(positional.then_some(0))?;
    let rest = arguments.get(at..)?;
    let length = rest.find("headers").unwrap_or(rest.len());
    let start = call.arguments.start.checked_add(at)?;
    Some(start..start.checked_add(length)?)
}

/// Which names carry what.
fn learn(syntax: &Syntax) -> BTreeMap<String, Taint> {
    let mut names: BTreeMap<String, Taint> = BTreeMap::new();
    let functions: BTreeMap<&str, &[String]> = syntax
        .functions
        .iter()
        .map(|function| (function.name.as_str(), function.parameters.as_slice()))
        .collect();
    // Minified code uses one short name for many things.
    let minified = syntax.source.lines().any(|line| line.len() > MINIFIED_LINE);
    for _ in 0..ROUNDS {
        let mut changed = false;
        let mut add = |name: &str, taint: Taint, names: &mut BTreeMap<String, Taint>| {
            if minified && name.len() <= 2 {
                return;
            }
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
    let mut reads_env = false;
    for token in syntax.tokens_in(range) {
        let read = std::mem::take(&mut reads_env);
        reads_env = matches!(token.text.as_str(), "os.environ[" | "process.env[")
            || (read && token.kind == TokenKind::Name);
        taint = taint.union(match token.kind {
            TokenKind::Text if read && known::is_credential_name(&token.text) => Taint::CREDENTIAL,
            TokenKind::Text if known::is_secret_path(&token.text) => Taint::SECRET_FILE,
            TokenKind::Text if known::is_own_secret_path(&token.text) => Taint::OWN_SECRET,
            TokenKind::Text if known::is_temporary(&token.text) => Taint::TEMP_FILE,
            // Words of a shell may be names of files that something was written to.
            TokenKind::Text if syntax.grammar == Grammar::Bash => {
                names.get(&token.text).copied().unwrap_or_default()
            }
            TokenKind::Text => Taint::NONE,
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

/// The program's name without its folder.
pub(super) fn program(callee: &str) -> &str {
    callee.rsplit('/').next().unwrap_or(callee)
}

const ROUNDS: usize = 8;
const MINIFIED_LINE: usize = 2000;
const MAX_SCRIPTS: usize = 16;
