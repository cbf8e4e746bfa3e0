//! One file a command. To add one: a module, a variant, a line in [`GROUPS`].

mod config;

use clap::Subcommand;

use crate::error::CommandError;
use crate::ui::Ui;

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the folders and settings in force
    Config(config::Args),
}

impl Command {
    /// Runs the command to its end.
    pub(crate) fn run(&self, ui: &Ui) -> Result<(), CommandError> {
        match self {
            Self::Config(args) => config::run(args, ui),
        }
    }
}

/// The overview of `chopmark --help`: heading, then the commands under it in order.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[("This host", &["config"])];
