//! HTTP/2: untouched where TLS is not opened, not offered where it is, never without TLS.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use super::world::{World, narrow, near, setup};

fn world() -> World {
    World::start(|origin| {
        setup(vec![
            narrow(near("api.test", origin.tls.port())),
            near("other.test", origin.tls.port()),
            near("api.test", origin.plain.port()),
        ])
    })
}

/// The client's connection preface and an empty `SETTINGS` frame (RFC 9113 §3.4).
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const VERSION: [&str; 2] = [
    "--write-out",
    "\nHTTP/%{http_version}\n%{http_code} %{http_connect}",
];

#[test]
fn curl_speaks_http2_through_unopened_tunnels_and_falls_back_in_opened_ones() {
    let world = world();
    let fetch = |host: &str| {
        let url = world.url(host, "/v1/x");
        world.curl(&[&["--http2"][..], &VERSION[..], &[&url]].concat())
    };
    let (unopened, opened) = (fetch("other.test"), fetch("api.test"));
    assert_eq!(
        unopened.body, "GET /v1/x\nover HTTP/2\n\nHTTP/2",
        "{unopened:?}"
    );
    assert!(opened.body.starts_with("GET /v1/x\n"), "{opened:?}");
    assert!(opened.body.ends_with("\nHTTP/1.1"), "{opened:?}");
    assert!(world.refusals().is_empty());
}

#[test]
fn a_client_that_speaks_nothing_else_is_refused_where_tls_is_opened() {
    let world = world();
    let port = world.origin.tls.port();
    let ask = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(world.proxy).unwrap();
        let connect = format!("CONNECT api.test:{port} HTTP/1.1\r\n\r\n");
        stream.write_all(connect.as_bytes()).unwrap();
        let mut answer = [0_u8; 64];
        assert!(stream.read(&mut answer).unwrap() > 12 && answer.starts_with(b"HTTP/1.1 200"));
        let name = "api.test".try_into().unwrap();
        let config = Arc::new(world.trusting());
        let client = rustls::ClientConnection::new(config, name).unwrap();
        let mut tls = rustls::StreamOwned::new(client, stream);
        tls.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        drop(tls.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert_eq!(ask(PREFACE.as_bytes()), "");
    let plain = format!("GET /v1/ HTTP/1.1\r\nhost: api.test:{port}\r\nconnection: close\r\n\r\n");
    assert!(ask(plain.as_bytes()).starts_with("HTTP/1.1 200"));
    assert_eq!(world.refusals(), ["http2"]);
}

#[test]
fn without_tls_neither_by_upgrade_nor_at_once() {
    let world = world();
    let url = world.plain_url("api.test", "/");
    let upgrade = world.curl(&["--http2", &url]);
    assert_eq!(upgrade.status, 403, "{upgrade:?}");
    assert!(
        upgrade.body.contains("HTTP/2 is not spoken here"),
        "{upgrade:?}"
    );
    assert_eq!(world.curl(&["--http1.1", &url]).status, 200);
    assert_eq!(world.raw(PREFACE.as_bytes()), "");
    let port = world.origin.tls.port();
    let tunnelled =
        world.raw(format!("CONNECT other.test:{port} HTTP/1.1\r\n\r\n{PREFACE}").as_bytes());
    assert!(tunnelled.starts_with("HTTP/1.1 200"), "{tunnelled}");
    assert_eq!(world.origin.seen().len(), 1);
    assert_eq!(world.refusals(), ["http2"; 3]);
}
