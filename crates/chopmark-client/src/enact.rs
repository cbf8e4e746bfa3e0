//! From an admission to an installation: the receipt first, then the folders, then the lock.
//!
//! An admission is taken by value: it installs once. Nothing else in this crate puts a package
//! into an agent's folder, but [`restore`], which puts back what a receipt of this host admitted.

use std::path::PathBuf;

use chopmark_core::admit::Admission;
use chopmark_core::digest::{ContentDigest, GrantDigest, TreeHash};
use chopmark_core::json::JsonError;
use chopmark_core::key::{PublicKey, SecretKey};
use chopmark_core::name::SkillName;
use chopmark_core::package::Package;
use chopmark_core::permission::Grant;
use chopmark_core::policy::Policy;
use chopmark_core::receipt::{ConsentClass, Surroundings, payload};
use chopmark_core::roots::Roots;
use thiserror::Error;

use crate::decide::{Decided, Gathered, bundle_digest};
use crate::durable::{self, Access, Exclusive, FileError};
use crate::home::Home;
use crate::install::{self, Change, InstallError};
use crate::lock::{Lock, LockError, Locked, Released, Source};
use crate::receipts::{Input, Receipts, ReceiptsError};
use crate::scope::{Agent, Scope};
use crate::term::{self, TermError};
use crate::tree::{self, Difference};

/// Where something is to be installed.
#[derive(Debug)]
pub struct Target<'a> {
    /// This host's folders.
    pub home: &'a Home,
    /// The scope, recovered.
    pub scope: &'a Scope,
    /// The scope's lock, held.
    pub held: &'a Exclusive,
    /// The folder's name.
    pub folder: &'a SkillName,
    /// Into whose folders; at least one.
    pub agents: &'a [Agent],
}

/// What decided, for the receipt.
pub struct Grounds<'a> {
    /// From where the host counted.
    pub roots: &'a Roots,
    /// The same, byte for byte.
    pub roots_bytes: &'a [u8],
    /// The policy.
    pub policy: &'a dyn Policy,
    /// The policy's texts, byte for byte.
    pub policy_bytes: &'a [u8],
    /// On whose word permissions were given.
    pub consent: ConsentClass,
    /// What is granted.
    pub grant: &'a Grant,
    /// This host's key.
    pub key: &'a SecretKey,
    /// Where the log is served.
    pub registry: &'a str,
}

/// Installs what was admitted. When it returns, receipt, folders and lock file are durable.
///
/// `until` ends the grant, in seconds since the Unix epoch; its term is durable before the lock.
///
/// # Errors
///
/// [`EnactError`]; before the lock file's rename nothing is installed.
pub fn enact(
    target: &Target<'_>,
    gathered: &Gathered,
    decided: Decided,
    grounds: &Grounds<'_>,
    until: Option<u64>,
) -> Result<Locked, EnactError> {
    check_free(target)?;
    let receipts = Receipts::of(target.home);
    let _writing = receipts.exclusive()?;
    let around = Surroundings {
        host: grounds.key.public().digest(),
        query: gathered.query.clone(),
        bundle: bundle_digest(&gathered.bundle),
        consent: grounds.consent,
        grant: Some(grounds.grant.digest()),
        previous: receipts.newest()?,
    };
    let document = payload(
        &gathered.evidence,
        grounds.roots,
        grounds.policy,
        &decided.request,
        &decided.decision,
        &around,
    )?;
    let Ok(admission) = decided.decision.outcome else {
        return Err(EnactError::NotAdmitted);
    };
    let Admission::Signed(admitted) = admission else {
        return Err(EnactError::NotAdmitted);
    };
    if admitted.content() != gathered.package.digest() {
        return Err(EnactError::OtherContent(admitted.content()));
    }
    receipts.keep_input(Input::Evidence, &gathered.bundle)?;
    receipts.keep_input(Input::Roots, grounds.roots_bytes)?;
    receipts.keep_input(Input::Policy, grounds.policy_bytes)?;
    keep_grant(target.home, grounds.grant)?;
    let receipt = receipts.keep(&document, grounds.key)?;
    if let Some(until) = until {
        term::limit(target.home, &receipt, until, grounds.key)?;
    }
    let evidence = &gathered.evidence;
    let released = Released {
        origin: evidence.origin.clone(),
        registry: grounds.registry.to_owned(),
        publisher: admitted.publisher(),
        publisher_name: admitted.publisher_name().clone(),
        skill: admitted.skill().clone(),
        version: admitted.version().clone(),
        release: admitted.release(),
        index: admitted.index(),
        keys: evidence.release.signers.clone(),
        checkpoint_size: evidence.checkpoint.size,
        checkpoint_root: TreeHash::from_bytes(*evidence.checkpoint.root.as_bytes()),
    };
    let locked = Locked {
        content: admitted.content(),
        source: Source::Log(Box::new(released)),
        grant: grounds.grant.digest(),
        receipt,
        agents: target.agents.to_vec(),
    };
    place(target, &gathered.package, locked)
}

