//! `chopmark registry`: found a log, serve it, check it, copy it.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use chopmark_core::tlog_policy::Policy;
use chopmark_log::check::{self, Report};
use chopmark_log::log::{Log, LogError};
use chopmark_registry::registry::{self, Options, ServeError};
use chopmark_registry::setup::{self, SetupError};
use chopmark_registry::{Lifetime, now};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{GREEN, Ui, YELLOW};

/// Arguments of `registry`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Draw the keys of a new log and write its charter
    Init {
        /// The registry's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The log's name for ever, such as `registry.example/log`
        #[arg(long)]
        origin: String,
    },
    /// Serve the log's files and take records
    Serve {
        /// The registry's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where to listen; port 0 takes a free one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// A tlog-policy file: the witnesses to ask, by URL, and how many must cosign
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// After how many idle seconds the checkpoint is cosigned again
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        refresh: u64,
        /// End when standard input is closed
        #[arg(long)]
        exit_with_parent: bool,
    },
    /// Derive everything again from the leaves, and compare
    Fsck {
        /// The registry's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Make the database and the map anew from the tiles
    Rebuild {
        /// The registry's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Copy all public files, for any file server
    Export {
        /// The registry's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where to
        #[arg(value_name = "TARGET")]
        target: PathBuf,
    },
}

/// Runs the action.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.action {
        Action::Init { folder, origin } => {
            let founded = setup::init_registry(folder, origin, now())?;
            if ui.is_json() {
                return ui.emit(
                    "registry-init",
                    &serde_json::json!({
                        "origin": origin,
                        "logKey": founded.log_key.to_string(),
                        "charter": founded.charter.to_hex(),
                        "operator": founded.operator.to_hex(),
                    }),
                );
            }
            ui.note(format_args!(
                "{} the log `{origin}`",
                ui.paint(GREEN, "founded")
            ));
            ui.out(format_args!("log key   {}", founded.log_key))?;
            ui.out(format_args!("charter   {}", founded.charter))?;
            ui.out(format_args!("operator  {}", founded.operator))?;
            ui.note("move operator-next.key off this machine: it alone can rotate the operator");
            Ok(())
        }
        Action::Serve {
            folder,
            listen,
            policy,
            refresh,
            exit_with_parent,
        } => {
            let policy = read_policy(policy)?;
            if policy.quorum().is_none() {
                ui.warn(format_args!(
                    "{}: `quorum none`: nobody watches what this registry signs",
                    ui.paint(YELLOW, "UNWITNESSED")
                ));
            }
            let options = Options {
                folder: folder.clone(),
                log: open(folder)?,
                policy,
                refresh: Duration::from_secs(*refresh),
                lifetime: lifetime(*exit_with_parent),
            };
            let listener = listen_on(*listen)?;
            registry::serve(options, listener, |address| ready(ui, "registry", address))?;
            Ok(())
        }
        Action::Fsck { folder } => {
            let report = check::fsck(&open(folder)?)?;
            say(ui, "registry-fsck", "whole", &report)
        }
        Action::Rebuild { folder } => {
            let (_, report) = check::rebuild(folder, setup::operator(folder)?)?;
            say(ui, "registry-rebuild", "rebuilt", &report)
        }
        Action::Export { folder, target } => {
            let files = chopmark_log::export::export(folder, target)?;
            if ui.is_json() {
                return ui.emit("registry-export", &serde_json::json!({ "files": files }));
            }
            ui.out(format_args!("copied {files} files to {}", target.display()))
        }
    }
}

fn open(folder: &std::path::Path) -> Result<Log, CommandError> {
    Ok(Log::open(folder, setup::operator(folder)?)?)
}

fn say(ui: &Ui, schema: &str, word: &str, report: &Report) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.emit(
            schema,
            &serde_json::json!({
                "leaves": report.leaves,
                "nodes": report.nodes,
                "mapRoot": report.position.root.to_hex(),
            }),
        );
    }
    ui.out(format_args!(
        "{} {} leaves, {} map files",
        ui.paint(GREEN, word),
        report.leaves,
        report.nodes
    ))
}

/// Says on stdout where a server listens, once it answers.
pub(crate) fn ready(ui: &Ui, what: &str, address: SocketAddr) {
    let url = format!("http://{address}");
    // Whoever closed stdout does not wait for this line.
    let _ = if ui.is_json() {
        ui.emit("ready", &serde_json::json!({ "server": what, "url": url }))
    } else {
        ui.out(format_args!("ready {url}"))
    };
}

pub(crate) fn lifetime(exit_with_parent: bool) -> Lifetime {
    if exit_with_parent {
        Lifetime::UntilStdinCloses
    } else {
        Lifetime::UntilSignal
    }
}

pub(crate) fn listen_on(address: SocketAddr) -> Result<TcpListener, CommandError> {
    TcpListener::bind(address).map_err(|error| {
        CommandError::new(
            Exit::Environment,
            "server-start",
            format_args!("listening on {address} failed: {error}"),
        )
        .hint("choose another address with --listen; port 0 takes a free one")
    })
}

fn read_policy(path: &std::path::Path) -> Result<Policy, CommandError> {
    let bytes = std::fs::read(path).map_err(|error| {
        CommandError::new(
            Exit::Environment,
            "witness-policy",
            format_args!("reading `{}` failed: {error}", path.display()),
        )
    })?;
    Policy::parse(&bytes).map_err(|error| {
        CommandError::new(
            Exit::Usage,
            "witness-policy",
            format_args!("`{}`: {error}", path.display()),
        )
        .hint("docs/spec/log.md says what a policy file holds")
    })
}

impl From<SetupError> for CommandError {
    fn from(error: SetupError) -> Self {
        Self::new(Exit::Environment, error.code(), &error)
            .hint("`chopmark registry init` and `chopmark witness init` make these folders")
    }
}

impl From<LogError> for CommandError {
    fn from(error: LogError) -> Self {
        let exit = match error.code() {
            "log-damaged" | "log-checkpoint" | "log-state" => Exit::Unverified,
            _ => Exit::Environment,
        };
        let mended = Self::new(exit, error.code(), &error);
        match error.code() {
            "log-damaged" => mended.hint("restore the files from a mirror or `registry export`; the checkpoint says which bytes are right"),
            "log-in-doubt" => mended.hint("start again: opening the log finishes what was committed"),
            _ => mended,
        }
    }
}

impl From<ServeError> for CommandError {
    fn from(error: ServeError) -> Self {
        let answer = Self::new(Exit::Environment, error.code(), &error);
        if error.code() == "witness-ahead" {
            return answer.hint(
                "this folder is an older copy of the log, or its key signs elsewhere; restore the newest copy",
            );
        }
        answer
    }
}
