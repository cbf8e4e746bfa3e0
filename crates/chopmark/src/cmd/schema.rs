//! `chopmark schema`: the schemas of what people and programs write.

use crate::error::CommandError;
use crate::ui::Ui;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which schema
    #[arg(value_enum)]
    what: What,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// JSON Schema of permissions.yaml
    Permissions,
}

/// Prints a schema, byte for byte as it stands in the source.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match args.what {
        What::Permissions => ui.out(chopmark_core::permission::JSON_SCHEMA.trim_end()),
    }
}
