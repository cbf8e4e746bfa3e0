//! From a tree to the flat lists.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::shape::Shape;
use super::{Assignment, Call, Function, Syntax, Token, TokenKind};
use crate::limit::Limit;

/// Walks `tree` in source order and fills `syntax`.
pub(super) fn walk(tree: &Tree, syntax: &mut Syntax, max_nodes: usize) {
    let mut cursor = tree.walk();
    let mut functions: Vec<(usize, String)> = Vec::new();
    // The kinds of the nodes around; asking a node for its parent walks down from the root.
    let mut parents: Vec<&str> = Vec::new();
    for _ in 0..max_nodes {
        let node = cursor.node();
        while functions
            .last()
            .is_some_and(|(end, _)| node.start_byte() >= *end)
        {
            functions.pop();
        }
        let parent = parents.last().copied().unwrap_or_default();
        let inside = visit(&node, parent, syntax, &mut functions);
        if inside && cursor.goto_first_child() {
            parents.push(node.kind());
            continue;
        }
        loop {
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
            parents.pop();
        }
    }
    syntax.limits.hit(Limit::SyntaxNodes);
}

/// Takes one node under one of the kind `parent`; says whether its children matter, too.
fn visit(
    node: &Node<'_>,
    parent: &str,
    syntax: &mut Syntax,
    functions: &mut Vec<(usize, String)>,
) -> bool {
    let shape = Shape::of(syntax.grammar, node.kind_id());
    match shape {
        Shape::Comment => {
            syntax.comments.push((line(node), end_line(node)));
            return false;
        }
        Shape::Text | Shape::RawText => {
            let text = content(node, syntax);
            push(syntax, node, TokenKind::Text, text);
            // Names and calls inside `f"{x}"`, `${x}` and "$(x)".
            return shape == Shape::Text;
        }
        Shape::Word => {
            let text = syntax.slice(&node.byte_range()).to_owned();
            push(syntax, node, TokenKind::Text, text);
        }
        Shape::Concatenation => {
            let text = syntax.slice(&node.byte_range()).replace(['"', '\''], "");
            push(syntax, node, TokenKind::Text, text);
        }
        Shape::Name => {
            let text = syntax.slice(&node.byte_range()).to_owned();
            push(syntax, node, TokenKind::Name, text);
        }
        Shape::Chain => chain(node, parent, syntax),
        Shape::Call => call(node, syntax),
        Shape::Command => command(node, syntax),
        Shape::Import => {
            let text = syntax.slice(&node.byte_range()).to_owned();
            syntax.aliases.take_import(&text);
        }
        Shape::Pipeline => pipeline(node, syntax),
        Shape::Redirect => redirect(node, syntax),
        Shape::Function => function(node, syntax, functions),
        Shape::Return => {
            if let Some((_, name)) = functions.last() {
                syntax.assignments.push(Assignment {
                    targets: vec![name.clone()],
                    value: node.byte_range(),
                });
            }
        }
        Shape::Assignment => assignment(node, ("left", "right"), syntax),
        Shape::For => {
            assignment(node, ("left", "right"), syntax);
            words_of_for(node, syntax);
        }
        Shape::Declaration => assignment(node, ("name", "value"), syntax),
        Shape::AsPattern => as_pattern(node, syntax),
        Shape::Other => {}
    }
    true
}

fn assignment(node: &Node<'_>, fields: (&str, &str), syntax: &mut Syntax) {
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
}

/// `for name in words`.
fn words_of_for(node: &Node<'_>, syntax: &mut Syntax) {
    if let Some(name) = node.child_by_field_name("variable") {
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
fn chain(node: &Node<'_>, parent: &str, syntax: &mut Syntax) {
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
    let plain = |c: &char| !c.is_whitespace();
    let most = KEPT_NAME.saturating_mul(2);
    // No more is read than is kept: chains hold chains, and each is asked for its name.
    let mut head: Vec<char> = text
        .chars()
        .filter(plain)
        .take(most.saturating_add(1))
        .collect();
    if head.len() <= most {
        return head.into_iter().collect();
    }
    head.truncate(KEPT_NAME);
    let tail: Vec<char> = text.chars().rev().filter(plain).take(KEPT_NAME).collect();
    let tail = tail.into_iter().rev();
    head.into_iter().chain(['…']).chain(tail).collect()
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

/// Characters kept at either end of a name.
const KEPT_NAME: usize = 200;
