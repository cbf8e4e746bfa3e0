//! `chopmark search`: what the registry says exists. Hints only; `inspect` and `add` prove.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::session;
use crate::ui::{DIM, Ui};

/// Arguments of `search`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Part of a publisher's or a skill's name; all without this
    #[arg(value_name = "TEXT", default_value = "")]
    text: String,
}

/// A line of the registry's index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hint {
    kind: String,
    publisher_name: String,
    skill: String,
    version: String,
}

/// Looks through the registry's index.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let reach = session::reach(ui)?;
    let index = reach
        .remote
        .file("index/skills.jsonl", MAX_INDEX_BYTES)
        .map_err(chopmark_client::remote::RemoteError::from)?
        .unwrap_or_default();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in index.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()) {
        let hint: Hint = serde_json::from_slice(line).map_err(|error| {
            CommandError::new(
                Exit::Unverified,
                "index-malformed",
                format_args!("the registry's index is malformed: {error}"),
            )
            .blame("registry")
        })?;
        let parsed = hint
            .publisher_name
            .parse::<chopmark_core::name::Name>()
            .is_ok()
            && hint.skill.parse::<chopmark_core::name::SkillName>().is_ok()
            && hint.version.parse::<semver::Version>().is_ok();
        let name = format!("@{}/{}", hint.publisher_name, hint.skill);
        if !parsed || !name.contains(&args.text) {
            continue;
        }
        let versions = found.entry(name).or_default();
        match hint.kind.as_str() {
            "release" => versions.push(hint.version),
            "yank" => versions.retain(|version| *version != hint.version),
            _ => {}
        }
    }
    if ui.is_json() {
        let rows: Vec<_> = found
            .iter()
            .map(|(name, versions)| serde_json::json!({ "skill": name, "versions": versions }))
            .collect();
        return ui.emit(
            "search",
            &serde_json::json!({ "proved": false, "skills": rows }),
        );
    }
    if found.is_empty() {
        ui.note("the registry lists nothing of that name");
    }
    for (name, versions) in &found {
        ui.out(format_args!(
            "{name:<32} {}",
            ui.paint(DIM, &versions.join(", "))
        ))?;
    }
    ui.note("the registry says so; chopmark inspect proves it");
    Ok(())
}

const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;
