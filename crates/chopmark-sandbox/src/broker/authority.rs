//! `host:port` as clients write it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use hyper::Uri;

/// The host of a request: a name in lower case, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Host {
    /// A DNS name: letters, digits, `-`, `_` and dots, without a final dot, not ending in a number.
    Name(String),
    /// An address; an IPv6 address stands in brackets on the wire.
    Address(IpAddr),
}

impl Host {
    /// Reads a host; `None` when it is neither a name nor an address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let valid = text.len() <= 253 && text.split('.').all(label) && !ends_in_a_number(text);
        valid.then(|| Self::Name(text.to_ascii_lowercase()))
    }
}

/// Whether some program would read the text as an IPv4 address in decimal, octal or hexadecimal
/// parts: its last label is a number (URL Standard, *ends in a number*).
fn ends_in_a_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text).to_ascii_lowercase();
    let hexadecimal = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
        }
    }
}

/// A host and a port: where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Authority {
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Authority {
    /// Reads `host[:port]`; without a port, `default_port` is meant.
    pub(super) fn parse(text: &str, default_port: Option<u16>) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (text, None),
        };
        if !host.starts_with('[') && host.contains(':') {
            return None;
        }
        let port = match port {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            Some(_) => return None,
            None => default_port?,
        };
        Some(Self {
            host: Host::parse(host)?,
            port,
        })
    }

    /// The target of a `CONNECT` request or of an absolute `http://` one.
    pub(super) fn of(uri: &Uri, default_port: Option<u16>) -> Option<Self> {
        Self::parse(uri.authority()?.as_str(), default_port)
    }

    /// As a `Host` header of the given scheme's default port.
    pub(super) fn header(&self, default_port: u16) -> String {
        if self.port == default_port {
            self.host.to_string()
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests;
