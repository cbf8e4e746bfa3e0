//! Sockets: towards the broker, within the sandbox's own files, or not at all.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use rustix::net::sockopt::socket_type;
use rustix::net::{SocketAddrUnix, SocketType, connect, connect_unspec};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::Supervisor;
use super::caller::Caller;
use super::memory::{int, word};
use super::resolve::{Last, Walked};
use crate::journal::{Access, Operation};
use crate::report::Report;
use crate::setup::rule;
use crate::sys::notify::Notification;
use crate::sys::process::take_descriptor;

/// An address as the caller gave it.
enum Address {
    Internet(SocketAddr),
    /// A path of the file system.
    Path(Vec<u8>),
    /// A name in the network namespace, or none yet.
    Abstract(Vec<u8>),
    /// Takes a connection back.
    Unspecified,
    Other(u16),
}

impl Supervisor {
    /// `connect`.
    pub(super) fn connect(&self, call: &Notification, caller: Caller) {
        let [socket, address, length, ..] = call.arguments;
        let mut access = self.access(caller, Operation::Connect);
        let address = match self.read_address(call, address, length) {
            Ok(address) => address,
            Err(errno) => return self.fail(call, errno),
        };
        describe(&mut access, &address);
        match address {
            // Every connection is made here, for the kernel would read the address once more,
            // and by then it may be another.
            Address::Unspecified => {
                self.answer(call, on_copy(caller, socket, |own| connect_unspec(own)));
            }
            Address::Internet(to) if self.leads_out(to) => {
                access.rule = rule::EGRESS_ONLY;
                let outcome = on_copy(caller, socket, |own| connect(own, &to));
                self.record_and_answer(call, access, outcome);
            }
            Address::Abstract(name) => {
                let outcome = on_copy(caller, socket, |own| {
                    connect(own, &SocketAddrUnix::new_abstract_name(&name)?)
                });
                self.record_and_answer(call, access, outcome);
            }
            Address::Path(path) => self.connect_path(call, caller, access, socket, &path),
            Address::Internet(_) | Address::Other(_) => {
                self.refuse(call, access, rule::EGRESS_ONLY, Errno::ACCESS);
            }
        }
    }

    fn record_and_answer(
        &self,
        call: &Notification,
        mut access: Access,
        outcome: Result<(), Errno>,
    ) {
        access.errno = outcome.err().map_or(0, Errno::raw_os_error);
        self.report(&Report::Access(access));
        self.answer(call, outcome);
    }

    fn answer(&self, call: &Notification, outcome: Result<(), Errno>) {
        match outcome {
            Ok(()) => self.succeed(call),
            Err(errno) => self.fail(call, errno),
        }
    }

    /// Connects on a copy of the caller's socket, so that the path cannot be swapped.
    fn connect_path(
        &self,
        call: &Notification,
        caller: Caller,
        mut access: Access,
        socket: u64,
        path: &[u8],
    ) {
        let outcome = self.private_socket(caller, path).and_then(|target| {
            access.resolved = self.path_of(target.as_fd());
            let link = format!("/proc/self/fd/{}", target.as_raw_fd());
            on_copy(caller, socket, |own| {
                connect(own, &SocketAddrUnix::new(link)?)
            })
        });
        if outcome.is_err() {
            let base = self.base(caller, libc::AT_FDCWD, path).unwrap_or(None);
            let base = base.as_ref().map(AsFd::as_fd);
            access.resolved = self.leads_to(caller, base, path, Last::Follow);
        }
        self.judge(&mut access, outcome);
        match outcome {
            Ok(()) => {
                self.report(&Report::Access(access));
                self.succeed(call);
            }
            Err(Errno::ACCESS) => self.refuse(call, access, rule::EGRESS_ONLY, Errno::ACCESS),
            Err(errno) => {
                self.report(&Report::Access(access));
                self.fail(call, errno);
            }
        }
    }

