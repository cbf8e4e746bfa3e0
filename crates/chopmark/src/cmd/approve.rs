//! `chopmark approve`: a person grants what an agent asked for.

use chopmark_client::requests;

use crate::consent;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::PassphraseArgs;
use crate::ui::{BOLD, GREEN, Ui};

/// Arguments of `approve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The request; without it, open requests are listed
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Shows a request and asks the person at the terminal.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let Some(id) = &args.id else { return list(ui) };
    let request = requests::read(home, id)?;
    if !ui.is_interactive() {
        return Err(CommandError::new(
            Exit::ConsentNeeded,
            "terminal-needed",
            "only a person at a terminal can approve, and this is none",
        )
        .hint(format_args!(
            "run `chopmark approve {id}` in a terminal of your own"
        )));
    }
    let version = request.version.as_deref().unwrap_or("unsigned");
    ui.note(format_args!(
        "{} {version} into {}",
        ui.paint(BOLD, &request.skill),
        request.root
    ));
    ui.note(format_args!("  {}", request.decision));
    for line in &request.asks {
        let mark = if request.grows.contains(line) {
            "+"
        } else {
            " "
        };
        ui.note(format_args!("  {mark} {line}"));
    }
    let key = consent::host_key(ui, &args.passphrase)?;
    consent::give(ui, &request, &key)?;
    ui.note(format_args!(
        "{} {id}: let the agent try again",
        ui.paint(GREEN, "approved")
    ));
    Ok(())
}

fn list(ui: &Ui) -> Result<(), CommandError> {
    let open = requests::open(ui.home()?)?;
    if ui.is_json() {
        let rows: Vec<_> = open
            .iter()
            .map(|(id, request)| serde_json::json!({ "id": id, "request": request }))
            .collect();
        return ui.emit("requests", &serde_json::json!({ "requests": rows }));
    }
    if open.is_empty() {
        ui.note("nobody asks for anything");
    }
    for (id, request) in open {
        ui.out(format_args!(
            "{id}  {} {}",
            request.skill,
            request.version.unwrap_or_default()
        ))?;
    }
    Ok(())
}
