//! `chopmark run`: a skill's program, confined to what was granted, every access recorded.

use std::ffi::OsString;
use std::path::PathBuf;

use chopmark_client::keys::Keys;
use chopmark_client::lock::{Lock, Source};
use chopmark_client::reference::Reference;
use chopmark_client::run::{self, Changes, Ended, RunError, Runnable, Settings};
use chopmark_client::scope::Scope;
use chopmark_client::seal::is_encrypted;
use chopmark_client::secrets::Secrets;
use chopmark_client::{durable, signed};
use chopmark_core::key::SecretKey;
use chopmark_core::name::SkillName;
use chopmark_sandbox::RunEnd;
use chopmark_sandbox::broker::UpstreamRoots;

use crate::clock;
use crate::cmd::review;
use crate::consent;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::PassphraseArgs;
use crate::place::PlaceArgs;
use crate::ui::{DIM, Ui};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The installed skill: @publisher/skill, or the folder's name
    #[arg(value_name = "SKILL")]
    skill: String,
    /// The folder to work on; the current one without this
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
    /// Keep what it changes apart until a person accepts it
    #[arg(long)]
    review: bool,
    /// SKILL is a folder of yours: run it to see what it needs, and throw away what it changes
    #[arg(long, conflicts_with = "review")]
    record: bool,
    /// A program, or an entry point of the skill, and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs one program of a skill and passes its exit code on.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let scope = args.place.scope(ui)?;
    let now = clock::now();
    let skill = if args.record {
        let folder = std::path::absolute(&args.skill).unwrap_or_else(|_| args.skill.clone().into());
        Runnable::recording(&folder).map_err(refused)?
    } else {
        let name = installed(&scope, &args.skill)?;
        let host = signed::host_key(home)?;
        Runnable::find(home, &scope, &name, &host, now).map_err(refused)?
    };
    let key = if args.record && !home.host_key().exists() {
        // An author needs no host of their own; the journal is then signed by nobody's key.
        Keys::generate()?.current
    } else {
        consent::host_key(ui, &args.passphrase)?
    };
    let work = Work {
        workspace: args.workspace.clone(),
        arguments: args.program.clone(),
        changes: if args.review {
            Changes::Reviewed
        } else {
            Changes::Made
        },
        key,
        now,
    };
    let ended = carry_out(&skill, work, &args.passphrase, ui)?;
    if args.review {
        review::after_run(&ended.run, ui)?;
    }
    if args.record {
        ui.note(format_args!(
            "its changes were thrown away; chopmark permissions infer {} --run {} drafts a manifest",
            args.skill, ended.run
        ));
    }
    passed_on(&ended)
}

/// What a run is to do.
pub(super) struct Work {
    pub(super) workspace: Option<PathBuf>,
    pub(super) arguments: Vec<OsString>,
    pub(super) changes: Changes,
    pub(super) key: SecretKey,
    pub(super) now: u64,
}

/// Runs `skill` to its end and says what it did.
pub(super) fn carry_out(
    skill: &Runnable,
    work: Work,
    passphrase: &PassphraseArgs,
    ui: &Ui,
) -> Result<Ended, CommandError> {
    let home = ui.home()?;
    let secrets = if skill.grant().secrets().is_empty() {
        None
    } else {
        Some(secrets(passphrase, ui)?)
    };
    let workspace = match work.workspace {
        Some(folder) => folder,
        None => std::env::current_dir().map_err(|error| {
            CommandError::new(
                Exit::RunEnvironment,
                "no-current-folder",
                format_args!("the current folder cannot be found: {error}"),
            )
        })?,
    };
    let roots = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let settings = Settings {
        workspace,
        arguments: work.arguments,
        key: work.key,
        secrets,
        upstream_roots: roots.map_or(UpstreamRoots::System, UpstreamRoots::File),
        search_path: std::env::split_paths(&path).collect(),
        changes: work.changes,
        terminal: std::env::var_os("TERM").and_then(|term| term.into_string().ok()),
        now: work.now,
    };
    let ended = run::run(home, skill, settings).map_err(refused)?;
    told(&ended, ui)?;
    Ok(ended)
}

/// The program's end as this command's end.
pub(super) fn passed_on(ended: &Ended) -> Result<(), CommandError> {
    match ended.outcome.end {
        RunEnd::Exited(0) => Ok(()),
        RunEnd::Exited(status) => Err(CommandError::silent(
            Exit::Child(u8::try_from(status).unwrap_or(1)),
            "program-failed",
        )),
        RunEnd::Signalled(signal) => {
            let code = u8::try_from(signal.saturating_add(128)).unwrap_or(u8::MAX);
            Err(CommandError::new(
                Exit::Child(code),
                "program-signalled",
                format_args!("the program was ended by signal {signal}"),
            ))
        }
        RunEnd::WallTime => Err(limit("run-wall-time", "its time was over")),
        RunEnd::Memory => Err(limit("run-memory", "it held more memory than granted")),
        RunEnd::SupervisorLost | RunEnd::Stopped => Err(CommandError::new(
            Exit::RunEnvironment,
            "run-stopped",
            "the run was stopped: its supervisor ended",
        )
        .hint(format_args!("chopmark journal show {}", ended.run))),
    }
}

