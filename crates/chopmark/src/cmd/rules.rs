//! `chopmark rules`: the packs that a scan uses.

use std::path::{Path, PathBuf};

use chopmark_client::durable::{self, Access};
use chopmark_scan::{RulePack, engine_version, read_pack_folder};

use crate::cmd::lint::folder_name;
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
    /// Check a pack: format, sources, engine
    Lint {
        /// The pack
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Make a pack with one rule and its fixtures to start from
    New {
        /// The folder to make; its name is the pack's id
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
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
        What::Lint { folder } => {
            let pack = load(folder)?;
            ui.note(format_args!(
                "{} {} rules of {} {}",
                ui.paint(GREEN, "sound:"),
                pack.rules().count(),
                pack.name().id,
                pack.name().version
            ));
            ui.out(pack.name().digest)
        }
        What::New { folder } => make(folder, ui),
        What::Test { folder } => test(&load(folder)?, ui),
    }
}

fn load(folder: &Path) -> Result<RulePack, CommandError> {
    let files = read_pack_folder(folder).map_err(refused)?;
    RulePack::load(files, &engine_version(), None).map_err(refused)
}

/// Writes a pack that passes its own test.
fn make(folder: &Path, ui: &Ui) -> Result<(), CommandError> {
    let id = folder_name(folder).unwrap_or_default();
    durable::public_folder(&folder.join("fixtures"))?;
    for (path, text) in [
        ("pack.toml", PACK.replace("PACK-ID", &id)),
        ("rules.yar", YARA.to_owned()),
        ("fixtures/example-rule.txt", FIXTURES.to_owned()),
    ] {
        durable::create(&folder.join(path), text.as_bytes(), Access::Public)?;
    }
    ui.note(format_args!(
        "{} {}; next: chopmark rules test {}",
        ui.paint(GREEN, "made"),
        folder.display(),
        folder.display()
    ));
    Ok(())
}

const PACK: &str = "\
schema = \"https://chopmark.dev/schema/rule-pack/v1\"
id = \"PACK-ID\"
version = \"0.1.0\"
license = \"Apache-2.0\"
engine = \">=0.1.0\"
description = \"Say what this pack looks for\"

[[rules]]
id = \"example-rule\"
title = \"The text names the example\"
severity = \"low\"
cwe = \"CWE-1104\"
owasp = \"ASI04\"
rationale = \"Say why this structure is worth a person's look, and what honest skills do instead.\"
";

const YARA: &str = "\
rule example_rule {
    strings:
        $hit = \"example-to-find\" nocase
    condition:
        $hit
}
";

const FIXTURES: &str = "\
=== hit
Use the example-to-find here.
=== hit
The Example-To-Find is needed.
=== miss
Use another one.
=== miss
The example is to be found elsewhere.
=== miss
Nothing of the kind.
";

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
