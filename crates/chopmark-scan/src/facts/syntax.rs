//! A script as flat lists: strings, names, calls, assignments, pipes.
//!
//! Four grammars give one shape, so that what is known about `curl` or `os.environ` is said once.
//! The tree is walked with a cursor, never by recursion.

mod alias;
mod shape;
mod visit;

use std::cell::RefCell;
use std::ops::Range;

use alias::Aliases;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::config::{Config, count};
use crate::limit::{Limit, Limits};

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
pub(crate) struct Refused(pub(crate) Limit);

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

/// How much of an expression, and how many names, are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) tokens: usize,
    pub(crate) rounds: usize,
    pub(crate) values: usize,
    pub(crate) names: usize,
    pub(crate) targets: usize,
    pub(crate) text: usize,
    pub(crate) value: usize,
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
    /// What was cut while it was read.
    pub(crate) limits: Limits,
    pub(crate) bounds: Bounds,
}

impl Syntax {
    /// Parses `source`.
    ///
    /// # Errors
    ///
    /// [`Refused`] names the limit that the source or its parse exceeds.
    pub(crate) fn parse(grammar: Grammar, source: &str, config: &Config) -> Result<Self, Refused> {
        if source.len() > count(config.max_syntax_bytes) {
            return Err(Refused(Limit::SyntaxBytes));
        }
        let tree = tree(grammar, source, config.max_parse_steps)?;
        let bounds = Bounds::of(config);
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
            aliases: Aliases::new(&bounds),
            limits: Limits::default(),
            bounds,
        };
        visit::walk(&tree, &mut syntax, count(config.max_syntax_nodes));
        syntax
            .limits
            .extend(std::mem::take(&mut syntax.aliases.cut));
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

    /// Indices of the tokens that begin inside `range`, and whether the bounds cut them.
    pub(crate) fn token_span(&self, range: &Range<usize>) -> (Range<usize>, bool) {
        let start = |token: &Token| token.range.start;
        span(&self.tokens, range, self.bounds.tokens, start)
    }

    /// Indices of the calls that begin inside `range`, and whether the bounds cut them.
    pub(crate) fn call_span(&self, range: &Range<usize>) -> (Range<usize>, bool) {
        let start = |call: &Call| call.range.start;
        span(&self.calls, range, self.bounds.tokens, start)
    }

    /// The tokens that begin inside `range`. Whoever reads on to the bounds takes down the limit.
    pub(crate) fn tokens_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Token> {
        let (span, cut) = self.token_span(range);
        let tokens = self.tokens.get(span).unwrap_or_default();
        tokens.iter().chain(self.end(cut))
    }

    /// The calls that begin inside `range`, likewise.
    pub(crate) fn calls_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Call> {
        let (span, cut) = self.call_span(range);
        let calls = self.calls.get(span).unwrap_or_default();
        calls.iter().chain(self.end(cut))
    }

    /// The strings inside `range`, in order, likewise.
    pub(crate) fn texts_in(&self, range: &Range<usize>) -> impl Iterator<Item = &str> {
        self.tokens_in(range)
            .filter(|token| token.kind == TokenKind::Text)
            .map(|token| token.text.as_str())
    }

    /// Nothing; where the list before it was cut, being asked for more hits the limit.
    fn end<T>(&self, cut: bool) -> impl Iterator<Item = T> {
        std::iter::from_fn(move || {
            if cut {
                self.limits.hit(Limit::FlowTokens);
            }
            None
        })
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
            {
                if last.text.len() >= self.bounds.text {
                    self.limits.hit(Limit::JoinedText);
                    folded.push(token);
                    continue;
                }
                last.text.push_str(&token.text);
                last.range.end = token.range.end;
                continue;
            }
            folded.push(token);
        }
        self.tokens = folded;
    }
}

impl Bounds {
    fn of(config: &Config) -> Self {
        Self {
            tokens: count(config.max_flow_tokens),
            rounds: count(config.max_flow_rounds),
            values: count(config.max_flow_values),
            names: count(config.max_names),
            targets: count(config.max_targets),
            text: count(config.max_text_bytes),
            value: count(config.max_value_chars),
        }
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

thread_local! {
    /// Parsers to use again: most scripts are a line long, and a parser costs more than that.
    static PARSERS: RefCell<Vec<(Grammar, Parser)>> = const { RefCell::new(Vec::new()) };
}

fn tree(grammar: Grammar, source: &str, max_steps: u64) -> Result<Tree, Refused> {
    let kept = PARSERS.with(|parsers| {
        let mut parsers = parsers.try_borrow_mut().ok()?;
        let at = parsers.iter().position(|(known, _)| *known == grammar)?;
        Some(parsers.swap_remove(at).1)
    });
    let mut parser = match kept {
        Some(parser) => parser,
        None => {
            let mut parser = Parser::new();
            parser
                .set_language(&grammar.language())
                .map_err(|_| Refused(Limit::Grammar))?;
            parser
        }
    };
    let mut steps = 0_u64;
    let mut too_long = |_: &ParseState| {
        steps = steps.saturating_add(1);
        steps > max_steps
    };
    let options = ParseOptions::new().progress_callback(&mut too_long);
    let mut bytes = |offset: usize, _| source.as_bytes().get(offset..).unwrap_or_default();
    let tree = parser.parse_with_options(&mut bytes, None, Some(options));
    // A parser that was stopped is not used again: it would go on where it was.
    let tree = tree.ok_or(Refused(Limit::ParseSteps))?;
    PARSERS.with(|parsers| {
        if let Ok(mut parsers) = parsers.try_borrow_mut() {
            parsers.push((grammar, parser));
        }
    });
    Ok(tree)
}

/// Indices of the sorted `items` that begin inside `range`.
fn span<T>(
    items: &[T],
    range: &Range<usize>,
    most: usize,
    start: impl Fn(&T) -> usize,
) -> (Range<usize>, bool) {
    let first = items.partition_point(|item| start(item) < range.start);
    let last = items.partition_point(|item| start(item) < range.end);
    let end = first.saturating_add(most);
    (first..last.min(end).max(first), last > end)
}
