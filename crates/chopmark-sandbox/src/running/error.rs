//! Why a run did not start or did not end well.

use std::io;

use rustix::io::Errno;

use crate::journal::JournalError;
use crate::launch::control::Step;
use crate::layer::LayerState;

/// Why a run was not started; no program of the skill ran.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A required layer is missing here.
    #[error("the sandbox's {} layer is missing here", .0.layer.word())]
    Layer(LayerState),
    /// A step of building the sandbox failed.
    #[error("the sandbox could not be built: {} failed", step.word())]
    Step {
        /// The step.
        step: Step,
        /// Why.
        #[source]
        errno: Errno,
    },
    /// The journal could not be begun.
    #[error("the journal could not be begun")]
    Journal(#[source] JournalError),
    /// The egress broker did not start.
    #[error("the egress broker did not start")]
    Broker(#[source] io::Error),
    /// A system call failed outside the sandbox.
    #[error("cannot {doing}")]
    System {
        /// What was attempted.
        doing: &'static str,
        /// Why.
        #[source]
        errno: Errno,
    },
    /// The helper ended without a word.
    #[error("the sandbox's helper ended before the skill was started")]
    Lost,
}

impl StartError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Layer(_) => "sandbox-layer-missing",
            Self::Step { .. } => "sandbox-step-failed",
            Self::Journal(_) => "sandbox-journal-failed",
            Self::Broker(_) => "sandbox-broker-failed",
            Self::System { .. } | Self::Lost => "sandbox-start-failed",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Layer(layer) => layer.mend(),
            Self::Step {
                step: Step::Exec, ..
            } => "check that the program is there and may be executed".to_owned(),
            Self::Step { .. } => "run `chopmark doctor sandbox`".to_owned(),
            Self::Journal(_) => "check the journal's folder and the free space there".to_owned(),
            Self::Broker(_) => "see the cause above".to_owned(),
            Self::System { .. } | Self::Lost => {
                "check the limits on processes and open files, then try again".to_owned()
            }
        }
    }
}

/// Why a run has no outcome; every process of it was ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal could not be written on, so the skill was stopped.
    #[error("the skill was stopped because its journal could not be written")]
    Journal(#[source] JournalError),
    /// The helper sent what it never sends, so the skill was stopped.
    #[error("the skill was stopped because its helper sent a report that is none")]
    Report,
    /// The recording thread is gone.
    #[error("the recording thread ended")]
    Lost,
}

impl RunError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Journal(_) => "sandbox-journal-failed",
            Self::Report => "sandbox-bad-report",
            Self::Lost => "sandbox-recorder-lost",
        }
    }
}
