//! Requests as bytes: each odd one with its code, beside the plain one that passes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use chopmark_core::permission::{HostName, NetworkPermission};

use super::world::{Setup, World, near, setup};

fn world() -> World {
    World::start(|origin| {
        let here = HostName::from_address("::1").unwrap();
        let here = NetworkPermission::new(here, origin.plain.port()).unwrap();
        setup(vec![
            near("api.test", origin.plain.port()),
            near("api.test", origin.tls.port()),
            near("six.test", origin.plain.port()),
            near("six.test", origin.tls.port()),
            here.with_private_addresses(),
        ])
    })
}

/// One request: what is sent, with `A!` for the granted host and port, and the answer's status
/// with the rule of a refusal.
type Case = (&'static str, &'static str, Result<u16, (u16, &'static str)>);

/// Sends each on a connection of its own; compares answers and rules.
fn check(world: World, cases: &[Case]) {
    let port = world.origin.plain.port().to_string();
    let authority = format!("api.test:{port}");
    let mut passed = 0;
    for (name, bytes, due) in cases {
        let answer = world.raw(
            bytes
                .replace("A!", &authority)
                .replace("P!", &port)
                .as_bytes(),
        );
        let status = answer
            .get(9..12)
            .map_or(0, |digits| digits.parse().unwrap());
        assert_eq!(
            status,
            due.map_or_else(|(status, _)| status, |status| status),
            "{name}: {answer}"
        );
        passed += usize::from(due.is_ok());
    }
    assert_eq!(
        world.origin.seen().len(),
        passed,
        "{:#?}",
        world.origin.seen()
    );
    let rules: Vec<_> = cases
        .iter()
        .filter_map(|(_, _, due)| due.err())
        .map(|(_, rule)| rule)
        .collect();
    assert_eq!(world.refusals(), rules);
}

const MALFORMED: Result<u16, (u16, &str)> = Err((400, "request-malformed"));
const NO_PROXY: Result<u16, (u16, &str)> = Err((400, "not-a-proxy-request"));
const MISMATCH: Result<u16, (u16, &str)> = Err((403, "host-mismatch"));

#[test]
fn heads_with_two_readings() {
    let head = "GET http://A!/v1/ HTTP/1.1\r\nhost: A!\r\nconnection: close\r\n";
    let with = |lines: &str| -> &'static str { format!("{head}{lines}\r\n").leak() };
    let instead =
        |text: &str| -> &'static str { text.replace('~', "\r\nconnection: close\r\n\r\n").leak() };
    check(
        world(),
        &[
            ("plain", with(""), Ok(200)),
            ("folded", with("x-a: 1\r\n b\r\n"), MALFORMED),
            (
                "space before the colon",
                with("content-length : 0\r\n"),
                MALFORMED,
            ),
            ("no name", with(": 1\r\n"), MALFORMED),
            ("bare carriage return", with("x-a: 1\r2\r\n"), MALFORMED),
            ("zero byte", with("x-a: 1\0\r\n"), MALFORMED),
            ("two hosts", with("host: A!\r\n"), MISMATCH),
            (
                "two hosts that differ",
                with("host: other.test\r\n"),
                MISMATCH,
            ),
            (
                "a host with a name before it",
                instead("GET http://A!/ HTTP/1.1\r\nhost: x@A!~"),
                MISMATCH,
            ),
            (
                "another host",
                instead("GET http://A!/ HTTP/1.1\r\nhost: other.test~"),
                MISMATCH,
            ),
            ("no host", instead("GET http://A!/ HTTP/1.1~"), MISMATCH),
            (
                "host with a final dot",
                instead("GET http://A!/ HTTP/1.1\r\nhost: api.test.~"),
                MISMATCH,
            ),
            (
                "user in the address",
                instead("GET http://u@A!/ HTTP/1.1\r\nhost: A!~"),
                NO_PROXY,
            ),
            (
                "capitals",
                instead("GET http://API.TEST:P!/ HTTP/1.1\r\nhost: Api.Test:P!~"),
                Ok(200),
            ),
            (
                "HTTP/1.0",
                instead("GET http://A!/ HTTP/1.0\r\nhost: A!~"),
                Ok(200),
            ),
            (
                "HTTP/1.2",
                instead("GET http://A!/ HTTP/1.2\r\nhost: A!~"),
                MALFORMED,
            ),
            (
                "two spaces",
                instead("GET  http://A!/ HTTP/1.1\r\nhost: A!~"),
                MALFORMED,
            ),
        ],
    );
}

#[test]
fn lengths_with_two_readings() {
    let with = |lines: &str, body: &str| -> &'static str {
        let head = "POST http://A!/v1/ HTTP/1.1\r\nhost: A!\r\nconnection: close\r\n";
        format!("{head}{lines}\r\n\r\n{body}").leak()
    };
    let hidden = "GET http://A!/hidden HTTP/1.1\r\nhost: A!\r\n\r\n";
    check(
        world(),
        &[
            ("length", with("content-length: 3", "abc"), Ok(200)),
            (
                "chunked",
                with("transfer-encoding: chunked", "3\r\nabc\r\n0\r\n\r\n"),
                Ok(200),
            ),
            (
                "trailers",
                with(
                    "transfer-encoding: chunked",
                    "3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n",
                ),
                Ok(200),
            ),
            // The length is dropped, the chunks count, and the bytes behind them are not sent on.
            (
                "both",
                with(
                    "content-length: 4\r\ntransfer-encoding: chunked",
                    &format!("0\r\n\r\n{hidden}"),
                ),
                Ok(200),
            ),
            (
                "both, the other way",
                with(
                    "transfer-encoding: chunked\r\ncontent-length: 90",
                    &format!("0\r\n\r\n{hidden}"),
                ),
                Ok(200),
            ),
            (
                "two lengths",
                with("content-length: 3\r\ncontent-length: 4", "abcd"),
                MALFORMED,
            ),
            (
                "two lengths in one",
                with("content-length: 3, 3", "abc"),
                MALFORMED,
            ),
            (
                "a signed length",
                with("content-length: +3", "abc"),
                MALFORMED,
            ),
            (
                "chunked is not the last",
                with(
                    "transfer-encoding: chunked, identity",
                    "3\r\nabc\r\n0\r\n\r\n",
                ),
                MALFORMED,
            ),
            (
                "an odd coding",
                with("transfer-encoding: xchunked", "3\r\nabc\r\n0\r\n\r\n"),
                MALFORMED,
            ),
            (
                "a broken chunk",
                with("transfer-encoding: chunked", "zz\r\nabc\r\n0\r\n\r\n"),
                MALFORMED,
            ),
        ],
    );
}

#[test]
fn hosts_in_every_disguise_under_an_open_network() {
    let world = World::start(|_| Setup {
        open_network: true,
        ..setup(vec![])
    });
    let (private, metadata, none) = ("address-private", "address-metadata", "not-a-proxy-request");
    let cases = [
        ("127.0.0.1", private),
        ("0.0.0.0", private),
        ("[::]", private),
        ("[::1]", private),
        ("[fe80::1]", private),
        ("[fd00::1]", private),
        ("[::ffff:127.0.0.1]", private),
        ("[::ffff:7f00:1]", private),
        ("[64:ff9b::127.0.0.1]", private),
        ("[2002:7f00:1::1]", private),
        ("10.0.0.1", private),
        ("100.64.0.1", private),
        ("169.254.1.1", private),
        ("198.18.0.1", private),
        ("169.254.169.254", metadata),
        ("[::ffff:169.254.169.254]", metadata),
        ("[64:ff9b::a9fe:a9fe]", metadata),
        ("[fd00:ec2::254]", metadata),
        ("meta.test", metadata),
        ("META.test", metadata),
        ("api.test", private),
        ("2130706433", none),
        ("0x7f000001", none),
        ("0x7f.1", none),
        ("0177.0.0.1", none),
        ("127.1", none),
        ("127.0.0.1.", none),
        ("api.test.", none),
        ("[fe80::1%25lo]", none),
        ("gone.test", "name-unresolved"),
    ];
    for (host, _) in cases {
        let answer = world
            .raw(format!("CONNECT {host}:443 HTTP/1.1\r\nconnection: close\r\n\r\n").as_bytes());
        assert!(
            answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 502"),
            "{host}: {answer}"
        );
    }
    assert_eq!(world.refusals(), cases.map(|(_, rule)| rule));
}

#[test]
fn hosts_that_look_like_the_granted_one() {
    let world = world();
    let port = world.origin.tls.port();
    let ask = |host: &str, rest: &str| {
        let answer =
            world.raw(format!("CONNECT {host}:{port} HTTP/1.1\r\n{rest}\r\n\x15").as_bytes());
        answer
            .get(9..12)
            .map_or(0, |digits| digits.parse().unwrap())
    };
    for (host, rest, status) in [
        ("API.Test", "", 200),
        ("api.test", "host: Api.test\r\n", 200),
        ("api.test", "host: other.test\r\n", 403),
        ("api.test", "host: api.test:1\r\n", 403),
        ("api.test", "host: api.test\r\nhost: api.test\r\n", 403),
        ("xn--pi-7kc.test", "", 403),
        ("\u{430}pi.test", "", 400),
        ("api.test.evil.test", "", 403),
        ("api-test", "", 403),
        ("api.test%00.evil.test", "", 400),
        ("evil.test#api.test", "", 400),
        ("api.test\\.evil.test", "", 400),
    ] {
        assert_eq!(ask(host, rest), status, "{host} {rest}");
    }
    let rules = world.refusals();
    let count = |rule: &str| rules.iter().filter(|found| *found == rule).count();
    assert_eq!(count("host-mismatch"), 3);
    assert_eq!(count("host-not-granted"), 3);
    assert_eq!(count("not-tls"), 2);
    assert_eq!(
        count("request-malformed") + count("not-a-proxy-request"),
        4,
        "{rules:?}"
    );
}

#[test]
fn by_six_from_end_to_end() {
    let world = world();
    let port = world.origin.plain.port();
    for url in [
        world.plain_url("six.test", "/name"),
        format!("http://[::1]:{port}/address"),
        format!("http://[0:0::1]:{port}/long"),
        world.url("six.test", "/tls"),
    ] {
        let fetched = world.curl(&["-g", &url]);
        assert_eq!(fetched.status, 200, "{url} {fetched:?}");
    }
    let mapped = world.curl(&["-g", &format!("http://[::ffff:127.0.0.1]:{port}/")]);
    assert_eq!(mapped.status, 403, "{mapped:?}");
    let events = world.stop();
    let six = Some("::1".parse().unwrap());
    let opened = events
        .iter()
        .filter(|event| event.address == six && event.bytes_received > 0);
    assert!(opened.count() >= 4, "{events:#?}");
    let rules: Vec<_> = events
        .iter()
        .map(|event| event.rule.as_str())
        .filter(|rule| *rule != "granted")
        .collect();
    assert_eq!(rules, ["host-not-granted"]);
}

#[test]
fn a_client_that_waits_for_leave_to_send_gets_it() {
    let world = world();
    let authority = format!("api.test:{}", world.origin.plain.port());
    let mut stream = TcpStream::connect(world.proxy).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "POST http://{authority}/ HTTP/1.1\r\nhost: {authority}\r\ncontent-length: 3\r\n\
         expect: 100-continue\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let leave = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut got = vec![0; leave.len()];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(got, leave);
    stream.write_all(b"abc").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("body 3\n"),
        "{answer}"
    );
    assert!(!world.origin.seen().concat().contains("expect"));
    assert!(world.refusals().is_empty());
}

#[test]
fn a_head_that_trickles_is_cut_though_something_always_moves() {
    let mut limits = chopmark_sandbox::broker::Limits::ordinary();
    limits.head = Duration::from_millis(400);
    let world = World::start(|origin| Setup {
        limits,
        ..setup(vec![near("api.test", origin.plain.port())])
    });
    let mut stream = TcpStream::connect(world.proxy).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    stream
        .write_all(b"GET http://api.test/ HTTP/1.1\r\nx-a: ")
        .unwrap();
    let mut end = [0_u8; 1];
    let waiting = |error: &std::io::Error| {
        matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        )
    };
    while stream.write_all(b"a").is_ok()
        && stream.read(&mut end).is_err_and(|error| waiting(&error))
    {}
    assert_eq!(world.curl(&[&world.plain_url("api.test", "/")]).status, 200);
    assert_eq!(world.refusals(), ["head-timeout"]);
}
