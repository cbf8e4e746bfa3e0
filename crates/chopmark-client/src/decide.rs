//! From a question to a decision: evidence fetched and proved, bytes fetched and hashed, the
//! kernel and the policy asked. Nothing is written here but what this host remembers of the log.

use chopmark_core::admit::{Decision, admit};
use chopmark_core::digest::BlobDigest;
use chopmark_core::evidence::{BundleError, Evidence, FirstContact, Query, Recorder, collect};
use chopmark_core::kernel::{Request, Rescan};
use chopmark_core::package::{PERMISSIONS_FILE, Package};
use chopmark_core::permission::{Diff, Grant, Manifest, ManifestError, Permission};
use chopmark_core::policy::Policy;
use chopmark_core::receipt;
use chopmark_core::requirement::{Confinement, Lineage};
use chopmark_core::roots::Roots;
use thiserror::Error;

use crate::head::{Head, HeadError};
use crate::identity::Reach;
use crate::lock::{Locked, Source};
use crate::pinned::Pinned;
use crate::remote::RemoteError;

/// Everything about one release, proved complete, with its bytes.
#[derive(Debug)]
pub struct Gathered {
    /// What was asked for.
    pub query: Query,
    /// What the log holds.
    pub evidence: Evidence,
    /// The same as bytes, for a replay.
    pub bundle: Vec<u8>,
    /// The released bytes.
    pub package: Package,
    /// What they ask for.
    pub manifest: Manifest,
}

/// Fetches and proves everything about the release that `query` asks for, and fetches its bytes.
///
/// # Errors
///
/// [`DecideError`]; there is no partial evidence.
pub fn gather(reach: &Reach, roots: &Roots, query: &Query) -> Result<Gathered, DecideError> {
    let (evidence, bundle) = prove(reach, roots, query)?;
    let package = reach.remote.package(evidence.subject)?;
    let manifest = manifest_of(&package)?;
    Ok(Gathered {
        query: query.clone(),
        evidence,
        bundle,
        package,
        manifest,
    })
}

/// Fetches and proves everything about a release, without its bytes; also as a bundle.
///
/// # Errors
///
/// [`DecideError`].
pub fn prove(
    reach: &Reach,
    roots: &Roots,
    query: &Query,
) -> Result<(Evidence, Vec<u8>), DecideError> {
    let contact = contact(reach, roots)?;
    let head = Head::fetch_any(&reach.remote, &reach.trust, &reach.memory)?;
    let pinned = Pinned::at(&reach.remote, &head);
    let recorder = Recorder::new(&pinned);
    let evidence = collect(&recorder, contact, &receipt::reach(roots), query);
    let evidence = match (evidence, reach.remote.take_failure()) {
        (Ok(evidence), _) => evidence,
        (Err(_), Some(failure)) => return Err(RemoteError::from(failure).into()),
        (Err(error), None) => return Err(HeadError::from(error).into()),
    };
    Ok((evidence, recorder.into_bundle().bytes()?))
}

/// What the roots say of the log must be what this host was told at first contact.
fn contact<'r>(reach: &'r Reach, roots: &Roots) -> Result<&'r FirstContact, DecideError> {
    let told = &reach.trust.contact;
    let agrees = roots.log(&told.origin).is_some_and(|log| {
        log.charter == told.charter
            && log.replay_group == told.replay_group
            && chopmark_core::tlog_policy::Policy::parse(log.tlog_policy.as_bytes())
                .is_ok_and(|policy| policy == told.policy)
    });
    if agrees {
        Ok(told)
    } else {
        Err(DecideError::RootsLog(told.origin.clone()))
    }
}

/// Reads what a package asks for; one without a manifest asks for nothing.
///
/// # Errors
///
/// [`DecideError::Permissions`].
pub fn manifest_of(package: &Package) -> Result<Manifest, DecideError> {
    let Some(bytes) = package.file(PERMISSIONS_FILE) else {
        return Ok(Manifest::empty());
    };
    let text = std::str::from_utf8(bytes).map_err(|_| DecideError::PermissionsText)?;
    Ok(Manifest::parse(text)?)
}

/// What the kernel is told beside the evidence.
#[derive(Debug, Clone)]
pub struct Situation<'l> {
    /// What is installed in the same folder, and what it was granted.
    pub installed: Option<(&'l Locked, &'l Grant)>,
    /// The hook that confines the agent, if one is in force.
    pub confinement: Confinement,
    /// This host's own run of the scan.
    pub rescan: Option<Rescan>,
    /// This host's clock, in seconds since the Unix epoch.
    pub clock: u64,
    /// How old the witnesses' time may be, in seconds.
    pub max_age: u64,
}

/// A decision with the request that it answers.
#[derive(Debug)]
pub struct Decided {
    /// What the kernel was asked.
    pub request: Request,
    /// What it and the policy decided.
    pub decision: Decision,
    /// How what is asked differs from what was granted to what is installed.
    pub growth: Diff,
}

/// Asks kernel and policy.
#[must_use]
pub fn decide(
    gathered: &Gathered,
    roots: &Roots,
    policy: &dyn Policy,
    situation: &Situation<'_>,
) -> Decided {
    let asked = gathered.manifest.permissions();
    let granted: Vec<Permission> = situation
        .installed
        .map(|(_, grant)| grant.permissions())
        .unwrap_or_default();
    let growth = Diff::between(&granted, &asked);
    let request = Request {
        manifest: gathered.manifest.clone(),
        files: u64::try_from(gathered.package.manifest().entries().len()).unwrap_or(u64::MAX),
        confinement: situation.confinement.clone(),
        lineage: lineage(
            gathered,
            situation.installed.map(|(locked, _)| locked),
            &growth,
        ),
        rescan: situation.rescan,
        clock: situation.clock,
        max_age: situation.max_age,
    };
    let decision = admit(&gathered.evidence, roots, policy, &request);
    Decided {
        request,
        decision,
        growth,
    }
}

fn lineage(gathered: &Gathered, installed: Option<&Locked>, growth: &Diff) -> Lineage {
    let Some(installed) = installed else {
        return Lineage::default();
    };
    let new_publisher_key = match &installed.source {
        Source::Log(released) => {
            released.publisher != gathered.evidence.publisher
                || gathered
                    .evidence
                    .release
                    .signers
                    .iter()
                    .all(|key| !released.keys.contains(key))
        }
        Source::Adopted { .. } => false,
    };
    Lineage {
        new_publisher_key,
        growth: growth.grows(),
        ..Lineage::default()
    }
}

/// Digest under which a bundle is kept.
#[must_use]
pub fn bundle_digest(bundle: &[u8]) -> BlobDigest {
    BlobDigest::of(bundle)
}

/// Why there is nothing to decide about.
#[derive(Debug, Error)]
pub enum DecideError {
    /// The roots and the first contact name different things under one origin.
    #[error("the roots do not name the log `{0}` as this host was told of it")]
    RootsLog(String),
    /// The permission manifest is no text.
    #[error("`permissions.yaml` is not UTF-8")]
    PermissionsText,
    /// The permission manifest is refused.
    #[error("`permissions.yaml`: {0}")]
    Permissions(#[from] ManifestError),
    /// The evidence has no byte form, which it always should.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The log's head, or the evidence under it.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The registry.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl DecideError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RootsLog(_) => "roots-other-log",
            Self::PermissionsText => "permissions-not-utf8",
            Self::Permissions(error) => error.code(),
            Self::Bundle(_) => "evidence-malformed",
            Self::Head(error) => error.code(),
            Self::Remote(error) => error.code(),
        }
    }
}
