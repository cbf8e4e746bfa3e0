//! `chopmark vouch`: say in public that an organisation's word is worth counting.

use chopmark_client::submit::Attachments;
use chopmark_core::name::Name;
use chopmark_core::record::{Body, Vouch};

use crate::error::CommandError;
use crate::session::{self, Session, permanent, report};
use crate::ui::Ui;
use crate::words::ScopeWord;

/// Arguments of `vouch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For whom, as @name
    #[arg(value_name = "@NAME", value_parser = super::at_name)]
    name: Name,
    /// For what
    #[arg(long, value_enum, value_delimiter = ',', default_value = "audit")]
    scope: Vec<ScopeWord>,
    /// How many further vouches may follow
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=7))]
    depth: u64,
    /// When it ends, in seconds since the Unix epoch, by the log's clock
    #[arg(long, value_name = "SECONDS")]
    expires: Option<u64>,
    #[command(flatten)]
    session: session::SessionArgs,
}

/// Publishes a vouch.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let session = Session::open(&args.session, ui)?;
    let organisation = session.holder(&session.reach.head()?, &args.name)?;
    permanent(ui);
    let body = Body::Vouch(Vouch {
        organisation,
        scopes: args.scope.iter().copied().map(Into::into).collect(),
        depth: args.depth,
        expires: args.expires,
    });
    let accepted = session.issue(&body, &Attachments::default())?;
    report(ui, &format!("vouch for @{}", args.name), &accepted)
}
