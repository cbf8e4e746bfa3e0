//! From a tree to the flat lists.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::{Assignment, Call, Function, Grammar, Syntax, Token, TokenKind};
use crate::limit::Limit;

/// Walks `tree` in source order and fills `syntax`.
pub(super) fn walk(tree: &Tree, syntax: &mut Syntax, max_nodes: usize) {
    let mut cursor = tree.walk();
    let mut functions: Vec<(usize, String)> = Vec::new();
    for _ in 0..max_nodes {
        let node = cursor.node();
        while functions
            .last()
            .is_some_and(|(end, _)| node.start_byte() >= *end)
        {
            functions.pop();
        }
        let inside = visit(&node, syntax, &mut functions);
        if inside && cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
    syntax.limits.hit(Limit::SyntaxNodes);
}

/// Takes one node; says whether its children matter, too.
fn visit(node: &Node<'_>, syntax: &mut Syntax, functions: &mut Vec<(usize, String)>) -> bool {
    match node.kind() {
        "comment" | "line_comment" | "block_comment" => {
            syntax.comments.push((line(node), end_line(node)));
            return false;
        }
        "string" | "template_string" | "raw_string" | "ansi_c_string" | "heredoc_body"
        | "regex" => {
            let text = content(node, syntax);
            push(syntax, node, TokenKind::Text, text);
            // Names and calls inside `f"{x}"`, `${x}` and "$(x)".
            return !matches!(node.kind(), "raw_string" | "ansi_c_string" | "regex");
        }
        "word" | "number" if syntax.grammar == Grammar::Bash => {
            let text = syntax.slice(&node.byte_range()).to_owned();
            push(syntax, node, TokenKind::Text, text);
        }
        "concatenation" if syntax.grammar == Grammar::Bash => {
            let text = syntax.slice(&node.byte_range()).replace(['"', '\''], "");
            push(syntax, node, TokenKind::Text, text);
        }
        "identifier"
        | "variable_name"
        | "property_identifier"
        | "shorthand_property_identifier" => {
            let text = syntax.slice(&node.byte_range()).to_owned();
            push(syntax, node, TokenKind::Name, text);
        }
        "attribute" | "member_expression" => chain(node, syntax),
        "call" | "call_expression" | "new_expression" => call(node, syntax),
        "command" => command(node, syntax),
        "import_statement" | "import_from_statement" => {
            let text = syntax.slice(&node.byte_range()).to_owned();
            syntax.aliases.take_import(&text);
        }
        "pipeline" => pipeline(node, syntax),
        "redirected_statement" => redirect(node, syntax),
        "function_definition" | "function_declaration" | "method_definition" => {
            function(node, syntax, functions);
        }
        "return_statement" => {
            if let Some((_, name)) = functions.last() {
                syntax.assignments.push(Assignment {
                    targets: vec![name.clone()],
                    value: node.byte_range(),
                });
            }
        }
        _ => assignment(node, syntax),
    }
    true
}

fn assignment(node: &Node<'_>, syntax: &mut Syntax) {
    let fields = match node.kind() {
        "assignment"
        | "augmented_assignment"
        | "for_statement"
        | "for_in_clause"
        | "assignment_expression"
        | "augmented_assignment_expression"
        | "for_in_statement" => ("left", "right"),
        "variable_declarator" | "variable_assignment" | "named_expression" => ("name", "value"),
        "as_pattern" => return as_pattern(node, syntax),
        _ => return,
    };
    if let (Some(left), Some(right)) = (
        node.child_by_field_name(fields.0),
        node.child_by_field_name(fields.1),
    ) {
        let targets = names(&left, syntax);
        let (target, value) = (left.byte_range(), right.byte_range());
        if syntax.slice(&value).starts_with("require(") {
            let (target, value) = (syntax.slice(&target), syntax.slice(&value));
            let (target, value) = (target.to_owned(), value.to_owned());
            syntax.aliases.take_require(&target, &value);
        }
        syntax.assignments.push(Assignment { targets, value });
    }
    if let ("for_statement", Some(name)) = (node.kind(), node.child_by_field_name("variable")) {
        let targets = names(&name, syntax);
        let value = name.end_byte()
            ..node
                .child_by_field_name("body")
                .map_or(node.end_byte(), |b| b.start_byte());
        syntax.assignments.push(Assignment { targets, value });
    }
}

/// `with open(path) as handle`.
fn as_pattern(node: &Node<'_>, syntax: &mut Syntax) {
    if let (Some(value), Some(alias)) = (node.child(0), node.child_by_field_name("alias")) {
        let targets = names(&alias, syntax);
        syntax.assignments.push(Assignment {
            targets,
            value: value.byte_range(),
        });
    }
}

/// The names that an assignment's left side sets: of `a.b[c]` it is `a.b` and `b`.
fn names(node: &Node<'_>, syntax: &Syntax) -> Vec<String> {
    let text = syntax.slice(&node.byte_range());
    let parts = text
        .split([',', '(', ')', '{', '}', ' ', '\n'])
        .map(|part| part.split(['[', ':']).next().unwrap_or_default().trim())
        .filter(|part| !part.is_empty());
    let mut names = Vec::new();
    for part in parts {
        if part.len() > syntax.bounds.value {
            syntax.limits.hit(Limit::Lengths);
            continue;
        }
        if names.len() >= syntax.bounds.targets {
            syntax.limits.hit(Limit::Targets);
            break;
        }
        let last = part.rsplit('.').next().filter(|last| *last != part);
        names.extend(std::iter::once(part).chain(last).map(str::to_owned));
    }
    names
}

/// Only the outermost of a chain of names counts: `os.environ.copy`.
fn chain(node: &Node<'_>, syntax: &mut Syntax) {
    let parent = node.parent().map_or("", |parent| parent.kind());
    if matches!(parent, "attribute" | "member_expression") {
        return;
    }
    let suffix = if matches!(parent, "subscript" | "subscript_expression") {
        "["
    } else {
        ""
    };
    let text = format!("{}{suffix}", squeeze(syntax.slice(&node.byte_range())));
    push(syntax, node, TokenKind::Name, text);
}

fn call(node: &Node<'_>, syntax: &mut Syntax) {
    let callee = node
        .child_by_field_name("function")
        .or_else(|| node.child_by_field_name("constructor"));
    let (Some(callee), Some(arguments)) = (callee, node.child_by_field_name("arguments")) else {
        return;
    };
    let call = Call {
        callee: squeeze(syntax.slice(&callee.byte_range())),
        range: node.byte_range(),
        arguments: arguments.byte_range(),
        line: line(node),
    };
    syntax.calls.push(call);
}

fn command(node: &Node<'_>, syntax: &mut Syntax) {
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    let callee = syntax
        .slice(&name.byte_range())
        .replace(['"', '\'', '\\'], "");
    let call = Call {
        callee: squeeze(&callee),
        range: node.byte_range(),
        arguments: name.end_byte()..node.end_byte(),
        line: line(node),
    };
    syntax.calls.push(call);
}

fn pipeline(node: &Node<'_>, syntax: &mut Syntax) {
    let mut cursor = node.walk();
    let mut before: Option<Range<usize>> = None;
    let start = node.start_byte();
    for child in node.named_children(&mut cursor) {
        if before.is_some() {
            // All that stands before goes through the pipe.
            syntax
                .pipes
                .push((start..child.start_byte(), child.byte_range()));
        }
        before = Some(child.byte_range());
    }
}

fn redirect(node: &Node<'_>, syntax: &mut Syntax) {
    let Some(body) = node.child_by_field_name("body") else {
        return;
    };
    let mut cursor = node.walk();
    for child in node.children_by_field_name("redirect", &mut cursor) {
        if child.kind() == "file_redirect" {
            syntax
                .redirects
                .push((body.byte_range(), child.byte_range()));
        }
    }
}

fn function(node: &Node<'_>, syntax: &mut Syntax, functions: &mut Vec<(usize, String)>) {
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    let name = syntax.slice(&name.byte_range()).to_owned();
    let parameters = node
        .child_by_field_name("parameters")
        .map(|parameters| names(&parameters, syntax))
        .unwrap_or_default();
    functions.push((node.end_byte(), name.clone()));
    syntax.functions.push(Function { name, parameters });
}

/// A string without its quotes; what is computed inside stands as `{}`.
fn content(node: &Node<'_>, syntax: &Syntax) -> String {
    let mut cursor = node.walk();
    let mut text = String::new();
    let mut parts = 0_usize;
    for child in node.children(&mut cursor) {
        match child.kind() {
            "string_content" | "string_fragment" | "escape_sequence" | "heredoc_content" => {
                text.push_str(syntax.slice(&child.byte_range()));
                parts = parts.saturating_add(1);
            }
            "interpolation" | "template_substitution" => text.push_str("{}"),
            "simple_expansion" | "expansion" | "command_substitution" => {
                text.push_str(syntax.slice(&child.byte_range()));
                parts = parts.saturating_add(1);
            }
            _ => {}
        }
    }
    if parts == 0 {
        let raw = syntax.slice(&node.byte_range());
        return raw
            .trim_start_matches('$')
            .trim_matches(['"', '\'', '`', '/'])
            .to_owned();
    }
    text
}

fn push(syntax: &mut Syntax, node: &Node<'_>, kind: TokenKind, text: String) {
    syntax.tokens.push(Token {
        range: node.byte_range(),
        line: line(node),
        kind,
        text,
    });
}

/// Without white space; of a long chain the beginning and the end, which are what names it.
fn squeeze(text: &str) -> String {
    let mut squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if squeezed.len() > KEPT_NAME.saturating_mul(2) {
        let head = squeezed.floor_char_boundary(KEPT_NAME);
        let tail = squeezed.ceil_char_boundary(squeezed.len().saturating_sub(KEPT_NAME));
        squeezed.replace_range(head..tail, "…");
    }
    squeezed
}

fn line(node: &Node<'_>) -> u32 {
    u32::try_from(node.start_position().row)
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

fn end_line(node: &Node<'_>) -> u32 {
    u32::try_from(node.end_position().row)
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// Bytes kept at either end of a name.
const KEPT_NAME: usize = 200;
