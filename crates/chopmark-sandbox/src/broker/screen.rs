//! The rules for one request that the broker reads: a pure function from head to head.

use hyper::header::{
    ACCEPT_ENCODING, CONNECTION, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, IF_RANGE,
    PROXY_AUTHORIZATION, RANGE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use hyper::http::request;
use memchr::memmem;

use super::authority::Authority;
use super::policy::Target;
use super::redact::percent_decoded;
use super::refusal::Refusal;
use super::secret::{PLACEHOLDER_PREFIX, SecretRule};

/// Whether the way to the server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A request that passed: what to send on, and what to record.
#[derive(Debug)]
pub(super) struct Screened {
    /// Path and query.
    pub(super) target: String,
    /// The headers to send, secrets placed.
    pub(super) headers: HeaderMap,
    /// Names of the secrets placed.
    pub(super) secrets: Vec<String>,
}

/// Judges a request to `authority` and rewrites its head for the server.
///
/// `secrets` are all secrets of the run, so that a placeholder is noticed wherever it stands.
///
/// Spec: docs/spec/egress.md §5, §6.
///
/// # Errors
///
/// The first rule that stands in the way; nothing was sent.
pub(super) fn screen<'a>(
    head: &request::Parts,
    scheme: Scheme,
    authority: &Authority,
    target: &Target,
    secrets: impl IntoIterator<Item = &'a SecretRule>,
) -> Result<Screened, Refusal> {
    check_host(head, scheme, authority)?;
    let method = head.method.as_str();
    let path = head.uri.path();
    target.allow(method, path)?;
    if let Some(wanted) = head.headers.get(UPGRADE) {
        let http2 = wanted.as_bytes().to_ascii_lowercase().starts_with(b"h2c");
        return Err(if http2 {
            Refusal::Http2
        } else {
            Refusal::Upgrade
        });
    }
    if let Some(name) = OVERRIDES
        .iter()
        .find(|name| head.headers.contains_key(**name))
    {
        return Err(Refusal::OverrideHeader((*name).to_owned()));
    }
    let path_and_query = head
        .uri
        .path_and_query()
        .map_or(path, |whole| whole.as_str());
    let mut headers = head.headers.clone();
    strip_hop_by_hop(&mut headers);
    let mut placed = Vec::new();
    for secret in &target.secrets {
        if is_placed(secret, &headers, target, method, path, scheme)? {
            let value = secret.placed().ok_or(Refusal::RequestMalformed)?;
            headers.insert(secret.header.clone(), value);
            placed.push(secret.name.clone());
        }
    }
    for secret in secrets {
        if has_placeholder(secret, path_and_query, &headers) {
            return Err(Refusal::SecretMisplaced(secret.name.clone()));
        }
    }
    if !placed.is_empty() {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.remove(RANGE);
        headers.remove(IF_RANGE);
    }
    let host = HeaderValue::try_from(authority.header(scheme.default_port()));
    headers.insert(HOST, host.map_err(|_| Refusal::RequestMalformed)?);
    Ok(Screened {
        target: path_and_query.to_owned(),
        headers,
        secrets: placed,
    })
}

/// One `Host` header, naming the same host and port as the tunnel or the absolute address.
fn check_host(head: &request::Parts, scheme: Scheme, authority: &Authority) -> Result<(), Refusal> {
    let mismatch = || Refusal::HostMismatch(authority.to_string());
    let default_port = Some(scheme.default_port());
    let mut hosts = head.headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(mismatch());
    };
    let named = host
        .to_str()
        .ok()
        .and_then(|text| Authority::parse(text, default_port));
    if named.as_ref() != Some(authority) {
        return Err(mismatch());
    }
    if head.uri.authority().is_some() {
        let absolute = Authority::of(&head.uri, default_port);
        if absolute.as_ref() != Some(authority) || head.uri.scheme_str() != Some(scheme.name()) {
            return Err(mismatch());
        }
    }
    Ok(())
}

/// The `Host` header of a `CONNECT`, where there is one, must name the tunnel's host and port.
pub(super) fn check_tunnel_host(headers: &HeaderMap, authority: &Authority) -> Result<(), Refusal> {
    let same = |host: &HeaderValue| {
        let named = host.to_str().ok();
        named
            .and_then(|text| Authority::parse(text, Some(authority.port)))
            .as_ref()
            == Some(authority)
    };
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Ok(()),
        (Some(host), None) if same(host) => Ok(()),
        (Some(_), _) => Err(Refusal::HostMismatch(authority.to_string())),
    }
}

/// Removes what concerns only the client's connection to the broker.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named
        .iter()
        .chain(&[CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE])
    {
        headers.remove(name);
    }
    headers.remove(PROXY_AUTHORIZATION);
    headers.remove(EXPECT);
    for name in ["keep-alive", "proxy-connection", "proxy-authenticate"] {
        headers.remove(name);
    }
}

/// Whether a secret goes into this request: because the declared header holds its placeholder, or
/// because that header is absent and no other secret lays claim to it.
fn is_placed(
    secret: &SecretRule,
    headers: &HeaderMap,
    target: &Target,
    method: &str,
    path: &str,
    scheme: Scheme,
) -> Result<bool, Refusal> {
    let mut values = headers.get_all(&secret.header).iter();
    let expected = secret.expected();
    let asked = match (values.next(), values.next()) {
        (Some(value), None) => value.as_bytes() == expected.as_bytes(),
        (Some(_), Some(_)) => false,
        (None, _) => {
            let mut claims = target
                .secrets
                .iter()
                .filter(|other| other.header == secret.header && other.covers(method, path));
            let alone = claims.next().is_some() && claims.next().is_none();
            return Ok(alone && secret.covers(method, path) && scheme == Scheme::Https);
        }
    };
    if asked && scheme == Scheme::Http {
        return Err(Refusal::SecretNeedsTls(secret.name.clone()));
    }
    Ok(asked && secret.covers(method, path))
}

/// Looks for a placeholder in the path, the query and every header.
fn has_placeholder(secret: &SecretRule, path_and_query: &str, headers: &HeaderMap) -> bool {
    let placeholder = secret.placeholder.as_str().as_bytes();
    let holds = |bytes: &[u8]| memmem::find(bytes, placeholder).is_some();
    let decoded = percent_decoded(path_and_query.as_bytes());
    let digits = placeholder
        .get(PLACEHOLDER_PREFIX.len()..)
        .unwrap_or(placeholder);
    let in_name = |name: &HeaderName| memmem::find(name.as_str().as_bytes(), digits).is_some();
    holds(path_and_query.as_bytes())
        || holds(&decoded)
        || headers
            .iter()
            .any(|(name, value)| holds(value.as_bytes()) || in_name(name))
}

/// Headers by which frameworks let a request be taken for another one.
const OVERRIDES: [&str; 10] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-forwarded-host",
    "x-host",
    "x-forwarded-prefix",
    "forwarded",
];

#[cfg(test)]
mod tests;
