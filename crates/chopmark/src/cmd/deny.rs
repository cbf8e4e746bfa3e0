//! `chopmark deny`: a person refuses what an agent asked for.

use chopmark_client::requests::{self, Answer, Class, Extent};

use crate::clock;
use crate::consent;
use crate::error::CommandError;
use crate::passphrase::PassphraseArgs;
use crate::ui::{GREEN, Ui};

/// Arguments of `deny`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The request
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Keeps a refusal; that takes no terminal, for it grants nothing.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let request = requests::read(home, &args.id)?;
    let key = consent::host_key(ui, &args.passphrase)?;
    requests::answer(
        home,
        &request,
        Answer::Denied,
        Class::TerminalUnattested,
        &Extent::default(),
        clock::now(),
        &key,
    )?;
    if ui.is_json() {
        return ui.emit("deny", &serde_json::json!({ "denied": args.id }));
    }
    ui.note(format_args!("{} {}", ui.paint(GREEN, "denied"), args.id));
    Ok(())
}
