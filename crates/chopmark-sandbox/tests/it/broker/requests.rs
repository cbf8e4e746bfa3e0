//! Method, path and headers of requests that the broker reads.

use chopmark_sandbox::journal::Stage;

use super::world::{World, narrow, near, setup};

fn opened() -> World {
    World::start(|origin| setup(vec![narrow(near("api.test", origin.tls.port()))]))
}

/// One request refused by `rule`, and its twin that passes.
fn check(rule: &str, refused: &[&str], refused_path: &str, passed: &[&str], passed_path: &str) {
    let world = opened();
    let url = world.url("api.test", refused_path);
    let no = world.curl(&[refused, &[url.as_str()]].concat());
    assert_eq!(no.status, 403, "{rule} {no:?}");
    assert!(no.body.starts_with("chopmark: "), "{no:?}");
    let url = world.url("api.test", passed_path);
    let yes = world.curl(&[passed, &[url.as_str()]].concat());
    assert_eq!(yes.status, 200, "{rule} {yes:?}");
    assert_eq!(world.origin.seen().len(), 1, "{rule}");
    assert_eq!(world.refusals(), [rule]);
}

#[test]
fn method() {
    check(
        "method-not-granted",
        &["-X", "DELETE"],
        "/v1/x",
        &["-X", "GET"],
        "/v1/x",
    );
    check(
        "method-not-granted",
        &["-X", "TRACE"],
        "/v1/x",
        &[],
        "/v1/x",
    );
}

#[test]
fn path() {
    check("path-not-granted", &[], "/v2/x", &[], "/v1/x");
    check("path-not-granted", &[], "/v1", &[], "/v1/");
    check("path-ambiguous", &[], "/v1/../admin", &[], "/v1/..admin");
    check(
        "path-ambiguous",
        &[],
        "/v1/%2e%2e/admin",
        &[],
        "/v1/%2D/admin",
    );
    check(
        "path-ambiguous",
        &[],
        "/v1/%252e%252e/admin",
        &[],
        "/v1/%25",
    );
    check(
        "path-ambiguous",
        &[],
        "/v1/..%2fadmin",
        &[],
        "/v1/..%20admin",
    );
}

#[test]
fn host_header() {
    let world = opened();
    let port = world.origin.tls.port();
    let other = format!("Host: other.test:{port}");
    let same = format!("Host: API.test:{port}");
    check(
        "host-mismatch",
        &["-H", "Host: other.test"],
        "/v1/",
        &[],
        "/v1/",
    );
    let url = world.url("api.test", "/v1/");
    assert_eq!(world.curl(&["-H", &other, &url]).status, 403);
    assert_eq!(world.curl(&["-H", &same, &url]).status, 200);
    assert_eq!(world.refusals(), ["host-mismatch"]);
}

#[test]
fn headers_that_rewrite_the_request_and_upgrades() {
    check(
        "override-header",
        &["-H", "X-HTTP-Method-Override: PUT"],
        "/v1/",
        &["-H", "X-A: PUT"],
        "/v1/",
    );
    check(
        "override-header",
        &["-H", "X-Original-URL: /admin"],
        "/v1/",
        &[],
        "/v1/",
    );
    let upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket"];
    check("upgrade", &upgrade, "/v1/", &upgrade[..2], "/v1/");
}

#[test]
fn what_the_server_gets_and_what_is_recorded() {
    let world = opened();
    let fetched = world.curl(&[
        "-H",
        "Connection: keep-alive, x-drop",
        "-H",
        "X-Drop: 1",
        "-H",
        "X-Keep: 2",
        &world.url("api.test", "/v1/x?token=1"),
    ]);
    assert!(fetched.body.contains("x-keep: 2\n") && !fetched.body.contains("x-drop"));
    let events = world.stop();
    let stages: Vec<_> = events.iter().map(|event| event.stage).collect();
    assert_eq!(
        stages,
        [
            Stage::Opened,
            Stage::Request,
            Stage::Response,
            Stage::Closed
        ]
    );
    let response = &events[2];
    assert!(events.iter().all(|event| event.opened));
    assert_eq!(response.method.as_deref(), Some("GET"));
    assert_eq!(response.path.as_deref(), Some("/v1/x"));
    assert_eq!(response.status, Some(200));
    assert_eq!(
        usize::try_from(response.bytes_received).unwrap(),
        fetched.body.len()
    );
}

#[test]
fn plain_http_is_held_to_the_same_rules() {
    let world = World::start(|origin| setup(vec![narrow(near("api.test", origin.plain.port()))]));
    assert_eq!(
        world.curl(&[&world.plain_url("api.test", "/v1/x")]).status,
        200
    );
    assert_eq!(
        world.curl(&[&world.plain_url("api.test", "/v2/x")]).status,
        403
    );
    assert_eq!(
        world
            .curl(&[&world.plain_url("other.test", "/v1/x")])
            .status,
        403
    );
    let url = world.plain_url("api.test", "/v1/x");
    assert_eq!(world.curl(&["-H", "Host: other.test", &url]).status, 403);
    assert_eq!(world.origin.seen().len(), 1);
    assert_eq!(
        world.refusals(),
        ["path-not-granted", "host-not-granted", "host-mismatch"]
    );
}

#[test]
fn requests_that_are_for_no_proxy() {
    let world = opened();
    let own = world.raw(b"GET / HTTP/1.1\r\nhost: api.test\r\nconnection: close\r\n\r\n");
    assert!(own.starts_with("HTTP/1.1 400"), "{own}");
    let ftp = world
        .raw(b"GET ftp://api.test/v1/ HTTP/1.1\r\nhost: api.test\r\nconnection: close\r\n\r\n");
    assert!(ftp.starts_with("HTTP/1.1 400"), "{ftp}");
    assert_eq!(world.refusals(), ["not-a-proxy-request"; 2]);
}
