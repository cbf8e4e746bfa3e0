//! Secrets that a skill may use without seeing them.

use std::fmt;
use std::str::FromStr;

use super::error::PermissionError;
use super::network::{
    HostName, Method, NetworkPermission, PathPrefix, allows, meet_methods, meet_prefixes,
    sorted_methods,
};

/// The name under which a host stores a secret: `[A-Z][A-Z0-9_]*`, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let inner = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = text.starts_with(|first: char| first.is_ascii_uppercase());
        if begins && text.len() <= 64 && text.bytes().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PermissionError::SecretName {
                value: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The name of an HTTP header field; compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderName(String);

impl HeaderName {
    /// The name as the manifest writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HeaderName {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !(1..=64).contains(&text.len()) || !text.bytes().all(token) {
            return Err(PermissionError::HeaderName {
                value: text.to_owned(),
            });
        }
        let lower = text.to_ascii_lowercase();
        if RESERVED_HEADERS.contains(&lower.as_str()) || lower.starts_with("proxy-") {
            return Err(PermissionError::HeaderReserved {
                value: text.to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where in a request a secret goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretTarget {
    header: HeaderName,
    // INVARIANT: printable ASCII with `{secret}` exactly once.
    format: String,
}

impl SecretTarget {
    /// `format` is the header's value with `{secret}` where the secret goes.
    ///
    /// # Errors
    ///
    /// [`PermissionError::Format`].
    pub fn new(header: HeaderName, format: &str) -> Result<Self, PermissionError> {
        let printable = format
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let trimmed = format.trim() == format && format.len() <= 256;
        if printable && trimmed && format.matches(PLACEHOLDER).count() == 1 {
            Ok(Self {
                header,
                format: format.to_owned(),
            })
        } else {
            Err(PermissionError::Format {
                value: format.to_owned(),
            })
        }
    }

    /// The header that carries the secret.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The header's value, with `{secret}` where the secret goes.
    #[must_use]
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The header's value with the secret in its place.
    #[must_use]
    pub fn fill(&self, secret: &str) -> String {
        self.format.replace(PLACEHOLDER, secret)
    }
}

/// A secret that the broker may put into requests to one host.
///
/// Spec: docs/spec/permissions.md §5.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretPermission {
    name: SecretName,
    host: HostName,
    port: u16,
    target: SecretTarget,
    methods: Option<Vec<Method>>,
    path_prefix: Option<PathPrefix>,
}

impl SecretPermission {
    /// Any request to `host` on `port` may carry the secret.
    ///
    /// # Errors
    ///
    /// [`PermissionError::Port`] for port 0.
    pub fn new(
        name: SecretName,
        host: HostName,
        port: u16,
        target: SecretTarget,
    ) -> Result<Self, PermissionError> {
        if port == 0 {
            return Err(PermissionError::Port {
                value: "0".to_owned(),
            });
        }
        Ok(Self {
            name,
            host,
            port,
            target,
            methods: None,
            path_prefix: None,
        })
    }

    /// The same with these methods alone.
    ///
    /// # Errors
    ///
    /// [`PermissionError::NoMethod`] for none.
    pub fn with_methods(self, methods: Vec<Method>) -> Result<Self, PermissionError> {
        Ok(Self {
            methods: Some(sorted_methods(methods)?),
            ..self
        })
    }

    /// The same under this path alone.
    #[must_use]
    pub fn with_path_prefix(self, prefix: PathPrefix) -> Self {
        Self {
            path_prefix: Some(prefix),
            ..self
        }
    }

    /// The name under which the host stores it.
    #[must_use]
    pub fn name(&self) -> &SecretName {
        &self.name
    }

    /// The host to which it may go.
    #[must_use]
    pub fn host(&self) -> &HostName {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The header that carries the secret.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        self.target.header()
    }

    /// The header's value, with `{secret}` where the secret goes.
    #[must_use]
    pub fn format(&self) -> &str {
        self.target.format()
    }

    /// The header and its value's form.
    #[must_use]
    pub fn target(&self) -> &SecretTarget {
        &self.target
    }

    /// The methods that may carry it; `None` is any.
    #[must_use]
    pub fn methods(&self) -> Option<&[Method]> {
        self.methods.as_deref()
    }

    /// The path under which requests may carry it; `None` is any.
    #[must_use]
    pub fn path_prefix(&self) -> Option<&PathPrefix> {
        self.path_prefix.as_ref()
    }

    /// Whether a request with this method for this path, query removed, may carry it.
    #[must_use]
    pub fn allows(&self, method: &str, path: &str) -> bool {
        allows(self.methods(), self.path_prefix(), method, path)
    }

    /// Whether `network` lets some request out that may carry the secret.
    #[must_use]
    pub fn is_reachable_by(&self, network: &NetworkPermission) -> bool {
        (network.host(), network.port()) == (&self.host, self.port)
            && meet_methods(network.methods(), self.methods()).is_some()
            && meet_prefixes(network.path_prefix(), self.path_prefix()).is_some()
    }

    /// Whether whoever has this permission has `other` too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.meet(other).as_ref() == Some(other)
    }

    /// What both permissions allow.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let place = |one: &Self| {
            (
                one.name.clone(),
                one.host.clone(),
                one.port,
                one.target.clone(),
            )
        };
        if place(self) != place(other) {
            return None;
        }
        Some(Self {
            methods: meet_methods(self.methods(), other.methods())?,
            path_prefix: meet_prefixes(self.path_prefix(), other.path_prefix())?,
            ..self.clone()
        })
    }
}

const PLACEHOLDER: &str = "{secret}";

/// Headers that frame, route or upgrade a request (RFC 9110 §7, RFC 9112 §6).
const RESERVED_HEADERS: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "forwarded",
];