    /// A socket that lies in the sandbox's own temporary files.
    fn private_socket(&self, caller: Caller, path: &[u8]) -> Result<OwnedFd, Errno> {
        let base = self.base(caller, libc::AT_FDCWD, path)?;
        let walked = self.walk(caller, base.as_ref().map(AsFd::as_fd), path, Last::Follow)?;
        let Walked::Name { folder, name, .. } = walked else {
            return Err(Errno::CONNREFUSED);
        };
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let target = openat(&folder, OsStr::from_bytes(&name), flags, Mode::empty())?;
        if fstat(&target)?.st_dev == self.temp_device {
            Ok(target)
        } else {
            Err(Errno::ACCESS)
        }
    }

    /// `bind`.
    pub(super) fn bind(&self, call: &Notification, caller: Caller) {
        let [socket, address, length, ..] = call.arguments;
        let mut access = self.access(caller, Operation::Bind);
        let address = match self.read_address(call, address, length) {
            Ok(address) => address,
            Err(errno) => return self.fail(call, errno),
        };
        describe(&mut access, &address);
        let allowed = match address {
            Address::Abstract(_) => true,
            Address::Path(path) => {
                access.resolved = self.meant(caller, &path);
                !self.is_control_name(&access.resolved)
            }
            Address::Internet(at) => self.may_ask_from(at, caller, socket),
            Address::Unspecified | Address::Other(_) => false,
        };
        if allowed {
            self.report(&Report::Access(access));
            self.let_run(call);
        } else {
            self.refuse(call, access, rule::EGRESS_ONLY, Errno::ACCESS);
        }
    }

    /// Whether a datagram socket is given any free port, as some C libraries do before they ask for
    /// a name. What is bound can only be reached from inside.
    fn may_ask_from(&self, at: SocketAddr, caller: Caller, socket: u64) -> bool {
        let is_datagram = || {
            let own = caller_socket(caller, int(socket));
            own.and_then(socket_type) == Ok(SocketType::DGRAM)
        };
        let free = at.ip().is_unspecified() && at.port() == 0;
        self.setup.ways.is_some() && free && is_datagram()
    }

    fn meant(&self, caller: Caller, path: &[u8]) -> Vec<u8> {
        let base = self.base(caller, libc::AT_FDCWD, path).unwrap_or(None);
        self.intended(base.as_ref().map(AsFd::as_fd), path)
    }

    /// `sendto`, `sendmsg` and `sendmmsg`: a datagram with an address of its own.
    pub(super) fn send(&self, call: &Notification, caller: Caller) {
        let addresses = match self.destinations(call) {
            Ok(addresses) => addresses,
            Err(errno) => return self.fail(call, errno),
        };
        for address in addresses {
            let mut access = self.access(caller, Operation::Send);
            describe(&mut access, &address);
            let allowed = match address {
                Address::Abstract(_) | Address::Unspecified => true,
                Address::Path(path) => self.private_socket(caller, &path).is_ok(),
                Address::Internet(to) => self.asks_for_a_name(to),
                Address::Other(_) => false,
            };
            if !allowed {
                return self.refuse(call, access, rule::EGRESS_ONLY, Errno::ACCESS);
            }
            self.report(&Report::Access(access));
        }
        self.let_run(call);
    }

    fn destinations(&self, call: &Notification) -> Result<Vec<Address>, Errno> {
        let [_, b, c, _, e, f] = call.arguments;
        let headers = match i64::from(call.number) {
            libc::SYS_sendto => return Ok(vec![self.read_address(call, e, f)?]),
            libc::SYS_sendmsg => 1,
            _ => c.min(MOST_MESSAGES),
        };
        let mut addresses = Vec::new();
        for index in 0..headers {
            let header = b.wrapping_add(index.wrapping_mul(MESSAGE_BYTES));
            let name = self.read_exact::<16>(call, header)?;
            if word(&name, 0) != 0 {
                addresses.push(self.read_address(
                    call,
                    word(&name, 0),
                    word(&name, 1) & 0xFFFF_FFFF,
                )?);
            }
        }
        Ok(addresses)
    }

