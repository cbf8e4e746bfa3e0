//! `chopmark journal`: what did it touch?

mod line;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chopmark_client::signed;
use chopmark_sandbox::journal::{Event, Header, Reader, VerifyError, verify};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui};

/// Arguments of `journal`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the runs, newest first
    List {
        /// Only runs of this skill, as the journal names it
        #[arg(long, value_name = "SKILL")]
        skill: Option<String>,
    },
    /// Show every file and connection of a run
    Show {
        /// The run's id or its first characters; the newest without this
        #[arg(value_name = "RUN")]
        run: Option<String>,
        #[command(flatten)]
        filter: Filter,
    },
    /// Prove that a journal is whole and was signed by this host
    Verify {
        /// The run's id or its first characters; the newest without this
        #[arg(value_name = "RUN")]
        run: Option<String>,
    },
}

/// Which events are shown.
#[derive(Debug, Clone, clap::Args)]
struct Filter {
    /// Only what was refused
    #[arg(long)]
    denied: bool,
    /// Only paths that contain this
    #[arg(long, value_name = "TEXT")]
    path: Option<String>,
    /// Only connections to this host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Only this process, by its id inside
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
}

/// Lists, shows or verifies journals.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.what {
        None => list(None, ui),
        Some(What::List { skill }) => list(skill.as_deref(), ui),
        Some(What::Show { run, filter }) => show(&find(run.as_deref(), ui)?, filter, ui),
        Some(What::Verify { run }) => check(&find(run.as_deref(), ui)?, ui),
    }
}

/// All journals, newest first.
fn all(ui: &Ui) -> Result<Vec<PathBuf>, CommandError> {
    let folder = ui.home()?.journals();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(chopmark_client::durable::FileError::at("list", &folder)(error).into());
        }
    };
    let mut paths: Vec<(std::time::SystemTime, PathBuf)> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .collect();
    paths.sort();
    paths.reverse();
    Ok(paths.into_iter().map(|(_, path)| path).collect())
}

fn find(run: Option<&str>, ui: &Ui) -> Result<PathBuf, CommandError> {
    let journals = all(ui)?;
    let named = |path: &PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        run.is_none_or(|run| stem.is_some_and(|stem| stem.starts_with(run)))
    };
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

fn open(path: &Path) -> Result<BufReader<File>, CommandError> {
    let file = File::open(path)
        .map_err(|error| chopmark_client::durable::FileError::at("open", path)(error))?;
    Ok(BufReader::new(file))
}

fn header(path: &Path) -> Result<Header, CommandError> {
    match Reader::new(open(path)?).next_line().map_err(broken)? {
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

fn list(skill: Option<&str>, ui: &Ui) -> Result<(), CommandError> {
    let mut runs = Vec::new();
    for path in all(ui)? {
        match header(&path) {
            Ok(header) => runs.push(header),
            Err(error) => ui.warn(format_args!("{}: {}", path.display(), error.message())),
        }
    }
    runs.retain(|header| skill.is_none_or(|skill| header.facts.skill.starts_with(skill)));
    if ui.is_json() {
        let rows: Vec<_> = runs
            .iter()
            .map(|h| serde_json::json!({ "run": h.facts.run, "skill": h.facts.skill, "startedAt": h.facts.started_at, "arguments": h.arguments }))
            .collect();
        return ui.emit("journal-list", &serde_json::json!({ "runs": rows }));
    }
    if runs.is_empty() {
        ui.note("nothing was run on this host yet");
    }
    for header in runs {
        let call: String = header.arguments.join(" ");
        let room = ui.width().saturating_sub(52).max(20);
        let call: String = call.chars().take(room).collect();
        ui.out(format_args!(
            "{}  {:<28} {}",
            header.facts.run,
            header.facts.skill,
            ui.paint(DIM, &call)
        ))?;
    }
    Ok(())
}

fn show(path: &Path, filter: &Filter, ui: &Ui) -> Result<(), CommandError> {
    let mut reader = Reader::new(open(path)?);
    let mut rules = Vec::new();
    while let Some(entry) = reader.next_line().map_err(broken)? {
        if let Event::Header(header) = &entry.event {
            rules.clone_from(&header.rules);
            if !ui.is_json() {
                ui.out(ui.paint(
                    BOLD,
                    &format!("{} · run {}", header.facts.skill, header.facts.run),
                ))?;
                ui.out(ui.paint(DIM, &format!("$ {}", header.arguments.join(" "))))?;
            }
        }
        if !passes(&entry.event, filter) {
            continue;
        }
        if ui.is_json() {
            if let Some(document) = line::to_json(&entry, &rules) {
                ui.emit("journal-event", &document)?;
            }
        } else if let Some(text) = line::words(&entry.event, &rules, ui) {
            ui.out(text)?;
        }
    }
    if reader.torn_bytes() > 0 {
        ui.warn(format_args!(
            "{} bytes after the last whole line: the recorder was killed while it wrote",
            reader.torn_bytes()
        ));
    }
    Ok(())
}

fn passes(event: &Event, filter: &Filter) -> bool {
    use chopmark_sandbox::journal::Verdict;
    let free = !filter.denied && filter.path.is_none() && filter.host.is_none();
    match event {
        Event::Access(access) => {
            let text = String::from_utf8_lossy(&access.resolved);
            filter.host.is_none()
                && (!filter.denied || access.verdict == Verdict::Denied)
                && filter.path.as_ref().is_none_or(|part| text.contains(part))
                && filter.pid.is_none_or(|pid| pid == access.pid)
        }
        Event::Network(_, network) => {
            filter.path.is_none()
                && filter.pid.is_none()
                && (!filter.denied || network.verdict == Verdict::Denied)
                && filter
                    .host
                    .as_ref()
                    .is_none_or(|host| *host == network.host)
        }
        Event::Process(process) => free && filter.pid.is_none_or(|pid| pid == process.pid),
        Event::Header(_) | Event::Program(_) | Event::Head(_) | Event::End(_) => {
            free && filter.pid.is_none()
        }
    }
}

fn check(path: &Path, ui: &Ui) -> Result<(), CommandError> {
    let host = signed::host_key(ui.home()?)?;
    let found = verify(open(path)?, host.as_bytes()).map_err(broken)?;
    let run = path.file_stem().and_then(|stem| stem.to_str());
    let run = run.unwrap_or_default();
    if ui.is_json() {
        ui.emit(
            "journal-verify",
            &serde_json::json!({ "run": run, "lines": found.lines, "signedLines": found.signed_lines, "tornBytes": found.torn_bytes, "complete": found.complete }),
        )?;
    } else {
        let mark = if found.complete {
            ui.paint(GREEN, "whole")
        } else {
            ui.paint(RED, "cut short")
        };
        ui.out(format_args!(
            "{mark} {run}: {} lines, {} under a signature of this host",
            found.lines, found.signed_lines
        ))?;
    }
    if found.complete {
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

fn broken(error: VerifyError) -> CommandError {
    CommandError::new(Exit::Unverified, error.code(), &error).blame("this host")
}
