//! `chopmark verify`: is what is installed still what was admitted? Offline.

use chopmark_client::check::{self, Finding};
use chopmark_core::name::SkillName;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::place;
use crate::ui::{GREEN, RED, Ui};

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this folder
    #[arg(value_name = "NAME")]
    name: Option<SkillName>,
    #[command(flatten)]
    place: place::PlaceArgs,
}

/// Compares the installed folders with lock file, store and receipts.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let scope = args.place.scope(ui)?;
    let findings = check::check(&scope, ui.home()?, args.name.as_ref())?;
    if ui.is_json() {
        ui.emit("verify", &serde_json::json!({ "findings": findings }))?;
    } else {
        findings.iter().try_for_each(|finding| show(finding, ui))?;
    }
    let changed = findings
        .iter()
        .filter(|finding| !finding.differences.is_empty())
        .count();
    if changed == 0 {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Unverified,
        "installed-changed",
        format_args!(
            "{changed} of {} installed folders differ from what was admitted",
            findings.len()
        ),
    )
    .blame("this host")
    .hint("chopmark add --locked puts the admitted bytes back"))
}

fn show(finding: &Finding, ui: &Ui) -> Result<(), CommandError> {
    let verdict = if finding.differences.is_empty() {
        ui.paint(GREEN, "intact")
    } else {
        ui.paint(RED, "changed")
    };
    ui.out(format_args!(
        "{verdict} {} in {} ({} files)",
        finding.name, finding.agent, finding.files
    ))?;
    for difference in &finding.differences {
        ui.out(format_args!(
            "  {:<20} {}",
            difference.words(),
            difference.path()
        ))?;
    }
    Ok(())
}
