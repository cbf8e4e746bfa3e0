//! Secrets: placed where declared, refused elsewhere, masked on the way back.

use chopmark_sandbox::journal::Stage;

use super::world::{SECRET, Setup, World, narrow, near, placeholder, setup, token};

/// The token may go to `api.test`; `other.test` is granted without it.
fn with_token() -> World {
    World::start(|origin| {
        let port = origin.tls.port();
        let network = vec![
            narrow(near("api.test", port)),
            narrow(near("other.test", port)),
            near("api.test", origin.plain.port()),
        ];
        let secrets = vec![
            token("api.test", port),
            token("api.test", origin.plain.port()),
        ];
        Setup {
            secrets,
            ..setup(network)
        }
    })
}

fn bearer() -> String {
    format!("Authorization: Bearer {}", placeholder())
}

#[test]
fn curl_sends_the_placeholder_and_the_server_gets_the_value() {
    let world = with_token();
    let fetched = world.curl(&[
        "--compressed",
        "-H",
        &bearer(),
        &world.url("api.test", "/v1/me"),
    ]);
    assert_eq!(fetched.status, 200, "{fetched:?}");
    let seen = world.origin.seen().concat();
    assert!(
        seen.contains(&format!("authorization: Bearer {SECRET}\n")),
        "{seen}"
    );
    assert!(seen.contains("accept-encoding: identity\n"), "{seen}");
    assert!(!seen.contains("chopmark-secret-"), "{seen}");
    let masked = format!("authorization: Bearer {}\n", "*".repeat(SECRET.len()));
    assert!(fetched.body.contains(&masked), "{fetched:?}");
    let events = world.stop();
    let request = events
        .iter()
        .find(|event| event.stage == Stage::Request)
        .unwrap();
    assert_eq!(request.secrets, ["TOKEN"]);
}

#[test]
fn python_without_the_header_gets_it_added() {
    let world = with_token();
    let program = "import sys, urllib.request\n\
                   print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())";
    let output = world.python(program, &[&world.url("api.test", "/v1/me")]);
    assert!(output.status.success(), "{output:?}");
    let seen = world.origin.seen().concat();
    assert!(
        seen.contains(&format!("authorization: Bearer {SECRET}\n")),
        "{seen}"
    );
    assert!(world.refusals().is_empty());
}

#[test]
fn a_header_of_the_skills_own_is_left_alone() {
    let world = with_token();
    let own = "Authorization: Bearer of-my-own";
    assert_eq!(
        world
            .curl(&["-H", own, &world.url("api.test", "/v1/me")])
            .status,
        200
    );
    let seen = world.origin.seen().concat();
    assert!(
        seen.contains("authorization: Bearer of-my-own\n") && !seen.contains(SECRET),
        "{seen}"
    );
}

#[test]
fn a_placeholder_anywhere_else_is_refused() {
    let world = with_token();
    let token = placeholder().to_string();
    let encoded = token.replace('c', "%63");
    let url = |path: &str| world.url("api.test", path);
    let (header, bare) = (format!("X-Key: {token}"), format!("Authorization: {token}"));
    let twice = format!("Authorization: Bearer {token} {token}");
    let refused: [(&[&str], String); 8] = [
        (&["-H", &header], url("/v1/me")),
        (&["-H", &bare], url("/v1/me")),
        (&["-H", &twice], url("/v1/me")),
        (&["-H", &bearer(), "-H", &bearer()], url("/v1/me")),
        (&[], url(&format!("/v1/{token}"))),
        (&[], url(&format!("/v1/me?key={token}"))),
        (&[], url(&format!("/v1/me?key={encoded}"))),
        (&["-H", &bearer()], world.url("other.test", "/v1/me")),
    ];
    for (arguments, url) in &refused {
        let fetched = world.curl(&[*arguments, &[url.as_str()]].concat());
        assert_eq!(fetched.status, 403, "{url} {arguments:?} {fetched:?}");
        assert!(
            fetched.body.contains("placeholder of secret TOKEN"),
            "{fetched:?}"
        );
    }
    assert!(world.origin.seen().is_empty());
    assert_eq!(world.curl(&["-H", &bearer(), &url("/v1/me")]).status, 200);
    assert_eq!(world.refusals(), ["secret-misplaced"; 8]);
}

#[test]
fn a_secret_never_goes_in_clear() {
    let world = with_token();
    let url = world.plain_url("api.test", "/v1/me");
    assert_eq!(world.curl(&["-H", &bearer(), &url]).status, 403);
    assert_eq!(world.curl(&[&url]).status, 200);
    assert!(!world.origin.seen().concat().contains(SECRET));
    assert_eq!(world.refusals(), ["secret-needs-tls"]);
}

#[test]
fn masked_across_chunks_and_in_headers() {
    let world = with_token();
    let mask = format!("Bearer {}", "*".repeat(SECRET.len()));
    let split = world.curl(&[&world.url("api.test", "/v1/split")]);
    assert_eq!(split.body, mask, "{split:?}");
    let header = world.curl(&["-i", &world.url("api.test", "/v1/header")]);
    assert!(
        header.body.contains(&format!("x-back: {mask}\r\n")),
        "{header:?}"
    );
    assert!(world.refusals().is_empty());
}

#[test]
fn an_answer_that_cannot_be_searched_is_withheld() {
    let world = with_token();
    let withheld = world.curl(&[&world.url("api.test", "/v1/gzip")]);
    assert_eq!(withheld.status, 502, "{withheld:?}");
    assert_eq!(
        world.curl(&[&world.url("other.test", "/v1/gzip")]).status,
        200
    );
    assert_eq!(world.refusals(), ["response-encoded"]);
}

#[test]
fn ranges_cannot_cut_a_value_apart() {
    let world = with_token();
    assert_eq!(
        world
            .curl(&["-r", "0-3", &world.url("api.test", "/v1/me")])
            .status,
        200
    );
    assert_eq!(
        world
            .curl(&["-r", "0-3", &world.url("other.test", "/v1/me")])
            .status,
        200
    );
    let seen = world.origin.seen();
    assert!(
        !seen[0].contains("range:") && seen[1].contains("range: bytes=0-3\n"),
        "{seen:?}"
    );
}

#[test]
fn a_value_that_the_skill_learned_is_not_written_down() {
    let world = with_token();
    let refused = world.curl(&[&world.url("api.test", &format!("/v2/{SECRET}"))]);
    assert_eq!(refused.status, 403);
    assert!(!refused.body.contains(SECRET), "{refused:?}");
    assert_eq!(
        world
            .curl(&[&world.url("api.test", &format!("/v1/{SECRET}"))])
            .status,
        200
    );
    // `stop` searches all events for the value.
    assert_eq!(world.refusals(), ["path-not-granted"]);
}
