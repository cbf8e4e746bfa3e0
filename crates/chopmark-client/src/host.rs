//! What this host decides by: its roots, signed by its own key.

use chopmark_core::json;
use chopmark_core::key::SecretKey;
use chopmark_core::roots::{MAX_BYTES, Roots, RootsError, RootsWire};
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::home::Home;
use crate::signed::{self, Kind, SignedError};

/// Reads the roots of this host; also their exact bytes, which receipts name.
///
/// # Errors
///
/// [`HostError`].
pub fn roots(home: &Home) -> Result<(Roots, Vec<u8>), HostError> {
    let limit = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_mul(2);
    let signed = durable::read(&home.roots(), limit)?.ok_or(HostError::NoRoots)?;
    let bytes = signed::open(Kind::Roots, &signed, &signed::host_key(home)?)?;
    Ok((Roots::parse(&bytes)?, bytes))
}

/// Signs and saves new roots; the version must grow.
///
/// # Errors
///
/// [`HostError`]; the old roots are still in force.
pub fn save_roots(home: &Home, wire: &RootsWire, key: &SecretKey) -> Result<Roots, HostError> {
    let bytes = json::to_canonical(wire).map_err(RootsError::from)?;
    let new = Roots::parse(&bytes)?;
    match roots(home) {
        Ok((old, _)) if new.version() <= old.version() => {
            return Err(HostError::Version {
                old: old.version(),
                new: new.version(),
            });
        }
        Ok(_) | Err(HostError::NoRoots) => {}
        Err(error) => return Err(error),
    }
    let signed = signed::sign(Kind::Roots, &bytes, key)?;
    durable::private_folder(home.config())?;
    durable::write(&home.roots(), &signed, Access::Public)?;
    Ok(new)
}

/// Why this host cannot decide.
#[derive(Debug, Error)]
pub enum HostError {
    /// No roots file.
    #[error("this host has no roots to decide by")]
    NoRoots,
    /// A step back.
    #[error("the roots in force have version {old}, these have {new}")]
    Version {
        /// In force.
        old: u64,
        /// Offered.
        new: u64,
    },
    /// The roots file.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// Its signature, or the host's key.
    #[error(transparent)]
    Signed(#[from] SignedError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl HostError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRoots => "roots-missing",
            Self::Version { .. } => "roots-rollback",
            Self::Roots(error) => error.code(),
            Self::Signed(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}
