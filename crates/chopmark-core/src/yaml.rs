//! Strict YAML: mappings, sequences and scalars with their positions, and nothing else.
//!
//! Anchors, aliases, tags, merge keys, duplicate keys and more than one document are refused:
//! each has made two readers of one file disagree.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use thiserror::Error;

/// A position in a text: line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it begins.
    pub at: Position,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A scalar; `plain` when it was written without quotes.
    Scalar {
        /// The text.
        text: String,
        /// Whether it was written without quotes or block marks.
        plain: bool,
    },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in file order, keys distinct.
    Mapping(Vec<(Node, Node)>),
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub bytes: usize,
    /// Values in all.
    pub nodes: usize,
    /// Mappings and sequences inside each other.
    pub depth: usize,
}

impl Limits {
    /// What a file that a person writes stays under.
    pub const HAND_WRITTEN: Self = Self {
        bytes: 256 * 1024,
        nodes: 10_000,
        depth: 16,
    };
}

impl Node {
    /// Returns the text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// Returns the boolean that a plain `true` or `false` is.
    pub fn boolean(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            Value::Scalar { .. } | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// Returns the number that a plain canonical decimal is.
    pub fn integer(&self) -> Option<u64> {
        match &self.value {
            Value::Scalar { text, plain: true } => {
                text.parse().ok().filter(|n: &u64| n.to_string() == *text)
            }
            Value::Scalar { .. } | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// Tells whether it is a plain empty scalar, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true }
            if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// Returns the entries of a sequence.
    pub fn sequence(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            Value::Scalar { .. } | Value::Mapping(_) => None,
        }
    }

    /// Returns the entries of a mapping, in file order.
    pub fn mapping(&self) -> Option<&[(Self, Self)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            Value::Scalar { .. } | Value::Sequence(_) => None,
        }
    }
}

/// Reads one document; `None` for a text without any.
///
/// # Errors
///
/// [`YamlError`] with the position of the first thing that is refused.
pub fn parse(text: &str, limits: Limits) -> Result<Option<Node>, YamlError> {
    if text.len() > limits.bytes {
        let problem = Problem::TooLarge {
            bytes: text.len(),
            limit: limits.bytes,
        };
        return Err(YamlError {
            at: Position { line: 1, column: 1 },
            problem,
        });
    }
    let mut builder = Builder {
        limits,
        nodes: 0,
        stack: Vec::new(),
        root: None,
        documents: 0,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError {
            at: position(error.marker()),
            problem: Problem::Syntax(error.info().to_owned()),
        })?;
        builder.take(event, span)?;
    }
    Ok(builder.root)
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line().max(1),
        column: marker.col().saturating_add(1),
    }
}

enum Open {
    Sequence(Position, Vec<Node>),
    Mapping(Position, Vec<(Node, Node)>, Option<Node>),
}

struct Builder {
    limits: Limits,
    nodes: usize,
    stack: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let at = position(&span.start);
        let refuse = |problem| Err(YamlError { at, problem });
        match event {
            Event::Alias(_) => refuse(Problem::Anchor),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                refuse(Problem::Anchor)
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => refuse(Problem::Tag),
            Event::Scalar(text, style, _, None) => {
                let plain = style == ScalarStyle::Plain;
                self.add(Node {
                    value: Value::Scalar {
                        text: text.into_owned(),
                        plain,
                    },
                    at,
                })
            }
            Event::SequenceStart(_, None) => self.open(Open::Sequence(at, Vec::new()), at),
            Event::MappingStart(_, None) => self.open(Open::Mapping(at, Vec::new(), None), at),
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::Sequence(at, items)) => self.add(Node {
                    value: Value::Sequence(items),
                    at,
                }),
                Some(Open::Mapping(at, entries, _)) => self.add(Node {
                    value: Value::Mapping(entries),
                    at,
                }),
                None => refuse(Problem::Syntax("an end without a beginning".to_owned())),
            },
            Event::DocumentStart(_) => {
                self.documents = self.documents.saturating_add(1);
                if self.documents > 1 {
                    refuse(Problem::Documents)
                } else {
                    Ok(())
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, open: Open, at: Position) -> Result<(), YamlError> {
        if self.stack.len() >= self.limits.depth {
            return Err(YamlError {
                at,
                problem: Problem::TooDeep(self.limits.depth),
            });
        }
        self.stack.push(open);
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > self.limits.nodes {
            let problem = Problem::TooMany(self.limits.nodes);
            return Err(YamlError {
                at: node.at,
                problem,
            });
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence(_, items)) => items.push(node),
            Some(Open::Mapping(_, entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let refuse = |problem| {
                        Err(YamlError {
                            at: node.at,
                            problem,
                        })
                    };
                    let Some(text) = node.text() else {
                        return refuse(Problem::Key);
                    };
                    if text == "<<" {
                        return refuse(Problem::Merge);
                    }
                    if entries.iter().any(|(other, _)| other.text() == Some(text)) {
                        return refuse(Problem::Duplicate(text.to_owned()));
                    }
                    *key = Some(node);
                }
            },
        }
        Ok(())
    }
}

/// Why a text is not read, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {}, column {}: {problem}", .at.line, .at.column)]
pub struct YamlError {
    /// Where.
    pub at: Position,
    /// Why.
    pub problem: Problem,
}

/// Why a text is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says it")]
pub enum Problem {
    #[error("{bytes} bytes; at most {limit} are read")]
    TooLarge { bytes: usize, limit: usize },
    #[error("more than {0} values")]
    TooMany(usize),
    #[error("nested deeper than {0}")]
    TooDeep(usize),
    #[error("not YAML: {0}")]
    Syntax(String),
    #[error("anchors and aliases are not read")]
    Anchor,
    #[error("tags are not read")]
    Tag,
    #[error("merge keys are not read")]
    Merge,
    #[error("a key must be a plain text")]
    Key,
    #[error("the key `{0}` stands twice")]
    Duplicate(String),
    #[error("a second document begins here")]
    Documents,
}

impl Problem {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooMany(_) | Self::TooDeep(_) => "yaml-limit",
            Self::Syntax(_) => "yaml-syntax",
            Self::Anchor => "yaml-anchor",
            Self::Tag => "yaml-tag",
            Self::Merge => "yaml-merge-key",
            Self::Key => "yaml-key",
            Self::Duplicate(_) => "yaml-duplicate-key",
            Self::Documents => "yaml-documents",
        }
    }
}

#[cfg(test)]
mod tests;
