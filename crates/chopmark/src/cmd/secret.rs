//! `chopmark secret`: values that skills may use without seeing them.

use std::io::{IsTerminal as _, Read as _};

use chopmark_client::seal::{Seal, is_encrypted};
use chopmark_client::secrets::{Secrets, SecretsError, check_name};
use zeroize::Zeroizing;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase;
use crate::ui::Ui;

/// Arguments of `secret`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    passphrase: passphrase::PassphraseArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Store a value, read from stdin or typed unseen; never an argument
    Set {
        /// The secret's name, as skills declare it
        name: String,
    },
    /// Show the names
    List,
    /// Forget a value
    Remove {
        /// The secret's name
        name: String,
    },
}

/// Changes or lists the secrets of this host.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let path = ui.home()?.secrets();
    if let Act::Set { name } = &args.act {
        check_name(name)?;
    }
    let seal = seal(args, ui)?;
    let mut secrets = Secrets::open(path, &seal)?;
    match &args.act {
        Act::Set { name } => {
            let value = read_value(ui, name)?;
            secrets.set(name, &value, &seal)?;
            done(ui, "set", name)
        }
        Act::Remove { name } => {
            secrets.remove(name, &seal)?;
            done(ui, "removed", name)
        }
        Act::List if ui.is_json() => {
            let names: Vec<&str> = secrets.names().collect();
            ui.emit("secrets", &serde_json::json!({ "names": names }))
        }
        Act::List => secrets.names().try_for_each(|name| ui.out(name)),
    }
}

fn seal(args: &Args, ui: &Ui) -> Result<Seal, CommandError> {
    let path = ui.home()?.secrets();
    match chopmark_client::durable::read(&path, MAX_BYTES)? {
        Some(bytes) => args
            .passphrase
            .for_existing(ui, "the secrets", is_encrypted(&bytes)),
        None if matches!(args.act, Act::Set { .. }) => args.passphrase.for_new(ui, "the secrets"),
        None => Ok(Seal::Plain),
    }
}

/// A value from stdin (one final newline is dropped), or typed at the terminal.
fn read_value(ui: &Ui, name: &str) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    if std::io::stdin().is_terminal() {
        let typed = passphrase::ask(ui, &format!("Value of {name}: "))?;
        return Ok(Zeroizing::new(typed.as_bytes().to_vec()));
    }
    let mut value = Zeroizing::new(Vec::new());
    std::io::stdin()
        .take(MAX_BYTES)
        .read_to_end(&mut value)
        .map_err(|error| {
            CommandError::new(
                Exit::Environment,
                "input-failed",
                format_args!("reading stdin failed: {error}"),
            )
        })?;
    if value.last() == Some(&b'\n') {
        value.pop();
    }
    if value.is_empty() {
        return Err(SecretsError::Value(name.to_owned()).into());
    }
    Ok(value)
}

fn done(ui: &Ui, act: &str, name: &str) -> Result<(), CommandError> {
    if ui.is_json() {
        return ui.emit("secret", &serde_json::json!({ "name": name, "done": act }));
    }
    ui.note(format_args!("{act} {name}"));
    Ok(())
}

const MAX_BYTES: u64 = 16 * 1024 * 1024;
