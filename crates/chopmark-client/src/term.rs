//! How long a grant holds: a person may set an end, or take it back at any time.
//!
//! `grants/<receipt>.term` is an end that this host signed when the grant was given;
//! `grants/<receipt>.revoked` says that it was taken back. A grant is named by the receipt of the
//! decision that gave it, so a new decision starts anew.

use std::path::PathBuf;

use chopmark_core::key::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::home::Home;
use crate::signed::{self, Kind, SignedError};

/// Whether a grant holds. Times are seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds and has no end.
    Unlimited,
    /// It holds before this second.
    Until(u64),
    /// It held before this second.
    Expired(u64),
    /// A person took it back then.
    Revoked(u64),
}

impl Standing {
    /// Whether the grant holds now.
    #[must_use]
    pub fn holds(self) -> bool {
        match self {
            Self::Unlimited | Self::Until(_) => true,
            Self::Expired(_) | Self::Revoked(_) => false,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TermWire {
    schema: String,
    receipt: String,
    until: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokedWire {
    schema: String,
    at: u64,
}

/// Whether the grant given by the decision `receipt` holds at `now`.
///
/// # Errors
///
/// [`TermError`]; a term that cannot be read or was not signed by `host` is no term to rely on.
pub fn standing(
    home: &Home,
    receipt: &str,
    host: &PublicKey,
    now: u64,
) -> Result<Standing, TermError> {
    if let Some(bytes) = durable::read(&file(home, receipt, "revoked")?, MAX_BYTES)? {
        // Whatever stands in it, somebody wrote that the grant is over.
        let wire: Option<RevokedWire> = serde_json::from_slice(&bytes).ok();
        return Ok(Standing::Revoked(wire.map_or(0, |wire| wire.at)));
    }
    let Some(bytes) = durable::read(&file(home, receipt, "term")?, MAX_BYTES)? else {
        return Ok(Standing::Unlimited);
    };
    let payload = signed::open(Kind::Term, &bytes, host)?;
    let wire: TermWire = serde_json::from_slice(&payload)
        .ok()
        .filter(|wire: &TermWire| wire.schema == TERM_SCHEMA && wire.receipt == receipt)
        .ok_or_else(|| TermError::Damaged(receipt.to_owned()))?;
    Ok(if now < wire.until {
        Standing::Until(wire.until)
    } else {
        Standing::Expired(wire.until)
    })
}

/// Sets the end of a grant, in this host's name; durable when it returns.
///
/// # Errors
///
/// [`TermError`].
pub fn limit(home: &Home, receipt: &str, until: u64, key: &SecretKey) -> Result<(), TermError> {
    let wire = TermWire {
        schema: TERM_SCHEMA.to_owned(),
        receipt: receipt.to_owned(),
        until,
    };
    let payload = serde_json::to_vec(&wire).map_err(|_| TermError::Damaged(receipt.to_owned()))?;
    let bytes = signed::sign(Kind::Term, &payload, key)?;
    durable::private_folder(&home.grants())?;
    Ok(durable::write(
        &file(home, receipt, "term")?,
        &bytes,
        Access::Private,
    )?)
}

/// Takes a grant back; durable when it returns. It needs no key: it grants nothing.
///
/// # Errors
///
/// [`TermError`].
pub fn revoke(home: &Home, receipt: &str, now: u64) -> Result<(), TermError> {
    let wire = RevokedWire {
        schema: REVOKED_SCHEMA.to_owned(),
        at: now,
    };
    let bytes = serde_json::to_vec(&wire).map_err(|_| TermError::Damaged(receipt.to_owned()))?;
    durable::private_folder(&home.grants())?;
    Ok(durable::write(
        &file(home, receipt, "revoked")?,
        &bytes,
        Access::Private,
    )?)
}

fn file(home: &Home, receipt: &str, ending: &str) -> Result<PathBuf, TermError> {
    let is_digest = receipt.len() == DIGEST_DIGITS
        && receipt
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_digest {
        Ok(home.grants().join(format!("{receipt}.{ending}")))
    } else {
        Err(TermError::Damaged(receipt.chars().take(80).collect()))
    }
}

/// Why it cannot be told whether a grant holds.
#[derive(Debug, Error)]
pub enum TermError {
    /// The term, or the receipt's name, is not what was written.
    #[error("the term of the grant by receipt `{0}` is damaged")]
    Damaged(String),
    /// The term's signature.
    #[error(transparent)]
    Signed(#[from] SignedError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl TermError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "term-damaged",
            Self::Signed(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const TERM_SCHEMA: &str = "https://chopmark.dev/schema/grant-term/v1";
const REVOKED_SCHEMA: &str = "https://chopmark.dev/schema/grant-revoked/v1";
const DIGEST_DIGITS: usize = 64;
const MAX_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_ends_and_a_revocation_comes_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::below(folder.path());
        let (key, other) = (
            SecretKey::from_seed(&[1; 32]),
            SecretKey::from_seed(&[2; 32]),
        );
        let (receipt, next) = ("a".repeat(64), "b".repeat(64));
        let at = |receipt: &str, now| standing(&home, receipt, &key.public(), now);
        assert_eq!(at(&receipt, 99).unwrap(), Standing::Unlimited);

        limit(&home, &receipt, 100, &key).unwrap();
        assert_eq!(at(&receipt, 99).unwrap(), Standing::Until(100));
        assert_eq!(at(&receipt, 100).unwrap(), Standing::Expired(100));
        assert_eq!(at(&next, 100).unwrap(), Standing::Unlimited);

        revoke(&home, &receipt, 50).unwrap();
        assert_eq!(at(&receipt, 99).unwrap(), Standing::Revoked(50));
        assert!(!at(&receipt, 99).unwrap().holds());

        limit(&home, &next, 100, &other).unwrap();
        assert_eq!(at(&next, 1).unwrap_err().code(), "host-document-signature");
        let (from, to) = (file(&home, &receipt, "term"), file(&home, &next, "term"));
        std::fs::copy(from.unwrap(), to.unwrap()).unwrap();
        assert_eq!(at(&next, 1).unwrap_err().code(), "term-damaged");
        assert_eq!(at("../x", 1).unwrap_err().code(), "term-damaged");
    }
}