fn limit(code: &'static str, what: &str) -> CommandError {
    CommandError::new(
        Exit::RunDenied,
        code,
        format_args!("the skill was stopped: {what}"),
    )
    .blame("author")
}

/// Which installed folder `skill` names.
fn installed(scope: &Scope, skill: &str) -> Result<SkillName, CommandError> {
    let not_found = |text: String| {
        CommandError::new(Exit::RunNotFound, "not-installed", text)
            .hint("chopmark list shows what is")
    };
    if !skill.starts_with('@') {
        let name: SkillName = skill
            .parse()
            .map_err(|error| CommandError::new(Exit::Usage, "reference", error))?;
        if Lock::read(scope)?.skill(&name).is_none() {
            return Err(not_found(format!("`{skill}` is not installed here")));
        }
        return Ok(name);
    }
    let reference: Reference = skill
        .parse()
        .map_err(|error| CommandError::new(Exit::Usage, "reference", error))?;
    let lock = Lock::read(scope)?;
    let found = lock
        .skills()
        .find(|(_, locked)| match &locked.source {
            Source::Log(released) => {
                released.publisher_name == reference.publisher
                    && released.skill == reference.skill
                    && reference
                        .version
                        .as_ref()
                        .is_none_or(|version| *version == released.version)
            }
            Source::Adopted { .. } => false,
        })
        .map(|(name, _)| name.clone());
    found.ok_or_else(|| not_found(format!("`{reference}` is not installed here")))
}

fn secrets(passphrase: &PassphraseArgs, ui: &Ui) -> Result<Secrets, CommandError> {
    let path = ui.home()?.secrets();
    let sealed = durable::read(&path, MAX_SECRETS_BYTES)?.is_some_and(|bytes| is_encrypted(&bytes));
    let seal = passphrase.for_existing(ui, "the secrets", sealed)?;
    Ok(Secrets::open(path, &seal)?)
}

/// Says in a line or two what the run did; the program's own output went to stdout before.
fn told(ended: &Ended, ui: &Ui) -> Result<(), CommandError> {
    let summary = &ended.outcome.summary;
    let denied: u64 = summary.denied.values().sum();
    let files: u64 = summary.operations.values().sum();
    if ui.is_json() {
        return ui.emit(
            "run",
            &serde_json::json!({
                "run": ended.run, "journal": ended.journal, "milliseconds": u64::try_from(ended.outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
                "operations": summary.operations, "denied": summary.denied,
                "hosts": summary.hosts, "changed": summary.changed.iter().map(|c| &c.path).collect::<Vec<_>>(), "unused": summary.unused,
            }),
        );
    }
    let hosts: Vec<&str> = summary.hosts.keys().map(String::as_str).collect();
    let hosts = if hosts.is_empty() {
        "no host".to_owned()
    } else {
        hosts.join(", ")
    };
    ui.note(ui.paint(
        DIM,
        &format!(
            "run {}: {files} operations, {denied} denied, reached {hosts}, changed {} files",
            ended.run,
            summary.changed.len()
        ),
    ));
    for (what, times) in summary.denied.iter().take(SHOWN_DENIALS) {
        ui.note(format_args!("  denied {what} ({times}×)"));
    }
    Ok(())
}

/// The class of a refusal follows `env` and shells: 125 environment, 126 denied, 127 not found.
pub(super) fn refused(error: RunError) -> CommandError {
    let class = match &error {
        RunError::Changed { .. }
        | RunError::Adoption(_)
        | RunError::Refused(_)
        | RunError::GrantExpired(..)
        | RunError::GrantRevoked(..)
        | RunError::SecretMissing(_)
        | RunError::SecretValue { .. }
        | RunError::Manifest(_)
        | RunError::Plan(_) => Exit::RunDenied,
        RunError::Check(_) if error.code() == "not-installed" => Exit::RunNotFound,
        RunError::NoSkill => Exit::RunNotFound,
        RunError::Check(_)
        | RunError::Lock(_)
        | RunError::Grant(_)
        | RunError::Receipts(_)
        | RunError::Term(_)
        | RunError::Review(_)
        | RunError::Folder(_)
        | RunError::Randomness
        | RunError::Start(_)
        | RunError::Run(_)
        | RunError::File(_) => Exit::RunEnvironment,
    };
    let (code, mend) = (error.code(), error.mend());
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    let error = CommandError::new(class, code, text);
    if mend.is_empty() {
        error
    } else {
        error.hint(mend)
    }
}

const SHOWN_DENIALS: usize = 8;
const MAX_SECRETS_BYTES: u64 = 16 * 1024 * 1024;
