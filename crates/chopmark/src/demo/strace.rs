//! The journal beside `strace`: what a program of somebody else's saw of the same work.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// An operation's word and its path, or `connect` and a host's port.
pub(super) type Seen = BTreeSet<(String, String)>;

/// Runs `words` in `folder` under `strace -f` with nothing in its environment but `environment`.
///
/// `None` where there is no strace, or where it may not trace.
pub(super) fn watch(folder: &Path, environment: &[(&str, &str)], words: &[&str]) -> Option<Seen> {
    let log = folder.join("../strace.log");
    let status = Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-y",
            "-s",
            "4096",
            "-e",
            "trace=%file,%network",
            "-o",
        ])
        .arg(&log)
        .args(words)
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let text = std::fs::read_to_string(log).ok()?;
    status.success().then(|| {
        let lines = text.lines();
        lines.filter_map(|line| seen(line, folder)).collect()
    })
}

/// What a line of strace says, in the journal's words.
fn seen(line: &str, folder: &Path) -> Option<(String, String)> {
    let call = line
        .split_once(' ')
        .map_or(line, |(_, call)| call.trim_start());
    let (name, rest) = call.split_once('(')?;
    let word = match name {
        "open" | "openat" | "openat2" | "creat" => "open",
        "execve" | "execveat" => "exec",
        "connect" => {
            let port = between(rest, "sin_port=htons(", ")")?;
            return Some(("connect".to_owned(), port.to_owned()));
        }
        "mkdir" | "mkdirat" => "mkdir",
        "unlink" | "unlinkat" => "unlink",
        "rename" | "renameat" | "renameat2" => "rename",
        "chmod" | "fchmodat" => "chmod",
        _ => return None,
    };
    let opened = rest.rsplit_once(" = ").map(|(_, result)| result);
    if let Some(path) = opened
        .filter(|_| word == "open")
        .and_then(|r| between(r, "<", ">"))
    {
        return Some((word.to_owned(), path.to_owned()));
    }
    let path = between(rest, "\"", "\"")?;
    Some((word.to_owned(), resolved(&folder.join(path))))
}

/// The path as the kernel would name it, as far as it exists.
fn resolved(path: &Path) -> String {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::RootDir | Component::Prefix(_) | Component::Normal(_) => plain.push(part),
        }
        if let Ok(real) = plain.canonicalize() {
            plain = real;
        }
    }
    plain.to_string_lossy().into_owned()
}

/// The same from the lines of `journal show --json`.
pub(super) fn journalled(lines: &str) -> Seen {
    let events = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter_map(|event| recorded(&event)).collect()
}

fn recorded(event: &Value) -> Option<(String, String)> {
    let text = |field: &str| event.get(field)?.as_str().map(str::to_owned);
    match event.get("event")?.as_str()? {
        "access" => match text("operation")?.as_str() {
            // The way to the broker, and to name service daemons that are not inside.
            "connect" => None,
            _ => Some((text("operation")?, text("resolved")?)),
        },
        "network" if text("stage")? == "opened" => {
            Some(("connect".to_owned(), event.get("port")?.to_string()))
        }
        _ => None,
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

/// What only `one` saw, and not `other`.
pub(super) fn only<'s>(
    one: &'s Seen,
    other: &'s Seen,
) -> impl Iterator<Item = &'s (String, String)> {
    one.difference(other)
}
