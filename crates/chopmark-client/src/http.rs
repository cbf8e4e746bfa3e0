//! The one HTTP client: blocking, bounded in time and size, opened only when it is needed.

use std::io::Read as _;
use std::time::Duration;

use thiserror::Error;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// A client with its connections.
#[derive(Debug, Clone)]
pub struct Http {
    agent: Agent,
}

/// An answer: status and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Http {
    /// A client. Proxies come from the environment, trusted authorities from the platform.
    #[must_use]
    pub fn new() -> Self {
        // Another part of this process may have installed the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(3)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(REQUEST_TIMEOUT))
            .user_agent(concat!("chopmark/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self {
            agent: config.into(),
        }
    }

    /// Reads a file of at most `limit` bytes; `None` where the server has none.
    ///
    /// # Errors
    ///
    /// [`HttpError`].
    pub fn file(&self, url: &str, limit: u64) -> Result<Option<Vec<u8>>, HttpError> {
        let mut response = self
            .agent
            .get(url)
            .call()
            .map_err(|e| HttpError::failed(url, &e))?;
        match response.status().as_u16() {
            200 => Ok(Some(body(url, &mut response, limit)?)),
            404 | 410 => Ok(None),
            status => Err(HttpError::Status {
                url: url.to_owned(),
                status,
            }),
        }
    }

    /// Sends `body` and returns the answer, whatever its status, with a body of at most `limit`.
    ///
    /// # Errors
    ///
    /// [`HttpError`]; the server may have acted.
    pub fn post(
        &self,
        url: &str,
        kind: &str,
        sent: &[u8],
        limit: u64,
    ) -> Result<Answer, HttpError> {
        let request = self.agent.post(url).header("content-type", kind);
        let mut response = request.send(sent).map_err(|e| HttpError::failed(url, &e))?;
        let status = response.status().as_u16();
        Ok(Answer {
            status,
            body: body(url, &mut response, limit)?,
        })
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

fn body(
    url: &str,
    response: &mut ureq::http::Response<ureq::Body>,
    limit: u64,
) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    let mut reader = response
        .body_mut()
        .as_reader()
        .take(limit.saturating_add(1));
    reader
        .read_to_end(&mut bytes)
        .map_err(|error| HttpError::Failed {
            url: url.to_owned(),
            problem: error.to_string(),
        })?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(HttpError::TooLarge {
            url: url.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HttpError {
    /// No answer: name, connection, TLS or time.
    #[error("`{url}` gave no answer: {problem}")]
    Failed {
        /// The address.
        url: String,
        /// What went wrong.
        problem: String,
    },
    /// An answer that says no.
    #[error("`{url}` answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// More bytes than this kind of answer may have.
    #[error("`{url}` answered with more than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The most allowed.
        limit: u64,
    },
    /// The file is not there and must be.
    #[error("`{url}` is not there")]
    Missing {
        /// The address.
        url: String,
    },
}

impl HttpError {
    fn failed(url: &str, error: &ureq::Error) -> Self {
        Self::Failed {
            url: url.to_owned(),
            problem: error.to_string(),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "registry-unreachable",
            Self::Status { .. } => "registry-status",
            Self::TooLarge { .. } => "registry-answer-too-large",
            Self::Missing { .. } => "registry-file-missing",
        }
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
