//! What a skill may ask of a host: port, methods and path.

use std::fmt;
use std::str::FromStr;

use super::error::PermissionError;

pub use host::HostName;

mod host;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each is the method of its name in RFC 9110 and RFC 5789"
)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// Every method, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// The method in capitals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Method {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let found = Self::ALL.into_iter().find(|method| method.as_str() == text);
        found.ok_or_else(|| PermissionError::Method {
            value: text.to_owned(),
        })
    }
}

/// A URL path under which requests are allowed, such as `/v1/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request for `path`, query and fragment removed, is under the prefix. Segments count whole: `/v1` covers
    /// `/v1` and `/v1/a`, not `/v10`. A path with a `.`, `..` or empty segment, a back-slash or an
    /// encoded dot, slash or back-slash is under no prefix, for servers disagree about it.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        is_unambiguous(path) && is_under(path, &self.0)
    }
}

impl FromStr for PathPrefix {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
        if text.len() <= 1024 && is_unambiguous(text) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PermissionError::PathPrefix {
                value: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One host and port that may be reached, and how.
///
/// Spec: docs/spec/permissions.md §4.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkPermission {
    host: HostName,
    port: u16,
    // INVARIANT: sorted, without repetition, not empty.
    methods: Option<Vec<Method>>,
    path_prefix: Option<PathPrefix>,
    private: bool,
}

impl NetworkPermission {
    /// Any request to `host` on `port`.
    ///
    /// # Errors
    ///
    /// [`PermissionError::Port`] for port 0.
    pub fn new(host: HostName, port: u16) -> Result<Self, PermissionError> {
        if port == 0 {
            return Err(PermissionError::Port {
                value: "0".to_owned(),
            });
        }
        Ok(Self {
            host,
            port,
            methods: None,
            path_prefix: None,
            private: false,
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

    /// The same for a host that may resolve to a private, loopback or link-local address.
    #[must_use]
    pub fn with_private_addresses(self) -> Self {
        Self {
            private: true,
            ..self
        }
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &HostName {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The methods allowed; `None` is any.
    #[must_use]
    pub fn methods(&self) -> Option<&[Method]> {
        self.methods.as_deref()
    }

    /// The path under which requests are allowed; `None` is any.
    #[must_use]
    pub fn path_prefix(&self) -> Option<&PathPrefix> {
        self.path_prefix.as_ref()
    }

    /// Whether the host may resolve to a private, loopback or link-local address.
    #[must_use]
    pub fn private(&self) -> bool {
        self.private
    }

    /// Whether a broker must see requests, not only connections, to hold the skill to this.
    #[must_use]
    pub fn needs_requests(&self) -> bool {
        self.methods.is_some() || self.path_prefix.is_some()
    }

    /// Whether a request with this method for this path, query removed, is allowed.
    #[must_use]
    pub fn allows(&self, method: &str, path: &str) -> bool {
        allows(self.methods(), self.path_prefix(), method, path)
    }

    /// Whether whoever has this permission has `other` too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.meet(other).as_ref() == Some(other)
    }

    /// What both permissions allow.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        if (&self.host, self.port) != (&other.host, other.port) {
            return None;
        }
        Some(Self {
            host: self.host.clone(),
            port: self.port,
            methods: meet_methods(self.methods(), other.methods())?,
            path_prefix: meet_prefixes(self.path_prefix(), other.path_prefix())?,
            private: self.private && other.private,
        })
    }
}

pub(super) fn sorted_methods(mut methods: Vec<Method>) -> Result<Vec<Method>, PermissionError> {
    methods.sort_unstable();
    methods.dedup();
    if methods.is_empty() {
        Err(PermissionError::NoMethod)
    } else {
        Ok(methods)
    }
}

pub(super) fn allows(
    methods: Option<&[Method]>,
    prefix: Option<&PathPrefix>,
    method: &str,
    path: &str,
) -> bool {
    let method_fits =
        methods.is_none_or(|allowed| allowed.iter().any(|known| known.as_str() == method));
    method_fits && prefix.is_none_or(|prefix| prefix.covers(path))
}

/// The methods in both lists, `None` standing for all; nothing when no method is in both.
#[expect(
    clippy::option_option,
    reason = "outer: is anything left; inner: any method or a list"
)]
pub(super) fn meet_methods(
    one: Option<&[Method]>,
    other: Option<&[Method]>,
) -> Option<Option<Vec<Method>>> {
    let (one, other) = match (one, other) {
        (None, None) => return Some(None),
        (Some(list), None) | (None, Some(list)) => return Some(Some(list.to_vec())),
        (Some(one), Some(other)) => (one, other),
    };
    let both = one
        .iter()
        .copied()
        .filter(|method| other.contains(method))
        .collect::<Vec<_>>();
    if both.is_empty() {
        None
    } else {
        Some(Some(both))
    }
}

/// The narrower of two prefixes, `None` standing for any path; nothing when neither is under the other.
#[expect(
    clippy::option_option,
    reason = "outer: is anything left; inner: any path or a prefix"
)]
pub(super) fn meet_prefixes(
    one: Option<&PathPrefix>,
    other: Option<&PathPrefix>,
) -> Option<Option<PathPrefix>> {
    match (one, other) {
        (None, None) => Some(None),
        (Some(prefix), None) | (None, Some(prefix)) => Some(Some(prefix.clone())),
        (Some(one), Some(other)) if is_under(&one.0, &other.0) => Some(Some(one.clone())),
        (Some(one), Some(other)) if is_under(&other.0, &one.0) => Some(Some(other.clone())),
        (Some(_), Some(_)) => None,
    }
}

fn is_under(path: &str, prefix: &str) -> bool {
    let whole = |rest: &str| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/');
    path.strip_prefix(prefix).is_some_and(whole)
}

fn is_unambiguous(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let lower = path.to_ascii_lowercase();
    let encoded = ["%2e", "%2f", "%5c", "%00"]
        .iter()
        .any(|code| lower.contains(code));
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let plain = rest.is_empty() || rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
    plain && path != "//" && !encoded && !path.contains(['\\', '?', '#'])
}
