//! New namespaces, the user mapping, loopback.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use super::route::route_all_to_loopback;
use crate::sys::process::{Forked, clone_process, flag, raise_loopback};
use crate::ways::{NAMES_PORT, Ways};

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

/// Brings loopback up, makes every address local, and opens what the broker serves: the proxy,
/// the resolver's two sockets, and a listener for each direct port, in this order.
pub(crate) fn open_ways(ways: &Ways) -> Result<Vec<OwnedFd>, Errno> {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    raise_loopback(socket.as_fd())?;
    route_all_to_loopback()?;
    let bound = || -> std::io::Result<Vec<OwnedFd>> {
        let loopback = Ipv4Addr::LOCALHOST;
        let mut sockets = vec![
            TcpListener::bind((loopback, ways.proxy_port))?.into(),
            UdpSocket::bind((loopback, NAMES_PORT))?.into(),
            TcpListener::bind((loopback, NAMES_PORT))?.into(),
        ];
        for port in &ways.direct_ports {
            // A socket of both families, or of IPv4 alone where the kernel has no other.
            let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, *port))
                .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)))?;
            sockets.push(listener.into());
        }
        Ok(sockets)
    };
    bound().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
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