/// Installs an adopted folder, under the record that this host signed for it.
///
/// # Errors
///
/// [`EnactError`]; before the lock file's rename nothing is installed.
pub fn enact_adoption(
    target: &Target<'_>,
    package: &Package,
    admission: Admission,
    record: &[u8],
) -> Result<Locked, EnactError> {
    check_free(target)?;
    let Admission::Unsigned(adopted) = admission else {
        return Err(EnactError::NotAdmitted);
    };
    if adopted.content() != package.digest() {
        return Err(EnactError::OtherContent(adopted.content()));
    }
    let receipts = Receipts::of(target.home);
    let _writing = receipts.exclusive()?;
    let adoption = receipts.keep_adoption(record)?;
    keep_grant(target.home, adopted.grant())?;
    let locked = Locked {
        content: adopted.content(),
        source: Source::Adopted {
            adoption: adoption.clone(),
            expires: adopted.expires(),
        },
        grant: adopted.grant().digest(),
        receipt: adoption,
        agents: target.agents.to_vec(),
    };
    place(target, package, locked)
}

fn place(target: &Target<'_>, package: &Package, locked: Locked) -> Result<Locked, EnactError> {
    let mut lock = Lock::read(target.scope)?;
    let gone: Vec<Agent> = lock
        .skill(target.folder)
        .map(|old| {
            old.agents
                .iter()
                .copied()
                .filter(|a| !locked.agents.contains(a))
                .collect()
        })
        .unwrap_or_default();
    lock.insert(target.folder.clone(), locked.clone());
    let folder = |agent: &Agent| target.scope.skill_folder(*agent, target.folder.as_str());
    let mut changes: Vec<(PathBuf, Change<'_>)> = locked
        .agents
        .iter()
        .map(|agent| (folder(agent), Change::Place(package)))
        .collect();
    changes.extend(gone.iter().map(|agent| (folder(agent), Change::Remove)));
    install::commit(target.scope, target.home, target.held, &lock, &changes)?;
    Ok(locked)
}

/// A folder that is not ours, or that somebody changed, is never replaced.
fn check_free(target: &Target<'_>) -> Result<(), EnactError> {
    let lock = Lock::read(target.scope)?;
    let known = lock.skill(target.folder);
    let store = crate::store::Store::new(target.home.store());
    for agent in target.agents {
        let folder = target.scope.skill_folder(*agent, target.folder.as_str());
        if std::fs::symlink_metadata(&folder).is_err() {
            continue;
        }
        let Some(locked) = known.filter(|locked| locked.agents.contains(agent)) else {
            return Err(EnactError::Occupied(folder));
        };
        let Some(manifest) = store.manifest(locked.content).map_err(InstallError::from)? else {
            continue;
        };
        if let Some(first) = tree::compare(&folder, &manifest)?.into_iter().next() {
            return Err(EnactError::Changed { folder, first });
        }
    }
    Ok(())
}

/// Puts back exactly what the lock file names, for entries that a receipt of this host admitted.
///
/// `fetch` gives a package that is not in the store. Returns the folders' names.
///
/// # Errors
///
/// [`EnactError`]; what was put back before stays.
pub fn restore<E: From<EnactError>>(
    home: &Home,
    scope: &Scope,
    held: &Exclusive,
    host: &PublicKey,
    fetch: impl Fn(&SkillName, &Locked) -> Result<Package, E>,
) -> Result<Vec<SkillName>, E> {
    let lock = Lock::read(scope).map_err(EnactError::from)?;
    let receipts = Receipts::of(home);
    let store = crate::store::Store::new(home.store());
    let mut restored = Vec::new();
    for (name, locked) in lock.skills() {
        check_admitted(&receipts, host, name, locked)?;
        let kept = store.package(locked.content);
        let package = match kept {
            Ok(Some(package)) => package,
            Ok(None) | Err(_) => fetch(name, locked)?,
        };
        if package.digest() != locked.content {
            return Err(EnactError::OtherContent(package.digest()).into());
        }
        let mut changes = Vec::new();
        for agent in &locked.agents {
            let folder = scope.skill_folder(*agent, name.as_str());
            if !tree::compare(&folder, package.manifest())
                .map_err(EnactError::from)?
                .is_empty()
            {
                changes.push((folder, Change::Place(&package)));
            }
        }
        if !changes.is_empty() {
            install::commit(scope, home, held, &lock, &changes).map_err(EnactError::from)?;
            restored.push(name.clone());
        }
    }
    Ok(restored)
}

fn check_admitted(
    receipts: &Receipts,
    host: &PublicKey,
    name: &SkillName,
    locked: &Locked,
) -> Result<(), EnactError> {
    let is_admitted = match &locked.source {
        Source::Log(released) => {
            let (_, receipt) = receipts.read(&locked.receipt, host)?;
            let subject = format!(
                "@{}/{}@{}",
                released.publisher_name, released.skill, released.version
            );
            receipt.passed()
                && receipt.subject() == subject
                && receipt.content() == Some(locked.content)
        }
        Source::Adopted { adoption, .. } => {
            receipts.adoption(adoption, host)?.content == locked.content.to_hex()
        }
    };
    if is_admitted {
        Ok(())
    } else {
        Err(EnactError::ReceiptOther(name.clone()))
    }
}

/// Keeps what was granted under its digest, for `run`.
fn keep_grant(home: &Home, grant: &Grant) -> Result<(), FileError> {
    let folder = home.grants();
    durable::private_folder(&folder)?;
    durable::write(
        &folder.join(grant.digest().to_hex()),
        grant.to_json().as_bytes(),
        Access::Private,
    )
}

/// Reads what was granted.
///
/// # Errors
///
/// [`EnactError::GrantMissing`] when it is not here, or not what its name says.
pub fn granted(home: &Home, digest: GrantDigest) -> Result<Grant, EnactError> {
    let path = home.grants().join(digest.to_hex());
    let bytes = durable::read(&path, MAX_GRANT_BYTES)?;
    bytes
        .and_then(|bytes| Grant::parse(std::str::from_utf8(&bytes).ok()?).ok())
        .filter(|grant| grant.digest() == digest)
        .ok_or(EnactError::GrantMissing(digest))
}

/// Why nothing was installed.
#[derive(Debug, Error)]
pub enum EnactError {
    /// The decision was a refusal.
    #[error("the decision does not admit it")]
    NotAdmitted,
    /// Other bytes than were admitted.
    #[error("the bytes at hand are not the content {0}")]
    OtherContent(ContentDigest),
    /// Something else stands in the folder.
    #[error("`{}` is there already and was not installed by Chopmark", .0.display())]
    Occupied(PathBuf),
    /// Somebody changed the installed folder.
    #[error("`{}` was changed since it was installed: {} {}", folder.display(), first.path(), first.words())]
    Changed {
        /// The folder.
        folder: PathBuf,
        /// The first difference.
        first: Difference,
    },
    /// The lock file names a receipt for something else.
    #[error("the receipt of `{0}` admits something else")]
    ReceiptOther(SkillName),
    /// The grant that the lock file names is gone.
    #[error("the grant {0} is not here any more")]
    GrantMissing(GrantDigest),
    /// The receipt has no byte form, which it always should.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The receipts.
    #[error(transparent)]
    Receipts(#[from] ReceiptsError),
    /// The lock file.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The installation.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The end of the grant.
    #[error(transparent)]
    Term(#[from] TermError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl EnactError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAdmitted => "not-admitted",
            Self::OtherContent(_) => "content-other",
            Self::Occupied(_) => "folder-occupied",
            Self::Changed { .. } => "local-changes",
            Self::ReceiptOther(_) => "receipt-other-content",
            Self::GrantMissing(_) => "grant-missing",
            Self::Json(_) => "receipt-malformed",
            Self::Receipts(error) => error.code(),
            Self::Lock(error) => error.code(),
            Self::Install(error) => error.code(),
            Self::Term(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const MAX_GRANT_BYTES: u64 = 1024 * 1024;
