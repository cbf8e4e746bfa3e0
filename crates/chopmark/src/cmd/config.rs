//! `chopmark config`: where everything is.

use crate::error::CommandError;
use crate::ui::Ui;

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Prints Chopmark's folders.
pub(crate) fn run(_args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let rows = [
        ("config", home.config()),
        ("data", home.data()),
        ("state", home.state()),
    ];
    if ui.is_json() {
        let folders: serde_json::Map<String, serde_json::Value> = rows
            .iter()
            .map(|(name, path)| {
                (
                    (*name).to_owned(),
                    path.to_string_lossy().into_owned().into(),
                )
            })
            .collect();
        return ui.emit("config", &serde_json::json!({ "folders": folders }));
    }
    for (name, path) in rows {
        ui.out(format_args!("{name:<8} {}", path.display()))?;
    }
    Ok(())
}
