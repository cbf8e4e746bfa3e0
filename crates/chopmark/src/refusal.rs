//! How the client's errors end a command: exit code, stable code, advice.

use chopmark_client::adoption::AdoptionError;
use chopmark_client::check::CheckError;
use chopmark_client::decide::DecideError;
use chopmark_client::durable::FileError;
use chopmark_client::enact::EnactError;
use chopmark_client::folder::FolderError;
use chopmark_client::head::HeadError;
use chopmark_client::hook::HookError;
use chopmark_client::host::HostError;
use chopmark_client::identity::IdentityError;
use chopmark_client::install::InstallError;
use chopmark_client::keys::KeyStoreError;
use chopmark_client::lock::LockError;
use chopmark_client::receipts::ReceiptsError;
use chopmark_client::remote::RemoteError;
use chopmark_client::replay::ReplayError;
use chopmark_client::requests::RequestError;
use chopmark_client::review::ReviewError;
use chopmark_client::seal::SealError;
use chopmark_client::secrets::SecretsError;
use chopmark_client::signed::SignedError;
use chopmark_client::store::StoreError;
use chopmark_client::submit::SubmitError;
use chopmark_client::term::TermError;
use chopmark_client::trust::TrustError;
use chopmark_core::rules::Blame;

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
    TrustError => Exit::Failed,
    FolderError => Exit::Failed,
    HostError => Exit::Failed,
    SignedError => Exit::Unverified,
    RequestError => Exit::Failed,
    ReceiptsError => Exit::Failed,
    ReplayError => Exit::Unverified,
    EnactError => Exit::Failed,
    AdoptionError => Exit::Failed,
    TermError => Exit::Failed,
    ReviewError => Exit::Failed,
    HookError => Exit::Failed,
}

impl From<HeadError> for CommandError {
    fn from(error: HeadError) -> Self {
        let class = match &error {
            HeadError::Evidence(_)
            | HeadError::NotReplayed { .. }
            | HeadError::Memory(_)
            | HeadError::Remote(_) => Exit::Unverified,
            HeadError::Rule(_) => Exit::Failed,
        };
        let (code, blame) = (error.code(), error.blame());
        blamed(
            advise(Self::new(exit_of(code, class), code, error), code),
            blame,
        )
    }
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        HeadError::from(error).into()
    }
}

impl From<DecideError> for CommandError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Head(error) => error.into(),
            DecideError::Remote(error) => error.into(),
            other @ (DecideError::RootsLog(_)
            | DecideError::PermissionsText
            | DecideError::Permissions(_)
            | DecideError::Bundle(_)) => {
                let code = other.code();
                advise(Self::new(Exit::Failed, code, other), code)
            }
        }
    }
}

impl From<SubmitError> for CommandError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Head(error) => error.into(),
            SubmitError::Refused { code, message } => {
                let message = format!("the registry refused the record: {message}");
                let class = exit_of(&code, Exit::Failed);
                advise(Self::new(class, code.clone(), message), &code)
            }
            other @ (SubmitError::Answer(_)
            | SubmitError::Void { .. }
            | SubmitError::Proof(_)
            | SubmitError::Http(_)) => {
                let code = other.code().to_owned();
                let error = Self::new(exit_of(&code, Exit::Unverified), code.clone(), other);
                advise(error.blame("registry"), &code)
            }
        }
    }
}

impl From<IdentityError> for CommandError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Head(error) => error.into(),
            IdentityError::Submit(error) => error.into(),
            IdentityError::Keys(error) => error.into(),
            IdentityError::File(error) => error.into(),
            other @ (IdentityError::Registered { .. }
            | IdentityError::NotRegistered(_)
            | IdentityError::OutOfStep(_)
            | IdentityError::Damaged(_)
            | IdentityError::Record(_)) => {
                let code = other.code().to_owned();
                advise(Self::new(Exit::Failed, code.clone(), other), &code)
            }
        }
    }
}

fn blamed(error: CommandError, blame: Option<Blame>) -> CommandError {
    match blame {
        Some(blame) => error.blame(blame.as_str()),
        None => error,
    }
}

/// The class of a code, where it differs from that of its family.
fn exit_of(code: &str, family: Exit) -> Exit {
    match code {
        "file-failed" | "file-permission" | "file-not-found" | "file-exists" | "disk-full"
        | "file-too-large" | "no-randomness" => Exit::Environment,
        "store-damaged"
        | "receipt-changed"
        | "receipt-missing"
        | "receipt-signature"
        | "receipt-other-content"
        | "content-other" => Exit::Unverified,
        "name-unknown" | "skill-unknown" | "version-unknown" => Exit::Failed,
        "registry-unreachable"
        | "registry-status"
        | "registry-answer-too-large"
        | "registry-file-missing"
        | "registry-busy"
        | "witness-quorum" => Exit::Environment,
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
        "trust-missing" => {
            "chopmark trust init FILE --charter DIGEST names the log that you believe"
        }
        "roots-missing" | "host-key-missing" => {
            "chopmark trust init FILE --charter DIGEST --preset personal makes a host key and roots"
        }
        "local-changes" => "chopmark verify names the changes; chopmark add --locked discards them",
        "folder-occupied" => "install under another name with --as NAME",
        "request-unknown" => "chopmark approve lists the open requests",
        "identity-not-registered" => "chopmark identity register NAME begins an identity",
        "witness-quorum" => {
            "the record is in the log: run the same command again when the witnesses are back"
        }
        "registry-unreachable" => {
            "look at the network and at the URL that `chopmark trust show` prints"
        }
        "checkpoint-rollback" => "the registry shows an old state; ask its operator, or a mirror",
        "split-view" | "split-view-stopped" => {
            "show the evidence file to the log's operator, its witnesses and its other users"
        }
        _ => return error,
    };
    error.hint(hint)
}
