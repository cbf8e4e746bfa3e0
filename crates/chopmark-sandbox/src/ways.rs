//! Ways from the sandbox's own network to the broker: there are no others.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chopmark_core::permission::Grant;

use crate::broker::{LOCALHOST, StandIns};

/// Where programs inside can connect to; at the other end is always the broker.
///
/// Every address is local inside, so whatever a program means to reach, it meets one of the
/// broker's listeners or nobody. Which addresses may be tried is told here, so that a
/// wrong one is refused at once; the broker judges again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ways {
    /// On loopback, for programs that use a proxy.
    pub(crate) proxy_port: u16,
    /// On every address, for programs that do not.
    pub(crate) direct_ports: BTreeSet<u16>,
    /// Which address stands for which name.
    pub(crate) stand_ins: StandIns,
    reachable: BTreeSet<SocketAddr>,
    any_address: bool,
}

impl Ways {
    /// The ways that a grant needs; none for a grant without network, unless a broker is to
    /// record what is tried in vain.
    pub(crate) fn of(grant: &Grant, has_broker: bool) -> Option<Self> {
        let any_address = grant.open_network();
        if grant.network().is_empty() && !any_address && !has_broker {
            return None;
        }
        let stand_ins = StandIns::of(grant.network());
        let declared: BTreeSet<u16> = grant.network().iter().map(|p| p.port()).collect();
        let usual = if any_address { &WEB[..] } else { &[] };
        let direct_ports: BTreeSet<u16> = usual
            .iter()
            .chain(&declared)
            .copied()
            .filter(|port| *port != NAMES_PORT)
            .take(MOST_PORTS)
            .collect();
        let mut reachable = BTreeSet::new();
        for permission in grant.network() {
            let name = permission.host().as_str();
            let mut add = |address: IpAddr| {
                reachable.insert(SocketAddr::new(address, permission.port()));
            };
            if let Some(address) = permission.host().address() {
                add(address);
            } else if let Some((four, six)) = stand_ins.of_name(name) {
                add(four.into());
                add(six.into());
            }
            if name == LOCALHOST {
                add(Ipv4Addr::LOCALHOST.into());
                add(Ipv6Addr::LOCALHOST.into());
            }
        }
        let proxy_port = (PROXY_PORT..u16::MAX).find(|port| !direct_ports.contains(port))?;
        Some(Self {
            proxy_port,
            direct_ports,
            stand_ins,
            reachable,
            any_address,
        })
    }

    /// Whether a socket may be connected to `to`: the proxy, the resolver, a granted server.
    ///
    /// Port 0 of a granted server is let through as well: nothing can be sent there, and the C
    /// library connects datagram sockets to it to put addresses in order.
    pub(crate) fn lead_to(&self, to: SocketAddr) -> bool {
        let (address, port) = (to.ip().to_canonical(), to.port());
        if address == IpAddr::V4(Ipv4Addr::LOCALHOST)
            && [self.proxy_port, NAMES_PORT].contains(&port)
        {
            return true;
        }
        if self.any_address {
            return port == 0 || self.direct_ports.contains(&port);
        }
        let granted = self.reachable.contains(&SocketAddr::new(address, port))
            && self.direct_ports.contains(&port);
        granted || port == 0 && self.reachable.iter().any(|other| other.ip() == address)
    }

    /// Whether a datagram may be sent to `to`: only questions for names.
    pub(crate) fn answers(&self, to: SocketAddr) -> bool {
        to.ip().to_canonical() == IpAddr::V4(Ipv4Addr::LOCALHOST) && to.port() == NAMES_PORT
    }

    /// Every port on which the broker listens.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        [self.proxy_port, NAMES_PORT]
            .into_iter()
            .chain(self.direct_ports.iter().copied())
    }
}

/// Where the sandbox's resolver listens, on loopback.
pub(crate) const NAMES_PORT: u16 = 53;
/// Where the proxy listens, unless that port is granted.
const PROXY_PORT: u16 = 3128;
/// The ports that programs reach without a proxy when every host is granted.
const WEB: [u16; 2] = [80, 443];
/// More ports than these are reached through the proxy only; their listeners go in one message.
const MOST_PORTS: usize = 60;

#[cfg(test)]
mod tests;
