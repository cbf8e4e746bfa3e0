//! What a request asks for, and which level that takes.
//!
//! [`asks`] turns permissions, the way in which the text reaches the agent, and the lineage into a
//! list of [`Ask`]s, combinations included. A [`Preset`] says for each kind of ask which level it
//! takes; the requirement is the highest of them. Both are plain data: the table that a host uses
//! stands in its roots file, whole, so nothing that decides is hidden.
//!
//! Spec: docs/spec/decision.md §2.

mod asks;
mod outside;
mod preset;

use std::{collections::BTreeMap, fmt};

use crate::level::Level;

pub use self::{
    asks::{Confinement, Lineage, asks},
    preset::{Gates, Preset, PresetError, PresetWire, Shipped},
};

/// A kind of ask: one row of the requirement table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The skill's text reaches an agent whose programs a named hook confines.
    TextConfined,
    /// The skill's text reaches an agent that nothing confines.
    TextUnconfined,
    /// Programs start, inside the sandbox.
    Scripts,
    /// Reads of the workspace.
    WorkspaceRead,
    /// Writes to the workspace.
    WorkspaceWrite,
    /// Connections to a host that is named.
    ListedHost,
    /// Connections to any host.
    OpenNetwork,
    /// Connections to private or loopback addresses: services of the host.
    PrivateNetwork,
    /// A named secret for a named host.
    SecretListedHost,
    /// A secret beside connections to any host.
    SecretOpenEgress,
    /// Files outside workspace, skill and temporary folder.
    OutsideFiles,
    /// Home, shell start files, keys, control files, service sockets.
    HostControl,
    /// Tools of the agent, held by a hook.
    AgentToolsConfined,
    /// Tools of the agent, held by nothing.
    AgentToolsUnconfined,
    /// Instructions that the skill fetches at run time.
    RemoteInstructions,
    /// The skill came from another key before.
    NewPublisherKey,
    /// What is installed here had stronger provenance.
    WeakerProvenance,
    /// It asks for more than what is installed here.
    ManifestGrowth,
    /// Its name is close to a popular one.
    CloseName,
}

impl Condition {
    /// All conditions, in the order of the table.
    pub const ALL: [Self; 19] = [
        Self::TextConfined,
        Self::TextUnconfined,
        Self::Scripts,
        Self::WorkspaceRead,
        Self::WorkspaceWrite,
        Self::ListedHost,
        Self::OpenNetwork,
        Self::PrivateNetwork,
        Self::SecretListedHost,
        Self::SecretOpenEgress,
        Self::OutsideFiles,
        Self::HostControl,
        Self::AgentToolsConfined,
        Self::AgentToolsUnconfined,
        Self::RemoteInstructions,
        Self::NewPublisherKey,
        Self::WeakerProvenance,
        Self::ManifestGrowth,
        Self::CloseName,
    ];

    /// The row's name in presets, facts and receipts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TextConfined => "text-confined",
            Self::TextUnconfined => "text-unconfined",
            Self::Scripts => "scripts",
            Self::WorkspaceRead => "workspace-read",
            Self::WorkspaceWrite => "workspace-write",
            Self::ListedHost => "listed-host",
            Self::OpenNetwork => "open-network",
            Self::PrivateNetwork => "private-network",
            Self::SecretListedHost => "secret-listed-host",
            Self::SecretOpenEgress => "secret-open-egress",
            Self::OutsideFiles => "outside-files",
            Self::HostControl => "host-control",
            Self::AgentToolsConfined => "agent-tools-confined",
            Self::AgentToolsUnconfined => "agent-tools-unconfined",
            Self::RemoteInstructions => "remote-instructions",
            Self::NewPublisherKey => "new-publisher-key",
            Self::WeakerProvenance => "weaker-provenance",
            Self::ManifestGrowth => "manifest-growth",
            Self::CloseName => "close-name",
        }
    }

    /// Reads the row's name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|condition| condition.as_str() == word)
    }
}

