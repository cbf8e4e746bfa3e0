//! `journal page`: one HTML file that a person can read: what was granted, used, refused, when.
//!
//! The page loads nothing, not even scripts: it may be opened from a mail.

mod told;

use std::path::{Path, PathBuf};

use askama::Template;
use chopmark_client::durable::{self, Access as FileAccess, FileError};
use chopmark_client::signed;
use chopmark_sandbox::journal;

use self::told::Told;
use super::locate::{State, broken, find, id, open};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Arguments of `journal page`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's id or its first characters; the newest without this
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Where the page goes; RUN.html without this
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the page.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let path = find(args.run.as_deref(), ui)?;
    let mut reader = open(&path)?;
    let mut told = Told::default();
    while let Some(entry) = reader.next_line().map_err(broken)? {
        told.learn(&entry.event);
    }
    told.finish();
    let (is_proved, seal) = seal(&path, ui)?;
    let page = Page {
        told,
        seal,
        is_proved,
    };
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.html", id(&path))));
    let html = page.render().map_err(|error| {
        CommandError::new(Exit::Bug, "page-output", format_args!("no page: {error}"))
    })?;
    durable::write(&out, html.as_bytes(), FileAccess::Private)?;
    if ui.is_json() {
        return ui.emit(
            "journal-page",
            &serde_json::json!({ "run": id(&path), "file": out }),
        );
    }
    ui.out(out.display())
}

/// Whether the file is proved to its end, and in words.
fn seal(path: &Path, ui: &Ui) -> Result<(bool, String), CommandError> {
    let host = signed::host_key(ui.home()?)?;
    let state = State::of(path)?;
    let file = std::fs::File::open(path).map_err(|error| FileError::at("open", path)(error))?;
    let found = journal::verify(std::io::BufReader::new(file), host.as_bytes());
    Ok(match (found, state) {
        (Ok(found), _) if found.complete => (
            true,
            format!(
                "Whole: {} lines in one chain, the last under this host's signature.",
                found.lines
            ),
        ),
        (Ok(found), State::Running) => (
            false,
            format!("The run goes on: {} lines so far.", found.lines),
        ),
        (Ok(found), State::Ended | State::CutShort) => (
            false,
            format!(
                "Cut short: {} lines, {} of them signed, and no end.",
                found.lines, found.signed_lines
            ),
        ),
        (Err(error), _) => (false, format!("Not proved: {error}.")),
    })
}

/// Everything that the template shows.
#[derive(Template)]
#[template(path = "journal.html")]
struct Page {
    told: Told,
    seal: String,
    is_proved: bool,
}
