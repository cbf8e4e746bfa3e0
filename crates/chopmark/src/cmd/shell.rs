//! `chopmark shell`: everything in one session, under the grants of all skills together.

use std::ffi::OsString;
use std::path::PathBuf;

use chopmark_client::run::{Changes, Runnable};
use chopmark_client::signed;

use super::review;
use super::run::{Work, carry_out, passed_on, refused};
use crate::clock;
use crate::consent;
use crate::error::CommandError;
use crate::passphrase::PassphraseArgs;
use crate::place::PlaceArgs;
use crate::ui::{DIM, Ui};

/// Arguments of `shell`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to work on; the current one without this
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
    /// Keep what is changed apart until a person accepts it
    #[arg(long)]
    review: bool,
    /// A program of the system and its arguments; a shell without this
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs a program or a shell, and passes its exit code on.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let scope = args.place.scope(ui)?;
    let host = signed::host_key(home)?;
    let now = clock::now();
    let (session, left_out) = Runnable::session(home, &scope, &host, now).map_err(refused)?;
    for (name, error) in left_out {
        ui.warn(format_args!("{name} is left out: {error}"));
    }
    ui.note(ui.paint(DIM, session.subject()));
    let work = Work {
        workspace: args.workspace.clone(),
        arguments: if args.program.is_empty() {
            vec!["sh".into()]
        } else {
            args.program.clone()
        },
        changes: if args.review {
            Changes::Reviewed
        } else {
            Changes::Made
        },
        key: consent::host_key(ui, &args.passphrase)?,
        now,
    };
    let ended = carry_out(&session, work, &args.passphrase, ui)?;
    if args.review {
        review::after_run(&ended.run, ui)?;
    }
    passed_on(&ended)
}
