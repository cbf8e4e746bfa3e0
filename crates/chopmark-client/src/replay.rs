//! Old decisions made again from what this host kept of them.

use chopmark_core::admit::Decision;
use chopmark_core::evidence::FirstContact;
use chopmark_core::policy::Policy;
use chopmark_core::receipt::{Receipt, ReceiptError};
use chopmark_core::roots::Roots;
use chopmark_core::tlog_policy;
use thiserror::Error;

use crate::host::HostError;
use crate::receipts::{Input, Receipts, ReceiptsError};

/// Makes the decision of `receipt` again; the caller read `policy` from the kept input.
///
/// # Errors
///
/// [`ReplayError`]; above all when the bytes differ.
pub fn replay(
    receipts: &Receipts,
    receipt: &Receipt,
    policy: &dyn Policy,
) -> Result<Decision, ReplayError> {
    let (evidence, roots, _) = receipt.needs()?;
    let roots =
        Roots::parse(&receipts.input(Input::Roots, &roots.to_hex())?).map_err(HostError::from)?;
    let bundle = receipts.input(Input::Evidence, &evidence.to_hex())?;
    let log = roots
        .logs()
        .iter()
        .find(|log| receipt.origin() == log.origin);
    let log = log.ok_or(ReplayError::NoLog)?;
    let contact = FirstContact {
        policy: tlog_policy::Policy::parse(log.tlog_policy.as_bytes())
            .map_err(|_| ReplayError::NoLog)?,
        origin: log.origin.clone(),
        charter: log.charter,
        replay_group: log.replay_group.clone(),
    };
    Ok(receipt.replay(&bundle, &contact, &roots, policy)?)
}

/// Why an old decision could not be made again.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The kept roots do not name the receipt's log.
    #[error("the kept roots do not name the log of the receipt")]
    NoLog,
    /// The kept roots.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A kept input.
    #[error(transparent)]
    Receipts(#[from] ReceiptsError),
    /// The receipt, or a difference.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

impl ReplayError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLog => "roots-other-log",
            Self::Host(error) => error.code(),
            Self::Receipts(error) => error.code(),
            Self::Receipt(error) => error.code(),
        }
    }
}
