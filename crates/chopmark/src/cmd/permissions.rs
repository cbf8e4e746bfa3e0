//! `chopmark permissions`: draft a manifest, and say in words what one allows.

mod observed;

use std::path::PathBuf;

use chopmark_client::decide::manifest_of;
use chopmark_client::folder;
use chopmark_core::permission::Diff;
use chopmark_scan::{Config, engine_version, infer, scan};

use crate::cmd::scan::packs;
use crate::error::CommandError;
use crate::ui::{GREEN, RED, Ui};

/// Arguments of `permissions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Draft a permissions.yaml from what a scan sees, each line with its place
    Infer {
        /// The skill's folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// Draft it from what this run did instead; see `chopmark run --record`
        #[arg(long, value_name = "RUN")]
        run: Option<String>,
        /// The folder that the run worked on; the current one without this
        #[arg(long, value_name = "FOLDER", requires = "run")]
        workspace: Option<PathBuf>,
    },
    /// Say in words what a skill asks for
    Show {
        /// The skill's folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Say what a skill asks for that an earlier version did not
    Diff {
        /// The earlier version's folder
        #[arg(value_name = "EARLIER")]
        earlier: PathBuf,
        /// The later version's folder
        #[arg(value_name = "LATER")]
        later: PathBuf,
    },
}

/// Drafts, shows or compares.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.what {
        What::Infer {
            folder,
            run: Some(run),
            workspace,
        } => {
            let workspace = workspace.clone().unwrap_or_else(|| PathBuf::from("."));
            ui.out(observed::draft(run, folder, &workspace, ui)?.trim_end())?;
            ui.note("a draft of one run: read each line, then save it as permissions.yaml");
            Ok(())
        }
        What::Infer {
            folder, run: None, ..
        } => {
            let package = folder::read(folder)?.package;
            let packs = packs(&[], ui)?;
            let result = scan(&package, &packs, &Config::standard(), &engine_version());
            ui.out(infer(&result).trim_end())?;
            ui.note("a draft: read each line, then save it as permissions.yaml");
            Ok(())
        }
        What::Show { folder } => {
            let manifest = manifest_of(&folder::read(folder)?.package)?;
            if ui.is_json() {
                return ui.emit(
                    "permissions-words",
                    &serde_json::json!({ "digest": manifest.digest().to_hex(), "words": manifest.words() }),
                );
            }
            if manifest.words().is_empty() {
                ui.note("it asks for nothing");
            }
            manifest.words().iter().try_for_each(|line| ui.out(line))
        }
        What::Diff { earlier, later } => {
            let read = |path: &PathBuf| -> Result<_, CommandError> {
                Ok(manifest_of(&folder::read(path)?.package)?.permissions())
            };
            let diff = Diff::between(&read(earlier)?, &read(later)?);
            let words = |list: &[chopmark_core::permission::Permission]| -> Vec<String> {
                list.iter().map(|permission| permission.words()).collect()
            };
            let (added, removed) = (words(diff.added()), words(diff.removed()));
            if ui.is_json() {
                return ui.emit(
                    "permissions-diff",
                    &serde_json::json!({ "added": added, "removed": removed, "grows": diff.grows() }),
                );
            }
            if added.is_empty() && removed.is_empty() {
                ui.note("both ask for the same");
            }
            for line in added {
                ui.out(ui.paint(RED, &format!("+ {line}")))?;
            }
            for line in removed {
                ui.out(ui.paint(GREEN, &format!("- {line}")))?;
            }
            Ok(())
        }
    }
}
