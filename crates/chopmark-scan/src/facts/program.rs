//! Programs, variables, paths, downloads and what outlives a run.

use std::ops::Range;

use super::syntax::{Call, Grammar, Syntax, TokenKind};
use super::text::{bare_host, is_host, paths, urls};
use super::{Origin, flow, install, known};
use crate::fact::{Fact, FactKind};

/// The facts of one script, flows apart.
pub(super) fn facts(syntax: &Syntax, origin: &Origin<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for call in &syntax.calls {
        if syntax.grammar == Grammar::Bash {
            command(syntax, call, origin, &mut facts);
        } else {
            call_facts(syntax, call, origin, &mut facts);
        }
    }
    variables(syntax, origin, &mut facts);
    exported(syntax, origin, &mut facts);
    for token in &syntax.tokens {
        if token.kind != TokenKind::Text {
            continue;
        }
        for path in paths(&token.text) {
            facts.push(origin.fact(FactKind::Path, path, token.line, &token.text));
        }
        let whole = is_host(&token.text).then_some(token.text.as_str());
        if let Some(host) = bare_host(&token.text).or(whole) {
            facts.push(origin.fact(FactKind::Host, host, token.line, &token.text));
        }
    }
    for (body, target) in &syntax.redirects {
        let text = syntax.slice(target);
        if let Some(place) = persistence(text) {
            let line = syntax.calls_in(body).next().map_or(1, |call| call.line);
            facts.push(origin.fact(FactKind::Persistence, place, line, text));
        }
    }
    facts
}

fn command(syntax: &Syntax, call: &Call, origin: &Origin<'_>, facts: &mut Vec<Fact>) {
    let name = flow::program(&call.callee);
    let arguments = syntax.slice(&call.arguments);
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let text = syntax.slice(&call.range);
    if is_program_name(name) && !BUILTINS.contains(&name) {
        facts.push(origin.fact(FactKind::Program, name, call.line, text));
    }
    for package in install::installs(name, &words) {
        facts.push(origin.fact(FactKind::Install, &package, call.line, text));
    }
    if matches!(name, "curl" | "wget" | "iwr" | "aria2c") {
        for url in urls(arguments) {
            facts.push(origin.fact(FactKind::Download, url, call.line, text));
        }
    }
    if name == "eval" && arguments.contains('$') {
        facts.push(origin.fact(FactKind::DynamicCode, "eval", call.line, text));
    }
    let place = match (name, words.first().copied().unwrap_or_default()) {
        ("crontab", first) if first != "-l" => Some("crontab"),
        ("launchctl", "load" | "bootstrap" | "submit" | "enable") => Some("launch-agent"),
        ("systemctl", _) if words.contains(&"enable") => Some("systemd"),
        ("schtasks", _) if arguments.contains("/create") => Some("scheduled-task"),
        ("tee" | "cp" | "mv" | "ln" | "install", _) => persistence(arguments),
        ("git", "config") if arguments.contains("core.hooksPath") => Some("git-hook"),
        _ => None,
    };
    if let Some(place) = place {
        facts.push(origin.fact(FactKind::Persistence, place, call.line, text));
    }
}

