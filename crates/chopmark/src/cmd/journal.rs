//! `chopmark journal`: what did it touch?

mod export;
mod filter;
mod line;
mod list;
pub(super) mod locate;
mod page;
mod prune;
mod search;
mod show;
pub(super) mod summary;
mod tree;
mod verify;

use crate::error::CommandError;
use crate::ui::Ui;

/// Arguments of `journal`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the runs, newest first
    List(list::Args),
    /// Show every file and connection of a run
    Show(show::Args),
    /// Show which runs touched a path, a host, or tried what was refused
    Find(search::Args),
    /// Show what was granted beside what was used, refused and changed
    Summary(summary::Args),
    /// Show which process started which, and what each executed
    Tree(tree::Args),
    /// Make one HTML page of a run, to look at and to send
    Page(page::Args),
    /// Write a run as OpenTelemetry logs (OTLP in JSON)
    Export(export::Args),
    /// Prove that a journal is whole and was signed by this host
    Verify(verify::Args),
    /// Remove old journals, keeping a signed line of each
    Prune(prune::Args),
}

/// Lists, shows, exports, verifies or removes journals.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.what {
        None => list::run(&list::Args::default(), ui),
        Some(What::List(args)) => list::run(args, ui),
        Some(What::Show(args)) => show::run(args, ui),
        Some(What::Find(args)) => search::run(args, ui),
        Some(What::Summary(args)) => summary::run(args, ui),
        Some(What::Tree(args)) => tree::run(args, ui),
        Some(What::Page(args)) => page::run(args, ui),
        Some(What::Export(args)) => export::run(args, ui),
        Some(What::Verify(args)) => verify::run(args, ui),
        Some(What::Prune(args)) => prune::run(args, ui),
    }
}
