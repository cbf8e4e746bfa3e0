//! The command line's grammar, and the grouped help that a person sees first.

use clap::{ArgAction, Args, ColorChoice, CommandFactory as _, Parser};

use crate::cmd;

/// Signed, audited, confined agent skills.
#[derive(Debug, Parser)]
#[command(
    name = "chopmark",
    version,
    about = "Agent skills, tested and stamped by many, installed by your own rules, run confined",
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: cmd::Command,
}

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Answer in JSON, errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say only what went wrong
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Do not use the network
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// When to use colour (NO_COLOR is honoured)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Show help
    #[arg(long, short, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

/// The clap command with the grouped overview in place of clap's flat list.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command().disable_help_flag(true);
    let overview = overview(&command);
    command
        .help_template("{about}\n\n{usage-heading} {usage}{after-help}")
        .after_help(overview)
}

/// One line a command, under the headings of [`cmd::GROUPS`].
fn overview(command: &clap::Command) -> String {
    let mut text = String::new();
    for (heading, names) in cmd::GROUPS {
        text.push_str(heading);
        text.push('\n');
        for name in *names {
            let about = command
                .get_subcommands()
                .find(|subcommand| subcommand.get_name() == *name)
                .and_then(clap::Command::get_about)
                .map(ToString::to_string)
                .unwrap_or_default();
            text.push_str(&format!("  {name:<11} {about}\n"));
        }
        text.push('\n');
    }
    text.push_str("Global options: --json  --quiet  --offline  --color WHEN  --help  --version\n");
    text.push_str("More: chopmark COMMAND --help");
    text
}

#[cfg(test)]
mod tests;
