//! `chopmark remove`: takes a skill out of the agents' folders; store and receipts stay.

use chopmark_client::install::{self, Change};
use chopmark_client::lock::Lock;
use chopmark_client::store::Store;
use chopmark_client::tree;
use chopmark_core::name::SkillName;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::place;
use crate::ui::{GREEN, Ui};

/// Arguments of `remove`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder's name, as `list` shows it
    #[arg(value_name = "NAME")]
    name: SkillName,
    /// Remove the folder even though somebody changed it
    #[arg(long)]
    discard_changes: bool,
    /// Keep the lock entry, so that `add --locked` restores the same bytes
    #[arg(long)]
    keep_locked: bool,
    #[command(flatten)]
    place: place::PlaceArgs,
}

/// Removes one skill from a scope.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let (scope, held) = args.place.scope_to_change(ui)?;
    let home = ui.home()?;
    let mut lock = Lock::read(&scope)?;
    let Some(locked) = lock.skill(&args.name).cloned() else {
        return Err(chopmark_client::check::CheckError::NotInstalled(args.name.clone()).into());
    };
    let manifest = Store::new(home.store()).manifest(locked.content)?;
    let mut changes = Vec::new();
    for agent in &locked.agents {
        let folder = scope.skill_folder(*agent, args.name.as_str());
        if let Some(manifest) = &manifest
            && folder.exists()
            && !args.discard_changes
            && let Some(first) = tree::compare(&folder, manifest)?.first()
        {
            return Err(CommandError::new(
                Exit::Failed,
                "local-changes",
                format_args!(
                    "`{}` was changed since it was installed: {} {}",
                    folder.display(),
                    first.path(),
                    first.words()
                ),
            )
            .hint(
                "look at it with chopmark verify; --discard-changes removes it with the changes",
            ));
        }
        changes.push((folder, Change::Remove));
    }
    if !args.keep_locked {
        lock.remove(&args.name);
    }
    install::commit(&scope, home, &held, &lock, &changes)?;
    if ui.is_json() {
        return ui.emit(
            "remove",
            &serde_json::json!({ "removed": args.name.as_str() }),
        );
    }
    ui.note(format_args!("{} {}", ui.paint(GREEN, "removed"), args.name));
    Ok(())
}
