//! `journal show`: every file and connection of a run, also while it goes on.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use chopmark_client::durable::FileError;
use chopmark_sandbox::journal::{Event, Line};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use rustix::io::Errno;

use super::filter::{Filter, Passing};
use super::line;
use super::locate::{State, broken, find, id, open};
use crate::error::CommandError;
use crate::ui::{BOLD, DIM, Ui};

/// Arguments of `journal show`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's id or its first characters; the newest without this
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Wait for what is still to come, until the run ends
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    filter: Filter,
}

/// Shows the events that pass the filter, in order.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let path = find(args.run.as_deref(), ui)?;
    let mut printer = Printer {
        ui,
        rules: Vec::new(),
        passing: Passing::new(&args.filter),
    };
    let mut reader = open(&path)?;
    // The watch stands before the first read, so no line can slip between the two.
    let watch = if args.follow {
        Some(Watch::on(&path)?)
    } else {
        None
    };
    loop {
        // Asked before reading: what was written until the supervisor ended is then read below.
        let state = match &watch {
            Some(_) => State::of(&path)?,
            None => State::Ended,
        };
        while let Some(entry) = reader.next_line().map_err(broken)? {
            printer.print(&entry)?;
        }
        match (&watch, state) {
            (Some(watch), State::Running) => watch.wait(&path)?,
            (Some(_), State::CutShort) => {
                ui.warn("the run was cut short: its supervisor is gone");
                break;
            }
            (Some(_), State::Ended) | (None, _) => break,
        }
    }
    if reader.torn_bytes() > 0 {
        let torn = reader.torn_bytes();
        ui.warn(match State::of(&path)? {
            State::Running => format!("{torn} bytes of a line that is still being written"),
            State::Ended | State::CutShort => format!(
                "{torn} bytes after the last whole line: the recorder was killed while it wrote"
            ),
        });
    }
    if !args.follow && State::of(&path)? == State::Running {
        let run = id(&path);
        ui.note(ui.paint(
            DIM,
            &format!("the run goes on: chopmark journal show {run} --follow"),
        ));
    }
    Ok(())
}

struct Printer<'a> {
    ui: &'a Ui,
    rules: Vec<String>,
    passing: Passing<'a>,
}

impl Printer<'_> {
    fn print(&mut self, entry: &Line) -> Result<(), CommandError> {
        let ui = self.ui;
        if let Event::Header(header) = &entry.event {
            self.rules.clone_from(&header.rules);
            if !ui.is_json() {
                ui.out(ui.paint(
                    BOLD,
                    &format!("{} · run {}", header.facts.skill, header.facts.run),
                ))?;
                ui.out(ui.paint(DIM, &format!("$ {}", header.arguments.join(" "))))?;
            }
        }
        if !self.passing.passes(&entry.event) {
            return Ok(());
        }
        if ui.is_json() {
            if let Some(document) = line::to_json(entry, &self.rules) {
                ui.emit("journal-event", &document)?;
            }
        } else if let Some(text) = line::words(&entry.event, &self.rules, ui) {
            ui.out(text)?;
        }
        Ok(())
    }
}

/// A watch on one file; the kernel says when it grows or is closed.
struct Watch(OwnedFd);

impl Watch {
    fn on(path: &Path) -> Result<Self, CommandError> {
        let failed = |error: Errno| CommandError::from(FileError::at("watch", path)(error.into()));
        let file = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
            .map_err(failed)?;
        let name = OsString::from(path.as_os_str());
        inotify::add_watch(
            &file,
            name.as_bytes(),
            inotify::WatchFlags::MODIFY | inotify::WatchFlags::CLOSE_WRITE,
        )
        .map_err(failed)?;
        Ok(Self(file))
    }

    /// Waits until the file changed, or for a second: a supervisor killed by the kernel closes
    /// the file, but another process may hold it a moment longer.
    fn wait(&self, path: &Path) -> Result<(), CommandError> {
        let mut polled = [PollFd::new(&self.0, PollFlags::IN)];
        let second = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        // An interrupted wait is a short one.
        let _ = poll(&mut polled, Some(&second));
        let mut events = [0_u8; 4096];
        match rustix::io::read(&self.0, &mut events) {
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(error) => Err(FileError::at("watch", path)(error.into()).into()),
        }
    }
}
