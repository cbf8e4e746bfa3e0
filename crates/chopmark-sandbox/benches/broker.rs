//! What the broker adds to a request: `cargo bench -p chopmark-sandbox --bench broker`.
//!
//! Every way is measured in turns within one run, so that what else the machine does meets all alike.
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
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use world::{World, narrow, near, setup, token};

fn main() {
    let world = World::start(|origin| {
        let (tls, plain) = (origin.tls.port(), origin.plain.port());
        world::Setup {
            secrets: vec![token("api.test", tls)],
            ..setup(vec![
                narrow(near("api.test", tls)),
                near("other.test", tls),
                narrow(near("api.test", plain)),
            ])
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let ends = Arc::new(Ends {
        tls: TlsConnector::from(Arc::new(world.trusting())),
        proxy: world.proxy,
        secure: world.origin.tls,
        plain: world.origin.plain,
    });
    let mut results = WAYS.map(Measured::new);
    runtime.block_on(async {
        for round in 0..=ROUNDS {
            for result in &mut results {
                let way = result.way;
                let times = latency(&ends, way).await;
                let rate = throughput(&ends, way).await;
                let opening = opening(&ends, way).await;
                // The first round warms caches and fills pools.
                if round > 0 {
                    result.times.extend(times);
                    result.rates.push(rate);
                    result.openings.extend(opening);
                }
            }
        }
    });
    drop(world.stop());
    print(&mut results);
    println!(
        "broker from start to stop: {} µs at best",
        start_and_stop().as_micros()
    );
}

fn print(results: &mut [Measured]) {
    println!(
        "{:<28} {:>8} {:>8} {:>9} {:>12} {:>12} {:>12}",
        "way", "p50 µs", "p99 µs", "added p50", "requests/s", "best", "opening p50"
    );
    let mut base = Duration::ZERO;
    for result in results {
        let [p50, p99] = quantiles(&mut result.times);
        let [opening, _] = quantiles(&mut result.openings);
        result.rates.sort_unstable();
        if !result.way.proxied {
            base = p50;
        }
        println!(
            "{:<28} {:>8} {:>8} {:>9} {:>12} {:>12} {:>12}",
            result.way.name,
            p50.as_micros(),
            p99.as_micros(),
            p50.saturating_sub(base).as_micros(),
            result.rates[result.rates.len() / 2],
            result.rates[result.rates.len() - 1],
            opening.as_micros()
        );
    }
}

/// The middle, and what all but one in a hundred stay below.
fn quantiles(times: &mut [Duration]) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

/// How a request goes; each proxied way is compared with the direct one before it.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    host: &'static str,
    tls: bool,
    proxied: bool,
}

struct Measured {
    way: Way,
    times: Vec<Duration>,
    rates: Vec<u128>,
    openings: Vec<Duration>,
}

impl Measured {
    fn new(way: Way) -> Self {
        Self {
            way,
            times: Vec::new(),
            rates: Vec::new(),
            openings: Vec::new(),
        }
    }
}

/// Where clients connect to.
struct Ends {
    tls: TlsConnector,
    proxy: SocketAddr,
    secure: SocketAddr,
    plain: SocketAddr,
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
async fn latency(ends: &Ends, way: Way) -> Vec<Duration> {
    let mut sender = connect(ends, way).await;
    let mut times = Vec::new();
    for sample in 0..SAMPLES + WARM_UP {
        let start = Instant::now();
        fetch(&mut sender, ends, way).await;
        if sample >= WARM_UP {
            times.push(start.elapsed());
        }
    }
    times
}

/// From nothing to the end of the first answer.
async fn opening(ends: &Ends, way: Way) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let start = Instant::now();
        let mut sender = connect(ends, way).await;
        fetch(&mut sender, ends, way).await;
        times.push(start.elapsed());
    }
    times
}

/// As many requests as pass on 32 connections at once.
async fn throughput(ends: &Arc<Ends>, way: Way) -> u128 {
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        senders.push(connect(ends, way).await);
    }
    let start = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for mut sender in senders {
        let ends = Arc::clone(ends);
        all.spawn(async move {
            for _ in 0..REQUESTS {
                fetch(&mut sender, &ends, way).await;
            }
        });
    }
    all.join_all().await;
    (CONNECTIONS * REQUESTS * 1_000_000)
        .try_into()
        .unwrap_or(u128::MAX)
        / start.elapsed().as_micros()
}

async fn fetch(sender: &mut SendRequest<Empty<Bytes>>, ends: &Ends, way: Way) {
    sender.ready().await.unwrap();
    let port = if way.tls {
        ends.secure.port()
    } else {
        ends.plain.port()
    };
    let authority = format!("{}:{port}", way.host);
    let target = if way.proxied && !way.tls {
        format!("http://{authority}/v1/x")
    } else {
        "/v1/x".to_owned()
    };
    let request = Request::get(target).header("host", authority);
    let response = sender
        .send_request(request.body(Empty::new()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().collect().await.unwrap();
}

async fn connect(ends: &Ends, way: Way) -> SendRequest<Empty<Bytes>> {
    let server = if way.tls { ends.secure } else { ends.plain };
    let to = if way.proxied { ends.proxy } else { server };
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    if !way.tls {
        return speak(stream).await;
    }
    if way.proxied {
        let connect = format!("CONNECT {}:{} HTTP/1.1\r\n\r\n", way.host, server.port());
        stream.write_all(connect.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
    let name = ServerName::try_from(way.host).unwrap();
    speak(ends.tls.connect(name, stream).await.unwrap()).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> SendRequest<Empty<Bytes>> {
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

const WAYS: [Way; 5] = [
    way("plain, direct", "api.test", false, false),
    way("plain, through the broker", "api.test", false, true),
    way("TLS, direct", "api.test", true, false),
    way("TLS, tunnel not opened", "other.test", true, true),
    way("TLS, opened, with a secret", "api.test", true, true),
];

const fn way(name: &'static str, host: &'static str, tls: bool, proxied: bool) -> Way {
    Way {
        name,
        host,
        tls,
        proxied,
    }
}

const ROUNDS: usize = 40;
const WARM_UP: usize = 20;
const SAMPLES: usize = 100;
const OPENINGS: usize = 5;
const CONNECTIONS: usize = 32;
const REQUESTS: usize = 50;
