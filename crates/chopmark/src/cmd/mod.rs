//! One file a command. To add one: a module, a variant, a line in `run` and in [`GROUPS`].

mod config;
mod identity;
mod keygen;
mod list;
mod registry;
mod remove;
mod retract;
mod secret;
mod trust;
mod verify;
mod veto;
mod vouch;
mod witness;
mod yank;

use clap::Subcommand;

use crate::error::CommandError;
use crate::ui::Ui;

/// All commands, by name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the folders and settings in force
    Config(config::Args),
    /// Begin, rotate or end an identity in the log
    Identity(identity::Args),
    /// Draw keys: one to sign with now, one to rotate to
    Keygen(keygen::Args),
    /// Show what is installed
    #[command(visible_alias = "ls")]
    List(list::Args),
    /// Run a registry: a log, its files, and the door for records
    Registry(registry::Args),
    /// Take a skill out of the agents' folders
    #[command(visible_alias = "rm")]
    Remove(remove::Args),
    /// Take back a statement of your own
    Retract(retract::Args),
    /// Keep values that skills may use and never see
    Secret(secret::Args),
    /// Say whom this host believes
    Trust(trust::Args),
    /// Compare what is installed with what was admitted, offline
    Verify(verify::Args),
    /// Refuse bytes, versions or a key, in public
    Veto(veto::Args),
    /// Say in public that somebody's audits count
    Vouch(vouch::Args),
    /// Run a witness that judges every leaf before it cosigns
    Witness(witness::Args),
    /// Take a release back
    Yank(yank::Args),
}

impl Command {
    /// Runs the command to its end.
    pub(crate) fn run(&self, ui: &Ui) -> Result<(), CommandError> {
        match self {
            Self::Config(args) => config::run(args, ui),
            Self::Identity(args) => identity::run(args, ui),
            Self::Keygen(args) => keygen::run(args, ui),
            Self::List(args) => list::run(args, ui),
            Self::Registry(args) => registry::run(args, ui),
            Self::Remove(args) => remove::run(args, ui),
            Self::Retract(args) => retract::run(args, ui),
            Self::Secret(args) => secret::run(args, ui),
            Self::Trust(args) => trust::run(args, ui),
            Self::Verify(args) => verify::run(args, ui),
            Self::Veto(args) => veto::run(args, ui),
            Self::Vouch(args) => vouch::run(args, ui),
            Self::Witness(args) => witness::run(args, ui),
            Self::Yank(args) => yank::run(args, ui),
        }
    }
}

/// The overview of `chopmark --help`: heading, then the commands under it in order.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("Sign and publish", &["keygen", "identity", "yank"]),
    ("Test and stamp", &["vouch", "veto", "retract"]),
    (
        "Install by your own rules",
        &["trust", "list", "verify", "remove"],
    ),
    ("Run the servers", &["registry", "witness"]),
    ("This host", &["secret", "config"]),
];

/// Reads `@name`.
pub(crate) fn at_name(text: &str) -> Result<chopmark_core::name::Name, String> {
    let name = text
        .strip_prefix('@')
        .ok_or_else(|| format!("`{text}` does not begin with @"))?;
    name.parse()
        .map_err(|error: chopmark_core::name::NameError| error.to_string())
}
