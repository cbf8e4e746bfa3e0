//! Exit codes: public API, all of them here.

/// Why a command ended without success.
///
/// Spec: `docs/errors.md`, "Exit codes".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 1: the command failed for a reason that no other code names.
    Failed,
    /// 2: the command line was wrong.
    Usage,
    /// 3: policy or the trust kernel said no.
    Denied,
    /// 4: kernel, disk or network did not do their part.
    Environment,
    /// 5: a signature, digest or proof did not hold.
    Unverified,
    /// 6: a person must answer first.
    ConsentNeeded,
    /// 70: a defect of Chopmark itself.
    Bug,
    /// 125: `run` could not set up the sandbox.
    RunEnvironment,
    /// 126: `run` may not start this.
    RunDenied,
    /// 127: `run` found no such program or skill.
    RunNotFound,
    /// The code of the program that `run` started, passed on.
    Child(u8),
}

impl Exit {
    /// The number given to the operating system.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Environment => 4,
            Self::Unverified => 5,
            Self::ConsentNeeded => 6,
            Self::Bug => 70,
            Self::RunEnvironment => 125,
            Self::RunDenied => 126,
            Self::RunNotFound => 127,
            Self::Child(code) => code,
        }
    }
}
