//! Makes every address of the sandbox's network its own, so that each connection ends inside.

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

/// Routes all of IPv4, and of IPv6 where the kernel has it, to the loopback interface as local.
///
/// The caller is in a new network namespace and may configure it.
pub(crate) fn route_all_to_loopback() -> Result<(), Errno> {
    add(AddressFamily::INET)?;
    match add(AddressFamily::INET6) {
        Ok(()) | Err(Errno::AFNOSUPPORT | Errno::OPNOTSUPP | Errno::ACCESS) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn add(family: AddressFamily) -> Result<(), Errno> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let message = request(u8::try_from(family.as_raw()).map_err(|_| Errno::AFNOSUPPORT)?);
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, &message, SendFlags::empty(), &kernel)?;
    let mut answer = [0_u8; 1024];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    let code = answer.get(..length).and_then(|answer| answer.get(16..20));
    let code = code
        .and_then(|code| code.try_into().ok())
        .ok_or(Errno::BADMSG)?;
    match i32::from_ne_bytes(code) {
        0 => Ok(()),
        code => Err(Errno::from_raw_os_error(code.saturating_neg())),
    }
}

/// `ip route add local default dev lo`, as rtnetlink(7) wants it.
fn request(family: u8) -> Vec<u8> {
    let mut message = Vec::with_capacity(LENGTH.into());
    message.extend(u32::from(LENGTH).to_ne_bytes());
    message.extend(RTM_NEWROUTE.to_ne_bytes());
    message.extend(REQUEST_ACK_CREATE_EXCL.to_ne_bytes());
    message.extend([0; 8]); // sequence and sender
    let (to_bits, from_bits, service) = (0, 0, 0);
    message.extend([family, to_bits, from_bits, service]);
    message.extend([TABLE_MAIN, PROTOCOL_STATIC, SCOPE_HOST, TYPE_LOCAL]);
    message.extend([0; 4]); // flags
    message.extend(8_u16.to_ne_bytes());
    message.extend(OUTPUT_INTERFACE.to_ne_bytes());
    message.extend(LOOPBACK.to_ne_bytes());
    message
}

const LENGTH: u16 = 36;
const RTM_NEWROUTE: u16 = 24;
const REQUEST_ACK_CREATE_EXCL: u16 = 0x1 | 0x4 | 0x400 | 0x200;
const TABLE_MAIN: u8 = 254;
const PROTOCOL_STATIC: u8 = 4;
const SCOPE_HOST: u8 = 254;
const TYPE_LOCAL: u8 = 2;
const OUTPUT_INTERFACE: u16 = 4;
/// The first interface of every network namespace.
const LOOPBACK: u32 = 1;
