//! First contact: what this host believes of a log before it speaks to it.
//!
//! `first-contact.policy` is the tlog-policy file that the user named, byte for byte;
//! `first-contact.json` says which leaf 0 and which group of witnesses go with it.

use chopmark_core::digest::StatementId;
use chopmark_core::evidence::FirstContact;
use chopmark_core::tlog_policy::{MAX_POLICY_BYTES, Policy, PolicyError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::head::LogTrust;
use crate::home::Home;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    schema: String,
    charter: String,
    replay_group: String,
}

/// Reads what this host believes.
///
/// # Errors
///
/// [`TrustError::None`] where nobody has said yet.
pub fn load(home: &Home) -> Result<LogTrust, TrustError> {
    let limit = u64::try_from(MAX_POLICY_BYTES).unwrap_or(u64::MAX);
    let (Some(policy), Some(facts)) = (
        durable::read(&home.first_contact(), limit)?,
        durable::read(&home.first_contact_facts(), MAX_FACTS_BYTES)?,
    ) else {
        return Err(TrustError::None);
    };
    let facts: Wire =
        serde_json::from_slice(&facts).map_err(|e| TrustError::Facts(e.to_string()))?;
    if facts.schema != SCHEMA {
        return Err(TrustError::Facts(format!(
            "unknown schema `{}`",
            facts.schema
        )));
    }
    let charter = facts
        .charter
        .parse()
        .map_err(|_| TrustError::Facts("the charter is no digest".to_owned()))?;
    read(&policy, charter, &facts.replay_group)
}

/// Checks what a user wants this host to believe.
///
/// # Errors
///
/// [`TrustError`] names what does not fit together.
pub fn read(
    policy: &[u8],
    charter: StatementId,
    replay_group: &str,
) -> Result<LogTrust, TrustError> {
    let policy = Policy::parse(policy)?;
    let [log] = policy.logs() else {
        return Err(TrustError::Logs(policy.logs().len()));
    };
    let registry = log
        .url
        .clone()
        .ok_or_else(|| TrustError::NoUrl(log.key.name().to_owned()))?;
    if policy.threshold(replay_group).is_none() {
        return Err(TrustError::Group(replay_group.to_owned()));
    }
    let origin = log.key.name().to_owned();
    let contact = FirstContact {
        policy,
        origin,
        charter,
        replay_group: replay_group.to_owned(),
    };
    Ok(LogTrust {
        contact,
        registry: registry.trim_end_matches('/').to_owned(),
    })
}

/// Makes this host believe it from now on. Durable when it returns.
///
/// # Errors
///
/// [`TrustError`]; what was believed before may be half replaced only by a failing disk.
pub fn save(
    home: &Home,
    policy: &[u8],
    charter: StatementId,
    replay_group: &str,
) -> Result<LogTrust, TrustError> {
    let trust = read(policy, charter, replay_group)?;
    durable::private_folder(home.config())?;
    let facts = Wire {
        schema: SCHEMA.to_owned(),
        charter: charter.to_hex(),
        replay_group: replay_group.to_owned(),
    };
    let facts = serde_json::to_vec(&facts).map_err(|e| TrustError::Facts(e.to_string()))?;
    durable::write(&home.first_contact_facts(), &facts, Access::Public)?;
    durable::write(&home.first_contact(), policy, Access::Public)?;
    Ok(trust)
}

/// Why nothing is believed.
#[derive(Debug, Error)]
pub enum TrustError {
    /// Nobody has named a log.
    #[error("this host has not been told of any log")]
    None,
    /// The file beside the policy.
    #[error("the first-contact facts are malformed: {0}")]
    Facts(String),
    /// Not exactly one log.
    #[error("the policy names {0} logs; exactly one is understood")]
    Logs(usize),
    /// The log's line has no URL.
    #[error("the policy gives no URL for the log `{0}`")]
    NoUrl(String),
    /// No such group of witnesses.
    #[error("the policy has no group or witness `{0}`")]
    Group(String),
    /// The policy file.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl TrustError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "trust-missing",
            Self::Facts(_) => "trust-malformed",
            Self::Logs(_) => "trust-logs",
            Self::NoUrl(_) => "trust-no-url",
            Self::Group(_) => "trust-group",
            Self::Policy(_) => "trust-policy",
            Self::File(error) => error.code(),
        }
    }
}

const SCHEMA: &str = "https://chopmark.dev/schema/first-contact/v1";
const MAX_FACTS_BYTES: u64 = 64 * 1024;
