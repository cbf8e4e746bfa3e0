//! Answers of servers that are careless or worse, and what is counted of them.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chopmark_sandbox::broker::Resolver;
use chopmark_sandbox::journal::{NetworkEvent, Stage};

use super::origin::Origin;
use super::world::{SECRET, Setup, World, narrow, near, setup, token};

/// Answers every connection with bytes as they are, and ends it.
fn say(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0_u8; 1];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                head.push(byte[0]);
            }
            drop(stream.write_all(bytes));
        }
    });
    address
}

/// What a client that asks with `method` gets of `bytes`, with the rules of refusals.
fn got(method: &str, bytes: &'static [u8]) -> (String, Vec<String>) {
    let port = say(bytes).port();
    let world = World::start(|_| setup(vec![near("api.test", port)]));
    let request = format!(
        "{method} http://api.test:{port}/ HTTP/1.1\r\nhost: api.test:{port}\r\nconnection: close\r\n\r\n"
    );
    (world.raw(request.as_bytes()), world.refusals())
}

/// Name, method, answer of the server, and what the client gets: status and body.
const ONE_READING: [(&str, &str, &str, u16, &str); 11] = [
    (
        "length",
        "GET",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
        200,
        "abc",
    ),
    (
        "more than the length",
        "GET",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcd",
        200,
        "abc",
    ),
    (
        "to the end",
        "GET",
        "HTTP/1.1 200 OK\r\n\r\nabc",
        200,
        "3\r\nabc\r\n0\r\n\r\n",
    ),
    (
        "head",
        "HEAD",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n",
        200,
        "",
    ),
    (
        "head with a body",
        "HEAD",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
        200,
        "",
    ),
    (
        "204 with a body",
        "GET",
        "HTTP/1.1 204 No\r\ncontent-length: 3\r\n\r\nabc",
        204,
        "",
    ),
    (
        "304 with a body",
        "GET",
        "HTTP/1.1 304 Old\r\n\r\nabc",
        304,
        "",
    ),
    (
        "continue",
        "GET",
        "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na",
        200,
        "a",
    ),
    (
        "trailers",
        "GET",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-hidden: 1\r\n\r\n",
        200,
        "3\r\nabc\r\n0\r\n\r\n",
    ),
    (
        "redirect",
        "GET",
        "HTTP/1.1 302 x\r\nlocation: http://evil.test/\r\ncontent-length: 0\r\n\r\n",
        302,
        "",
    ),
    (
        "reason",
        "GET",
        "HTTP/1.1 200 x-hidden\r\ncontent-length: 0\r\n\r\n",
        200,
        "",
    ),
];

#[test]
fn what_has_one_reading_passes_and_nothing_hides_behind_it() {
    let hidden = "HTTP/1.1 200 OK\r\nx-hidden: 1\r\ncontent-length: 0\r\n\r\n";
    for (name, method, answer, status, body) in ONE_READING {
        // What ends with its connection has nothing behind it.
        let behind = if name == "to the end" { "" } else { hidden };
        let (told, rules) = got(method, format!("{answer}{behind}").leak().as_bytes());
        let (head, rest) = told.split_once("\r\n\r\n").unwrap_or((&told, ""));
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {told}"
        );
        assert_eq!(rest, body, "{name}");
        assert!(!told.contains("hidden"), "{name}: {told}");
        assert!(rules.is_empty(), "{name}: {rules:?}");
    }
}

#[test]
fn what_has_two_readings_is_refused() {
    for (name, answer) in [
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        ),
        (
            "folded",
            "HTTP/1.1 200 OK\r\nx-a: 1\r\n b\r\ncontent-length: 0\r\n\r\n",
        ),
        (
            "split by a carriage return",
            "HTTP/1.1 200 OK\r\nx-a: 1\rset-cookie: b\r\n\r\n",
        ),
        ("zero byte", "HTTP/1.1 200 OK\r\nx-a: \0\r\n\r\n"),
        (
            "space before the colon",
            "HTTP/1.1 200 OK\r\nx-a : 1\r\n\r\n",
        ),
        ("another protocol", "SSH-2.0-x\r\n\r\n"),
        ("HTTP/2", "\0\0\x12\x04\0\0\0\0\0"),
        (
            "switching",
            "HTTP/1.1 101 Go\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        ),
    ] {
        let (told, rules) = got("GET", answer.as_bytes());
        assert!(told.starts_with("HTTP/1.1 502 "), "{name}: {told}");
        assert_eq!(rules, ["upstream-protocol"], "{name}");
    }
}

