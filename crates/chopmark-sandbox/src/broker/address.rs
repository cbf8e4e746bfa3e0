//! Which addresses the broker may dial: public ones, declared private ones, never metadata.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address stands for, from the broker's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressClass {
    /// Globally routed; a granted host may resolve to it.
    Public,
    /// Loopback, private, link-local, shared, multicast, reserved, or a wrapped IPv4 address;
    /// dialled only where the permission says `private: true`.
    Private,
    /// A cloud's instance metadata service, which hands out credentials; never dialled.
    Metadata,
}

/// Classifies one address.
///
/// An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is never better than the
/// IPv4 address itself.
///
/// Spec: docs/spec/egress.md §4.
pub(super) fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    if METADATA_V4.contains(&address) {
        AddressClass::Metadata
    } else if SPECIAL_V4
        .iter()
        .any(|(net, length)| within_v4(address, *net, *length))
    {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    if METADATA_V6.contains(&address) {
        return AddressClass::Metadata;
    }
    if let Some((wrapped, wrapping)) = wrapped_v4(address) {
        return match (classify_v4(wrapped), wrapping) {
            (AddressClass::Metadata, _) => AddressClass::Metadata,
            (AddressClass::Public, Wrapping::Translated) => AddressClass::Public,
            (AddressClass::Public, Wrapping::Other) | (AddressClass::Private, _) => {
                AddressClass::Private
            }
        };
    }
    let global = within_v6(address, GLOBAL_V6.0, GLOBAL_V6.1);
    let special = SPECIAL_V6
        .iter()
        .any(|(net, length)| within_v6(address, *net, *length));
    if global && !special {
        AddressClass::Public
    } else {
        AddressClass::Private
    }
}

/// How an IPv6 address carries an IPv4 one.
enum Wrapping {
    /// By the well-known NAT64 prefix: an IPv6-only network's ordinary way to the public Internet.
    Translated,
    /// In a form that no public name has a reason to resolve to.
    Other,
}

fn wrapped_v4(address: Ipv6Addr) -> Option<(Ipv4Addr, Wrapping)> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let join = |high: u16, low: u16| {
        let [w, x] = high.to_be_bytes();
        let [y, z] = low.to_be_bytes();
        Ipv4Addr::new(w, x, y, z)
    };
    match [a, b, c, d, e, f] {
        [0x64, 0xff9b, 0, 0, 0, 0] => Some((join(g, h), Wrapping::Translated)),
        [0, 0, 0, 0, 0, 0xffff | 0] | [0, 0, 0, 0, 0xffff, 0] => {
            Some((join(g, h), Wrapping::Other))
        }
        [0x2002, high, low, ..] => Some((join(high, low), Wrapping::Other)),
        _ => None,
    }
}

fn within_v4(address: Ipv4Addr, net: Ipv4Addr, length: u32) -> bool {
    let mask = u32::MAX
        .checked_shl(32_u32.saturating_sub(length))
        .unwrap_or(0);
    u32::from(address) & mask == u32::from(net) & mask
}

fn within_v6(address: Ipv6Addr, net: Ipv6Addr, length: u32) -> bool {
    let mask = u128::MAX
        .checked_shl(128_u32.saturating_sub(length))
        .unwrap_or(0);
    u128::from(address) & mask == u128::from(net) & mask
}

/// Instance metadata services of the large clouds; the fourth and fifth lie in public ranges.
const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254), // AWS, Azure, Google, Oracle, DigitalOcean, OpenStack
    Ipv4Addr::new(169, 254, 170, 2),   // AWS container credentials
    Ipv4Addr::new(169, 254, 170, 23),  // AWS pod identity
    Ipv4Addr::new(168, 63, 129, 16),   // Azure wire server
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
];

const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254), // AWS
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023), // AWS pod identity
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254), // Google
];

/// The IANA special-purpose registry of IPv4, and multicast.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Global unicast; everything else in IPv6 is special.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const SPECIAL_V6: [(Ipv6Addr, u32); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

#[cfg(test)]
mod tests;
