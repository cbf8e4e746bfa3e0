//! One connection from the sandbox: plain requests are served here, tunnels are handed on.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::authority::Authority;
use super::body::ResponseBody;
use super::ca::RunAuthority;
use super::config::{Limits, Resolver};
use super::dial::resolve;
use super::exchange::{self, answer};
use super::meter::Activity;
use super::policy::{Policy, Target};
use super::recorder::{Known, Origin, Recorder};
use super::redact::Patterns;
use super::refusal::Refusal;
use super::screen::{Scheme, check_tunnel_host};
use super::stand_ins::StandIns;
use super::tunnel::{self, Tunnel};
use super::upstream::{Means, Upstream, Verifier};

/// What all connections of a run share.
pub(super) struct Shared {
    pub(super) policy: Policy,
    pub(super) authority: RunAuthority,
    pub(super) limits: Limits,
    pub(super) resolver: Resolver,
    pub(super) verifier: Verifier,
    pub(super) recorder: Arc<Recorder>,
    pub(super) patterns: Arc<Patterns>,
    /// Which address inside stands for which name.
    pub(super) stand_ins: std::sync::Mutex<StandIns>,
}

/// One connection from the sandbox.
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) origin: Origin,
    pub(super) activity: Arc<Activity>,
    /// The server for which the connection was meant, if it was not meant for a proxy.
    pub(super) meant: Option<Authority>,
    /// A tunnel that was granted and begins when the answer has been sent.
    pending: Mutex<Option<(OnUpgrade, Tunnel)>>,
    /// The server of the last plain request, kept for the next one.
    plain: Mutex<Option<Upstream>>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, origin: Origin, activity: Arc<Activity>) -> Self {
        let (pending, plain) = (Mutex::new(None), Mutex::new(None));
        Self {
            shared,
            origin,
            activity,
            meant: None,
            pending,
            plain,
        }
    }

    /// Serves the connection to its end.
    pub(super) async fn serve(&self, stream: TcpStream) {
        let service = service_fn(|request| self.answer(request));
        let connection = server(&self.shared.limits)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        if let Err(error) = connection.await {
            let known = Known {
                authority: self.meant.as_ref(),
                ..Known::default()
            };
            self.refuse_unread(&error, &known);
            return;
        }
        let Some((upgrade, tunnel)) = self.pending.lock().await.take() else {
            return;
        };
        let Ok(upgraded) = upgrade.await else { return };
        if let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() {
            let stream = parts.io.into_inner();
            tunnel.run(stream, parts.read_buf.to_vec(), self).await;
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, std::convert::Infallible> {
        self.activity.touch();
        if let Some(meant) = &self.meant
            && request.method() != Method::CONNECT
        {
            return Ok(self.plain(meant, request).await);
        }
        let method = request.method().as_str().to_owned();
        let is_tunnel = request.method() == Method::CONNECT;
        let authority = if is_tunnel {
            Authority::of(request.uri(), None)
        } else {
            Authority::of(request.uri(), Some(Scheme::Http.default_port()))
        };
        let answered = match &authority {
            Some(authority) if is_tunnel && self.meant.is_none() => {
                self.grant_tunnel(authority, request).await
            }
            Some(authority) if request.uri().scheme_str() == Some("http") => {
                return Ok(self.plain(authority, request).await);
            }
            Some(_) | None => Err(Refusal::NotAProxyRequest),
        };
        Ok(answered.unwrap_or_else(|refusal| {
            let authority = authority.as_ref();
            self.refuse(
                &refusal,
                &Known {
                    authority,
                    method: Some(&method),
                    ..Known::default()
                },
            )
        }))
    }

    async fn grant_tunnel(
        &self,
        authority: &Authority,
        mut request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        check_tunnel_host(request.headers(), authority)?;
        let target = self.shared.policy.target(authority)?;
        let tunnel = tunnel::prepare(authority, target, self).await?;
        let upgrade = hyper::upgrade::on(&mut request);
        *self.pending.lock().await = Some((upgrade, tunnel));
        Ok(Response::new(ResponseBody::Own(
            http_body_util::Full::default(),
        )))
    }

    async fn plain(
        &self,
        authority: &Authority,
        request: Request<Incoming>,
    ) -> Response<ResponseBody> {
        let mut upstream = self.plain.lock().await;
        match self.plain_upstream(authority, upstream.take()).await {
            Ok((target, ready)) => {
                let ready = upstream.insert(ready);
                exchange::serve(request, Scheme::Http, &target, ready, self).await
            }
            Err(refusal) => {
                let known = Known {
                    authority: Some(authority),
                    method: Some(request.method().as_str()),
                    path: Some(request.uri().path()),
                    ..Known::default()
                };
                self.refuse(&refusal, &known)
            }
        }
    }

    async fn plain_upstream(
        &self,
        authority: &Authority,
        last: Option<Upstream>,
    ) -> Result<(Arc<Target>, Upstream), Refusal> {
        let shared = &self.shared;
        let target = shared.policy.target(authority)?;
        if let Some(last) = last.filter(|last| last.authority == *authority) {
            return Ok((target, last));
        }
        let resolved = resolve(authority, target.private, &shared.resolver, &shared.limits).await?;
        Ok((
            target,
            Upstream::new(authority.clone(), Scheme::Http, resolved, None),
        ))
    }

    /// Records a refusal and makes the answer to it.
    pub(super) fn refuse(&self, refusal: &Refusal, known: &Known<'_>) -> Response<ResponseBody> {
        self.origin.refuse(refusal, known);
        answer(
            refusal.status(),
            &self.shared.recorder.scrub(&refusal.to_string()),
        )
    }

    /// Records that hyper gave up on a connection before there was a request, if a limit was hit.
    pub(super) fn refuse_unread(&self, error: &hyper::Error, known: &Known<'_>) {
        if error.is_parse_version_h2() {
            self.origin.refuse(&Refusal::Http2, known);
        } else if error.is_parse_too_large() {
            self.origin.refuse(&Refusal::HeadTooLarge, known);
        } else if error.is_parse() {
            self.origin.refuse(&Refusal::RequestMalformed, known);
        } else if error.is_timeout() {
            self.origin.refuse(&Refusal::HeadTimeout, known);
        }
    }

    /// What is needed to reach servers.
    pub(super) fn means(&self) -> Means<'_> {
        Means {
            origin: &self.origin,
            activity: &self.activity,
            verifier: &self.shared.verifier,
            limits: &self.shared.limits,
        }
    }
}

/// The HTTP/1.1 server with the run's limits, for connections and inside opened tunnels.
pub(super) fn server(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(limits.head_bytes)
        .max_headers(limits.head_lines);
    builder
}

/// The answer when there are too many connections or no journal, before any request is read.
pub(super) fn turned_away(refusal: &Refusal) -> String {
    let status: StatusCode = refusal.status();
    let body = format!("chopmark: {refusal}\n");
    format!(
        "HTTP/1.1 {} chopmark: {refusal}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        status.as_str(),
        body.len()
    )
}

/// Ends the connection to a client that was told why, and takes what it was still saying, lest
/// closing on unread bytes undo the words.
pub(super) async fn linger(mut stream: TcpStream) {
    drop(stream.shutdown().await);
    let mut rest = stream.take(LINGER_BYTES);
    drop(timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await);
}

const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 * 1024;
