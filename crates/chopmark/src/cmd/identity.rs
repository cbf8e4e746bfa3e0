//! `chopmark identity`: begin, rotate and end an identity in the log.

use chopmark_client::identity;
use chopmark_core::name::Name;

use crate::error::CommandError;
use crate::session::{self, Session, permanent, report};
use crate::ui::{DIM, GREEN, Ui};

/// Arguments of `identity`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Begin an identity with the keys of a label, and claim a name for it
    Register {
        /// The name to claim, without the @; first come, first served, for ever
        #[arg(value_name = "NAME")]
        name: Name,
        /// After how many days you mean to rotate; 0 for never
        #[arg(long, value_name = "N", default_value_t = 180)]
        rotation_days: u64,
        #[command(flatten)]
        session: session::SessionArgs,
    },
    /// Rotate to the next key and commit to a fresh one
    Rotate {
        #[command(flatten)]
        session: session::SessionArgs,
    },
    /// End the identity for good
    Retire {
        /// Confirm: nothing can be signed in its name afterwards
        #[arg(long, required = true)]
        for_good: bool,
        #[command(flatten)]
        session: session::SessionArgs,
    },
}

/// Runs one act.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    match &args.act {
        Act::Register {
            name,
            rotation_days,
            session,
        } => register(&Session::open(session, ui)?, name, *rotation_days, ui),
        Act::Rotate { session } => rotate(Session::open(session, ui)?, ui),
        Act::Retire { session, .. } => {
            let session = Session::open(session, ui)?;
            let accepted = identity::retire(
                &session.reach,
                &session.store,
                &session.label,
                &session.keys,
            )?;
            report(ui, "retirement", &accepted)
        }
    }
}

fn register(
    session: &Session,
    name: &Name,
    rotation_days: u64,
    ui: &Ui,
) -> Result<(), CommandError> {
    permanent(ui);
    let (profile, accepted) = identity::register(
        &session.reach,
        &session.store,
        &session.label,
        &session.keys,
        name,
        rotation_days,
    )?;
    let id = profile.identity.map(|id| id.to_hex()).unwrap_or_default();
    if ui.is_json() {
        let records: Vec<_> = accepted
            .iter()
            .map(|a| session::to_json("identity", a))
            .collect();
        return ui.emit(
            "identity",
            &serde_json::json!({ "identity": id, "name": name.as_str(), "records": records }),
        );
    }
    let verb = if accepted.is_empty() {
        "registered before:"
    } else {
        "registered"
    };
    ui.note(format_args!("{} @{name}", ui.paint(GREEN, verb)));
    ui.out(format_args!("identity  {id}"))?;
    for record in &accepted {
        ui.note(ui.paint(DIM, &format!("leaf {} of {}", record.index, profile.origin)));
    }
    Ok(())
}

fn rotate(session: Session, ui: &Ui) -> Result<(), CommandError> {
    let Session {
        reach,
        store,
        label,
        seal,
        keys,
    } = session;
    match identity::rotate(&reach, &store, &label, keys, &seal)? {
        Some(accepted) => report(ui, "rotation", &accepted),
        None => {
            ui.note("the rotation had reached the log before; this host has now caught up");
            if ui.is_json() {
                ui.emit("accepted", &serde_json::json!({ "what": "rotation" }))
            } else {
                Ok(())
            }
        }
    }
}
