//! `journal prune`: old journals go, and a signed line of each stays.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use chopmark_client::durable::{self, Access, FileError};
use chopmark_client::signed::{self, Kind};
use chopmark_sandbox::journal;

use super::locate::{State, all, broken, header, id};
use crate::clock;
use crate::consent;
use crate::error::CommandError;
use crate::passphrase::PassphraseArgs;
use crate::ui::Ui;

/// Arguments of `journal prune`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only runs that began longer ago than so many days
    #[arg(long, value_name = "DAYS")]
    older_than: u64,
    /// Only runs of this skill, as the journal names it
    #[arg(long, value_name = "SKILL")]
    skill: Option<String>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Removes ended journals; one that is damaged, or that a run still writes, stays.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let now = clock::now();
    let before = now.saturating_sub(args.older_than.saturating_mul(DAY));
    let host = signed::host_key(ui.home()?)?;
    let key = if args.dry_run {
        None
    } else {
        Some(consent::host_key(ui, &args.passphrase)?)
    };
    let mut gone = Vec::new();
    for path in all(ui)? {
        let kept = |error: CommandError| {
            ui.warn(format_args!("{} stays: {}", id(&path), error.message()));
        };
        let facts = match header(&path) {
            Ok(header) => header.facts,
            Err(error) => {
                kept(error);
                continue;
            }
        };
        let chosen = facts.started_at < before
            && args
                .skill
                .as_ref()
                .is_none_or(|skill| facts.skill.starts_with(skill.as_str()));
        if !chosen || State::of(&path)? == State::Running {
            continue;
        }
        let found = match verified(&path, host.as_bytes()) {
            Ok(found) => found,
            Err(error) => {
                kept(error);
                continue;
            }
        };
        if let Some(key) = &key {
            let payload = serde_json::json!({
                "schema": "https://chopmark.dev/schema/pruned-journal/v1",
                "run": facts.run, "skill": facts.skill, "skillDigest": facts.skill_digest, "grantDigest": facts.grant_digest,
                "startedAt": facts.started_at, "lines": found.lines, "signedLines": found.signed_lines, "complete": found.complete,
                "lastLine": chopmark_core::digest::hex(&found.last), "prunedAt": now,
            });
            let line = signed::sign(Kind::PrunedJournal, payload.to_string().as_bytes(), key)?;
            let folder = ui.home()?.pruned_journals();
            durable::private_folder(&folder)?;
            durable::write(
                &folder.join(format!("{}.json", id(&path))),
                &line,
                Access::Private,
            )?;
            // COMMIT: the line is durable before the journal goes.
            durable::remove(&path)?;
        }
        gone.push(facts);
    }
    if ui.is_json() {
        let rows: Vec<_> = gone
            .iter()
            .map(|f| serde_json::json!({ "run": f.run, "skill": f.skill, "startedAt": f.started_at }))
            .collect();
        return ui.emit(
            "journal-prune",
            &serde_json::json!({ "removed": rows, "dryRun": args.dry_run }),
        );
    }
    for facts in &gone {
        ui.out(format_args!("{}  {}", facts.run, facts.skill))?;
    }
    let word = if args.dry_run { "would go" } else { "removed" };
    ui.note(format_args!("{} journals {word}", gone.len()));
    Ok(())
}

fn verified(path: &Path, key: &[u8; 32]) -> Result<journal::Verified, CommandError> {
    let file = File::open(path).map_err(|error| FileError::at("open", path)(error))?;
    journal::verify(BufReader::new(file), key).map_err(broken)
}

const DAY: u64 = 86_400;
