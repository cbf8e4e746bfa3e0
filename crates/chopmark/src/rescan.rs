//! This host's own run of the scan that auditors published.

use chopmark_client::decide::Gathered;
use chopmark_core::kernel::Rescan;
use chopmark_scan::{Config, Severity, engine_version, scan};

use crate::cmd::scan::packs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Scans the bytes at hand with the rule pack that comes with Chopmark.
///
/// A published scan counts when its result is the same; one made with other packs differs.
pub(crate) fn run(ui: &Ui, gathered: &Gathered) -> Result<Option<Rescan>, CommandError> {
    let packs = packs(&[], ui)?;
    let result = scan(
        &gathered.package,
        &packs,
        &Config::standard(),
        &engine_version(),
    );
    Ok(Some(Rescan {
        result: result.digest(),
        high: result.count(Severity::High),
    }))
}
