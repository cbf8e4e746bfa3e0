//! This host's own run of the scan that auditors published.

use chopmark_client::decide::Gathered;
use chopmark_core::kernel::Rescan;

use crate::error::CommandError;
use crate::ui::Ui;

/// Scans the bytes at hand with the pinned rule pack.
pub(crate) fn run(_ui: &Ui, _gathered: &Gathered) -> Result<Option<Rescan>, CommandError> {
    Ok(None)
}
