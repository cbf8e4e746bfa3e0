//! Everything the helper inside needs to build the sandbox, worked out before the fork.

use std::ffi::CString;
use std::path::PathBuf;

use crate::known::Known;
use crate::ways::Ways;

/// A finished recipe; making it touched nothing but the plan's folders.
pub(crate) struct Setup {
    /// What the skill's root holds, in order.
    pub(crate) mounts: Vec<Mount>,
    /// Which rule speaks for which part of the tree.
    pub(crate) places: Vec<Place>,
    /// Landlock's rules.
    pub(crate) rights: Vec<(PathBuf, Right)>,
    /// First program: path, arguments, environment, working folder.
    pub(crate) program: CString,
    pub(crate) arguments: Vec<CString>,
    pub(crate) environment: Vec<CString>,
    pub(crate) directory: PathBuf,
    /// Amounts.
    pub(crate) limits: Amounts,
    /// Ways to the egress broker, when there is one.
    pub(crate) ways: Option<Ways>,
    /// Digests of programs from earlier runs.
    pub(crate) known: Vec<Known>,
    /// Monotonic time of the start, in nanoseconds.
    pub(crate) started_ns: u64,
}

/// One thing in the skill's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mount {
    /// A file or folder of the host, at `target`, never with devices or set-user-id.
    Bind {
        source: PathBuf,
        target: PathBuf,
        access: BindAccess,
    },
    /// A folder of the host at its own place; changes are kept apart, in `upper`.
    Overlay {
        target: PathBuf,
        upper: PathBuf,
        /// Room of the kernel's, on the same file system as `upper`.
        work: PathBuf,
    },
    /// An empty file system in memory.
    Memory {
        target: PathBuf,
        bytes: u64,
        writable: bool,
        mode: u32,
    },
    /// The process file system of the new process namespace.
    Processes,
    /// A pseudo-terminal file system of its own.
    Terminals,
    /// A symbolic link.
    Link { target: PathBuf, content: PathBuf },
    /// A small read-only file.
    File { target: PathBuf, content: Vec<u8> },
}

/// What a bind allows on the level of the mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindAccess {
    /// Read and execute.
    Runtime,
    /// Read only, nothing executable.
    Read,
    /// Read and write, nothing executable.
    Write,
    /// A device node.
    Device,
}

/// A part of the tree and the rule that speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Absolute path without a trailing slash; empty for the root.
    pub(crate) prefix: Vec<u8>,
    /// Index into the rules.
    pub(crate) rule: u32,
    /// Whether control paths below are protected.
    pub(crate) control: Control,
}

/// Whether paths that steer the agent's next step are protected below a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// They may not be made, written or replaced.
    Protected,
    /// Nothing below is a control path.
    Free,
}

/// What Landlock allows below a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Read files and list folders.
    Read,
    /// As read, and start programs.
    Execute,
    /// Start this file and read it.
    ExecuteFile,
    /// All but starting programs.
    Write,
    /// Read, write and control devices.
    Device,
}

/// Amounts of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) memory_bytes: u64,
    pub(crate) cpu_seconds: u64,
    pub(crate) processes: u64,
    pub(crate) wall_seconds: u64,
    pub(crate) output_bytes: u64,
}

/// Rules with a fixed index; a grant's own rules follow.
pub(crate) mod rule {
    pub(crate) const NAMES: [&str; 9] = [
        "runtime",
        "system",
        "temp",
        "not-granted",
        "control-path",
        "closed-call",
        "egress-only",
        "process-limit",
        "loader",
    ];
    pub(crate) const RUNTIME: u32 = 0;
    pub(crate) const SYSTEM: u32 = 1;
    pub(crate) const TEMP: u32 = 2;
    pub(crate) const NOT_GRANTED: u32 = 3;
    pub(crate) const CONTROL_PATH: u32 = 4;
    pub(crate) const CLOSED_CALL: u32 = 5;
    pub(crate) const EGRESS_ONLY: u32 = 6;
    pub(crate) const PROCESS_LIMIT: u32 = 7;
    pub(crate) const LOADER: u32 = 8;
    pub(crate) const FIRST_GRANTED: u32 = 9;
}
