//! What the broker adds to a request: `cargo bench -p chopmark-sandbox --bench broker --profile dev`.
#![expect(clippy::print_stdout, reason = "a benchmark's result")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a benchmark may stop at the first surprise"
)]
#![allow(
    dead_code,
    unused_imports,
    reason = "the fixtures of the tests hold more than is used"
)]
#![allow(
    clippy::allow_attributes,
    clippy::panic,
    clippy::expect_used,
    reason = "the same fixtures, outside cfg(test)"
)]

#[path = "../tests/it/broker/origin.rs"]
mod origin;
#[path = "../tests/it/broker/world.rs"]
mod world;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chopmark_sandbox::broker::{BrokerConfig, Limits, Resolver, UpstreamRoots, spawn};
use chopmark_sandbox::journal::Sink;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use world::{World, narrow, near, setup, token};

fn main() {
    let world = World::start(|origin| {
        let port = origin.tls.port();
        world::Setup {
            secrets: vec![token("api.test", port)],
            ..setup(vec![
                narrow(near("api.test", port)),
                near("other.test", port),
            ])
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let tls = connector(&world.trusted);
    let origin = world.origin.tls;
    println!(
        "{:<28} {:>9} {:>9} {:>11}",
        "way", "p50 µs", "p99 µs", "requests/s"
    );
    for (name, proxy, host) in [
        ("direct", None, "api.test"),
        ("tunnel, unopened", Some(world.proxy), "other.test"),
        ("tunnel, opened, secret", Some(world.proxy), "api.test"),
    ] {
        let (p50, p99) = runtime.block_on(latency(&tls, proxy, host, origin));
        let rate = runtime.block_on(throughput(&tls, proxy, host, origin));
        println!(
            "{name:<28} {:>9} {:>9} {rate:>11}",
            p50.as_micros(),
            p99.as_micros()
        );
    }
    drop(world.stop());
    println!(
        "start and stop: {} µs at best",
        start_and_stop().as_micros()
    );
}

/// A broker with one opened host, from nothing to nothing.
fn start_and_stop() -> Duration {
    let once = || {
        let (sink, _events) = Sink::channel();
        let config = BrokerConfig {
            network: vec![narrow(near("api.test", 443))],
            open_network: false,
            secrets: Vec::new(),
            limits: Limits::ordinary(),
            upstream_roots: UpstreamRoots::System,
            resolver: Resolver::system(),
            sink,
            now: 1_800_000_000,
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let start = Instant::now();
        spawn(listener, config).unwrap().stop().unwrap();
        start.elapsed()
    };
    (0..100).map(|_| once()).min().unwrap_or_default()
}

/// One request after the other on one connection.
async fn latency(
    tls: &TlsConnector,
    proxy: Option<SocketAddr>,
    host: &'static str,
    origin: SocketAddr,
) -> (Duration, Duration) {
    let mut sender = connect(tls, proxy, host, origin).await;
    let mut times = Vec::new();
    for _ in 0..WARM_UP + SAMPLES {
        let start = Instant::now();
        fetch(&mut sender, host, origin.port()).await;
        times.push(start.elapsed());
    }
    let mut times = times.split_off(WARM_UP);
    times.sort();
    (times[SAMPLES / 2], times[SAMPLES * 99 / 100])
}

/// As many requests as pass on 32 connections at once.
async fn throughput(
    tls: &TlsConnector,
    proxy: Option<SocketAddr>,
    host: &'static str,
    origin: SocketAddr,
) -> u128 {
    let mut senders = Vec::new();
    for _ in 0..32 {
        senders.push(connect(tls, proxy, host, origin).await);
    }
    let start = Instant::now();
    let tasks: Vec<_> = senders
        .into_iter()
        .map(|mut sender| {
            tokio::spawn(async move {
                for _ in 0..250 {
                    fetch(&mut sender, host, origin.port()).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    32 * 250 * 1_000_000 / start.elapsed().as_micros()
}

async fn fetch(sender: &mut SendRequest<Empty<Bytes>>, host: &str, port: u16) {
    sender.ready().await.unwrap();
    let request = Request::get("/v1/x").header("host", format!("{host}:{port}"));
    let response = sender
        .send_request(request.body(Empty::new()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().collect().await.unwrap();
}

async fn connect(
    tls: &TlsConnector,
    proxy: Option<SocketAddr>,
    host: &'static str,
    origin: SocketAddr,
) -> SendRequest<Empty<Bytes>> {
    let mut stream = TcpStream::connect(proxy.unwrap_or(origin)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    if proxy.is_some() {
        let connect = format!("CONNECT {host}:{} HTTP/1.1\r\n\r\n", origin.port());
        stream.write_all(connect.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
    let stream = tls
        .connect(ServerName::try_from(host).unwrap(), stream)
        .await
        .unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

fn connector(trusted: &Path) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    let loaded = rustls_native_certs::load_certs_from_paths(Some(trusted), None);
    roots.add_parsable_certificates(loaded.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

const WARM_UP: usize = 200;
const SAMPLES: usize = 2000;
