//! Finds a kept receipt by digest or by the folder that it admitted.

use chopmark_client::lock::{Lock, Source};
use chopmark_client::receipts::Receipts;
use chopmark_client::signed;
use chopmark_core::receipt::Receipt;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::place::PlaceArgs;
use crate::ui::Ui;

/// The receipt that `what` names: a digest, its first digits, or an installed folder.
pub(crate) fn receipt(
    ui: &Ui,
    place: &PlaceArgs,
    what: &str,
) -> Result<(String, Receipt), CommandError> {
    let home = ui.home()?;
    let lock = Lock::read(&place.scope(ui)?)?;
    let named = what.parse().ok().and_then(|name| lock.skill(&name));
    let digest = match named {
        Some(locked) if matches!(locked.source, Source::Adopted { .. }) => {
            return Err(CommandError::new(
                Exit::Failed,
                "receipt-adoption",
                format_args!("`{what}` was adopted: there was no evidence to decide by"),
            ));
        }
        Some(locked) => locked.receipt.as_str(),
        None => what,
    };
    Ok(Receipts::of(home).read(digest, &signed::host_key(home)?)?)
}
