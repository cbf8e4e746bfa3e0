//! The `chopmark` command.

mod cli;
mod clock;
mod cmd;
mod consent;
mod decision;
mod demo;
mod error;
mod exit;
mod kept;
mod passphrase;
mod place;
mod policy;
mod refusal;
mod released;
mod rescan;
mod session;
mod ui;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use anstream::ColorChoice;
use chopmark_client::home::Home;
use clap::FromArgMatches as _;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|m| Cli::from_arg_matches(&m))
    {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&error, &arguments),
    };
    let color = match cli.global.color {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    };
    let home = Home::from_environment(|name| std::env::var_os(name));
    let ui = Ui::new(
        cli.global.json,
        cli.global.quiet,
        cli.global.offline,
        color,
        home,
    );
    match cli.command.run(&ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.exit().code())
        }
    }
}

/// Help and version go to stdout with 0; a wrong command line goes to stderr with 2.
fn refuse_arguments(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let wants_json = arguments
        .iter()
        .take_while(|a| *a != "--")
        .any(|a| a == "--json");
    if wants_json {
        let text = error.render().to_string();
        let message = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        let ui = Ui::new(true, false, false, ColorChoice::Never, None);
        ui.error(
            &CommandError::new(Exit::Usage, "usage", message)
                .hint("chopmark COMMAND --help shows the grammar"),
        );
    } else {
        let _ = error.print();
    }
    ExitCode::from(Exit::Usage.code())
}
