//! `chopmark rules`: the packs that a scan uses.

use std::path::PathBuf;

use chopmark_scan::{RulePack, engine_version, read_pack_folder};

use crate::cmd::scan::{as_json, packs, refused};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui};

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show packs and their rules
    List {
        /// Further packs
        #[arg(value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
    /// Check a pack and run its fixtures
    Test {
        /// The pack
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// Lists or tests packs.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.what {
        What::List { folders } => list(&packs(folders, ui)?, ui),
        What::Test { folder } => {
            let files = read_pack_folder(folder).map_err(refused)?;
            test(
                &RulePack::load(files, &engine_version(), None).map_err(refused)?,
                ui,
            )
        }
    }
}

fn list(packs: &[RulePack], ui: &Ui) -> Result<(), CommandError> {
    if ui.is_json() {
        let packs: Vec<_> = packs
            .iter()
            .map(|pack| {
                let name = pack.name();
                let rules: Vec<_> = pack.rules().map(|rule| as_json(rule, &name.id)).collect();
                serde_json::json!({
                    "id": name.id, "version": name.version.to_string(), "digest": name.digest.to_string(),
                    "license": pack.license(), "rules": rules,
                })
            })
            .collect();
        return ui.emit("rules", &serde_json::json!({ "packs": packs }));
    }
    for pack in packs {
        let name = pack.name();
        ui.out(format_args!(
            "{} {} · {}",
            ui.paint(BOLD, &name.id),
            name.version,
            pack.license()
        ))?;
        ui.out(ui.paint(DIM, &format!("  {}", name.digest)))?;
        for rule in pack.rules().filter(|rule| !rule.signal) {
            let gate = if rule.gate { " gate" } else { "" };
            ui.out(format_args!(
                "  {:<6}{gate:<5} {}  {}",
                rule.severity.word(),
                rule.id,
                rule.title
            ))?;
        }
    }
    Ok(())
}

fn test(pack: &RulePack, ui: &Ui) -> Result<(), CommandError> {
    let failures = pack.test(&engine_version()).map_err(refused)?;
    let cases = pack.fixtures().map_err(refused)?.len();
    if failures.is_empty() {
        return ui.out(format_args!(
            "{} {cases} fixtures of {} rules",
            ui.paint(GREEN, "passed"),
            pack.rules().count()
        ));
    }
    for failure in &failures {
        ui.out(format_args!(
            "{} {}: {}",
            ui.paint(RED, "failed"),
            failure.rule,
            failure.problem
        ))?;
    }
    Err(CommandError::new(
        Exit::Failed,
        "rules-failed",
        format_args!("{} of {cases} fixtures came out otherwise", failures.len()),
    ))
}
