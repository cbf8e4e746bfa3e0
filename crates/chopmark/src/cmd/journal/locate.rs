//! Which journals there are, and in which state.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chopmark_client::durable::FileError;
use chopmark_sandbox::journal::{Event, Header, Reader, VerifyError, is_being_written};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// All journals, newest first.
pub(super) fn all(ui: &Ui) -> Result<Vec<PathBuf>, CommandError> {
    let folder = ui.home()?.journals();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::at("list", &folder)(error).into()),
    };
    // A run's id begins with the second of its start, in ten digits; the last write decides
    // between runs of one second.
    let mut paths: Vec<(String, SystemTime, PathBuf)> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .filter_map(|path| {
            let second = id(&path).chars().take(SECOND_DIGITS).collect();
            Some((second, path.metadata().ok()?.modified().ok()?, path))
        })
        .collect();
    paths.sort_unstable();
    Ok(paths.into_iter().rev().map(|(.., path)| path).collect())
}

/// The one journal whose run begins with `run`; the newest without it.
pub(in crate::cmd) fn find(run: Option<&str>, ui: &Ui) -> Result<PathBuf, CommandError> {
    let journals = all(ui)?;
    let named = |path: &PathBuf| run.is_none_or(|run| id(path).starts_with(run));
    let mut found = journals.into_iter().filter(named);
    let first = found.next();
    match (first, run.is_some() && found.next().is_some()) {
        (Some(path), false) => Ok(path),
        (None, _) | (Some(_), true) => Err(CommandError::new(
            Exit::Failed,
            "journal-unknown",
            match run {
                Some(run) => format!("no single journal begins with `{run}`"),
                None => "nothing was run on this host yet".to_owned(),
            },
        )
        .hint("chopmark journal list")),
    }
}

/// The run's id: the file's name without its ending.
pub(super) fn id(path: &Path) -> &str {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
}

/// A journal from its first line on.
pub(in crate::cmd) fn open(path: &Path) -> Result<Reader<BufReader<File>>, CommandError> {
    let file = File::open(path).map_err(|error| FileError::at("open", path)(error))?;
    Ok(Reader::new(BufReader::new(file)))
}

/// The first line.
pub(super) fn header(path: &Path) -> Result<Header, CommandError> {
    match open(path)?.next_line().map_err(broken)? {
        Some(line) => match line.event {
            Event::Header(header) => Ok(*header),
            Event::Access(_)
            | Event::Process(_)
            | Event::Program(_)
            | Event::Network(..)
            | Event::Head(_)
            | Event::End(_) => Err(broken(VerifyError::NoHeader)),
        },
        None => Err(broken(VerifyError::NoHeader)),
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its supervisor writes.
    Running,
    /// Its journal has an end.
    Ended,
    /// Nobody writes and there is no end: the supervisor was killed.
    CutShort,
}

impl State {
    /// The state's word, in lists and in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::CutShort => "cut-short",
        }
    }

    /// Of the journal at `path`; only its last bytes are read.
    pub(super) fn of(path: &Path) -> Result<Self, CommandError> {
        let failed = |error| CommandError::from(FileError::at("read", path)(error));
        let mut file = File::open(path).map_err(failed)?;
        if is_being_written(&file).map_err(failed)? {
            return Ok(Self::Running);
        }
        let ended = chopmark_sandbox::journal::has_end(&mut file).map_err(failed)?;
        Ok(if ended { Self::Ended } else { Self::CutShort })
    }
}

/// A journal that is not what a supervisor wrote.
pub(in crate::cmd) fn broken(error: VerifyError) -> CommandError {
    CommandError::new(Exit::Unverified, error.code(), &error).blame("this host")
}

const SECOND_DIGITS: usize = 10;
