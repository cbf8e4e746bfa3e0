//! `chopmark demo`: the whole story on this machine, each step by the public binary.

use std::path::PathBuf;

use crate::demo;
use crate::error::CommandError;
use crate::ui::Ui;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Play in this folder, which must not exist, and leave everything there
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Plays the story and compares every outcome with what is expected.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    demo::play(ui, args.keep.as_deref())
}
