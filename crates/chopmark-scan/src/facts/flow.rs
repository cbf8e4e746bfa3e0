//! From source to sink: what data goes where, without regard to order or branches.
//!
//! One pass learns which names carry what, until nothing changes; a second asks each sink what it
//! is given. It errs to the side of seeing a flow: a name means the same everywhere in a file.

use std::ops::Range;

use super::known::{self, Sink, Taint};
use super::reach::{Names, Reach};
use super::syntax::{Call, Grammar, Syntax};
use super::taint::Taints;
use super::{Origin, fetched};
use crate::fact::{Fact, FactKind};
use crate::limit::Limit;

/// The flows of one script.
pub(super) fn facts(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let mut facts = bundles(syntax, origin);
    facts.extend(fetched::facts(syntax, origin));
    let sinks = syntax.calls.iter();
    // `request.write(x)` sends if `request` was made by something that speaks to the network.
    let may_send = |call: &Call| {
        syntax.grammar != Grammar::Bash
            && matches!(known::last_part(&call.callee), "write" | "end" | "send")
    };
    let sinks: Vec<(&Call, Option<Sink>)> = sinks
        .map(|call| (call, sink(syntax, call)))
        .filter(|(call, sink)| sink.is_some() || may_send(call))
        .collect();
    if sinks.is_empty() {
        return facts;
    }
    let taints = Taints::learn(syntax);
    let reaches = Names::learn(syntax);
    for (call, sink) in sinks {
        let base = call.callee.split('.').next().unwrap_or_default();
        let sends = || {
            taints
                .of_name(base)
                .has(Taint::DOWNLOAD)
                .then_some(Sink::Network)
        };
        let Some(sink) = sink.or_else(sends) else {
            continue;
        };
        let (given, reads_pipe) = given(syntax, call);
        let mut taint = taints.of(&given);
        let mut reach = reaches.of(syntax, &given);
        for (from, to) in &syntax.pipes {
            if reads_pipe && to.contains(&call.range.start) {
                taint = taint.union(taints.of(from));
                reach.take(&reaches.of(syntax, from), syntax.bounds.values);
            }
        }
        taint = taint.union(substituted(syntax, call, &taints));
        // What was cut matters where it would have gone somewhere.
        if taint.has(Taint::CUT) {
            syntax.limits.hit(Limit::FlowTokens);
        }
        syntax.limits.extend(reach.cut.iter().copied());
        let mut add = |value: &str| {
            facts.push(origin.fact(FactKind::Flow, value, call.line, syntax.slice(&call.range)));
        };
        for sink in also(sink, syntax, call) {
            report(sink, taint, &mut add);
            special(sink, taint, &reach, &mut add);
        }
        if sink == Sink::Network {
            let body = body(syntax, call).map_or(Taint::NONE, |body| taints.of(&body));
            let pipes = syntax
                .pipes
                .iter()
                .filter(|(_, to)| to.contains(&call.range.start));
            let cats = |from: &Range<usize>| {
                let mut calls = syntax.calls_in(from);
                taints.of(from).has(Taint::OWN_SECRET)
                    && calls.any(|call| program(&call.callee) == "cat")
            };
            if pipes.clone().any(|(from, _)| cats(from)) {
                add("own-secret-file>network");
            }
            let piped = pipes.map(|(from, _)| taints.of(from));
            of_body(syntax, call, piped.fold(body, Taint::union), &mut add);
        }
    }
    facts
}

/// What a call takes as code or as content, and whether it takes what comes through a pipe so.
///
/// Of an interpreter's words only the script counts: `python3 -c 'print(1)' "$DATA"` runs no data.
fn given(syntax: &Syntax, call: &Call) -> (Range<usize>, bool) {
    if syntax.grammar != Grammar::Bash || !known::is_interpreter(program(&call.callee)) {
        return (call.arguments.clone(), true);
    }
    // `bash <(curl …)`: what is substituted is the script.
    if syntax
        .slice(&call.arguments)
        .trim_start()
        .starts_with(['<', '$'])
    {
        return (call.arguments.clone(), false);
    }
    let mut tokens = syntax.tokens_in(&call.arguments);
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
            let mut texts = syntax.texts_in(&call.arguments);
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
        Taint::HOME,
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
        let has = |names: &[&str]| {
            let mut calls = syntax.calls_in(from);
            calls.any(|call| names.contains(&program(&call.callee)))
        };
        to.contains(&call.range.start) && has(&["echo", "printf", "env"]) && has(&["base64", "xxd"])
    });
    if body.has(Taint::ENCODED) && (value || secret.into_iter().any(|secret| body.has(secret))) {
        add("encoded-secret>network");
    }
}

/// Secrets of several services put into one text.
fn bundles(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let packers = ["json.dumps", "JSON.stringify", "pickle.dumps", "yaml.dump"];
    let packs = |call: &&Call| packers.contains(&call.callee.as_str());
    let packed: Vec<&Call> = syntax.calls.iter().filter(packs).collect();
    if packed.is_empty() {
        return Vec::new();
    }
    let reaches = Names::learn_direct(syntax);
    packed
        .into_iter()
        .filter(|call| {
            let reach = reaches.of(syntax, &call.arguments);
            syntax.limits.extend(reach.cut.iter().copied());
            reach.is_bundle()
        })
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

fn sink(syntax: &Syntax, call: &Call) -> Option<Sink> {
    if syntax.grammar == Grammar::Bash {
        return known::sink_of_command(program(&call.callee), syntax.slice(&call.arguments));
    }
    known::sink_of_call(&call.callee)
}

/// A script inside a string: `os.system("curl … | sh")`, `bash -c "$(curl …)"`.
fn substituted(syntax: &Syntax, call: &Call, taints: &Taints<'_>) -> Taint {
    if syntax.grammar == Grammar::Bash {
        return Taint::NONE;
    }
    let mut taint = Taint::NONE;
    for text in syntax.texts_in(&call.arguments) {
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
    taint.union(taints.of_name(&call.callee))
}

/// The program's name without its folder.
pub(super) fn program(callee: &str) -> &str {
    callee.rsplit('/').next().unwrap_or(callee)
}
