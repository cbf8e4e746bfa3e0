//! `journal verify`: is it whole, and of this host?

use std::fs::File;
use std::io::BufReader;

use chopmark_client::durable::FileError;
use chopmark_client::signed;
use chopmark_sandbox::journal;

use super::locate::{State, broken, find, id};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{GREEN, RED, Ui, YELLOW};

/// Arguments of `journal verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's id or its first characters; the newest without this
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// Walks the chain and checks every head.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let path = find(args.run.as_deref(), ui)?;
    let host = signed::host_key(ui.home()?)?;
    let state = State::of(&path)?;
    let file = File::open(&path).map_err(|error| FileError::at("open", &path)(error))?;
    let found = journal::verify(BufReader::new(file), host.as_bytes()).map_err(broken)?;
    let run = id(&path);
    let running = state == State::Running && !found.complete;
    if ui.is_json() {
        ui.emit(
            "journal-verify",
            &serde_json::json!({ "run": run, "lines": found.lines, "signedLines": found.signed_lines, "tornBytes": found.torn_bytes, "complete": found.complete, "state": state.word() }),
        )?;
    } else {
        let mark = match (found.complete, running) {
            (true, _) => ui.paint(GREEN, "whole"),
            (false, true) => ui.paint(YELLOW, "whole so far"),
            (false, false) => ui.paint(RED, "cut short"),
        };
        ui.out(format_args!(
            "{mark} {run}: {} lines, {} under a signature of this host",
            found.lines, found.signed_lines
        ))?;
    }
    if found.complete || running {
        return Ok(());
    }
    Err(CommandError::new(
        Exit::Unverified,
        "journal-cut",
        format_args!(
            "the journal has no signed end; {} lines are proved",
            found.signed_lines
        ),
    )
    .blame("this host")
    .hint("the supervisor was killed, or somebody cut the file"))
}
