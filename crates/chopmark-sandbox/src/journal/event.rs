//! The events of a journal.

use super::{Header, NetworkEvent, Operation, Summary, Verdict};

/// One line's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The first line.
    Header(Box<Header>),
    /// A file, program, socket or closed call.
    Access(Access),
    /// A process was seen for the first time.
    Process(Process),
    /// A program image that processes of this run execute.
    Program(Program),
    /// A moment of a connection through the broker, with its time in nanoseconds since the start.
    Network(u64, NetworkEvent),
    /// A signature over the chain so far.
    Head(Head),
    /// The last event of a whole journal; a head follows it.
    End(Box<End>),
}

/// An operation of the skill on a path or an address.
///
/// Paths are bytes as the kernel has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Nanoseconds since the start of the run, monotonic.
    pub time_ns: u64,
    /// Process id inside the sandbox.
    pub pid: u32,
    /// Number of the [`Program`] that the process executes; 0 before the first.
    pub program: u32,
    /// What was done.
    pub operation: Operation,
    /// The path or address as the skill gave it.
    pub requested: Vec<u8>,
    /// The path after all links, as the supervisor opened it; the intended path when it failed.
    pub resolved: Vec<u8>,
    /// New name or link content; empty for most operations.
    pub second: Vec<u8>,
    /// Device of the object, 0 when there is none.
    pub device: u64,
    /// Inode of the object, 0 when there is none.
    pub inode: u64,
    /// Flags of the call.
    pub flags: u64,
    /// Whether a rule refused it.
    pub verdict: Verdict,
    /// Index into the header's rules.
    pub rule: u32,
    /// The error that the skill saw, 0 for none.
    pub errno: i32,
}

/// A process and who started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Nanoseconds since the start of the run.
    pub time_ns: u64,
    /// Process id inside the sandbox.
    pub pid: u32,
    /// The process that started it.
    pub parent: u32,
}

/// A program image, named by what was actually executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Nanoseconds since the start of the run.
    pub time_ns: u64,
    /// Number by which events refer to it.
    pub number: u32,
    /// Device of the file.
    pub device: u64,
    /// Inode of the file.
    pub inode: u64,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its path inside the sandbox.
    pub path: Vec<u8>,
}

/// A signature over the chain up to the line before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Ed25519 signature, 64 bytes.
    pub signature: [u8; 64],
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Nanoseconds since the start of the run.
    pub time_ns: u64,
    /// `exited`, `signalled`, `wall-time`, `memory`, `output`, `supervisor-lost` or `stopped`.
    pub cause: String,
    /// Exit status or signal number.
    pub status: i32,
    /// What was declared, used and denied.
    pub summary: Summary,
}
