//! `chopmark explain`: an old decision in words.

use crate::error::CommandError;
use crate::kept;
use crate::place::PlaceArgs;
use crate::ui::Ui;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A receipt's digest (or its first digits), or an installed folder's name
    #[arg(value_name = "RECEIPT")]
    receipt: String,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Tells a receipt in words.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let (digest, receipt) = kept::receipt(ui, &args.place, &args.receipt)?;
    if ui.is_json() {
        let payload: serde_json::Value =
            serde_json::from_slice(receipt.bytes()).unwrap_or_default();
        return ui.emit(
            "explain",
            &serde_json::json!({ "receipt": digest, "words": receipt.explain(), "statement": payload }),
        );
    }
    ui.out(format_args!("receipt {digest}"))?;
    receipt.explain().iter().try_for_each(|line| ui.out(line))
}
