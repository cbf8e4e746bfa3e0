//! Agents ask, people answer.

use chopmark_client::keys::{KeyStore, Label};
use chopmark_client::requests::{self, Answer, Class, Extent, Request};
use chopmark_client::seal::Seal;
use chopmark_client::signed;
use chopmark_core::key::SecretKey;
use chopmark_core::receipt::ConsentClass;

use crate::clock;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::{PassphraseArgs, ask_shown};
use crate::ui::Ui;

/// Opens this host's own key.
pub(crate) fn host_key(ui: &Ui, passphrase: &PassphraseArgs) -> Result<SecretKey, CommandError> {
    let home = ui.home()?;
    let store = KeyStore::new(home.keys());
    let sealed = store
        .is_sealed(&Label::host())?
        .ok_or(signed::SignedError::NoHostKey)?;
    let seal: Seal = passphrase.for_existing(ui, "this host's key", sealed)?;
    Ok(signed::open_host_key(home, &seal)?)
}

/// The consent to what grew: an earlier answer, or one given now at a terminal.
///
/// A person may have granted less than was asked, or for a time: the extent says so. Without an
/// answer the request is left for a person and the command ends with code 6.
pub(crate) fn obtain(
    ui: &Ui,
    request: &Request,
    key: &SecretKey,
) -> Result<(ConsentClass, Extent), CommandError> {
    if request.grows.is_empty() {
        return Ok((ConsentClass::None, Extent::default()));
    }
    let home = ui.home()?;
    let mut answered = requests::answered(home, request, &key.public())?;
    if answered.is_none() && ui.is_interactive() {
        give(ui, request, &Extent::default(), key)?;
        answered = requests::answered(home, request, &key.public())?;
    }
    match answered {
        Some(found) => match (found.answer, found.class) {
            (Answer::Approved, Class::TerminalUnattested) => {
                Ok((ConsentClass::TerminalUnattested, found.extent))
            }
            (Answer::Denied, _) => Err(CommandError::new(
                Exit::Denied,
                "consent-denied",
                format_args!("a person denied the request {}", request.id()),
            )
            .blame("this host")),
        },
        None => Err(leave(ui, request)?),
    }
}

/// Asks the person at the terminal and keeps the answer.
pub(crate) fn give(
    ui: &Ui,
    request: &Request,
    extent: &Extent,
    key: &SecretKey,
) -> Result<(), CommandError> {
    let home = ui.home()?;
    let typed = ask_shown(
        ui,
        &format!(
            "Type the folder's name, {}, to grant this: ",
            request.folder
        ),
    )?;
    if typed.trim() != request.folder {
        return Err(CommandError::new(
            Exit::ConsentNeeded,
            "consent-withheld",
            "nothing was granted",
        ));
    }
    requests::leave(home, request)?;
    let now = clock::now();
    Ok(requests::answer(
        home,
        request,
        Answer::Approved,
        Class::TerminalUnattested,
        extent,
        now,
        key,
    )?)
}

fn leave(ui: &Ui, request: &Request) -> Result<CommandError, CommandError> {
    let id = requests::leave(ui.home()?, request)?;
    if ui.is_json() {
        ui.emit(
            "request",
            &serde_json::json!({ "id": id, "request": request }),
        )?;
    } else {
        ui.out(format_args!("request {id}"))?;
    }
    Ok(CommandError::new(
        Exit::ConsentNeeded,
        "consent-needed",
        format_args!("a person must approve what {} asks for", request.skill),
    )
    .hint(format_args!("a person runs `chopmark approve {id}` or `chopmark deny {id}`, then this command is run again"))
    .detail("id", id))
}
