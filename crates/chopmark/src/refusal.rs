//! How the client's errors end a command: exit code, stable code, advice.

use chopmark_client::check::CheckError;
use chopmark_client::durable::FileError;
use chopmark_client::install::InstallError;
use chopmark_client::keys::KeyStoreError;
use chopmark_client::lock::LockError;
use chopmark_client::seal::SealError;
use chopmark_client::secrets::SecretsError;
use chopmark_client::store::StoreError;

use crate::error::CommandError;
use crate::exit::Exit;

/// Builds a [`CommandError`] from an error of the client, whose `code()` decides the advice.
macro_rules! refusals {
    ($($error:ty => $exit:expr),* $(,)?) => {
        $(impl From<$error> for CommandError {
            fn from(error: $error) -> Self {
                let code = error.code();
                advise(CommandError::new(exit_of(code, $exit), code, error), code)
            }
        })*
    };
}

refusals! {
    FileError => Exit::Environment,
    SealError => Exit::Failed,
    KeyStoreError => Exit::Failed,
    SecretsError => Exit::Failed,
    StoreError => Exit::Unverified,
    LockError => Exit::Failed,
    InstallError => Exit::Failed,
    CheckError => Exit::Failed,
}

/// The class of a code, where it differs from that of its family.
fn exit_of(code: &str, family: Exit) -> Exit {
    match code {
        "file-failed" | "file-permission" | "file-not-found" | "file-exists" | "disk-full"
        | "file-too-large" | "no-randomness" => Exit::Environment,
        "store-damaged" | "receipt-changed" | "receipt-missing" => Exit::Unverified,
        "key-label" | "secret-name" => Exit::Usage,
        _ => family,
    }
}

/// Adds the mend of a code, where there is one command or act for it.
fn advise(error: CommandError, code: &str) -> CommandError {
    let hint = match code {
        "passphrase-needed" => "give --passphrase-file FILE, or set CHOPMARK_PASSPHRASE_FILE",
        "key-missing" => "chopmark keygen makes keys, `chopmark keygen --list` shows them",
        "key-too-open" => "chmod 600 the file, and rotate the key if others had access",
        "store-missing" | "store-damaged" => "chopmark add --locked fetches the bytes again",
        "lock-not-canonical" | "lock-malformed" => {
            "restore chopmark.lock from version control; it is not edited by hand"
        }
        "not-installed" => "chopmark list shows what is",
        "secret-missing" => "chopmark secret list shows the names",
        _ => return error,
    };
    error.hint(hint)
}
