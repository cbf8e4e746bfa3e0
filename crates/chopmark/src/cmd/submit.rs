//! `chopmark submit`: send a record that was signed elsewhere.

use std::path::PathBuf;

use chopmark_client::submit::{Attachments, judge};
use chopmark_core::record::{MAX_LEAF_BYTES, Record};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::session::{self, permanent, report};
use crate::ui::Ui;

/// Arguments of `submit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A signed record: one DSSE envelope
    #[arg(value_name = "FILE")]
    record: PathBuf,
}

/// Judges a finished record as the log will, and sends it.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let limit = u64::try_from(MAX_LEAF_BYTES).unwrap_or(u64::MAX);
    let bytes = chopmark_client::durable::read_existing(&args.record, limit)?;
    let record = Record::parse(&bytes).map_err(|error| {
        CommandError::new(Exit::Unverified, "record-malformed", error)
            .blame("author")
            .hint("a record is the exact bytes of one canonical DSSE envelope")
    })?;
    let reach = session::reach(ui)?;
    judge(&reach.remote, &reach.trust, &reach.head()?, &record)?;
    permanent(ui);
    let accepted = reach.submit(&record, &Attachments::default())?;
    report(ui, record.kind().as_str(), &accepted)
}
