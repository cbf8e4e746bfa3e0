//! `chopmark list`: what is installed here.

use chopmark_client::lock::{Lock, Locked, Source};

use crate::error::CommandError;
use crate::place;
use crate::ui::{DIM, Ui};

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: place::PlaceArgs,
}

/// Lists the skills of a scope by its lock file.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let scope = args.place.scope(ui)?;
    let lock = Lock::read(&scope)?;
    if ui.is_json() {
        let skills: Vec<_> = lock
            .skills()
            .map(|(name, locked)| to_json(name.as_str(), locked))
            .collect();
        return ui.emit(
            "list",
            &serde_json::json!({ "root": scope.root(), "skills": skills }),
        );
    }
    if lock.is_empty() {
        ui.note(format_args!(
            "nothing is installed in {}",
            scope.root().display()
        ));
    }
    for (name, locked) in lock.skills() {
        let agents: Vec<&str> = locked.agents.iter().map(|agent| agent.name()).collect();
        let short: String = locked.content.to_hex().chars().take(12).collect();
        ui.out(format_args!(
            "{name:<24} {:<32} {} {}",
            origin(locked),
            ui.paint(DIM, &short),
            agents.join(",")
        ))?;
    }
    Ok(())
}

/// Where a skill comes from, in a few words.
fn origin(locked: &Locked) -> String {
    match &locked.source {
        Source::Log(released) => {
            format!(
                "@{}/{} {}",
                released.publisher_name, released.skill, released.version
            )
        }
        Source::Adopted { .. } => "adopted here, unsigned".to_owned(),
    }
}

fn to_json(name: &str, locked: &Locked) -> serde_json::Value {
    let source = match &locked.source {
        Source::Log(released) => serde_json::json!({
            "kind": "log",
            "origin": released.origin,
            "publisher": released.publisher.to_hex(),
            "publisherName": released.publisher_name.as_str(),
            "skill": released.skill.as_str(),
            "version": released.version.to_string(),
            "release": released.release.to_hex(),
            "index": released.index,
        }),
        Source::Adopted { adoption, expires } => {
            serde_json::json!({ "kind": "adopted", "adoption": adoption, "expires": expires })
        }
    };
    serde_json::json!({
        "folder": name,
        "content": locked.content.to_hex(),
        "source": source,
        "receipt": locked.receipt,
        "agents": locked.agents.iter().map(|agent| agent.name()).collect::<Vec<_>>(),
    })
}
