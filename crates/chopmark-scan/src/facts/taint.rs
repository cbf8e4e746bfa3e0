//! What each expression of a script carries, through the names that hold it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::flow::program;
use super::known::{self, Taint};
use super::syntax::{Call, Grammar, Syntax, TokenKind};
use crate::limit::Limit;

/// What tokens, calls and names of one script carry.
pub(super) struct Taints<'s> {
    syntax: &'s Syntax,
    /// What each token is by itself.
    tokens: Vec<Taint>,
    /// What each call gives by itself.
    calls: Vec<Taint>,
    names: BTreeMap<String, Taint>,
    /// Minified code uses one short name for many things.
    minified: bool,
    /// Whether something was left out because its name is too short.
    drops_names: bool,
}

impl<'s> Taints<'s> {
    /// Learns which names carry what, until nothing changes or a few rounds are over.
    pub(super) fn learn(syntax: &'s Syntax) -> Self {
        let mut taints = Self {
            syntax,
            tokens: tokens(syntax),
            calls: syntax
                .calls
                .iter()
                .map(|call| source(syntax, call))
                .collect(),
            names: BTreeMap::new(),
            minified: syntax.source.lines().any(|line| line.len() > MINIFIED_LINE),
            drops_names: false,
        };
        // Without a source there is nothing to follow.
        let all = taints.tokens.iter().chain(&taints.calls);
        if all.copied().all(|taint| taint == Taint::NONE) {
            return taints;
        }
        let mut rounds = 0..syntax.bounds.rounds;
        while taints.round() {
            if rounds.next().is_none() {
                syntax.limits.hit(Limit::FlowRounds);
                break;
            }
        }
        if taints.drops_names {
            syntax.limits.hit(Limit::FlowNames);
        }
        taints
    }

    /// What an expression carries: its strings, its names, and the calls in it.
    pub(super) fn of(&self, range: &Range<usize>) -> Taint {
        let (span, cut) = self.syntax.token_span(range);
        let tokens = self.syntax.tokens.get(span.clone()).unwrap_or_default();
        let own = self.tokens.get(span).unwrap_or_default();
        let mut taint = own.iter().copied().fold(Taint::NONE, Taint::union);
        if !self.names.is_empty() {
            for token in tokens {
                match token.kind {
                    TokenKind::Name => taint = taint.union(self.of_name(&token.text)),
                    // Words of a shell may be names of files that something was written to, and
                    // `-F file=@NAME` sends what the file of that name holds.
                    TokenKind::Text if self.syntax.grammar == Grammar::Bash => {
                        let file = token.text.rsplit('@').next().unwrap_or_default();
                        taint = taint.union(self.of_name(file));
                    }
                    TokenKind::Text => {}
                }
            }
        }
        let (span, calls_cut) = self.syntax.call_span(range);
        let calls = self.calls.get(span).unwrap_or_default();
        if cut || calls_cut {
            taint = taint.union(Taint::CUT);
        }
        calls.iter().copied().fold(taint, Taint::union)
    }

    /// What a name carries.
    pub(super) fn of_name(&self, name: &str) -> Taint {
        self.names.get(name).copied().unwrap_or_default()
    }

    /// Follows every assignment once; says whether any name gained something.
    fn round(&mut self) -> bool {
        let syntax = self.syntax;
        let mut changed = false;
        for assignment in &syntax.assignments {
            let taint = self.of(&assignment.value);
            for target in &assignment.targets {
                changed |= self.add(target, taint);
            }
        }
        let functions: BTreeMap<&str, &[String]> = syntax
            .functions
            .iter()
            .map(|function| (function.name.as_str(), function.parameters.as_slice()))
            .collect();
        for call in &syntax.calls {
            let name = known::last_part(&call.callee);
            if let Some(parameters) = functions.get(name) {
                let taint = self.of(&call.arguments);
                for parameter in *parameters {
                    changed |= self.add(parameter, taint);
                }
            }
            if matches!(name, "urlretrieve" | "download_file") {
                for token in syntax.tokens_in(&call.arguments) {
                    if token.kind == TokenKind::Name {
                        changed |= self.add(&token.text, Taint::DOWNLOAD);
                    }
                }
            }
            if COLLECTORS.contains(&name) {
                let base = call.callee.split('.').next().unwrap_or_default();
                let taint = self.of(&call.arguments);
                changed |= self.add(base, taint);
            }
        }
        if syntax.grammar == Grammar::Bash {
            for (file, taint) in copied(self) {
                changed |= self.add(&file, taint);
            }
        }
        for (body, target) in &syntax.redirects {
            let taint = self.of(body);
            for token in syntax.tokens_in(target) {
                changed |= self.add(&token.text, taint);
            }
        }
        changed
    }

    fn add(&mut self, name: &str, taint: Taint) -> bool {
        let old = self.of_name(name);
        if old.union(taint) == old {
            return false;
        }
        if self.minified && name.len() <= 2 {
            self.drops_names |= taint != Taint::CUT;
            return false;
        }
        self.names.insert(name.to_owned(), old.union(taint));
        true
    }
}

/// What each token is by itself, whatever names hold.
fn tokens(syntax: &Syntax) -> Vec<Taint> {
    let mut reads_env = false;
    let shell = syntax.grammar == Grammar::Bash;
    let own = syntax.tokens.iter().map(|token| {
        let read = std::mem::take(&mut reads_env);
        reads_env = matches!(token.text.as_str(), "os.environ[" | "process.env[")
            || (read && token.kind == TokenKind::Name);
        match token.kind {
            TokenKind::Text if read && known::is_credential_name(&token.text) => Taint::CREDENTIAL,
            TokenKind::Text if known::is_secret_path(&token.text) => Taint::SECRET_FILE,
            TokenKind::Text if shell && known::is_home(&token.text) => Taint::HOME,
            TokenKind::Text if known::is_own_secret_path(&token.text) => Taint::OWN_SECRET,
            TokenKind::Text if known::is_temporary(&token.text) => Taint::TEMP_FILE,
            TokenKind::Text => Taint::NONE,
            TokenKind::Name => taint_of_name(&token.text, syntax.grammar),
        }
    });
    own.collect()
}

/// Files that a command makes of other files: they hold what those held.
fn copied(taints: &Taints<'_>) -> Vec<(String, Taint)> {
    let syntax = taints.syntax;
    let copiers = [
        "cp", "mv", "tar", "zip", "7z", "gzip", "rsync", "dd", "tee", "gpg", "ln",
    ];
    let mut found = Vec::new();
    for call in &syntax.calls {
        if !copiers.contains(&program(&call.callee)) {
            continue;
        }
        let taint = taints.of(&call.arguments);
        if !taint.has(Taint::SECRET_FILE) && !taint.has(Taint::HOME) {
            continue;
        }
        let files = syntax
            .texts_in(&call.arguments)
            .filter(|text| text.contains(['/', '.']));
        found.extend(files.map(|file| (file.to_owned(), taint)));
    }
    found
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

/// Methods that put their arguments into what they are called on.
const COLLECTORS: [&str; 6] = ["append", "push", "write", "update", "extend", "add"];
const MINIFIED_LINE: usize = 2000;
