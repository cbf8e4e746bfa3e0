//! `CONNECT` tunnels: the hello is read first, then the bytes pass unseen or the TLS is opened.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::authority::{Authority, Host};
use super::dial::resolve;
use super::exchange;
use super::hello::{self, ClientHello, HelloError, Progress};
use super::meter::{Metered, Rewound};
use super::policy::Target;
use super::recorder::{Known, Link};
use super::refusal::Refusal;
use super::screen::Scheme;
use super::session::{Session, linger, server};
use super::upstream::Upstream;

/// A tunnel whose host is granted and whose server answered the connection attempt.
pub(super) struct Tunnel {
    authority: Authority,
    way: Way,
}

enum Way {
    /// Bytes pass as they are.
    Blind { stream: TcpStream, address: IpAddr },
    /// TLS ends at the broker, and begins anew towards the server.
    Opened {
        target: Arc<Target>,
        identity: Arc<ServerConfig>,
        upstream: Box<Upstream>,
    },
}

/// Resolves and connects, so that the answer to `CONNECT` can tell what is wrong.
///
/// # Errors
///
/// Whatever [`resolve`] and connecting refuse.
pub(super) async fn prepare(
    authority: &Authority,
    target: Arc<Target>,
    session: &Session,
) -> Result<Tunnel, Refusal> {
    let shared = &session.shared;
    let resolved = resolve(authority, target.private, &shared.resolver, &shared.limits).await?;
    let fresh = resolved.connect(&shared.limits).await?;
    let way = if target.is_opened() {
        // Every opened host got its identity when the broker started.
        let identity = shared.authority.identity(&authority.host);
        let identity = identity.ok_or_else(|| Refusal::HostNotGranted(authority.to_string()))?;
        let upstream = Upstream::new(authority.clone(), Scheme::Https, resolved, Some(fresh));
        Way::Opened {
            target,
            identity,
            upstream: Box::new(upstream),
        }
    } else {
        Way::Blind {
            stream: fresh.0,
            address: fresh.1,
        }
    };
    Ok(Tunnel {
        authority: authority.clone(),
        way,
    })
}

impl Tunnel {
    /// Serves the tunnel to its end; `read` are bytes that came with the `CONNECT` request.
    pub(super) async fn run(self, mut client: TcpStream, read: Vec<u8>, session: &Session) {
        let opened = matches!(self.way, Way::Opened { .. });
        let mut read = read;
        let hello = match read_hello(&mut client, &mut read, session).await {
            Ok(hello) => hello,
            Err(refusal) => return self.reject(client, &refusal, None, session).await,
        };
        if let Err(refusal) = check_name(&hello, &self.authority.host, opened) {
            let name = hello.server_name.as_deref();
            return self.reject(client, &refusal, name, session).await;
        }
        let Self { authority, way } = self;
        match way {
            Way::Blind { stream, address } => {
                let sni = hello.server_name.as_deref();
                let link = Link::open(&session.origin, &authority, address, sni, false);
                if let Ok(link) = link {
                    pass(Rewound::new(read, client), stream, link, session).await;
                }
            }
            Way::Opened {
                target,
                identity,
                upstream,
            } => {
                let client = Rewound::new(read, client);
                open(client, identity, &target, *upstream, session).await;
            }
        }
    }

    /// Records a refusal and tells the client by a TLS alert, for no HTTP can be said any more.
    async fn reject(
        &self,
        client: TcpStream,
        refusal: &Refusal,
        sni: Option<&str>,
        session: &Session,
    ) {
        let opened = matches!(self.way, Way::Opened { .. });
        let authority = Some(&self.authority);
        let known = Known {
            authority,
            sni,
            opened,
            ..Known::default()
        };
        session.origin.refuse(refusal, &known);
        alert(client).await;
    }
}

/// Records that a connection which begins with TLS leads nowhere, and ends it.
pub(super) async fn reject(
    client: TcpStream,
    refusal: &Refusal,
    authority: &Authority,
    session: &Session,
) {
    let known = Known {
        authority: Some(authority),
        ..Known::default()
    };
    session.origin.refuse(refusal, &known);
    alert(client).await;
}

/// Ends a TLS connection that was not made, and takes what the client was saying, lest closing on
/// unread bytes undo the alert.
async fn alert(mut client: TcpStream) {
    drop(client.write_all(&UNRECOGNIZED_NAME_ALERT).await);
    linger(client).await;
}

