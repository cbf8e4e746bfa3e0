//! New namespaces, the user mapping, loopback.

use std::net::TcpListener;
use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::sys::process::{Forked, clone_process, flag, raise_loopback};

/// Clones the calling single-threaded process into namespaces of its own.
///
/// The new process is a child of the caller's parent.
pub(crate) fn enter() -> Result<Forked, Errno> {
    clone_process(
        flag(libc::CLONE_NEWUSER)
            | flag(libc::CLONE_NEWNS)
            | flag(libc::CLONE_NEWPID)
            | flag(libc::CLONE_NEWNET)
            | flag(libc::CLONE_NEWIPC)
            | flag(libc::CLONE_NEWUTS)
            | flag(libc::CLONE_NEWCGROUP)
            | flag(libc::CLONE_PARENT),
    )
}

/// The user's ids outside, taken before the namespace hides them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OuterIds {
    user: u32,
    group: u32,
}

impl OuterIds {
    pub(crate) fn current() -> Self {
        Self {
            user: rustix::process::geteuid().as_raw(),
            group: rustix::process::getegid().as_raw(),
        }
    }

    /// Maps one ordinary user and group onto the caller's; root outside is ordinary inside too.
    pub(crate) fn map(self) -> Result<(), Errno> {
        set_dumpable_behavior(DumpableBehavior::Dumpable)?;
        write_file("/proc/self/setgroups", b"deny")?;
        write_file(
            "/proc/self/uid_map",
            format!("{INSIDE_ID} {} 1", self.user).as_bytes(),
        )?;
        write_file(
            "/proc/self/gid_map",
            format!("{INSIDE_ID} {} 1", self.group).as_bytes(),
        )?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
    }
}

/// Brings loopback up and listens for the broker on `port`.
pub(crate) fn listen(port: u16) -> Result<TcpListener, Errno> {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    raise_loopback(socket.as_fd())?;
    TcpListener::bind(("127.0.0.1", port))
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// Forbids user namespaces below this one and names the host.
pub(crate) fn close_behind() -> Result<(), Errno> {
    write_file("/proc/sys/user/max_user_namespaces", b"0")?;
    rustix::system::sethostname(b"sandbox")
}

fn write_file(path: &str, content: &[u8]) -> Result<(), Errno> {
    let file = open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, content).map(drop)
}

/// User and group id of the skill inside.
pub(crate) const INSIDE_ID: u32 = 1000;