/// One thing that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    condition: Condition,
    detail: String,
}

impl Ask {
    fn new(condition: Condition, detail: impl Into<String>) -> Self {
        Self {
            condition,
            detail: detail.into(),
        }
    }

    /// The row of the table that it falls under.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// What exactly is asked, for people: `GITHUB_TOKEN → api.github.com:443`.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The ask in words: `asks GITHUB_TOKEN → api.github.com:443`.
    #[must_use]
    pub fn words(&self) -> String {
        let detail = &self.detail;
        match self.condition {
            Condition::TextConfined => format!("text confined by `{detail}`"),
            Condition::TextUnconfined => "text unconfined".to_owned(),
            Condition::Scripts => format!("starts {detail}"),
            Condition::WorkspaceRead => format!("reads {detail}"),
            Condition::WorkspaceWrite => format!("writes {detail}"),
            Condition::ListedHost => format!("reaches {detail}"),
            Condition::OpenNetwork => "reaches any host".to_owned(),
            Condition::PrivateNetwork => format!("reaches private addresses at {detail}"),
            Condition::SecretListedHost => format!("asks {detail}"),
            Condition::SecretOpenEgress => format!("asks {detail} and may reach any host"),
            Condition::OutsideFiles => format!("{detail}, outside the workspace"),
            Condition::HostControl => format!("{detail}, which controls this host"),
            Condition::AgentToolsConfined => format!("uses the agent's {detail}, confined"),
            Condition::AgentToolsUnconfined => format!("uses the agent's {detail}, unconfined"),
            Condition::RemoteInstructions => "follows instructions that it fetches".to_owned(),
            Condition::NewPublisherKey => "comes from another key than before".to_owned(),
            Condition::WeakerProvenance => "has weaker provenance than before".to_owned(),
            Condition::ManifestGrowth => "asks for more than before".to_owned(),
            Condition::CloseName => format!("has a name close to `{detail}`"),
        }
    }
}

/// What a row of the table demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// At least this level.
    Level(Level),
    /// Refused at every level.
    Never,
}

impl Need {
    /// `L0` to `L5`, or `never`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Level(level) => level.as_str(),
            Self::Never => "never",
        }
    }

    /// Reads what [`Need::as_str`] prints.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        if word == Self::Never.as_str() {
            return Some(Self::Never);
        }
        word.parse().ok().map(Self::Level)
    }

    /// Whether `level` is enough.
    #[must_use]
    pub fn is_met_by(self, level: Level) -> bool {
        match self {
            Self::Level(needed) => level >= needed,
            Self::Never => false,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The level that a request takes, and what makes it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    need: Need,
    asks: BTreeMap<Ask, Need>,
}

impl Requirement {
    /// Looks every ask up in the preset's table. Without any ask the need is L1, for nothing
    /// unsigned passes here.
    #[must_use]
    pub fn of(asks: impl IntoIterator<Item = Ask>, preset: &Preset) -> Self {
        let asks: BTreeMap<Ask, Need> = asks
            .into_iter()
            .map(|ask| (ask.clone(), preset.need(ask.condition)))
            .collect();
        let floor = Need::Level(Level::L1);
        let need = asks.values().copied().fold(floor, Need::max);
        Self { need, asks }
    }

    /// What is needed in all.
    #[must_use]
    pub fn need(&self) -> Need {
        self.need
    }

    /// Each ask with what it alone would need.
    pub fn asks(&self) -> impl Iterator<Item = (&Ask, Need)> {
        self.asks.iter().map(|(ask, need)| (ask, *need))
    }

    /// The asks that make the need as high as it is.
    pub fn reasons(&self) -> impl Iterator<Item = &Ask> {
        self.asks
            .iter()
            .filter(|(_, need)| **need == self.need)
            .map(|(ask, _)| ask)
    }
}
