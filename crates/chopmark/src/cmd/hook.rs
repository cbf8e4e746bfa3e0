//! `chopmark hook`: an agent asks before it acts.

mod input;

use std::path::PathBuf;

use chopmark_client::hook::{self, Act, Answer, Mode};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::place::PlaceArgs;
use crate::ui::{DIM, GREEN, Ui};

/// Arguments of `hook`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The agent
    #[arg(value_enum, value_name = "AGENT")]
    agent: Agent,
    #[command(subcommand)]
    what: What,
}

/// Agents that can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Agent {
    /// Claude Code, by its settings
    ClaudeCode,
    /// OpenClaw, by a plugin of its own
    Openclaw,
    /// Any agent that can run a command before it acts
    Generic,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Put the hook into the agent's own configuration
    Install {
        /// Also run every command of the agent in `chopmark shell` (Claude Code)
        #[arg(long)]
        session: bool,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Take it out again
    Remove(PlaceArgs),
    /// Judge one act, told on stdin; the agent calls this. Exit code 2 refuses, as does any error
    Check {
        /// Turn commands into ones that run in `chopmark shell`
        #[arg(long)]
        session: bool,
    },
}

/// Installs, removes or judges.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.what {
        What::Install { session, place } => install(args.agent, *session, place, ui),
        What::Remove(place) => remove(args.agent, place, ui),
        // An agent goes on after any other code, so nothing but 2 may say no.
        What::Check { session } => check(args.agent, *session, ui).map_err(CommandError::refusing),
    }
}

/// Where the hook stands: the settings of this user alone, in the project or at home.
pub(crate) fn file(place: &PlaceArgs, ui: &Ui) -> Result<PathBuf, CommandError> {
    let scope = place.scope(ui)?;
    let name = if place.global {
        "settings.json"
    } else {
        "settings.local.json"
    };
    Ok(scope.root().join(".claude").join(name))
}

/// This program, as an agent is to call it.
pub(crate) fn program() -> Result<PathBuf, CommandError> {
    std::env::current_exe().map_err(|error| {
        CommandError::new(
            Exit::Environment,
            "own-path",
            format_args!("the path of this program cannot be told: {error}"),
        )
    })
}

fn install(agent: Agent, session: bool, place: &PlaceArgs, ui: &Ui) -> Result<(), CommandError> {
    let program = program()?;
    if session && agent != Agent::ClaudeCode {
        return Err(CommandError::new(
            Exit::Usage,
            "hook-session",
            "only Claude Code lets a hook turn one command into another",
        )
        .hint("start the agent's commands with `chopmark shell -- PROGRAM` yourself"));
    }
    match agent {
        Agent::ClaudeCode => {
            let mode = if session { Mode::Confine } else { Mode::Judge };
            let placed = hook::install(&file(place, ui)?, &program, mode)?;
            if ui.is_json() {
                return ui.emit(
                    "hook-install",
                    &serde_json::json!({ "agent": "claude-code", "file": placed.file, "command": placed.command }),
                );
            }
            ui.note(format_args!(
                "{} into {}",
                ui.paint(GREEN, "hooked"),
                placed.file.display()
            ));
        }
        Agent::Openclaw => {
            for path in input::openclaw_plugin(ui, &program)? {
                ui.out(path.display())?;
            }
            ui.note(
                "start OpenClaw anew; the plugin was made by its documentation and not tried in it",
            );
        }
        Agent::Generic => {
            ui.out(format_args!("{} hook generic check", program.display()))?;
            ui.note("let the agent run this before it acts, with one JSON object on stdin:");
            ui.note("  {\"cwd\": \"/path\", \"command\": \"…\"} or {\"cwd\": \"/path\", \"write\": \"/path/file\"}");
            ui.note("exit code 0 lets it go on; every other code must stop it, with the reason on stderr");
        }
    }
    ui.note(ui.paint(
        DIM,
        "it stops an agent that follows a skill's words, not one that hides what it does: decisions still call the text unconfined",
    ));
    Ok(())
}

fn remove(agent: Agent, place: &PlaceArgs, ui: &Ui) -> Result<(), CommandError> {
    let removed = match agent {
        Agent::ClaudeCode => hook::remove(&file(place, ui)?)?,
        Agent::Openclaw => input::remove_openclaw_plugin(ui)?,
        Agent::Generic => false,
    };
    if ui.is_json() {
        return ui.emit("hook-remove", &serde_json::json!({ "removed": removed }));
    }
    ui.note(if removed {
        "the hook is gone"
    } else {
        "there was none"
    });
    Ok(())
}

fn check(agent: Agent, session: bool, ui: &Ui) -> Result<(), CommandError> {
    let (cwd, act, told) = input::read(agent)?;
    match hook::judge(ui.home()?, &cwd, &act)? {
        Answer::Allowed => match &act {
            Act::Shell(command) if session && !hook::is_own(command) => ui.out(input::turned(
                &told,
                &hook::in_session(&program()?, command),
            )),
            Act::Shell(_) | Act::Write(_) | Act::Other => Ok(()),
        },
        Answer::Refused(why) => Err(CommandError::new(Exit::Child(REFUSED), "hook-refused", why)),
    }
}

/// What agents take for a refusal.
pub(crate) const REFUSED: u8 = 2;
