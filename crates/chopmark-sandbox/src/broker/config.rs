//! What a broker is started with.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chopmark_core::permission::{NetworkPermission, SecretPermission};

use super::secret::{Placeholder, SecretValue};
use crate::journal::Sink;

/// Everything that one run's broker needs; it reads nothing else.
#[derive(Debug)]
pub struct BrokerConfig {
    /// The granted hosts, ports, methods and paths.
    pub network: Vec<NetworkPermission>,
    /// Whether every public host is granted besides.
    pub open_network: bool,
    /// The granted secrets.
    pub secrets: Vec<SecretBinding>,
    /// Bounds on what the skill may take.
    pub limits: Limits,
    /// Which certificate authorities are believed about servers.
    pub upstream_roots: UpstreamRoots,
    /// How names become addresses.
    pub resolver: Resolver,
    /// Where every connection and request is recorded; when it closes, nothing more is served.
    pub sink: Sink,
    /// The time at the start, in seconds since the Unix epoch; certificates count from it.
    pub now: u64,
}

/// A granted secret with its value and with the token that stands for it in the sandbox.
#[derive(Debug)]
pub struct SecretBinding {
    /// Where the secret may go.
    pub permission: SecretPermission,
    /// What the skill sees.
    pub placeholder: Placeholder,
    /// What the server gets.
    pub value: SecretValue,
}

/// Bounds on connections, bytes and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections from the sandbox at once; more are answered with 503.
    pub connections: usize,
    /// Bytes of one request or response head; at least 8192.
    pub head_bytes: usize,
    /// Header lines of one request or response head.
    pub head_lines: usize,
    /// Bytes of one request body, and of one unopened tunnel towards the server.
    pub request_bytes: u64,
    /// Bytes of one response body, and of one unopened tunnel from the server.
    pub response_bytes: u64,
    /// From the first byte that may come to a whole request head or TLS hello; an idle
    /// kept-alive connection is closed after this time as well.
    pub head: Duration,
    /// For resolving a name, and again for connecting, and again for the TLS handshake.
    pub connect: Duration,
    /// Without a byte moving, until a response head is there; should be less than `idle`.
    pub response: Duration,
    /// Without a byte moving on a connection.
    pub idle: Duration,
    /// For a connection as a whole.
    pub total: Duration,
}

impl Limits {
    /// Bounds that leave room for package downloads and for slow model servers.
    #[must_use]
    pub const fn ordinary() -> Self {
        Self {
            connections: 256,
            head_bytes: 64 * 1024,
            head_lines: 128,
            request_bytes: 256 << 20,
            response_bytes: 4 << 30,
            head: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            response: Duration::from_secs(150),
            idle: Duration::from_secs(180),
            total: Duration::from_secs(3600),
        }
    }
}

/// Which certificate authorities are believed about servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamRoots {
    /// The system's.
    System,
    /// Those of a PEM file; the place for a caller's `SSL_CERT_FILE`.
    File(PathBuf),
}

/// Looks up all addresses of a name; it may block.
#[derive(Clone)]
pub struct Resolver(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

impl Resolver {
    /// The system's resolver.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|name| {
            let addresses = (name, 0).to_socket_addrs()?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }

    /// A resolver of one's own.
    pub fn new(lookup: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    pub(super) fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        (self.0)(name)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver(..)")
    }
}
