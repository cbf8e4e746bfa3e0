//! Why a run cannot be planned.

use std::io;
use std::path::PathBuf;

/// Why a run cannot be planned; nothing was started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The grant has network and there is no broker.
    #[error("the grant has network but no egress broker was given")]
    NoBroker,
    /// There is no program to start.
    #[error("no program was named")]
    NoProgram,
    /// An argument or a variable holds a NUL byte.
    #[error("an argument holds a NUL byte")]
    Nul,
    /// A folder cannot be used.
    #[error("cannot use the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A granted path leads out of the folder that it is rooted in.
    #[error("the granted path `{}` leads out of its folder", path.display())]
    Escapes {
        /// The path.
        path: PathBuf,
    },
    /// A granted path lies in what the sandbox itself provides.
    #[error("the granted path `{}` belongs to the system", path.display())]
    System {
        /// The path.
        path: PathBuf,
    },
    /// A granted folder holds what no skill may see.
    #[error("the granted folder `{}` holds the protected `{}`", folder.display(), protected.display())]
    Protected {
        /// The granted folder.
        folder: PathBuf,
        /// What lies in it.
        protected: PathBuf,
    },
    /// A granted program is not installed.
    #[error("the granted program `{program}` is not installed")]
    NotInstalled {
        /// Its name.
        program: String,
    },
    /// The first program is not granted.
    #[error("the program `{program}` is not granted")]
    NotGranted {
        /// As it was given.
        program: String,
    },
}

impl PlanError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoBroker => "sandbox-no-broker",
            Self::NoProgram => "sandbox-no-program",
            Self::Nul => "sandbox-bad-argument",
            Self::Folder { .. } => "sandbox-bad-folder",
            Self::Escapes { .. } => "sandbox-path-escapes",
            Self::System { .. } => "sandbox-system-path",
            Self::Protected { .. } => "sandbox-protected-path",
            Self::NotInstalled { .. } => "sandbox-program-missing",
            Self::NotGranted { .. } => "sandbox-program-not-granted",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoBroker => "give the plan an egress broker, or narrow the grant",
            Self::NoProgram => "name a program after `--`",
            Self::Nul => "leave the NUL byte out",
            Self::Folder { .. } => "name a folder that exists and can be read",
            Self::Escapes { .. } => "replace the symbolic link by a folder",
            Self::System { .. } => "grant a path outside /proc, /sys, /dev, /run and /usr",
            Self::Protected { .. } => "run in a folder that does not hold it",
            Self::NotInstalled { .. } => "install the program, or put its folder on the PATH",
            Self::NotGranted { .. } => "add it to `exec` in permissions.yaml and grant it",
        }
    }
}