fn call_facts(syntax: &Syntax, call: &Call, origin: &Origin<'_>, facts: &mut Vec<Fact>) {
    let text = syntax.slice(&call.range);
    let first = syntax.texts_in(&call.arguments).next();
    let starts_programs = matches!(
        known::sink_of_call(&call.callee),
        Some(known::Sink::Execute | known::Sink::Evaluate)
    );
    let last = known::last_part(&call.callee);
    let makes_code = matches!(
        call.callee.as_str(),
        "exec" | "eval" | "compile" | "Function" | "builtins.exec"
    ) || call.callee.starts_with("vm.runIn");
    if makes_code {
        let computed = first.is_none_or(|first| {
            syntax.slice(&call.arguments).len() > first.len().saturating_add(6)
        });
        if computed {
            facts.push(origin.fact(FactKind::DynamicCode, last, call.line, text));
        }
    } else if starts_programs && let Some(first) = first {
        // The words of a command line, whether one string or a list of strings.
        let words: Vec<&str> = if first.contains(' ') {
            first.split_whitespace().collect()
        } else {
            syntax.texts_in(&call.arguments).collect()
        };
        let program = words.first().map_or("", |word| flow::program(word));
        if is_program_name(program) {
            facts.push(origin.fact(FactKind::Program, program, call.line, text));
        }
        for package in install::installs(program, words.get(1..).unwrap_or_default()) {
            facts.push(origin.fact(FactKind::Install, &package, call.line, text));
        }
        if matches!(program, "crontab" | "launchctl" | "schtasks") {
            facts.push(origin.fact(FactKind::Persistence, program, call.line, text));
        }
    }
    if known::source_of_call(&call.callee, "").has(known::Taint::DOWNLOAD) {
        for url in first.iter().flat_map(|first| urls(first)) {
            facts.push(origin.fact(FactKind::Download, url, call.line, text));
        }
    }
    let writes = [
        "\"w\"", "'w'", "\"a\"", "'a'", "\"wb\"", "'wb'", "\"ab\"", "\"a+\"", "'a+'",
    ];
    let opens_to_write = matches!(
        last,
        "writeFileSync"
            | "writeFile"
            | "appendFileSync"
            | "appendFile"
            | "write_text"
            | "copy"
            | "copyfile"
            | "rename"
    ) || (last == "open" && writes.iter().any(|mode| text.contains(mode)));
    if opens_to_write && let Some(place) = persistence(text) {
        facts.push(origin.fact(FactKind::Persistence, place, call.line, text));
    }
}

/// Environment variables that are read, each by its name, and the environment as a whole.
fn variables(syntax: &Syntax, origin: &Origin<'_>, facts: &mut Vec<Fact>) {
    for call in &syntax.calls {
        if [
            "os.getenv",
            "os.environ.get",
            "getenv",
            "os.environ.pop",
            "Deno.env.get",
        ]
        .contains(&call.callee.as_str())
            && let Some(name) = syntax.texts_in(&call.arguments).next()
            && is_variable_name(name)
        {
            facts.push(origin.fact(FactKind::Env, name, call.line, syntax.slice(&call.range)));
        }
    }
    let lines: Vec<&str> = syntax.source.lines().collect();
    let mut assigned: Vec<&str> = Vec::new();
    for assignment in &syntax.assignments {
        assigned.extend(assignment.targets.iter().map(String::as_str));
    }
    assigned.sort_unstable();
    for (token, next) in syntax
        .tokens
        .iter()
        .zip(syntax.tokens.iter().skip(1).map(Some).chain([None]))
    {
        if token.kind != TokenKind::Name {
            continue;
        }
        let line = usize::try_from(token.line.saturating_sub(1)).unwrap_or_default();
        let line = lines.get(line).copied();
        let mut found = |kind, value: &str| {
            facts.push(origin.fact(kind, value, token.line, line.unwrap_or_default()))
        };
        match token.text.as_str() {
            "os.environ" | "os.environ.copy" | "os.environ.items" | "process.env" => {
                found(FactKind::EnvAll, "environment")
            }
            "os.environ[" | "process.env[" => {
                // The chain comes first, then its parts; the string in the brackets follows.
                let near = token.range.end..token.range.end.saturating_add(80);
                let mut name = syntax.tokens_in(&near);
                let name = name.find(|inner| inner.kind == TokenKind::Text).or(next);
                if let Some(name) = name.filter(|name| is_variable_name(&name.text)) {
                    found(FactKind::Env, &name.text);
                }
            }
            text if text.starts_with("process.env.") => {
                let name = text
                    .trim_start_matches("process.env.")
                    .split('.')
                    .next()
                    .unwrap_or_default();
                if is_variable_name(name) {
                    found(FactKind::Env, name);
                }
            }
            text if syntax.grammar == Grammar::Bash
                && is_variable_name(text)
                && (assigned.binary_search(&text).is_err()
                    || has_default(syntax, &token.range))
                && !SHELL_OWN.contains(&text) =>
            {
                found(FactKind::Env, text);
            }
            _ => {}
        }
    }
}

/// Whether a shell's `${NAME:-…}` stands there, which asks for what the environment holds.
fn has_default(syntax: &Syntax, range: &Range<usize>) -> bool {
    let after = syntax.source.get(range.end..).unwrap_or_default();
    [":-", ":=", ":?", ":+", "-", "?"]
        .iter()
        .any(|mark| after.starts_with(mark))
        && syntax
            .source
            .get(..range.start)
            .is_some_and(|before| before.ends_with("${"))
}

