//! `chopmark yank`: take a release back; who has it is told, who has it not does not get it.

use chopmark_client::reference::Reference;
use chopmark_client::submit::Attachments;
use chopmark_core::record::{Body, Yank};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::released;
use crate::session::{self, Session, report};
use crate::ui::Ui;
use crate::words::YankWord;

/// Arguments of `yank`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The release, as @publisher/skill@version
    #[arg(value_name = "RELEASE")]
    reference: Reference,
    /// Why
    #[arg(long, value_enum)]
    reason: YankWord,
    #[command(flatten)]
    session: session::SessionArgs,
}

/// Publishes a yank.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let Some(version) = args.reference.version.clone() else {
        return Err(CommandError::new(
            Exit::Usage,
            "version-needed",
            "say which version: @publisher/skill@version",
        ));
    };
    let session = Session::open(&args.session, ui)?;
    let facts = released::version(&session.reach, &args.reference, &version)?;
    let body = Body::Yank(Yank {
        content: facts.content,
        skill: args.reference.skill.clone(),
        version,
        release: facts.release,
        reason: args.reason.into(),
    });
    let accepted = session.issue(&body, &Attachments::default())?;
    report(ui, &format!("yank of {}", args.reference), &accepted)
}
