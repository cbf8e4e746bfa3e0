//! Everything the broker says no to, each with a stable code and an HTTP status.

use hyper::StatusCode;
use thiserror::Error;

use super::hello::HelloError;

/// Why a connection or a request did not go through.
///
/// No variant carries a header value or a body, so none can carry a secret; paths are scrubbed
/// before they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("too many connections at once")]
    TooManyConnections,
    #[error("the journal cannot be written")]
    JournalUnavailable,
    #[error("the request is malformed")]
    RequestMalformed,
    #[error("the request head is too large")]
    HeadTooLarge,
    #[error("the request head took too long")]
    HeadTimeout,
    #[error("neither CONNECT nor an absolute http:// address")]
    NotAProxyRequest,
    #[error("host not granted: {0}")]
    HostNotGranted(String),
    #[error("port not granted: {0}")]
    PortNotGranted(String),
    #[error("name not granted: {0}")]
    NameNotGranted(String),
    #[error("name does not resolve: {0}")]
    NameUnresolved(String),
    #[error("address of {0} is private")]
    AddressPrivate(String),
    #[error("address of {0} is a metadata service")]
    AddressMetadata(String),
    #[error("{0}")]
    Hello(#[from] HelloError),
    #[error("the TLS hello took too long")]
    HelloTimeout,
    #[error("the TLS hello names no server, expected {0}")]
    SniMissing(String),
    #[error("the TLS hello names {named}, the tunnel is to {granted}")]
    SniMismatch { named: String, granted: String },
    #[error("the TLS hello hides its server name")]
    SniEncrypted,
    #[error("the client ended the TLS handshake; does it trust the certificate of this run?")]
    ClientTls,
    #[error("the Host header does not name {0}")]
    HostMismatch(String),
    #[error("method not granted: {0}")]
    MethodNotGranted(String),
    #[error("path not granted: {0}")]
    PathNotGranted(String),
    #[error("path can be read in two ways: {0}")]
    PathAmbiguous(String),
    #[error("header {0} can override the request line")]
    OverrideHeader(String),
    #[error("protocol upgrades are not allowed here")]
    Upgrade,
    #[error("HTTP/2 is not spoken here, only HTTP/1.1")]
    Http2,
    #[error("placeholder of secret {0} in a place that was not declared")]
    SecretMisplaced(String),
    #[error("secret {0} may only be sent over TLS")]
    SecretNeedsTls(String),
    #[error("the request body is too large")]
    RequestTooLarge,
    #[error("no connection to {0}")]
    UpstreamUnreachable(String),
    #[error("TLS with {host} failed: {reason}")]
    UpstreamTls { host: String, reason: String },
    #[error("no answer from {0} in time")]
    UpstreamTimeout(String),
    #[error("the answer of {0} is not proper HTTP")]
    UpstreamProtocol(String),
    #[error("the answer of {0} is compressed although that was not asked for")]
    ResponseEncoded(String),
}

impl Refusal {
    /// The stable name of the rule, in kebab case.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::TooManyConnections => "too-many-connections",
            Self::JournalUnavailable => "journal-unavailable",
            Self::RequestMalformed => "request-malformed",
            Self::HeadTooLarge => "head-too-large",
            Self::HeadTimeout => "head-timeout",
            Self::NotAProxyRequest => "not-a-proxy-request",
            Self::HostNotGranted(_) => "host-not-granted",
            Self::PortNotGranted(_) => "port-not-granted",
            Self::NameNotGranted(_) => "name-not-granted",
            Self::NameUnresolved(_) => "name-unresolved",
            Self::AddressPrivate(_) => "address-private",
            Self::AddressMetadata(_) => "address-metadata",
            Self::Hello(HelloError::NotTls) => "not-tls",
            Self::Hello(HelloError::TooLong | HelloError::Malformed) => "hello-malformed",
            Self::HelloTimeout => "hello-timeout",
            Self::SniMissing(_) => "sni-missing",
            Self::SniMismatch { .. } => "sni-mismatch",
            Self::SniEncrypted => "sni-encrypted",
            Self::ClientTls => "client-tls",
            Self::HostMismatch(_) => "host-mismatch",
            Self::MethodNotGranted(_) => "method-not-granted",
            Self::PathNotGranted(_) => "path-not-granted",
            Self::PathAmbiguous(_) => "path-ambiguous",
            Self::OverrideHeader(_) => "override-header",
            Self::Upgrade => "upgrade",
            Self::Http2 => "http2",
            Self::SecretMisplaced(_) => "secret-misplaced",
            Self::SecretNeedsTls(_) => "secret-needs-tls",
            Self::RequestTooLarge => "request-too-large",
            Self::UpstreamUnreachable(_) => "upstream-unreachable",
            Self::UpstreamTls { .. } => "upstream-tls",
            Self::UpstreamTimeout(_) => "upstream-timeout",
            Self::UpstreamProtocol(_) => "upstream-protocol",
            Self::ResponseEncoded(_) => "response-encoded",
        }
    }

    /// The status with which the skill's client is answered.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::TooManyConnections | Self::JournalUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::RequestMalformed | Self::NotAProxyRequest => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTimeout | Self::HelloTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UpstreamTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::NameUnresolved(_)
            | Self::UpstreamUnreachable(_)
            | Self::UpstreamTls { .. }
            | Self::UpstreamProtocol(_)
            | Self::ResponseEncoded(_) => StatusCode::BAD_GATEWAY,
            Self::HostNotGranted(_)
            | Self::NameNotGranted(_)
            | Self::PortNotGranted(_)
            | Self::AddressPrivate(_)
            | Self::AddressMetadata(_)
            | Self::Hello(_)
            | Self::SniMissing(_)
            | Self::SniMismatch { .. }
            | Self::SniEncrypted
            | Self::ClientTls
            | Self::HostMismatch(_)
            | Self::MethodNotGranted(_)
            | Self::PathNotGranted(_)
            | Self::PathAmbiguous(_)
            | Self::OverrideHeader(_)
            | Self::Upgrade
            | Self::Http2
            | Self::SecretMisplaced(_)
            | Self::SecretNeedsTls(_) => StatusCode::FORBIDDEN,
        }
    }

    /// Whether a rule of ours refused, rather than a network, a server or the client failed.
    pub(super) fn is_rule(&self) -> bool {
        let failed = matches!(
            self.status(),
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
        );
        !failed && *self != Self::ClientTls
    }
}
