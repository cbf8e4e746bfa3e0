//! What each kind of node is for, looked up by its number instead of its name.

use std::sync::LazyLock;

use super::Grammar;

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Comment,
    /// A string with parts inside.
    Text,
    /// A string without.
    RawText,
    /// A word of a shell.
    Word,
    /// Words of a shell that make one.
    Concatenation,
    Name,
    Chain,
    Call,
    Command,
    Import,
    Pipeline,
    Redirect,
    Function,
    Return,
    /// An assignment from the field `left` to the field `right`.
    Assignment,
    For,
    /// An assignment of the fields `name` and `value`.
    Declaration,
    AsPattern,
    Other,
}

impl Shape {
    /// The shape of nodes of number `id`.
    pub(super) fn of(grammar: Grammar, id: u16) -> Self {
        let table = match grammar {
            Grammar::Python => &*PYTHON,
            Grammar::Bash => &*BASH,
            Grammar::JavaScript => &*JAVASCRIPT,
            Grammar::TypeScript => &*TYPESCRIPT,
        };
        table.get(usize::from(id)).copied().unwrap_or(Self::Other)
    }

    fn named(kind: &str, grammar: Grammar) -> Self {
        match kind {
            "comment" | "line_comment" | "block_comment" => Self::Comment,
            "string" | "template_string" | "heredoc_body" => Self::Text,
            "raw_string" | "ansi_c_string" | "regex" => Self::RawText,
            "word" | "number" if grammar == Grammar::Bash => Self::Word,
            "concatenation" if grammar == Grammar::Bash => Self::Concatenation,
            "identifier"
            | "variable_name"
            | "property_identifier"
            | "shorthand_property_identifier" => Self::Name,
            "attribute" | "member_expression" => Self::Chain,
            "call" | "call_expression" | "new_expression" => Self::Call,
            "command" => Self::Command,
            "import_statement" | "import_from_statement" => Self::Import,
            "pipeline" => Self::Pipeline,
            "redirected_statement" => Self::Redirect,
            "function_definition" | "function_declaration" | "method_definition" => Self::Function,
            "return_statement" => Self::Return,
            "for_statement" => Self::For,
            "assignment"
            | "augmented_assignment"
            | "for_in_clause"
            | "assignment_expression"
            | "augmented_assignment_expression"
            | "for_in_statement" => Self::Assignment,
            "variable_declarator" | "variable_assignment" | "named_expression" => Self::Declaration,
            "as_pattern" => Self::AsPattern,
            _ => Self::Other,
        }
    }
}

fn table(grammar: Grammar) -> Vec<Shape> {
    let language = grammar.language();
    let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
    (0..count)
        .map(|id| {
            let kind = language.node_kind_for_id(id).unwrap_or_default();
            Shape::named(kind, grammar)
        })
        .collect()
}

static PYTHON: LazyLock<Vec<Shape>> = LazyLock::new(|| table(Grammar::Python));
static BASH: LazyLock<Vec<Shape>> = LazyLock::new(|| table(Grammar::Bash));
static JAVASCRIPT: LazyLock<Vec<Shape>> = LazyLock::new(|| table(Grammar::JavaScript));
static TYPESCRIPT: LazyLock<Vec<Shape>> = LazyLock::new(|| table(Grammar::TypeScript));
