//! `chopmark replay`: makes an old decision again, byte for byte.

use chopmark_client::receipts::{Input, Receipts};
use chopmark_client::replay::replay;
use chopmark_core::digest::{hex, sha256};

use crate::error::CommandError;
use crate::kept;
use crate::place::PlaceArgs;
use crate::policy;
use crate::ui::{GREEN, Ui};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A receipt's digest (or its first digits), or an installed folder's name
    #[arg(value_name = "RECEIPT")]
    receipt: String,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Recomputes a receipt from what it was made of; the log is not asked.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let (digest, receipt) = kept::receipt(ui, &args.place, &args.receipt)?;
    let receipts = Receipts::of(ui.home()?);
    let (_, _, policy_digest) = receipt
        .needs()
        .map_err(chopmark_client::receipts::ReceiptsError::from)?;
    let policy = policy::parse(&receipts.input(Input::Policy, &policy_digest.to_hex())?)?;
    replay(&receipts, &receipt, policy.policy())?;
    let payload = hex(&sha256(receipt.bytes()));
    if ui.is_json() {
        return ui.emit(
            "replay",
            &serde_json::json!({ "receipt": digest, "payload": payload, "passed": receipt.passed(), "identical": true }),
        );
    }
    ui.note(format_args!(
        "{} {} bytes",
        ui.paint(GREEN, "the same, byte for byte:"),
        receipt.bytes().len()
    ));
    ui.out(format_args!("{payload}  {}", receipt.subject()))
}
