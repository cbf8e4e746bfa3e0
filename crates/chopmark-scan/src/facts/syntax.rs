//! A script as flat lists: strings, names, calls, assignments, pipes.
//!
//! Four grammars give one shape, so that what is known about `curl` or `os.environ` is said once.
//! The tree is walked with a cursor, never by recursion.

mod alias;
mod visit;

use std::ops::Range;

use alias::Aliases;
use tree_sitter::{ParseOptions, ParseState, Parser};

use crate::config::{Config, count};

/// A grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    Python,
    Bash,
    JavaScript,
    TypeScript,
}

/// A limit that kept a script from being parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) &'static str);

/// A string or a name, with its place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) range: Range<usize>,
    pub(crate) line: u32,
    pub(crate) kind: TokenKind,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Text,
    /// A name, or a chain of names: `os.environ`.
    Name,
}

/// A call of a function, or a command of a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) callee: String,
    pub(crate) range: Range<usize>,
    pub(crate) arguments: Range<usize>,
    pub(crate) line: u32,
}

/// `targets` take what stands in `value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) targets: Vec<String>,
    pub(crate) value: Range<usize>,
}

/// A function and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) parameters: Vec<String>,
}

/// The flat form of one script.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub(crate) grammar: Grammar,
    pub(crate) source: String,
    // INVARIANT: sorted by start.
    pub(crate) tokens: Vec<Token>,
    // INVARIANT: sorted by start.
    pub(crate) calls: Vec<Call>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) functions: Vec<Function>,
    /// From each command of a pipeline to the next.
    pub(crate) pipes: Vec<(Range<usize>, Range<usize>)>,
    /// Files that a shell command's output goes to: the command and the target.
    pub(crate) redirects: Vec<(Range<usize>, Range<usize>)>,
    pub(crate) comments: Vec<(u32, u32)>,
    aliases: Aliases,
    pub(crate) limit: Option<&'static str>,
}

impl Syntax {
    /// Parses `source`.
    ///
    /// # Errors
    ///
    /// [`Refused`] names the limit that the source or its parse exceeds.
    pub(crate) fn parse(grammar: Grammar, source: &str, config: &Config) -> Result<Self, Refused> {
        if source.len() > count(config.max_syntax_bytes) {
            return Err(Refused("syntax-bytes"));
        }
        let mut parser = Parser::new();
        parser
            .set_language(&grammar.language())
            .map_err(|_| Refused("grammar"))?;
        let mut steps = 0_u64;
        let mut too_long = |_: &ParseState| {
            steps = steps.saturating_add(1);
            steps > config.max_parse_steps
        };
        let options = ParseOptions::new().progress_callback(&mut too_long);
        let mut bytes = |offset: usize, _| source.as_bytes().get(offset..).unwrap_or_default();
        let tree = parser
            .parse_with_options(&mut bytes, None, Some(options))
            .ok_or(Refused("parse-steps"))?;
        let mut syntax = Self {
            grammar,
            source: source.to_owned(),
            tokens: Vec::new(),
            calls: Vec::new(),
            assignments: Vec::new(),
            functions: Vec::new(),
            pipes: Vec::new(),
            redirects: Vec::new(),
            comments: Vec::new(),
            aliases: Aliases::default(),
            limit: None,
        };
        visit::walk(&tree, &mut syntax, count(config.max_syntax_nodes));
        syntax
            .tokens
            .sort_by_key(|token| (token.range.start, token.range.end));
        syntax
            .calls
            .sort_by_key(|call| (call.range.start, call.range.end));
        syntax.fold();
        syntax.resolve();
        Ok(syntax)
    }

    /// Indices of the tokens that begin inside `range`.
    pub(crate) fn token_span(&self, range: &Range<usize>) -> Range<usize> {
        span(&self.tokens, range, |token| token.range.start)
    }

    /// Indices of the calls that begin inside `range`.
    pub(crate) fn call_span(&self, range: &Range<usize>) -> Range<usize> {
        span(&self.calls, range, |call| call.range.start)
    }

    /// The tokens that begin inside `range`.
    pub(crate) fn tokens_in(&self, range: &Range<usize>) -> &[Token] {
        self.tokens.get(self.token_span(range)).unwrap_or_default()
    }

    /// The calls that begin inside `range`.
    pub(crate) fn calls_in(&self, range: &Range<usize>) -> &[Call] {
        self.calls.get(self.call_span(range)).unwrap_or_default()
    }

    /// The strings inside `range`, in order.
    pub(crate) fn texts_in(&self, range: &Range<usize>) -> impl Iterator<Item = &str> {
        self.tokens_in(range)
            .iter()
            .filter(|token| token.kind == TokenKind::Text)
            .map(|token| token.text.as_str())
    }

    /// The source inside `range`.
    pub(crate) fn slice(&self, range: &Range<usize>) -> &str {
        self.source.get(range.clone()).unwrap_or_default()
    }

    /// Gives calls and chains of names the full names that imports tell.
    fn resolve(&mut self) {
        for call in &mut self.calls {
            if let Some(full) = self.aliases.resolve(&call.callee) {
                call.callee = full;
            }
        }
        let chains = self.tokens.iter_mut();
        for token in chains.filter(|token| token.kind == TokenKind::Name) {
            if !token.text.contains('.') {
                continue;
            }
            if let Some(full) = self.aliases.resolve(&token.text) {
                token.text = full;
            }
        }
    }

    /// Joins strings that are added to each other: `"cu" + "rl"`.
    fn fold(&mut self) {
        let mut folded: Vec<Token> = Vec::with_capacity(self.tokens.len());
        for token in std::mem::take(&mut self.tokens) {
            if let Some(last) = folded.last_mut()
                && last.kind == TokenKind::Text
                && token.kind == TokenKind::Text
                && let Some(between) = self.source.get(last.range.end..token.range.start)
                && self.grammar != Grammar::Bash
                && matches!(between.trim(), "+" | "")
                && last.text.len() < MAX_TEXT
            {
                last.text.push_str(&token.text);
                last.range.end = token.range.end;
                continue;
            }
            folded.push(token);
        }
        self.tokens = folded;
    }
}

impl Grammar {
    fn language(self) -> tree_sitter::Language {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Bash => tree_sitter_bash::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}

/// Indices of the sorted `items` that begin inside `range`.
fn span<T>(items: &[T], range: &Range<usize>, start: impl Fn(&T) -> usize) -> Range<usize> {
    let first = items.partition_point(|item| start(item) < range.start);
    let last = items.partition_point(|item| start(item) < range.end);
    first..last.min(first.saturating_add(MAX_IN_RANGE)).max(first)
}

/// Most tokens or calls of one expression that are looked at.
const MAX_IN_RANGE: usize = 2048;
/// Strings longer than this are not joined further.
const MAX_TEXT: usize = 65_536;
