//! `chopmark witness`: cosign logs after judging every leaf.

use std::net::SocketAddr;
use std::path::PathBuf;

use chopmark_registry::setup;
use chopmark_registry::witness::{self, Mode, Options, ServeError};

use super::registry::{lifetime, listen_on, ready};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{GREEN, Ui};

/// Arguments of `witness`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Draw a witness's key
    Init {
        /// The witness's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Its name, such as `witness.example/w1`
        #[arg(long)]
        name: String,
    },
    /// Cosign checkpoints
    Serve {
        /// The witness's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where to listen; port 0 takes a free one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// A tlog-policy file whose `log` lines name the logs and their URLs; read for each request
        #[arg(long, value_name = "FILE")]
        logs: PathBuf,
        /// Check consistency only; such a key must not stand in a replay group
        #[arg(long)]
        no_replay: bool,
        /// End when standard input is closed
        #[arg(long)]
        exit_with_parent: bool,
    },
}

/// Runs the action.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.action {
        Action::Init { folder, name } => {
            let key = setup::init_witness(folder, name)?;
            if ui.is_json() {
                return ui.emit(
                    "witness-init",
                    &serde_json::json!({ "name": name, "key": key.to_string() }),
                );
            }
            ui.note(format_args!(
                "{} the witness `{name}`",
                ui.paint(GREEN, "made")
            ));
            ui.out(format_args!("key  {key}"))
        }
        Action::Serve {
            folder,
            listen,
            logs,
            no_replay,
            exit_with_parent,
        } => {
            let (name, key) = setup::witness(folder)?;
            let options = Options {
                folder: folder.clone(),
                name,
                key,
                logs: logs.clone(),
                mode: if *no_replay {
                    Mode::Plain
                } else {
                    Mode::Replay
                },
                lifetime: lifetime(*exit_with_parent),
            };
            let listener = listen_on(*listen)?;
            witness::serve(options, listener, |address| ready(ui, "witness", address))?;
            Ok(())
        }
    }
}

impl From<ServeError> for CommandError {
    fn from(error: ServeError) -> Self {
        Self::new(Exit::Environment, error.code(), error)
    }
}
