//! Which scope a command works on.

use chopmark_client::durable::Exclusive;
use chopmark_client::install;
use chopmark_client::scope::Scope;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Options that choose the scope.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Work on the user's own skills instead of this project's
    #[arg(long)]
    pub(crate) global: bool,
}

impl PlaceArgs {
    /// The scope, for reading.
    pub(crate) fn scope(&self, ui: &Ui) -> Result<Scope, CommandError> {
        let home = ui.home()?;
        if self.global {
            return Scope::user(home).ok_or_else(|| {
                CommandError::new(
                    Exit::Environment,
                    "no-home",
                    "`HOME` names no absolute folder",
                )
            });
        }
        let folder = std::env::current_dir().map_err(|error| {
            CommandError::new(
                Exit::Environment,
                "no-current-folder",
                format_args!("the current folder cannot be found: {error}"),
            )
        })?;
        Ok(Scope::project(&folder, home))
    }

    /// The scope, held for changing it, with an interrupted installation mended first.
    pub(crate) fn scope_to_change(&self, ui: &Ui) -> Result<(Scope, Exclusive), CommandError> {
        let scope = self.scope(ui)?;
        let held = scope.exclusive()?;
        mend(ui, &scope, &held)?;
        Ok((scope, held))
    }
}

/// Finishes or undoes what a crash left, and says so.
fn mend(ui: &Ui, scope: &Scope, held: &Exclusive) -> Result<(), CommandError> {
    if install::recover(scope, ui.home()?, held)? {
        ui.note("an interrupted installation was found here and brought to its end");
    }
    Ok(())
}
