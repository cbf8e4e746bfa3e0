//! The first line of a journal.

/// What the caller knows of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunFacts {
    /// Identifier of the run, chosen by the caller, unique on the host.
    pub run: String,
    /// Name of the skill as the person knows it.
    pub skill: String,
    /// Content digest of the skill, lower-case hex.
    pub skill_digest: String,
    /// Digest of its manifest, lower-case hex.
    pub manifest_digest: String,
    /// Digest of the grant, lower-case hex.
    pub grant_digest: String,
    /// Digest of the policy that decided, lower-case hex.
    pub policy_digest: String,
    /// Seconds since the Unix epoch at the start.
    pub started_at: u64,
}

/// State of one layer of the sandbox, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRecord {
    /// Stable word of the layer.
    pub layer: String,
    /// What is in force, with numbers.
    pub state: String,
}

/// The first line: what runs, under what, and how later lines are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What the caller knows.
    pub facts: RunFacts,
    /// Release of the kernel.
    pub kernel: String,
    /// Each layer's state.
    pub layers: Vec<LayerRecord>,
    /// Arguments of the skill's first program.
    pub arguments: Vec<String>,
    /// Names of the rules by index; events carry the index.
    pub rules: Vec<String>,
    /// Ed25519 public key that signs heads, 32 bytes.
    pub key: [u8; 32],
    /// What this record does not show.
    pub limits: Vec<String>,
}
