//! One permission of any family.

use super::agent::ToolName;
use super::file::FilePermission;
use super::network::NetworkPermission;
use super::program::ExecPermission;
use super::resources::Resource;
use super::secret::SecretPermission;

/// One thing that a manifest asks and a person can consent to. Grants, policies and differences
/// are lists of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read or write files.
    File(FilePermission),
    /// Reach a host.
    Network(NetworkPermission),
    /// Reach any public host.
    OpenNetwork,
    /// Use a secret.
    Secret(SecretPermission),
    /// Start a program.
    Exec(ExecPermission),
    /// Ask the agent to use a tool.
    AgentTool(ToolName),
    /// Ask the agent to follow instructions that are not in the package.
    RemoteInstructions,
    /// Use this much of a resource; in bytes, seconds or processes.
    Resource(Resource, u64),
}

/// What holds a skill to a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Enforcer {
    /// What is not declared is not mounted, or mounted read-only.
    MountNamespace,
    /// The kernel's second floor over files and execution.
    Landlock,
    /// Each open is made by the supervisor, which records it.
    Supervisor,
    /// There is no route but through the broker.
    NetworkNamespace,
    /// Host, port, method and path are checked on each request.
    EgressBroker,
    /// Kernel limits on each process.
    ResourceLimits,
    /// The supervisor's clock and counters stop the run.
    RunTimers,
    /// A hook in the agent's own configuration.
    AgentHook,
    /// Raises the level that the skill must reach.
    RequiredLevel,
}

impl Permission {
    /// What holds a skill to this permission; never empty.
    #[must_use]
    pub fn enforcers(&self) -> &'static [Enforcer] {
        use Enforcer as By;
        match self {
            Self::File(_) => &[By::MountNamespace, By::Landlock, By::Supervisor],
            Self::Network(_) => &[By::NetworkNamespace, By::EgressBroker],
            Self::OpenNetwork => &[By::NetworkNamespace, By::EgressBroker, By::RequiredLevel],
            Self::Secret(_) => &[By::EgressBroker],
            Self::Exec(_) => &[By::MountNamespace, By::Landlock],
            Self::AgentTool(_) | Self::RemoteInstructions => &[By::AgentHook, By::RequiredLevel],
            Self::Resource(Resource::Memory | Resource::Processes, _) => &[By::ResourceLimits],
            Self::Resource(Resource::Cpu, _) => &[By::ResourceLimits, By::RunTimers],
            Self::Resource(Resource::Wall | Resource::Output, _) => &[By::RunTimers],
        }
    }

    /// Whether whoever has this permission has `other` too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.meet(other).as_ref() == Some(other)
    }

    /// What both permissions allow.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::File(one), Self::File(other)) => one.meet(other).map(Self::File),
            (Self::Network(one), Self::Network(other)) => one.meet(other).map(Self::Network),
            // An open network reaches public addresses alone.
            (Self::OpenNetwork, Self::Network(named))
            | (Self::Network(named), Self::OpenNetwork) => {
                (!named.private()).then(|| Self::Network(named.clone()))
            }
            (Self::Secret(one), Self::Secret(other)) => one.meet(other).map(Self::Secret),
            (Self::Resource(one, a), Self::Resource(other, b)) => {
                (one == other).then(|| Self::Resource(*one, *a.min(b)))
            }
            (
                Self::OpenNetwork | Self::Exec(_) | Self::AgentTool(_) | Self::RemoteInstructions,
                _,
            ) => (self == other).then(|| self.clone()),
            (Self::File(_) | Self::Network(_) | Self::Secret(_) | Self::Resource(..), _) => None,
        }
    }
}
