//! What a signing command starts from: a label, its opened keys, and the log.

use chopmark_client::head::Head;
use chopmark_client::identity::{self, Reach};
use chopmark_client::keys::{KeyStore, KeyStoreError, Keys, Label};
use chopmark_client::memory::Memory;
use chopmark_client::remote::Remote;
use chopmark_client::seal::Seal;
use chopmark_client::submit::{Accepted, Attachments};
use chopmark_client::trust;
use chopmark_core::digest::IdentityId;
use chopmark_core::name::Name;
use chopmark_core::record::Body;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase;
use crate::ui::{DIM, GREEN, Ui};

/// Options of every command that signs.
#[derive(Debug, clap::Args)]
pub(crate) struct SessionArgs {
    /// Whose keys sign; may be left out where only one label exists
    #[arg(
        long = "as",
        value_name = "LABEL",
        env = "CHOPMARK_LABEL",
        hide_env = true
    )]
    label: Option<Label>,
    #[command(flatten)]
    passphrase: passphrase::PassphraseArgs,
}

/// The log that this host was told of.
pub(crate) fn reach(ui: &Ui) -> Result<Reach, CommandError> {
    reach_by(ui, None)
}

/// The log that this host was told of, read from a mirror.
pub(crate) fn reach_at(ui: &Ui, mirror: &str) -> Result<Reach, CommandError> {
    reach_by(ui, Some(mirror))
}

fn reach_by(ui: &Ui, mirror: Option<&str>) -> Result<Reach, CommandError> {
    if ui.is_offline() {
        return Err(CommandError::new(
            Exit::Environment,
            "offline",
            "this needs the log, and --offline was given",
        ));
    }
    let home = ui.home()?;
    let trust = trust::load(home)?;
    let remote = Remote::new(mirror.unwrap_or(&trust.registry));
    let memory = Memory::of(home, &trust.contact.origin);
    Ok(Reach {
        trust,
        remote,
        memory,
    })
}

/// A label with its keys, and the log.
pub(crate) struct Session {
    pub(crate) reach: Reach,
    pub(crate) store: KeyStore,
    pub(crate) label: Label,
    pub(crate) seal: Seal,
    pub(crate) keys: Keys,
}

impl Session {
    /// Opens the keys and names the log; nothing is fetched yet.
    pub(crate) fn open(args: &SessionArgs, ui: &Ui) -> Result<Self, CommandError> {
        let store = KeyStore::new(ui.home()?.keys());
        let label = match &args.label {
            Some(label) => label.clone(),
            None => only_label(&store)?,
        };
        let sealed = store
            .is_sealed(&label)?
            .ok_or_else(|| KeyStoreError::Missing(label.clone()))?;
        let reach = reach(ui)?;
        let seal = args
            .passphrase
            .for_existing(ui, &format!("the keys `{label}`"), sealed)?;
        let keys = store.open(&label, &seal)?;
        Ok(Self {
            reach,
            store,
            label,
            seal,
            keys,
        })
    }

    /// Signs and submits `body`.
    pub(crate) fn issue(
        &self,
        body: &Body,
        attached: &Attachments<'_>,
    ) -> Result<Accepted, CommandError> {
        Ok(identity::issue(
            &self.reach,
            &self.store,
            &self.label,
            &self.keys,
            body,
            attached,
        )?)
    }

    /// The identity behind the label.
    pub(crate) fn identity(&self) -> Result<IdentityId, CommandError> {
        Ok(identity::known(&self.reach, &self.store, &self.label)?)
    }

    /// Who holds `name`.
    pub(crate) fn holder(&self, head: &Head, name: &Name) -> Result<IdentityId, CommandError> {
        self.reach.holder(head, name)?.ok_or_else(|| {
            CommandError::new(
                Exit::Failed,
                "name-unknown",
                format_args!("nobody claimed the name `@{name}`"),
            )
            .hint("chopmark search finds what exists")
        })
    }
}

fn only_label(store: &KeyStore) -> Result<Label, CommandError> {
    let host = Label::host();
    let mut labels = store.labels()?.into_iter().filter(|label| *label != host);
    match (labels.next(), labels.next()) {
        (Some(label), None) => Ok(label),
        (None, _) => Err(CommandError::new(
            Exit::Failed,
            "key-missing",
            "this host has no keys to sign with",
        )
        .hint("chopmark keygen LABEL makes some")),
        (Some(_), Some(_)) => Err(CommandError::new(
            Exit::Usage,
            "label-needed",
            "this host has keys of several labels: say whose keys sign",
        )
        .hint("add --as LABEL; chopmark keygen --list shows them")),
    }
}

/// Tells that the log holds a record, and under what.
pub(crate) fn report(ui: &Ui, what: &str, accepted: &Accepted) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.emit("accepted", &to_json(what, accepted));
    }
    ui.note(format_args!("{} {what}", ui.paint(GREEN, "in the log:")));
    ui.out(format_args!("statement  {}", accepted.statement))?;
    ui.out(format_args!(
        "index      {}  {}",
        accepted.index,
        ui.paint(
            DIM,
            &format!(
                "under a checkpoint of {} leaves, cosigned by {}",
                accepted.size,
                accepted.cosigners.join(", ")
            )
        )
    ))
}

/// An accepted record in JSON; `proof` is a C2SP tlog-proof.
pub(crate) fn to_json(what: &str, accepted: &Accepted) -> serde_json::Value {
    serde_json::json!({
        "what": what,
        "statementId": accepted.statement.to_hex(),
        "index": accepted.index,
        "checkpointSize": accepted.size,
        "cosigners": accepted.cosigners,
        "proof": String::from_utf8_lossy(&accepted.proof),
    })
}

/// Says, before anything is sent, that it cannot be taken back.
pub(crate) fn permanent(ui: &Ui) {
    ui.note("records are permanent: the log keeps them for ever, names and digests included");
}
