//! The layers of the sandbox and what this machine has of each.

mod probe;

pub use probe::probe;

/// One layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Cleared environment, closed descriptors, own session, no privileges.
    Launcher,
    /// User, mount, process, network, IPC, name and cgroup namespaces.
    Namespaces,
    /// Landlock.
    Landlock,
    /// The system-call filter.
    Seccomp,
    /// The supervisor behind user notification.
    Supervisor,
    /// Limits of resources.
    Resources,
}

impl Layer {
    /// The stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Launcher => "launcher",
            Self::Namespaces => "namespaces",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Supervisor => "supervisor",
            Self::Resources => "resources",
        }
    }
}

/// What this machine has of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerState {
    /// The layer.
    pub layer: Layer,
    /// Its state.
    pub presence: Presence,
}

/// Whether a layer can be in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It is; with numbers.
    Present {
        /// What is in force.
        detail: String,
    },
    /// It is not, so nothing is run.
    Missing {
        /// What is missing.
        why: String,
        /// What to do about it.
        mend: &'static str,
    },
}

impl LayerState {
    /// Whether the layer can be in force.
    #[must_use]
    pub fn in_force(&self) -> bool {
        matches!(self.presence, Presence::Present { .. })
    }

    /// What is in force, or what is missing.
    #[must_use]
    pub fn detail(&self) -> String {
        match &self.presence {
            Presence::Present { detail } => detail.clone(),
            Presence::Missing { why, .. } => why.clone(),
        }
    }

    /// What to do about a missing layer; empty for a present one.
    #[must_use]
    pub fn mend(&self) -> String {
        match &self.presence {
            Presence::Present { .. } => String::new(),
            Presence::Missing { mend, .. } => (*mend).to_owned(),
        }
    }
}
