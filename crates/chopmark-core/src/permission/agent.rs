//! What a skill's text asks of the agent that reads it.

use std::fmt;
use std::str::FromStr;

use super::error::PermissionError;

/// A tool of the agent, such as `Bash(git:*)` or `WebFetch`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolName(String);

impl ToolName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ToolName {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let printable = text
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if printable && text.trim() == text && (1..=128).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PermissionError::ToolName {
                value: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What the skill's text asks of the agent. Where no hook of the host enforces it, it raises the
/// level that the skill must reach and is shown as unconfined.
///
/// Spec: docs/spec/permissions.md §7.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentPermission {
    // INVARIANT: sorted, without repetition.
    tools: Vec<ToolName>,
    remote_instructions: bool,
}

impl AgentPermission {
    /// The agent may use `tools` on the skill's behalf, and follow instructions that it fetches if
    /// `remote_instructions`.
    #[must_use]
    pub fn new(mut tools: Vec<ToolName>, remote_instructions: bool) -> Self {
        tools.sort_unstable();
        tools.dedup();
        Self {
            tools,
            remote_instructions,
        }
    }

    /// Tools that the text asks the agent to use, sorted.
    #[must_use]
    pub fn tools(&self) -> &[ToolName] {
        &self.tools
    }

    /// Whether the text asks the agent to follow instructions that are not in the package.
    #[must_use]
    pub fn remote_instructions(&self) -> bool {
        self.remote_instructions
    }
}
