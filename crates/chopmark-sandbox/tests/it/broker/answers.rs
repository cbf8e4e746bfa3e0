//! Answers of servers that are careless or worse.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chopmark_sandbox::broker::Resolver;

use super::world::{Setup, World, near, setup};

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

/// Sockets that take no connection and refuse none: their queue is full.
fn silent(address: SocketAddr) -> Vec<std::os::fd::OwnedFd> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, listen, socket_with};
    let socket = |flags| {
        let flags = SocketFlags::CLOEXEC | flags;
        socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap()
    };
    let listener = socket(SocketFlags::empty());
    bind(&listener, &address).unwrap();
    listen(&listener, 0).unwrap();
    let mut held = vec![listener];
    for _ in 0..4 {
        let waiting = socket(SocketFlags::NONBLOCK);
        // It is under way, or waits for ever.
        let _ = connect(&waiting, &address);
        held.push(waiting);
    }
    held
}

#[test]
fn a_silent_address_does_not_hold_up_the_next_one() {
    let port = say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").port();
    let _silent = silent(SocketAddr::from(([127, 0, 0, 2], port)));
    let both = [[127, 0, 0, 2], [127, 0, 0, 1]].map(IpAddr::from);
    let url = format!("http://api.test:{port}/");
    for (addresses, status, rule) in [
        (both.to_vec(), 200, None),
        (both[..1].to_vec(), 504, Some("upstream-timeout")),
    ] {
        let mut limits = chopmark_sandbox::broker::Limits::ordinary();
        // A connection that waits for one address to the end has no time left for the other.
        limits.connect = std::time::Duration::from_secs(3);
        let world = World::start(|_| Setup {
            limits,
            resolver: Resolver::new(move |_| Ok(addresses.clone())),
            ..setup(vec![near("api.test", port)])
        });
        let fetched = world.curl(&[&url]);
        assert_eq!(fetched.status, status, "{fetched:?}");
        assert_eq!(world.refusals(), rule.into_iter().collect::<Vec<_>>());
    }
}
