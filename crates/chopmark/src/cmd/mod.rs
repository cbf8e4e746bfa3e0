//! One file a command. To add one: a module, a variant, a line in `run` and in [`GROUPS`].

mod config;
mod keygen;
mod list;
mod remove;
mod secret;
mod verify;

use clap::Subcommand;

use crate::error::CommandError;
use crate::ui::Ui;

/// All commands, by name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the folders and settings in force
    Config(config::Args),
    /// Draw keys: one to sign with now, one to rotate to
    Keygen(keygen::Args),
    /// Show what is installed
    #[command(visible_alias = "ls")]
    List(list::Args),
    /// Take a skill out of the agents' folders
    #[command(visible_alias = "rm")]
    Remove(remove::Args),
    /// Keep values that skills may use and never see
    Secret(secret::Args),
    /// Compare what is installed with what was admitted, offline
    Verify(verify::Args),
}

impl Command {
    /// Runs the command to its end.
    pub(crate) fn run(&self, ui: &Ui) -> Result<(), CommandError> {
        match self {
            Self::Config(args) => config::run(args, ui),
            Self::Keygen(args) => keygen::run(args, ui),
            Self::List(args) => list::run(args, ui),
            Self::Remove(args) => remove::run(args, ui),
            Self::Secret(args) => secret::run(args, ui),
            Self::Verify(args) => verify::run(args, ui),
        }
    }
}

/// The overview of `chopmark --help`: heading, then the commands under it in order.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("Sign and publish", &["keygen"]),
    ("Install by your own rules", &["list", "verify", "remove"]),
    ("This host", &["secret", "config"]),
];
