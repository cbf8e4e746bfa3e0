//! Command lines: does one start a program of an installed skill?

use std::path::Path;

use super::{Answer, Installed};

/// Judges one command line.
pub(super) fn judge(command: &str, cwd: &Path, installed: &[Installed]) -> Answer {
    let touched = installed.iter().find(|skill| touches(command, cwd, skill));
    let Some(skill) = touched else {
        return Answer::Allowed;
    };
    if is_harmless(command) {
        return Answer::Allowed;
    }
    Answer::Refused(format!(
        "this command uses files of the installed skill `{}` outside `chopmark run`; start it as: chopmark run {} -- PROGRAM ARGUMENTS",
        skill.name, skill.name
    ))
}

/// Whether the command names the skill's folder or files, or begins within the folder.
fn touches(command: &str, cwd: &Path, skill: &Installed) -> bool {
    let named = |folder: &Path| {
        let whole = folder.to_string_lossy();
        // `.agents/skills/name`, and the hidden folder above it, which a command may enter in steps.
        let parts: Vec<_> = folder.components().rev().take(PARTS).collect();
        let hidden = parts
            .last()
            .map(|part| part.as_os_str().to_string_lossy())
            .filter(|part| part.starts_with('.'));
        command.contains(&*whole)
            || command.contains(&format!("skills/{}", skill.name))
            || hidden.is_some_and(|hidden| command.contains(&*hidden))
    };
    let own_file = |file: &String| command.contains(file.as_str()) && !cwd.join(file).exists();
    skill
        .folders
        .iter()
        .any(|folder| cwd.starts_with(folder) || named(folder))
        || skill.files.iter().any(own_file)
}

/// Whether the whole line is one call of `chopmark`.
pub(super) fn is_own(command: &str) -> bool {
    let parts = simple_commands(command);
    parts.is_some_and(|parts| {
        let [words] = parts.as_slice() else {
            return false;
        };
        words.first().is_some_and(|first| first == "chopmark")
    })
}

/// Whether every part of the command only reads, or is `chopmark` itself.
fn is_harmless(command: &str) -> bool {
    let Some(parts) = simple_commands(command) else {
        return false;
    };
    parts.iter().all(|words| {
        let mut words = words.iter().map(String::as_str);
        match words.next() {
            None => true,
            Some("chopmark") => true,
            Some("cd") => parts.len() > 1,
            Some(first) => READERS.contains(&first),
        }
    })
}

/// The simple commands of a line, each as its words. None where the line can do what its words do
/// not show: substitutions, redirections into files, here documents, variables, open quotes.
fn simple_commands(line: &str) -> Option<Vec<Vec<String>>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => word.push(letter),
            (None, '\'' | '"') => quote = Some(letter),
            (_, '\\') => word.push(letters.next()?),
            (_, '`' | '$') => return None,
            (Some(_), _) => word.push(letter),
            (None, '<' | '>' | '(' | ')' | '{' | '}' | '*' | '?' | '[' | '~') => return None,
            (None, '|' | ';' | '&' | '\n') => {
                let last = commands.last_mut()?;
                if !word.is_empty() {
                    last.push(std::mem::take(&mut word));
                }
                commands.push(Vec::new());
            }
            (None, _) if letter.is_whitespace() => {
                if !word.is_empty() {
                    commands.last_mut()?.push(std::mem::take(&mut word));
                }
            }
            (None, _) => word.push(letter),
        }
    }
    if quote.is_some() {
        return None;
    }
    if !word.is_empty() {
        commands.last_mut()?.push(word);
    }
    Some(commands)
}

/// Programs that only read what they are given, whatever their options.
const READERS: [&str; 10] = [
    "cat", "head", "tail", "ls", "wc", "stat", "grep", "diff", "pwd", "echo",
];
/// `.agents/skills/name`.
const PARTS: usize = 3;
