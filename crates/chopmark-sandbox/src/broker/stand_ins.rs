//! Addresses inside the sandbox that stand for names.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chopmark_core::permission::NetworkPermission;

/// Which address inside the sandbox stands for which name, for one run.
///
/// The sandbox's resolver hands these addresses out, and a connection to one of them arrives at
/// the broker, which knows the name by it. Nothing outside is ever dialled by such an address.
///
/// Spec: docs/spec/egress.md §10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandIns {
    /// In the order of their addresses.
    names: Vec<String>,
    places: BTreeMap<String, u32>,
}

impl StandIns {
    /// An address for each granted name; granted addresses stand for themselves.
    #[must_use]
    pub fn of(network: &[NetworkPermission]) -> Self {
        let mut all = Self::default();
        for permission in network {
            if permission.host().address().is_none() {
                all.add(permission.host().as_str());
            }
        }
        all
    }

    /// The addresses that stand for `name`, new ones if it has none; `None` when there are none
    /// left.
    pub(crate) fn add(&mut self, name: &str) -> Option<(Ipv4Addr, Ipv6Addr)> {
        if let Some(known) = self.of_name(name) {
            return Some(known);
        }
        let place = u32::try_from(self.names.len()).ok()?;
        if place >= MOST_NAMES {
            return None;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        self.of_name(name)
    }

    /// The addresses that stand for `name`, in lower case and without a final dot.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Option<(Ipv4Addr, Ipv6Addr)> {
        let number = self.places.get(name)?.saturating_add(1);
        let four = Ipv4Addr::from(u32::from(NET_V4) | number);
        let six = Ipv6Addr::from(u128::from(NET_V6) | u128::from(number));
        Some((four, six))
    }

    /// The name for which `address` stands.
    ///
    /// Loopback stands for `localhost` if that was granted: `/etc/hosts` says so inside.
    #[must_use]
    pub fn name_of(&self, address: IpAddr) -> Option<&str> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return self
                .places
                .get_key_value(LOCALHOST)
                .map(|(name, _)| name.as_str());
        }
        let number = match address {
            IpAddr::V4(four) => u32::from(four).checked_sub(u32::from(NET_V4))?,
            IpAddr::V6(six) => {
                u32::try_from(u128::from(six).checked_sub(u128::from(NET_V6))?).ok()?
            }
        };
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        self.names.get(place).map(String::as_str)
    }
}

/// A name that `/etc/hosts` knows already.
pub(crate) const LOCALHOST: &str = "localhost";
/// 198.18.0.0/15 is kept for tests of network devices (RFC 2544), so no server has one of these.
const NET_V4: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
/// A unique local prefix (RFC 4193) of ours.
const NET_V6: Ipv6Addr = Ipv6Addr::new(0xfd63, 0x686f, 0x706d, 0, 0, 0, 0, 0);
const MOST_NAMES: u32 = 65_536;

#[cfg(test)]
mod tests;
