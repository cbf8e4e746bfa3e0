//! `chopmark update`: the newest version of what is installed, by the same decision.

use chopmark_client::check::CheckError;
use chopmark_client::enact::Target;
use chopmark_client::lock::{Lock, Source};
use chopmark_client::reference::Reference;
use chopmark_core::name::SkillName;

use crate::cmd::add;
use crate::decision::{DecisionArgs, ask};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::PassphraseArgs;
use crate::place::PlaceArgs;
use crate::ui::Ui;

/// Arguments of `update`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder's name, as `list` shows it
    #[arg(value_name = "NAME")]
    name: SkillName,
    #[command(flatten)]
    decision: DecisionArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Decides about the newest version and installs it.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let (scope, held) = args.place.scope_to_change(ui)?;
    let lock = Lock::read(&scope)?;
    let locked = lock
        .skill(&args.name)
        .ok_or_else(|| CheckError::NotInstalled(args.name.clone()))?;
    let Source::Log(released) = &locked.source else {
        return Err(CommandError::new(
            Exit::Failed,
            "adopted-no-update",
            format_args!(
                "`{}` was adopted from a folder: nobody publishes updates of it",
                args.name
            ),
        )
        .hint("chopmark adopt takes the changed folder in"));
    };
    let reference = Reference {
        publisher: released.publisher_name.clone(),
        skill: released.skill.clone(),
        version: None,
    };
    let asked = ask(ui, &args.decision, &reference, &scope, &args.name)?;
    if asked.gathered.evidence.publisher != released.publisher {
        return Err(CommandError::new(
            Exit::Denied,
            "publisher-changed",
            format_args!(
                "`@{}` is another identity now than the one installed",
                released.publisher_name
            ),
        )
        .blame("registry"));
    }
    if asked.gathered.evidence.version == released.version {
        if ui.is_json() {
            return ui.emit(
                "update",
                &serde_json::json!({ "current": released.version.to_string() }),
            );
        }
        ui.note(format_args!(
            "{} {} is the newest",
            args.name, released.version
        ));
        return Ok(());
    }
    if asked.gathered.evidence.version < released.version {
        return Err(CommandError::new(
            Exit::Denied,
            "downgrade",
            format_args!(
                "the newest that is not yanked, {}, is older than {}",
                asked.gathered.evidence.version, released.version
            ),
        )
        .hint(format_args!(
            "chopmark add {reference}@VERSION installs a version by name"
        )));
    }
    let agents = locked.agents.clone();
    let target = Target {
        home: ui.home()?,
        scope: &scope,
        held: &held,
        folder: &args.name,
        agents: &agents,
    };
    add::install(ui, asked, &target, &args.passphrase)
}
