//! `chopmark retract`: take back one's own statement, in public.

use chopmark_client::submit::Attachments;
use chopmark_core::digest::StatementId;
use chopmark_core::record::{Body, Retract};

use crate::error::CommandError;
use crate::session::{self, Session, report};
use crate::ui::Ui;
use crate::words::RetractWord;

/// Arguments of `retract`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The statement, as `audit`, `vouch` and `veto` printed it
    #[arg(value_name = "STATEMENT")]
    statement: StatementId,
    /// Why
    #[arg(long, value_enum)]
    reason: RetractWord,
    #[command(flatten)]
    session: session::SessionArgs,
}

/// Publishes a retraction.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let session = Session::open(&args.session, ui)?;
    let body = Body::Retract(Retract {
        statement: args.statement,
        reason: args.reason.into(),
    });
    let accepted = session.issue(&body, &Attachments::default())?;
    report(ui, "retraction", &accepted)
}