#[test]
fn a_redirect_to_another_host_is_a_request_of_its_own() {
    let port =
        say(b"HTTP/1.1 302 x\r\nlocation: http://evil.test/\r\ncontent-length: 0\r\n\r\n").port();
    let world = World::start(|_| setup(vec![near("api.test", port)]));
    let followed = world.curl(&["-L", &format!("http://api.test:{port}/")]);
    assert_eq!(followed.status, 403, "{followed:?}");
    let back = say(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").port();
    assert_eq!(world.refusals(), ["host-not-granted"]);
    let world = World::start(|_| setup(vec![near("api.test", back)]));
    assert_eq!(
        world
            .curl(&["-L", &format!("http://api.test:{back}/")])
            .status,
        200
    );
    assert!(world.refusals().is_empty());
}

#[test]
fn a_name_that_changes_its_address_is_asked_for_once() {
    let port = say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolver = Resolver::new(move |_| {
        let metadata = count.fetch_add(1, Ordering::Relaxed) > 0;
        Ok(vec![IpAddr::from(if metadata {
            [169, 254, 169, 254]
        } else {
            [127, 0, 0, 1]
        })])
    });
    let world = World::start(|_| Setup {
        resolver,
        ..setup(vec![near("api.test", port)])
    });
    let url = format!("http://api.test:{port}/");
    // Three requests on one connection: the server hangs up after each, the address stays.
    let kept = world.curl(&[&url, &url, &url]);
    assert!(kept.status == 200 && kept.body.ends_with("ok"), "{kept:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // A new connection asks anew, and what comes back is judged anew.
    assert_eq!(world.curl(&[&url]).status, 403);
    assert_eq!(world.refusals(), ["address-metadata"]);
}

/// Passes bytes on to a server and counts them.
struct Counted {
    port: u16,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
    ends: Arc<Mutex<Vec<std::thread::JoinHandle<()>>>>,
}

impl Counted {
    fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (up, down): (Arc<AtomicU64>, Arc<AtomicU64>) = Default::default();
        let ends: Arc<Mutex<Vec<_>>> = Arc::default();
        let (to, from, list) = (Arc::clone(&up), Arc::clone(&down), Arc::clone(&ends));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect(server).unwrap();
                let copies = [
                    copy(
                        client.try_clone().unwrap(),
                        server.try_clone().unwrap(),
                        Arc::clone(&to),
                    ),
                    copy(server, client, Arc::clone(&from)),
                ];
                list.lock().unwrap().extend(copies);
            }
        });
        Self {
            port,
            up,
            down,
            ends,
        }
    }

    /// Bytes to the server and from it, when every connection has ended.
    fn total(&self) -> (u64, u64) {
        for end in self.ends.lock().unwrap().drain(..) {
            end.join().unwrap();
        }
        (
            self.up.load(Ordering::SeqCst),
            self.down.load(Ordering::SeqCst),
        )
    }
}

fn copy(
    mut from: TcpStream,
    mut to: TcpStream,
    counter: Arc<AtomicU64>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut part = [0_u8; 4096];
        while let Ok(length @ 1..) = from.read(&mut part) {
            counter.fetch_add(length.try_into().unwrap(), Ordering::SeqCst);
            if to.write_all(part.get(..length).unwrap()).is_err() {
                break;
            }
        }
        drop(to.shutdown(std::net::Shutdown::Write));
    })
}

/// Bytes each way of all connections, as the journal has them.
fn recorded(events: &[NetworkEvent]) -> (u64, u64) {
    let closed = events.iter().filter(|event| event.stage == Stage::Closed);
    closed.fold((0, 0), |(up, down), event| {
        (up + event.bytes_sent, down + event.bytes_received)
    })
}

#[test]
fn bytes_each_way_and_names_are_those_that_the_server_counted() {
    let server = Arc::new(Origin::start());
    for (opened, tls) in [(true, true), (false, true), (true, false)] {
        let counted = Counted::before(if tls { server.tls } else { server.plain });
        let port = counted.port;
        let world = World::start_with(&server, |_| {
            let permission = near("api.test", port);
            Setup {
                secrets: if opened && tls {
                    vec![token("api.test", port)]
                } else {
                    Vec::new()
                },
                ..setup(vec![if opened {
                    narrow(permission)
                } else {
                    permission
                }])
            }
        });
        let scheme = if tls { "https" } else { "http" };
        for path in ["long", "echo"] {
            let fetched = world.curl(&[
                "--http1.1",
                &format!("{scheme}://api.test:{port}/v1/{path}"),
            ]);
            assert_eq!(fetched.status, 200, "{fetched:?}");
        }
        let events = world.stop();
        let (up, down) = recorded(&events);
        let (really_up, really_down) = counted.total();
        assert_eq!(up, really_up, "{opened} {tls}");
        // Where the broker ends the TLS it does not wait for the server's goodbye, an alert of 24
        // bytes on each of two connections.
        let unread = if opened && tls { 48 } else { 0 };
        assert!(
            (really_down - unread..=really_down).contains(&down),
            "{down} {really_down}"
        );
        assert!(up > 100 && down > 100_000, "{up} {down}");
        let mut names: Vec<_> = events
            .iter()
            .map(|event| (event.host.as_str(), event.port, event.sni.as_deref()))
            .collect();
        names.dedup();
        assert_eq!(names, [("api.test", port, tls.then_some("api.test"))]);
    }
    assert!(server.seen().concat().contains(SECRET));
}

#[test]
fn a_tunnel_ends_at_its_bytes_each_way() {
    let server = Arc::new(Origin::start());
    for (up_limit, down_limit) in [(400, u64::MAX), (u64::MAX, 50_000)] {
        let counted = Counted::before(server.tls);
        let mut limits = chopmark_sandbox::broker::Limits::ordinary();
        (limits.request_bytes, limits.response_bytes) = (up_limit, down_limit);
        let world = World::start_with(&server, |_| Setup {
            limits,
            ..setup(vec![near("api.test", counted.port)])
        });
        let url = format!("https://api.test:{}/v1/long", counted.port);
        let cut = world.curl(&["--http1.1", &url]);
        assert!(cut.body.len() < 100_000, "{cut:?}");
        let (up, down) = recorded(&world.stop());
        assert!(
            up <= up_limit && down <= down_limit.saturating_add(64 * 1024),
            "{up} {down}"
        );
        let (really_up, _) = counted.total();
        assert_eq!(up, really_up);
    }
}