/// Reads until the hello is complete; all bytes read stay in `read`.
async fn read_hello(
    client: &mut TcpStream,
    read: &mut Vec<u8>,
    session: &Session,
) -> Result<ClientHello, Refusal> {
    let reading = async {
        loop {
            match hello::read(read) {
                Ok(Progress::Done(hello)) => return Ok(hello),
                Ok(Progress::More) => {}
                Err(HelloError::NotTls) if read.starts_with(HTTP2_PREFACE) => {
                    return Err(Refusal::Http2);
                }
                Err(error) => return Err(error.into()),
            }
            // Records may be as small as one byte, so the bound on bytes is a multiple.
            if read.len() > hello::MAX_HELLO_BYTES.saturating_mul(8) {
                return Err(HelloError::TooLong.into());
            }
            match client.read_buf(read).await {
                Ok(0) | Err(_) => return Err(Refusal::ClientTls),
                Ok(_) => {}
            }
        }
    };
    timeout(session.shared.limits.head, reading)
        .await
        .unwrap_or(Err(Refusal::HelloTimeout))
}

/// The name in the hello must be the tunnel's; an address has none (RFC 6066 §3).
///
/// An encrypted inner hello is refused where the bytes pass unseen; where TLS is opened the outer
/// name is the only one there is.
fn check_name(hello: &ClientHello, host: &Host, opened: bool) -> Result<(), Refusal> {
    if hello.encrypted && !opened {
        return Err(Refusal::SniEncrypted);
    }
    let granted = host.to_string();
    match (&hello.server_name, host) {
        (Some(named), Host::Name(name)) if named == name => Ok(()),
        (None, Host::Address(_)) => Ok(()),
        (Some(named), _) => Err(Refusal::SniMismatch {
            named: named.clone(),
            granted,
        }),
        (None, Host::Name(_)) => Err(Refusal::SniMissing(granted)),
    }
}

/// Copies both ways until both ends are done or a limit is hit.
async fn pass(
    client: impl AsyncRead + AsyncWrite + Unpin,
    server: TcpStream,
    link: Link,
    session: &Session,
) {
    let limits = &session.shared.limits;
    let (client_read, mut client_write) = tokio::io::split(client);
    let server = Metered::new(
        server,
        Arc::clone(&link.traffic),
        Arc::clone(&session.activity),
    );
    let (server_read, mut server_write) = tokio::io::split(server);
    let up = copy(client_read, &mut server_write, limits.request_bytes);
    let down = copy(server_read, &mut client_write, limits.response_bytes);
    // One end's failure ends both ways; one end's finish lets the other way run on.
    drop(tokio::try_join!(up, down));
}

/// Copies at most `limit` bytes, then fails; at the end of input closes the output.
async fn copy(
    from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
    limit: u64,
) -> std::io::Result<()> {
    let mut from = tokio::io::BufReader::with_capacity(COPY_BYTES, from.take(limit));
    tokio::io::copy_buf(&mut from, to).await?;
    if from.get_ref().limit() == 0 {
        return Err(std::io::ErrorKind::QuotaExceeded.into());
    }
    to.shutdown().await
}

/// Ends the client's TLS here and serves the requests inside.
async fn open(
    client: Rewound<TcpStream>,
    identity: Arc<ServerConfig>,
    target: &Target,
    upstream: Upstream,
    session: &Session,
) {
    let limits = &session.shared.limits;
    let authority = upstream.authority.clone();
    let known = Known {
        authority: Some(&authority),
        opened: true,
        ..Known::default()
    };
    let accepting = TlsAcceptor::from(identity).accept(client);
    let Ok(Ok(client)) = timeout(limits.head, accepting).await else {
        session.origin.refuse(&Refusal::ClientTls, &known);
        return;
    };
    let upstream = Mutex::new(upstream);
    let service = service_fn(|request| async {
        session.activity.touch();
        let mut upstream = upstream.lock().await;
        let answered =
            exchange::serve(request, Scheme::Https, target, &mut upstream, session).await;
        Ok::<_, std::convert::Infallible>(answered)
    });
    if let Err(error) = server(limits)
        .serve_connection(TokioIo::new(client), service)
        .await
    {
        session.refuse_unread(&error, &known);
    }
}

/// The beginning of the client connection preface (RFC 9113 §3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2";
/// Fatal alert 112 of RFC 6066 §3, as a TLS record.
const UNRECOGNIZED_NAME_ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];
const COPY_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests;
