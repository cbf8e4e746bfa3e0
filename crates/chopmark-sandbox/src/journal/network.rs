//! What the egress broker reports.

use std::net::{IpAddr, SocketAddr};

/// Whether an operation was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// The operation was carried out, or failed for a reason of its own (see `errno`).
    Allowed,
    /// The operation was refused by a rule of the sandbox.
    Denied,
}

/// Which moment of a connection an event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// A connection to a server stands; nothing of the skill's has been sent yet.
    Opened,
    /// A request passed every rule and is about to be sent.
    Request,
    /// The answer to a request ended, whole or cut short.
    Response,
    /// The connection is gone; the byte counts are final.
    Closed,
    /// A rule refused a connection or a request, or a limit or a server ended it.
    Refused,
}

/// One moment of a connection through the egress broker.
///
/// Holds names of secrets, never their values. The journal stamps time and sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkEvent {
    /// The moment.
    pub stage: Stage,
    /// Number of the connection to a server, from 1 in each run; 0 where none was made.
    pub connection: u64,
    /// Where the skill's program connected from, inside the sandbox.
    pub peer: Option<SocketAddr>,
    /// Host name as the skill asked for it, lower case.
    pub host: String,
    /// Port as the skill asked for it.
    pub port: u16,
    /// Address that was dialled; none when nothing was.
    pub address: Option<IpAddr>,
    /// Server name of the TLS hello, if one was seen.
    pub sni: Option<String>,
    /// Request method; only when the broker read the request.
    pub method: Option<String>,
    /// Request path without query; only when the broker read the request.
    pub path: Option<String>,
    /// Response status; only when the broker read the response.
    pub status: Option<u16>,
    /// Whether the broker opened the TLS connection to apply a path rule or a secret.
    pub opened: bool,
    /// Bytes from the skill to the host.
    pub bytes_sent: u64,
    /// Bytes from the host to the skill.
    pub bytes_received: u64,
    /// Names of the secrets that were put into the request.
    pub secrets: Vec<String>,
    /// Whether it was let through.
    pub verdict: Verdict,
    /// The rule that decided, a stable kebab-case word such as `granted` or `host-not-granted`.
    pub rule: String,
    /// What the skill's program was told, when refused.
    pub reason: Option<String>,
}

/// The journal's word for a stage.
pub(super) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Opened => "opened",
        Stage::Request => "request",
        Stage::Response => "response",
        Stage::Closed => "closed",
        Stage::Refused => "refused",
    }
}

/// The stage of a journal's word.
pub(super) fn stage_of(word: &str) -> Option<Stage> {
    [
        Stage::Opened,
        Stage::Request,
        Stage::Response,
        Stage::Closed,
        Stage::Refused,
    ]
    .into_iter()
    .find(|stage| stage_word(*stage) == word)
}
