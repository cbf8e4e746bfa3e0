//! The broker's side towards one server: connect, verify, send, reconnect.

use std::error::Error;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::authority::{Authority, Host};
use super::body::{BodyError, RequestBody};
use super::ca::HTTP_1_1;
use super::config::{Limits, UpstreamRoots};
use super::dial::Resolved;
use super::meter::{Activity, Metered};
use super::recorder::{Link, Origin};
use super::refusal::Refusal;
use super::screen::Scheme;

/// How servers are verified; made at the first use, since reading the system's roots takes time
/// that a run without requests should not pay.
pub(super) struct Verifier {
    roots: UpstreamRoots,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Verifier {
    pub(super) fn new(roots: UpstreamRoots) -> Self {
        Self {
            roots,
            config: OnceCell::new(),
        }
    }

    async fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let config = self.config.get_or_try_init(|| async {
            let roots = self.roots.clone();
            tokio::task::spawn_blocking(move || client_config(roots))
                .await
                .map_err(|_| "reading the roots failed".to_owned())?
        });
        config.await.map(Arc::clone)
    }
}

fn client_config(roots: UpstreamRoots) -> Result<Arc<ClientConfig>, String> {
    let loaded = match roots {
        UpstreamRoots::System => rustls_native_certs::load_native_certs(),
        UpstreamRoots::File(path) => load_file(path),
    };
    let mut store = RootCertStore::empty();
    let (usable, _) = store.add_parsable_certificates(loaded.certs);
    if usable == 0 {
        return Err("this host has no usable root certificates".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let mut config = builder.with_root_certificates(store).with_no_client_auth();
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}

fn load_file(path: PathBuf) -> rustls_native_certs::CertificateResult {
    rustls_native_certs::load_certs_from_paths(Some(&path), None)
}

/// One server, and the connection to it while it lasts.
pub(super) struct Upstream {
    pub(super) authority: Authority,
    scheme: Scheme,
    resolved: Resolved,
    /// A connection made in advance, not used yet.
    fresh: Option<(TcpStream, IpAddr)>,
    current: Option<Current>,
}

struct Current {
    sender: SendRequest<RequestBody>,
    link: Link,
    /// Drives the connection; dropping it ends the connection.
    _driver: JoinSet<()>,
}

/// What every connection of a client needs besides the server.
pub(super) struct Means<'a> {
    pub(super) origin: &'a Origin,
    pub(super) activity: &'a Arc<Activity>,
    pub(super) verifier: &'a Verifier,
    pub(super) limits: &'a Limits,
}

impl Upstream {
    /// A server whose addresses were judged, and perhaps a connection to it.
    pub(super) fn new(
        authority: Authority,
        scheme: Scheme,
        resolved: Resolved,
        fresh: Option<(TcpStream, IpAddr)>,
    ) -> Self {
        Self {
            authority,
            scheme,
            resolved,
            fresh,
            current: None,
        }
    }

    /// Makes sure that a connection stands, and returns its record.
    ///
    /// # Errors
    ///
    /// A refusal; there is no connection then.
    pub(super) async fn ready(&mut self, means: &Means<'_>) -> Result<&Link, Refusal> {
        let alive = match &mut self.current {
            Some(current) => current.sender.ready().await.is_ok(),
            None => false,
        };
        if !alive {
            self.current = None;
            self.current = Some(self.connect(means).await?);
        }
        self.current
            .as_ref()
            .map(|current| &current.link)
            .ok_or_else(|| self.unreachable())
    }

    /// Sends a request on the connection made [ready](Self::ready), again on a new one if the
    /// server closed it before the first byte was sent, and waits for the head of the answer.
    ///
    /// # Errors
    ///
    /// A refusal; the connection is gone then.
    pub(super) async fn send(
        &mut self,
        request: Request<RequestBody>,
        means: &Means<'_>,
    ) -> Result<Response<Incoming>, Refusal> {
        let mut request = request;
        for _ in 0..2 {
            let Some(current) = &mut self.current else {
                break;
            };
            let sending = current.sender.try_send_request(request);
            let sent = tokio::select! {
                sent = sending => sent,
                () = means.activity.quiet_for(means.limits.response) => {
                    self.current = None;
                    return Err(Refusal::UpstreamTimeout(self.authority.to_string()));
                }
            };
            let mut error = match sent {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            self.current = None;
            let Some(unsent) = error.take_message() else {
                return Err(self.refusal_for(&error.into_error()));
            };
            request = unsent;
            self.current = Some(self.connect(means).await?);
        }
        Err(self.unreachable())
    }

    async fn connect(&mut self, means: &Means<'_>) -> Result<Current, Refusal> {
        let (stream, address) = match self.fresh.take() {
            Some(fresh) => fresh,
            None => self.resolved.connect(means.limits).await?,
        };
        let opened = self.scheme == Scheme::Https;
        let sni = match (&self.authority.host, opened) {
            (Host::Name(name), true) => Some(name.as_str()),
            _ => None,
        };
        let link = Link::open(means.origin, &self.authority, address, sni, opened)?;
        let stream = Metered::new(
            stream,
            Arc::clone(&link.traffic),
            Arc::clone(means.activity),
        );
        match self.scheme {
            Scheme::Http => self.handshake(stream, link, means).await,
            Scheme::Https => {
                let stream = self.encrypt(stream, means).await?;
                self.handshake(stream, link, means).await
            }
        }
    }

    async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        means: &Means<'_>,
    ) -> Result<tokio_rustls::client::TlsStream<S>, Refusal> {
        let failed = |reason: String| Refusal::UpstreamTls {
            host: self.authority.host.to_string(),
            reason,
        };
        let name = match &self.authority.host {
            Host::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|error| failed(error.to_string()))?
            }
            Host::Address(address) => ServerName::from(*address),
        };
        let config = means.verifier.config().await.map_err(failed)?;
        let connecting = TlsConnector::from(config).connect(name, stream);
        match timeout(means.limits.connect, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(Refusal::UpstreamTimeout(self.authority.to_string())),
        }
    }

    async fn handshake<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        link: Link,
        means: &Means<'_>,
    ) -> Result<Current, Refusal> {
        let (sender, connection) = http1::Builder::new()
            .max_header_size(means.limits.head_bytes)
            .max_headers(means.limits.head_lines)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| self.unreachable())?;
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        Ok(Current {
            sender,
            link,
            _driver: driver,
        })
    }

    fn refusal_for(&self, error: &hyper::Error) -> Refusal {
        let cause = error
            .source()
            .and_then(|cause| cause.downcast_ref::<BodyError>());
        match cause {
            Some(BodyError::TooLarge) => Refusal::RequestTooLarge,
            Some(BodyError::Broken(_)) => Refusal::RequestMalformed,
            None if error.is_parse() => Refusal::UpstreamProtocol(self.authority.to_string()),
            None => self.unreachable(),
        }
    }

    fn unreachable(&self) -> Refusal {
        Refusal::UpstreamUnreachable(self.authority.to_string())
    }
}
