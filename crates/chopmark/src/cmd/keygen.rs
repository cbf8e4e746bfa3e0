//! `chopmark keygen`: keys for an identity, the next one drawn beside the current.

use chopmark_client::keys::{KeyStore, Keys, Label};

use crate::error::CommandError;
use crate::passphrase;
use crate::ui::{GREEN, Ui};

/// Arguments of `keygen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to call the keys on this host; it never leaves it
    #[arg(value_name = "LABEL", required_unless_present = "list")]
    label: Option<Label>,
    /// List the labels that exist
    #[arg(long, conflicts_with = "label")]
    list: bool,
    #[command(flatten)]
    passphrase: passphrase::PassphraseArgs,
}

/// Draws and stores a current and a next key.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let store = KeyStore::new(ui.home()?.keys());
    let Some(label) = &args.label else {
        return list(&store, ui);
    };
    if store.is_sealed(label)?.is_some() {
        return Err(chopmark_client::keys::KeyStoreError::Exists(label.clone()).into());
    }
    let seal = args
        .passphrase
        .for_new(ui, &format!("the keys `{label}`"))?;
    let keys = Keys::generate()?;
    store.create(label, &keys, &seal)?;
    let (current, next) = (keys.current.public(), keys.next.public());
    if ui.is_json() {
        return ui.emit(
            "keygen",
            &serde_json::json!({
                "label": label.as_str(),
                "key": current.to_base64(),
                "keyId": current.digest().to_hex(),
                "nextKeyId": next.digest().to_hex(),
            }),
        );
    }
    ui.note(format_args!("{} keys `{label}`", ui.paint(GREEN, "made")));
    ui.out(format_args!("key   {}", current.digest()))?;
    ui.out(format_args!(
        "next  {}  (only its digest is ever published before it is used)",
        next.digest()
    ))
}

fn list(store: &KeyStore, ui: &Ui) -> Result<(), CommandError> {
    let mut rows = Vec::new();
    for label in store.labels()? {
        let is_sealed = store.is_sealed(&label)?.unwrap_or_default();
        rows.push((label, is_sealed));
    }
    if ui.is_json() {
        let keys: Vec<_> = rows
            .iter()
            .map(|(label, sealed)| serde_json::json!({ "label": label.as_str(), "encrypted": sealed }))
            .collect();
        return ui.emit("keys", &serde_json::json!({ "keys": keys }));
    }
    for (label, is_sealed) in rows {
        ui.out(format_args!(
            "{label:<24} {}",
            if is_sealed {
                "encrypted"
            } else {
                "not encrypted"
            }
        ))?;
    }
    Ok(())
}
