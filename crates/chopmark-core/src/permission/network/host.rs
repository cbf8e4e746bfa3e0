//! The one form in which a host may be declared.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::permission::PermissionError;

/// A host in the one form in which it may be declared and compared.
///
/// A name is lower-case ASCII, letters, digits and hyphens between dots, without a trailing dot;
/// an address is in its shortest form. Ordered by text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName {
    text: String,
    address: Option<IpAddr>,
}

impl HostName {
    /// Reads an IP address, written in its shortest form, IPv6 without brackets.
    ///
    /// # Errors
    ///
    /// [`PermissionError::Address`].
    pub fn from_address(text: &str) -> Result<Self, PermissionError> {
        let address = text
            .parse::<IpAddr>()
            .ok()
            .filter(|address| address.to_string() == text);
        let mapped =
            |address: &IpAddr| matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some());
        match address.filter(|address| !mapped(address)) {
            Some(address) => Ok(Self {
                text: text.to_owned(),
                address: Some(address),
            }),
            None => Err(PermissionError::Address {
                value: text.to_owned(),
            }),
        }
    }

    /// The name or address as text; IPv6 without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address, when the host was declared by address.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// As it stands in a URL: IPv6 in brackets.
    #[must_use]
    pub fn in_url(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            Some(IpAddr::V4(_)) | None => self.text.clone(),
        }
    }
}

/// Reads a name; an address is refused, for it must be declared as one.
impl FromStr for HostName {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let value = || text.to_owned();
        if text.contains('*') {
            return Err(PermissionError::HostWildcard { value: value() });
        }
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<Ipv4Addr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok() {
            return Err(PermissionError::HostIsAddress { value: value() });
        }
        let named = text
            .rsplit('.')
            .next()
            .is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
        if text.len() > 253 || !named || is_number_base(text) || !text.split('.').all(is_label) {
            return Err(PermissionError::HostName { value: value() });
        }
        Ok(Self {
            text: value(),
            address: None,
        })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Hosts such as `0x7f.1` that some resolvers read as an address.
fn is_number_base(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text);
    last.strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}
