//! Folders of servers: made once by `init`, opened by everything after.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use chopmark_core::{
    digest::{IdentityId, StatementId},
    key::{Role, SecretKey},
    note::{KeyKind, NoteError, VerifierKey},
    record::{Inception, KeySet, Limits, NextKeys, RoleKey},
};
use chopmark_log::{
    disk::{Disk, DiskError},
    log::{Log, LogError},
    operator::{Operator, charter},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::keyfile::{self, KeyFileError};

/// What a new registry is known by.
#[derive(Debug)]
pub struct Founded {
    /// The key of its checkpoints.
    pub log_key: VerifierKey,
    /// The statement id of its charter.
    pub charter: StatementId,
    /// The identity of its operator.
    pub operator: IdentityId,
}

/// Makes a registry in `folder`: three keys, the operator's identity, and a log that holds the
/// charter. Nothing is public yet.
///
/// The next key of the operator's identity lies in `operator-next.key`; it is to be moved off the
/// machine.
///
/// # Errors
///
/// [`SetupError`]; what is there already is never overwritten.
pub fn init_registry(folder: &Path, origin: &str, now: u64) -> Result<Founded, SetupError> {
    let disk = Disk::open(folder)?;
    // Refuses an origin that notes cannot carry before any key is drawn.
    VerifierKey::new(
        origin,
        KeyKind::Log,
        SecretKey::from_seed(&[0; 32]).public(),
    )?;
    let log_key = keyfile::create(&folder.join(LOG_KEY))?;
    let operate_key = keyfile::create(&folder.join(OPERATOR_KEY))?;
    let next = keyfile::create(&folder.join("operator-next.key"))?;
    let inception = Inception {
        keys: KeySet {
            keys: vec![RoleKey {
                key: operate_key.public(),
                roles: BTreeSet::from([Role::Operate]),
            }],
            threshold: 1,
            next: NextKeys {
                keys: BTreeSet::from([next.public().digest()]),
                threshold: 1,
            },
            rotation_days: 0,
        },
        name: None,
    };
    let (charter, identity) =
        charter(origin, inception, &[&operate_key], Limits::V1).map_err(LogError::from)?;
    let settings = RegistrySettings {
        origin: origin.to_owned(),
        operator: identity.to_hex(),
    };
    put(&disk, REGISTRY, &settings)?;
    let operator = Operator {
        origin: origin.to_owned(),
        log_key,
        identity,
        operate_key,
    };
    let log_key = operator.verifier()?;
    let _ = Log::create(folder, operator, &charter, now)?;
    Ok(Founded {
        log_key,
        charter: charter.id(),
        operator: identity,
    })
}

/// Reads who runs the registry in `folder`.
///
/// # Errors
///
/// [`SetupError`] when settings or keys are missing or malformed.
pub fn operator(folder: &Path) -> Result<Operator, SetupError> {
    let settings: RegistrySettings = get(folder, REGISTRY)?;
    let malformed = || SetupError::Malformed(folder.join(REGISTRY));
    Ok(Operator {
        origin: settings.origin,
        log_key: keyfile::read(&folder.join(LOG_KEY))?,
        identity: settings.operator.parse().map_err(|_| malformed())?,
        operate_key: keyfile::read(&folder.join(OPERATOR_KEY))?,
    })
}

/// Makes a witness in `folder` and returns the key that verifies its cosignatures.
///
/// # Errors
///
/// [`SetupError`]; what is there already is never overwritten.
pub fn init_witness(folder: &Path, name: &str) -> Result<VerifierKey, SetupError> {
    let disk = Disk::open(folder)?;
    VerifierKey::new(
        name,
        KeyKind::Cosigner,
        SecretKey::from_seed(&[0; 32]).public(),
    )?;
    let key = keyfile::create(&folder.join(WITNESS_KEY))?;
    let settings = WitnessSettings {
        name: name.to_owned(),
    };
    put(&disk, WITNESS, &settings)?;
    Ok(VerifierKey::new(name, KeyKind::Cosigner, key.public())?)
}

/// Reads name and key of the witness in `folder`.
///
/// # Errors
///
/// [`SetupError`] when settings or key are missing or malformed.
pub fn witness(folder: &Path) -> Result<(String, SecretKey), SetupError> {
    let settings: WitnessSettings = get(folder, WITNESS)?;
    Ok((settings.name, keyfile::read(&folder.join(WITNESS_KEY))?))
}

const LOG_KEY: &str = "log.key";
const OPERATOR_KEY: &str = "operator.key";
const WITNESS_KEY: &str = "witness.key";
const REGISTRY: &str = "registry.json";
const WITNESS: &str = "witness.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistrySettings {
    origin: String,
    operator: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessSettings {
    name: String,
}

fn put<T: Serialize>(disk: &Disk, name: &str, settings: &T) -> Result<(), SetupError> {
    let mut bytes = serde_json::to_vec_pretty(settings)
        .map_err(|_| SetupError::Malformed(disk.root().join(name)))?;
    bytes.push(b'\n');
    Ok(disk.replace(name, &bytes)?)
}

fn get<T: for<'d> Deserialize<'d>>(folder: &Path, name: &str) -> Result<T, SetupError> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).map_err(|source| SetupError::Missing {
        path: path.clone(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|_| SetupError::Malformed(path))
}

/// Why a folder could not be made or used.
#[derive(Debug, Error)]
pub enum SetupError {
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A name.
    #[error(transparent)]
    Name(#[from] NoteError),
    /// Settings are not there.
    #[error("{} could not be read: {source}", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// Settings are not what `init` wrote.
    #[error("{} is malformed", .0.display())]
    Malformed(PathBuf),
}

impl SetupError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => "server-key",
            Self::Log(error) => error.code(),
            Self::Disk(_) => "log-storage",
            Self::Name(_) => "server-name",
            Self::Missing { .. } | Self::Malformed(_) => "server-settings",
        }
    }
}
