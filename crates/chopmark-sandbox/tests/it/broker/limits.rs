//! Bounds on heads, bodies, time and connections.

use std::time::Duration;

use chopmark_sandbox::broker::Limits;

use super::origin::Origin;
use super::world::{Setup, World, narrow, near, raw, setup};

fn limited(change: impl FnOnce(&mut Limits)) -> World {
    let mut limits = Limits::ordinary();
    change(&mut limits);
    World::start(|origin: &Origin| {
        let network = vec![
            narrow(near("api.test", origin.plain.port())),
            near("api.test", origin.tls.port()),
            near("other.test", origin.plain.port()),
        ];
        Setup {
            limits,
            ..setup(network)
        }
    })
}

#[test]
fn a_head_that_is_too_large() {
    let world = limited(|limits| limits.head_bytes = 16 * 1024);
    let url = world.plain_url("api.test", "/v1/");
    let header = |bytes: usize| format!("X-Big: {}", "x".repeat(bytes));
    assert_eq!(world.curl(&["-H", &header(17 * 1024), &url]).status, 431);
    assert_eq!(world.curl(&["-H", &header(15 * 1024), &url]).status, 200);
    assert_eq!(world.refusals(), ["head-too-large"]);
}

#[test]
fn a_head_that_never_ends() {
    let world = limited(|limits| limits.head = Duration::from_millis(300));
    let slow = world.raw(b"GET http://api.test/v1/ HTTP/1.1\r\nhost: api");
    assert_eq!(slow, "");
    assert_eq!(
        world.curl(&[&world.plain_url("api.test", "/v1/")]).status,
        200
    );
    let port = world.origin.tls.port();
    let silent = world.raw(format!("CONNECT api.test:{port} HTTP/1.1\r\n\r\n\x16\x03").as_bytes());
    assert!(silent.starts_with("HTTP/1.1 200"), "{silent}");
    assert_eq!(world.refusals(), ["head-timeout", "hello-timeout"]);
}

#[test]
fn a_body_that_is_too_large() {
    let world = limited(|limits| limits.request_bytes = 1000);
    let url = world.plain_url("other.test", "/");
    let fits = world.curl(&["-d", &"x".repeat(1000), &url]);
    assert!(
        fits.status == 200 && fits.body.ends_with("body 1000\n"),
        "{fits:?}"
    );
    let known = world.curl(&["-d", &"x".repeat(1001), &url]);
    assert_eq!(known.status, 413, "{known:?}");
    let chunked = [
        "-H",
        "Transfer-Encoding: chunked",
        "-d",
        &"x".repeat(1001),
        &url,
    ];
    let unknown = world.curl(&chunked);
    assert_eq!(unknown.status, 413, "{unknown:?}");
    assert_eq!(world.refusals(), ["request-too-large"; 2]);
}

#[test]
fn an_answer_that_is_too_large() {
    for (limit, whole) in [(100_000, true), (99_999, false)] {
        let world = limited(|limits| limits.response_bytes = limit);
        let fetched = world.curl(&[&world.plain_url("api.test", "/v1/long")]);
        assert_eq!(fetched.body.len() == 100_000, whole);
        let tunnelled = world.curl(&[&world.url("api.test", "/v1/long")]);
        assert!(
            tunnelled.body.len() < 100_000,
            "TLS adds to the bytes of a tunnel"
        );
        world.stop();
    }
}

/// A tunnel in which the client says nothing ends by this limit, and by no other.
fn ends_quietly(change: impl FnOnce(&mut Limits)) {
    let world = limited(change);
    let port = world.origin.tls.port();
    assert_eq!(world.curl(&[&world.url("api.test", "/")]).status, 200);
    let silent = world.raw(format!("CONNECT api.test:{port} HTTP/1.1\r\n\r\n").as_bytes());
    assert!(silent.starts_with("HTTP/1.1 200"), "{silent}");
    assert!(world.refusals().is_empty());
}

#[test]
fn a_connection_on_which_nothing_moves_and_one_that_lasts_too_long() {
    ends_quietly(|limits| limits.idle = Duration::from_millis(900));
    ends_quietly(|limits| limits.total = Duration::from_millis(900));
}

#[test]
fn nothing_is_served_without_a_journal() {
    let mut world = limited(|_| {});
    let url = world.plain_url("api.test", "/v1/");
    assert_eq!(world.curl(&[&url]).status, 200);
    world.lose_journal();
    let lost = world.curl(&[&url]);
    assert_eq!(lost.status, 503, "{lost:?}");
    assert_eq!(lost.body, "chopmark: the journal cannot be written\n");
    assert_eq!(world.curl(&[&world.url("api.test", "/")]).connect, 503);
    assert_eq!(world.origin.seen().len(), 1);
}

#[test]
fn more_connections_than_allowed() {
    let world = limited(|limits| limits.connections = 2);
    let hold = || std::net::TcpStream::connect(world.proxy).unwrap();
    let first = hold();
    let second = hold();
    let third = world.raw(b"");
    assert!(
        third.starts_with("HTTP/1.1 503 chopmark: too many connections"),
        "{third}"
    );
    drop((first, second));
    assert!(
        world
            .refusals()
            .contains(&"too-many-connections".to_owned())
    );
    let world = limited(|limits| limits.connections = 2);
    assert_eq!(
        world.curl(&[&world.plain_url("api.test", "/v1/")]).status,
        200
    );
    assert!(world.refusals().is_empty());
}

#[test]
fn a_hundred_at_once() {
    let world = limited(|_| {});
    let request = |index: usize| {
        let port = world.origin.plain.port();
        format!(
            "GET http://api.test:{port}/v1/{index} HTTP/1.1\r\nhost: api.test:{port}\r\n\
             connection: close\r\n\r\n"
        )
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..100)
            .map(|index| {
                let (proxy, request) = (world.proxy, request(index));
                scope.spawn(move || raw(proxy, request.as_bytes()))
            })
            .collect();
        for (index, thread) in threads.into_iter().enumerate() {
            let answer = thread.join().unwrap();
            assert!(answer.contains(&format!("GET /v1/{index}\n")), "{answer}");
        }
    });
    assert_eq!(world.stop().len(), 400);
}