/// Variables that a shell script gives to what it starts.
fn exported(syntax: &Syntax, origin: &Origin<'_>, facts: &mut Vec<Fact>) {
    if syntax.grammar != Grammar::Bash {
        return;
    }
    for (line, number) in syntax.source.lines().zip(1_u32..) {
        let Some(rest) = line.trim_start().strip_prefix("export ") else {
            continue;
        };
        let names = rest
            .split_whitespace()
            .filter_map(|word| word.split_once('='));
        for (name, _) in names {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let fits = name.len() > 2 && name.starts_with(|c: char| c.is_ascii_uppercase());
            if fits && name.chars().all(plain) && !SHELL_OWN.contains(&name) {
                facts.push(origin.fact(FactKind::Env, name, number, line));
            }
        }
    }
}

/// What a write to `text` would make outlive the run.
pub(super) fn persistence(text: &str) -> Option<&'static str> {
    const PLACES: &[(&str, &str)] = &[
        (".bashrc", "shell-rc"),
        (".zshrc", "shell-rc"),
        (".bash_profile", "shell-rc"),
        (".zprofile", "shell-rc"),
        (".zshenv", "shell-rc"),
        ("/.profile", "shell-rc"),
        ("config.fish", "shell-rc"),
        ("/etc/profile", "shell-rc"),
        ("LaunchAgents", "launch-agent"),
        ("LaunchDaemons", "launch-agent"),
        ("/etc/cron", "crontab"),
        ("/var/spool/cron", "crontab"),
        ("/etc/systemd", "systemd"),
        ("systemd/user", "systemd"),
        ("/etc/init.d", "systemd"),
        ("/etc/rc.local", "systemd"),
        ("authorized_keys", "ssh-keys"),
        (".git/hooks", "git-hook"),
        ("autostart/", "autostart"),
        ("Start Menu", "autostart"),
        ("CurrentVersion\\Run", "autostart"),
        ("CLAUDE.md", "agent-memory"),
        ("AGENTS.md", "agent-memory"),
        ("SOUL.md", "agent-memory"),
        ("MEMORY.md", "agent-memory"),
        ("HEARTBEAT.md", "agent-memory"),
        ("IDENTITY.md", "agent-memory"),
        (".cursorrules", "agent-memory"),
        (".windsurfrules", "agent-memory"),
        ("copilot-instructions.md", "agent-memory"),
        (".claude/settings", "agent-config"),
        ("claude_desktop_config", "agent-config"),
        (".openclaw/openclaw.json", "agent-config"),
        (".cursor/mcp.json", "agent-config"),
        ("/etc/ld.so.preload", "preload"),
        ("/etc/sudoers", "sudoers"),
        ("sitecustomize.py", "python-start"),
    ];
    PLACES
        .iter()
        .find(|(part, _)| text.contains(part))
        .map(|(_, place)| *place)
}

fn is_variable_name(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn is_program_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
        && name.chars().any(|c| c.is_ascii_alphabetic())
}

const BUILTINS: &[&str] = &[
    "cd", "echo", "export", "set", "local", "exit", "return", "read", "shift", "printf", "test",
    "true", "false", "declare", "readonly", "trap", "unset", "wait", "pwd", "alias", "break",
    "continue", "shopt", "then", "fi", "done", "do", "else", "type", "command", "source", "eval",
    "exec", "let", "typeset", "getopts", "pushd", "popd", "umask",
];
pub(super) const SHELL_OWN: &[&str] = &[
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "USER",
    "SHELL",
    "IFS",
    "PS1",
    "BASH_SOURCE",
    "LINENO",
    "RANDOM",
    "SECONDS",
    "TERM",
    "LANG",
    "LC_ALL",
    "OSTYPE",
    "HOSTNAME",
    "UID",
    "EUID",
    "PPID",
    "TMPDIR",
    "FUNCNAME",
    "BASH_VERSION",
    "OPTARG",
    "OPTIND",
    "REPLY",
    "PIPESTATUS",
    "COLUMNS",
    "LINES",
    "EOF",
];