    /// Whether the broker is at the other end. Nobody else could be: every address is local inside,
    /// and nobody else listens.
    fn leads_out(&self, to: SocketAddr) -> bool {
        self.setup
            .ways
            .as_ref()
            .is_some_and(|ways| ways.lead_to(to))
    }

    fn asks_for_a_name(&self, to: SocketAddr) -> bool {
        self.setup
            .ways
            .as_ref()
            .is_some_and(|ways| ways.answers(to))
    }

    fn read_address(&self, call: &Notification, at: u64, length: u64) -> Result<Address, Errno> {
        let bytes = self.read_bytes(call, at, length & 0xFFFF_FFFF, MOST_ADDRESS)?;
        let Some((family, rest)) = bytes.split_first_chunk::<2>() else {
            return Err(Errno::INVAL);
        };
        let port = || {
            rest.first_chunk::<2>()
                .map(|port| u16::from_be_bytes(*port))
        };
        match i32::from(u16::from_ne_bytes(*family)) {
            libc::AF_UNSPEC => Ok(Address::Unspecified),
            libc::AF_INET => {
                let (Some(port), Some(ip)) = (port(), part::<4>(rest, 2)) else {
                    return Err(Errno::INVAL);
                };
                Ok(Address::Internet(SocketAddr::from((
                    Ipv4Addr::from(ip),
                    port,
                ))))
            }
            libc::AF_INET6 => {
                let (Some(port), Some(ip)) = (port(), part::<16>(rest, 6)) else {
                    return Err(Errno::INVAL);
                };
                Ok(Address::Internet(SocketAddr::from((
                    Ipv6Addr::from(ip),
                    port,
                ))))
            }
            libc::AF_UNIX => Ok(match rest.split_first() {
                None | Some((0, _)) => {
                    Address::Abstract(rest.get(1..).unwrap_or_default().to_vec())
                }
                Some(_) => {
                    let end = rest
                        .iter()
                        .position(|byte| *byte == 0)
                        .unwrap_or(rest.len());
                    Address::Path(rest.get(..end).unwrap_or_default().to_vec())
                }
            }),
            _ => Ok(Address::Other(u16::from_ne_bytes(*family))),
        }
    }
}

fn describe(access: &mut Access, address: &Address) {
    access.requested = match address {
        Address::Internet(to) => to.to_string().into_bytes(),
        Address::Path(path) => path.clone(),
        Address::Abstract(name) => [b"@".as_slice(), name].concat(),
        Address::Unspecified => b"unspecified".to_vec(),
        Address::Other(family) => format!("family {family}").into_bytes(),
    };
    access.resolved.clone_from(&access.requested);
}

/// Acts on a copy of the caller's socket.
fn on_copy(
    caller: Caller,
    socket: u64,
    act: impl FnOnce(&OwnedFd) -> Result<(), Errno>,
) -> Result<(), Errno> {
    act(&caller_socket(caller, int(socket))?)
}

/// A copy of the caller's socket.
fn caller_socket(caller: Caller, socket: i32) -> Result<OwnedFd, Errno> {
    let pid = i32::try_from(caller.pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(Errno::SRCH)?;
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    let own = take_descriptor(process.as_fd(), socket)?;
    Ok(crate::sys::notify::adopt(own))
}

fn part<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..start.checked_add(N)?)?.try_into().ok()
}

/// `sizeof(struct sockaddr_storage)`.
const MOST_ADDRESS: usize = 128;
/// `sizeof(struct mmsghdr)`.
const MESSAGE_BYTES: u64 = 64;
/// `UIO_MAXIOV`.
const MOST_MESSAGES: u64 = 1024;
