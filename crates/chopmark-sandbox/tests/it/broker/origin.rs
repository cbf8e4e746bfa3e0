//! A TLS and a plain HTTP server that tell what they were asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A running server; its runtime ends with it.
pub(crate) struct Origin {
    pub(crate) tls: SocketAddr,
    pub(crate) plain: SocketAddr,
    pub(crate) ca_pem: String,
    seen: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Origin {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (config, ca_pem) = tls();
        let seen = Arc::default();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let tls = runtime.block_on(listen(Some(acceptor), &seen));
        let plain = runtime.block_on(listen(None, &seen));
        Self {
            tls,
            plain,
            ca_pem,
            seen,
            _runtime: runtime,
        }
    }

    /// Everything that arrived, request line and headers, one text a request.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn tls() -> (ServerConfig, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Roots of the test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names = ["api.test", "other.test", "six.test"].map(str::to_owned);
    let leaf = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    config.alpn_protocols = [&b"h2"[..], b"http/1.1"].map(<[u8]>::to_vec).to_vec();
    (config, ca_pem)
}

async fn listen(acceptor: Option<TlsAcceptor>, seen: &Arc<Mutex<Vec<String>>>) -> SocketAddr {
    // Both families.
    let listener = TcpListener::bind("[::]:0").await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
    let seen = Arc::clone(seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let service = service_fn(|request| answer(request, Arc::clone(&seen)));
                let server = hyper::server::conn::http1::Builder::new();
                if let Some(acceptor) = acceptor {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                        return serve_http2(stream, &seen).await;
                    }
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                } else {
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                }
            });
        }
    });
    address
}

/// Answers each request over HTTP/2 with its line, and says so.
async fn serve_http2(
    stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    seen: &Mutex<Vec<String>>,
) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let target = request.uri().path_and_query().unwrap();
        let text = format!("{} {target}\nover HTTP/2\n", request.method());
        seen.lock().unwrap().push(text.clone());
        let mut body = respond.send_response(Response::new(()), false).unwrap();
        body.send_data(Bytes::from(text), true).unwrap();
    }
}

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Mutex<Vec<String>>>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let mut text = format!("{} {}\n", head.method, head.uri);
    for (name, value) in &head.headers {
        text.push_str(&format!(
            "{name}: {}\n",
            String::from_utf8_lossy(value.as_bytes())
        ));
    }
    seen.lock().unwrap().push(text.clone());
    let received = body
        .collect()
        .await
        .map(|body| body.to_bytes().len())
        .unwrap_or(0);
    text.push_str(&format!("body {received}\n"));
    let authorization = head
        .headers
        .get("authorization")
        .map(|value| value.as_bytes().to_vec());
    let authorization = Bytes::from(authorization.unwrap_or_default());
    let whole = |text: String| Full::new(Bytes::from(text)).boxed_unsync();
    let response = Response::builder();
    Ok(match head.uri.path() {
        // The credential comes back in three frames, cut inside the value.
        "/v1/split" => {
            let cut = authorization.len() / 2;
            let frames = [
                authorization.slice(..cut),
                authorization.slice(cut..cut + 3),
                authorization.slice(cut + 3..),
            ];
            response.body(Frames(frames.into()).boxed_unsync())
        }
        "/v1/header" => response
            .header("x-back", authorization.as_ref())
            .body(whole("in the header".into())),
        "/v1/gzip" => response
            .header("content-encoding", "gzip")
            .body(whole("no gzip".into())),
        "/v1/long" => response.body(whole("x".repeat(100_000))),
        _ => response.header("alt-svc", "h3=\":443\"").body(whole(text)),
    }
    .unwrap())
}

/// A body of given frames.
struct Frames(VecDeque<Bytes>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
    }
}
