//! Facts: what can be read off a file without judging it.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactKind {
    /// A host that is spoken to or named in an address: `api.example.org`.
    Host,
    /// A path outside the skill that is read, written or named: `~/.config/x`.
    Path,
    /// The name of an environment variable that is read.
    Env,
    /// The whole environment is read.
    EnvAll,
    /// A program that is started.
    Program,
    /// A package that is installed: `pip requests`.
    Install,
    /// A file that is fetched, by its address.
    Download,
    /// Something that outlives the run: `crontab`, `shell-rc`, `launch-agent`.
    Persistence,
    /// A text at an address that an agent is told to obey.
    RemoteInstruction,
    /// Code that is made while the program runs.
    DynamicCode,
    /// Data that goes from a source to a sink: `secret-file>network`.
    Flow,
    /// A mark of the Unicode stage: `tags`, `bidi`.
    Unicode,
    /// A property of a file: `native`, `bytecode`, `hidden`, `mismatch`, `encrypted`.
    File,
    /// What kind of place an address leads to: `raw-address`, `paste`, `tunnel`, `binary`.
    Link,
    /// A named pattern of a rule pack that other rules build upon.
    Signal,
}

impl FactKind {
    /// The kind's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Path => "path",
            Self::Env => "env",
            Self::EnvAll => "env-all",
            Self::Program => "program",
            Self::Install => "install",
            Self::Download => "download",
            Self::Persistence => "persistence",
            Self::RemoteInstruction => "remote-instruction",
            Self::DynamicCode => "dynamic-code",
            Self::Flow => "flow",
            Self::Unicode => "unicode",
            Self::File => "file",
            Self::Link => "link",
            Self::Signal => "signal",
        }
    }

    /// Whether facts of this kind are capabilities: something that a skill can do.
    pub(crate) fn is_capability(self) -> bool {
        match self {
            Self::Host
            | Self::Path
            | Self::Env
            | Self::EnvAll
            | Self::Program
            | Self::Install
            | Self::Download
            | Self::Persistence
            | Self::RemoteInstruction
            | Self::DynamicCode => true,
            Self::Flow | Self::Unicode | Self::File | Self::Link | Self::Signal => false,
        }
    }
}

/// One fact at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fact {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) kind: FactKind,
    pub(crate) value: String,
    pub(crate) role: Role,
    pub(crate) via: Vec<String>,
    /// What was read there, for a person.
    pub(crate) text: String,
}
