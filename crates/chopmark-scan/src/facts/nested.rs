//! Scripts inside the words of a shell command: `python3 -c '…'`, `node -e "…"`.

use super::command_lines;
use super::flow;
use super::syntax::{Grammar, Syntax, TokenKind};
use crate::inventory::Language;

/// The scripts that commands of a shell script are given, with the line of the command.
///
/// So are strings of one line that pipe something into a shell, in any language: what `crontab` or
/// `os.system` is given. Each is shorter than what holds it, so that nesting ends.
pub(super) fn scripts(syntax: &Syntax) -> Vec<(Language, String, u32)> {
    let mut found = Vec::new();
    for token in &syntax.tokens {
        let text = token.text.as_str();
        let is_line = token.kind == TokenKind::Text && text.contains(' ') && !text.contains('\n');
        if is_line && PIPED.iter().any(|piped| text.contains(piped)) {
            let commands = command_lines(text).into_iter();
            found.extend(commands.map(|(_, command)| (Language::Shell, command, token.line)));
        }
    }
    if syntax.grammar != Grammar::Bash {
        return found;
    }
    for call in &syntax.calls {
        let language = match flow::program(&call.callee) {
            "python" | "python3" => Language::Python,
            "node" | "bun" | "deno" => Language::JavaScript,
            _ => continue,
        };
        let mut tokens = syntax.tokens_in(&call.arguments);
        let flag = tokens.find(|token| matches!(token.text.as_str(), "-c" | "-e" | "--eval"));
        if let (Some(_), Some(script)) = (flag, tokens.next()) {
            found.push((language, script.text.clone(), call.line));
        }
    }
    found
}

const PIPED: &[&str] = &["| bash", "|bash", "| sh", "|sh", "| zsh", "| python"];
