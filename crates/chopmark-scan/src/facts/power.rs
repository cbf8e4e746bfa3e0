//! PowerShell, read line by line: no grammar, only words.

use super::text::urls;
use super::{Origin, link, program};
use crate::fact::{Fact, FactKind};

/// The facts of one PowerShell script.
pub(super) fn facts(code: &str, origin: &Origin<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fetched: Vec<(String, bool)> = Vec::new();
    for (line, number) in code.lines().zip(1_u32..) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        let lower = line.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let fetches = has(&[
            "invoke-webrequest",
            "iwr ",
            "invoke-restmethod",
            "irm ",
            "downloadstring",
            "downloadfile",
            "start-bitstransfer",
            "curl ",
            "wget ",
        ]);
        let runs = has(&[
            "invoke-expression",
            "iex ",
            "iex(",
            "| iex",
            "|iex",
            "start-process",
            "[scriptblock]::create",
        ]);
        let decodes = has(&["frombase64string", "-encodedcommand", "-enc ", "-e jab"]);
        let mut add = |kind, value: &str| facts.push(origin.fact(kind, value, number, line));
        if fetches {
            for url in urls(line) {
                add(FactKind::Download, url);
            }
        }
        if fetches && runs {
            add(FactKind::Flow, "download>execute");
            if urls(line).any(|url| !link::is_known_installer(url)) {
                add(FactKind::Flow, "foreign-download>execute");
                add(FactKind::Flow, "foreign-pipe>execute");
            }
        }
        let foreign = urls(line).any(|url| !link::is_known_installer(url));
        if runs && !fetches {
            let started = |(name, _): &&(String, bool)| lower.contains(name.as_str());
            if let Some((_, foreign)) = fetched.iter().find(started) {
                add(FactKind::Flow, "download>execute");
                if *foreign {
                    add(FactKind::Flow, "foreign-download>execute");
                    add(FactKind::Flow, "foreign-pipe>execute");
                }
            }
        }
        if fetches {
            fetched.extend(kept(&lower).map(|name| (name, foreign)));
        }
        if decodes && (runs || has(&["-encodedcommand", "-enc "])) {
            add(FactKind::Flow, "decoded>execute");
        }
        if has(&["invoke-expression", "iex "]) {
            add(FactKind::DynamicCode, "invoke-expression");
        }
        if has(&[
            "register-scheduledtask",
            "schtasks",
            "new-service",
            "currentversion\\run",
        ]) {
            add(FactKind::Persistence, "scheduled-task");
        }
        if has(&["set-content", "add-content", "out-file", ">>"])
            && let Some(place) = program::persistence(line)
        {
            add(FactKind::Persistence, place);
        }
        for name in variables(line) {
            add(FactKind::Env, name);
        }
    }
    facts
}

fn variables(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("$env:").filter_map(move |(at, prefix)| {
        let tail = line.get(at.saturating_add(prefix.len())..)?;
        let end = tail
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(tail.len());
        tail.get(..end).filter(|name| !name.is_empty())
    })
}

/// Where a line keeps what it fetched: the variable that is set, the file that is written.
fn kept(lower: &str) -> impl Iterator<Item = String> {
    let variable = lower.split_once('=').map(|(head, _)| head.trim());
    let variable = variable.filter(|name| name.starts_with('$') && name.len() > 1);
    let file = ["-outfile ", "-destination "]
        .iter()
        .find_map(|flag| lower.split_once(flag))
        .and_then(|(_, rest)| rest.split_whitespace().next());
    let file = file.map(|file| file.trim_matches(['"', '\'']));
    let names = variable.into_iter().chain(file);
    names.map(str::to_owned)
}
