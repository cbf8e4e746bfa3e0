//! Why a skill was not run.

use chopmark_core::admit::Refusal;
use chopmark_core::name::SkillName;
use chopmark_sandbox::broker::SecretError;
use chopmark_sandbox::{PlanError, RunError as SandboxRunError, StartError};
use thiserror::Error;

use crate::check::CheckError;
use crate::decide::DecideError;
use crate::durable::FileError;
use crate::enact::EnactError;
use crate::folder::FolderError;
use crate::lock::LockError;
use crate::receipts::ReceiptsError;
use crate::review::ReviewError;
use crate::term::TermError;

/// Why a skill was not run, or its run could not be recorded.
#[derive(Debug, Error)]
pub enum RunError {
    /// The installed folder is not what was admitted.
    #[error("`{name}` was changed since it was installed: {first}")]
    Changed {
        /// The folder's name.
        name: SkillName,
        /// The first difference.
        first: String,
    },
    /// The adoption record names no content.
    #[error("the adoption of `{0}` names no content")]
    Adoption(SkillName),
    /// The adoption does not hold any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing is installed here that may run.
    #[error("no skill that may run is installed here")]
    NoSkill,
    /// The grant was given for a time, which is over.
    #[error("the grant of `{0}` ended at second {1} of the Unix epoch")]
    GrantExpired(SkillName, u64),
    /// A person took the grant back.
    #[error("the grant of `{0}` was taken back at second {1} of the Unix epoch")]
    GrantRevoked(SkillName, u64),
    /// Whether the grant holds cannot be told.
    #[error(transparent)]
    Term(#[from] TermError),
    /// A granted secret was never stored.
    #[error("the skill was granted the secret `{0}`, and this host holds no value of it")]
    SecretMissing(String),
    /// A secret's value cannot go into a header.
    #[error("the secret `{name}` cannot be used: {error}")]
    SecretValue {
        /// Its name.
        name: String,
        /// Why.
        error: SecretError,
    },
    /// The system gave no random bytes.
    #[error("the system gives no randomness")]
    Randomness,
    /// Lock file, store or receipt.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The lock file.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The grant.
    #[error(transparent)]
    Grant(#[from] EnactError),
    /// The adoption record.
    #[error(transparent)]
    Receipts(#[from] ReceiptsError),
    /// The changes of a reviewed run.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The folder to be recorded.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its manifest.
    #[error(transparent)]
    Manifest(#[from] Box<DecideError>),
    /// The grant cannot be enforced for this call.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The sandbox could not be set up.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The run could not be recorded to its end.
    #[error(transparent)]
    Run(#[from] SandboxRunError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RunError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "installed-changed",
            Self::Adoption(_) => "adoption-malformed",
            Self::Refused(refusal) => refusal.code(),
            Self::NoSkill => "no-skill",
            Self::GrantExpired(..) => "grant-expired",
            Self::GrantRevoked(..) => "grant-revoked",
            Self::Term(error) => error.code(),
            Self::SecretMissing(_) => "secret-missing",
            Self::SecretValue { .. } => "secret-unusable",
            Self::Randomness => "no-randomness",
            Self::Check(error) => error.code(),
            Self::Lock(error) => error.code(),
            Self::Grant(error) => error.code(),
            Self::Receipts(error) => error.code(),
            Self::Review(error) => error.code(),
            Self::Folder(error) => error.code(),
            Self::Manifest(error) => error.code(),
            Self::Plan(error) => error.code(),
            Self::Start(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }

    /// What can be done about it, one line; empty where the code says it all.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Changed { .. } => "chopmark add --locked puts the admitted bytes back".to_owned(),
            Self::GrantExpired(..) | Self::GrantRevoked(..) => {
                "chopmark add asks for it anew".to_owned()
            }
            Self::SecretMissing(name) => format!("chopmark secret set {name}"),
            Self::SecretValue { name, .. } => {
                format!("chopmark secret set {name} with another value")
            }
            Self::Refused(refusal) => refusal.hint().to_owned(),
            Self::Plan(error) => error.hint().to_owned(),
            Self::Start(error) => error.hint(),
            Self::Adoption(_)
            | Self::NoSkill
            | Self::Randomness
            | Self::Review(_)
            | Self::Folder(_)
            | Self::Manifest(_)
            | Self::Term(_)
            | Self::Check(_)
            | Self::Lock(_)
            | Self::Grant(_)
            | Self::Receipts(_)
            | Self::Run(_)
            | Self::File(_) => String::new(),
        }
    }
}
