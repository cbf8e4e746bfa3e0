//! Scripts inside the words of a shell command: `python3 -c '…'`, `node -e "…"`.

use super::flow;
use super::syntax::{Grammar, Syntax};
use crate::inventory::Language;

/// The scripts that commands of a shell script are given, with the line of the command.
///
/// A script of a shell inside a shell is read where it stands; only other languages are new here,
/// so that nesting ends after one step.
pub(super) fn scripts(syntax: &Syntax) -> Vec<(Language, String, u32)> {
    if syntax.grammar != Grammar::Bash {
        return Vec::new();
    }
    let mut found = Vec::new();
    for call in &syntax.calls {
        let language = match flow::program(&call.callee) {
            "python" | "python3" => Language::Python,
            "node" | "bun" | "deno" => Language::JavaScript,
            _ => continue,
        };
        let mut tokens = syntax.tokens_in(&call.arguments).iter();
        let flag = tokens.find(|token| matches!(token.text.as_str(), "-c" | "-e" | "--eval"));
        if let (Some(_), Some(script)) = (flag, tokens.next()) {
            found.push((language, script.text.clone(), call.line));
        }
    }
    found
}
