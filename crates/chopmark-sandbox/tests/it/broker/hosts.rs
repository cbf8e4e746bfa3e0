//! Which hosts and addresses are reached, and under which name.

use chopmark_sandbox::journal::{Stage, Verdict};

use super::world::{World, far, narrow, near, setup};

#[test]
fn a_granted_host_is_reached_unseen_and_another_is_not() {
    let world = World::start(|origin| setup(vec![near("api.test", origin.tls.port())]));
    let granted = world.curl(&[&world.url("api.test", "/v1/x?q=1")]);
    assert_eq!((granted.status, granted.connect), (200, 200), "{granted:?}");
    assert!(granted.body.starts_with("GET /v1/x?q=1\n"), "{granted:?}");
    let other = world.curl(&[&world.url("other.test", "/v1/x")]);
    assert_eq!((other.status, other.connect), (0, 403), "{other:?}");
    assert!(
        other.errors.contains("CONNECT tunnel failed, response 403"),
        "{other:?}"
    );
    assert_eq!(world.origin.seen().len(), 1);
    let port = world.origin.tls.port();
    let events = world.stop();
    let [opened, closed, refused] = events.as_slice() else {
        panic!("{events:#?}")
    };
    assert_eq!(opened.stage, Stage::Opened);
    assert_eq!((opened.host.as_str(), opened.port), ("api.test", port));
    assert_eq!(opened.address, Some([127, 0, 0, 1].into()));
    assert_eq!(opened.sni.as_deref(), Some("api.test"));
    assert!(!opened.opened && opened.peer.is_some());
    assert_eq!(
        (closed.stage, closed.connection),
        (Stage::Closed, opened.connection)
    );
    assert!(
        closed.bytes_sent > 300 && closed.bytes_received > 300,
        "{closed:?}"
    );
    assert_eq!(
        (refused.stage, refused.verdict),
        (Stage::Refused, Verdict::Denied)
    );
    assert_eq!(refused.rule, "host-not-granted");
    assert_eq!(
        refused.reason.as_deref(),
        Some("host not granted: other.test")
    );
}

#[test]
fn python_is_told_which_rule_refused() {
    let world = World::start(|origin| setup(vec![near("api.test", origin.tls.port())]));
    let program = "import sys, urllib.request\n\
                   print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())";
    let granted = world.python(program, &[&world.url("api.test", "/py")]);
    assert!(
        String::from_utf8_lossy(&granted.stdout).starts_with("GET /py\n"),
        "{granted:?}"
    );
    let other = world.python(program, &[&world.url("other.test", "/py")]);
    let errors = String::from_utf8_lossy(&other.stderr);
    assert!(
        errors.contains("403 chopmark: host not granted: other.test"),
        "{errors}"
    );
    assert_eq!(world.refusals(), ["host-not-granted"]);
}

#[test]
fn another_port_of_a_granted_host() {
    let world = World::start(|origin| setup(vec![near("api.test", origin.tls.port())]));
    assert_eq!(world.curl(&[&world.plain_url("api.test", "/")]).status, 403);
    assert_eq!(world.curl(&[&world.url("api.test", "/")]).status, 200);
    assert_eq!(world.refusals(), ["port-not-granted"]);
}

/// Domain fronting: the tunnel goes to the granted host, the hello names the other.
fn fronting(opened: bool) {
    let world = World::start(|origin| {
        let permission = near("api.test", origin.tls.port());
        setup(vec![if opened {
            narrow(permission)
        } else {
            permission
        }])
    });
    let port = world.origin.tls.port();
    let detour = format!("other.test:{port}:api.test:{port}");
    let fronted = world.curl(&["--connect-to", &detour, &world.url("other.test", "/v1/")]);
    assert_eq!((fronted.status, fronted.connect), (0, 200), "{fronted:?}");
    let straight = format!("api.test:{port}:api.test:{port}");
    let honest = world.curl(&["--connect-to", &straight, &world.url("api.test", "/v1/")]);
    assert_eq!(honest.status, 200, "{honest:?}");
    assert_eq!(world.origin.seen().len(), 1);
    assert_eq!(world.refusals(), ["sni-mismatch"]);
}

#[test]
fn server_name_other_than_the_tunnels() {
    fronting(false);
    fronting(true);
}

#[test]
fn no_server_name_and_no_tls() {
    let world = World::start(|origin| setup(vec![near("api.test", origin.tls.port())]));
    let port = world.origin.tls.port();
    let detour = format!("127.0.0.1:{port}:api.test:{port}");
    let nameless = world.curl(&["-k", "--connect-to", &detour, &world.url("127.0.0.1", "/")]);
    assert_eq!(nameless.status, 0, "{nameless:?}");
    let plain = world.raw(format!("CONNECT api.test:{port} HTTP/1.1\r\n\r\nSSH-2.0-x").as_bytes());
    assert!(plain.starts_with("HTTP/1.1 200"), "{plain}");
    assert!(world.origin.seen().is_empty());
    assert_eq!(world.refusals(), ["sni-missing", "not-tls"]);
}

#[test]
fn private_address_unless_declared() {
    let refused = World::start(|origin| setup(vec![far("api.test", origin.tls.port())]));
    let fetched = refused.curl(&[&refused.url("api.test", "/")]);
    assert_eq!((fetched.status, fetched.connect), (0, 403), "{fetched:?}");
    assert_eq!(refused.refusals(), ["address-private"]);
    let declared = World::start(|origin| setup(vec![near("api.test", origin.tls.port())]));
    assert_eq!(declared.curl(&[&declared.url("api.test", "/")]).status, 200);
    assert!(declared.refusals().is_empty());
}

#[test]
fn metadata_address_even_if_private_is_declared() {
    let world = World::start(|origin| {
        let port = origin.tls.port();
        setup(vec![near("meta.test", port), near("api.test", port)])
    });
    assert_eq!(world.curl(&[&world.url("meta.test", "/")]).connect, 403);
    assert_eq!(world.curl(&[&world.url("api.test", "/")]).connect, 200);
    assert_eq!(world.refusals(), ["address-metadata"]);
}

#[test]
fn an_open_network_is_still_no_way_inside() {
    let world = World::start(|_| super::world::Setup {
        open_network: true,
        ..setup(vec![])
    });
    for host in ["api.test", "127.0.0.1", "[::1]", "meta.test", "gone.test"] {
        let fetched = world.curl(&[&world.url(host, "/")]);
        assert_eq!(fetched.status, 0, "{host} {fetched:?}");
    }
    let expected = [
        "address-private",
        "address-private",
        "address-private",
        "address-metadata",
    ];
    let refusals = world.refusals();
    assert_eq!(refusals[..4], expected);
    assert_eq!(refusals[4..], ["name-unresolved"]);
}

#[test]
fn a_server_that_is_down_or_not_trusted() {
    let world = World::start(|origin| {
        let port = origin.tls.port();
        setup(vec![narrow(near("api.test", port)), near("api.test", 1)])
    });
    assert_eq!(world.curl(&["https://api.test:1/"]).connect, 502);
    let stranger = super::origin::Origin::start();
    let port = stranger.tls.port();
    assert_eq!(world.refusals(), ["upstream-unreachable"]);
    let world = World::start(|_| setup(vec![narrow(near("api.test", port))]));
    let fetched = world.curl(&[&format!("https://api.test:{port}/v1/")]);
    assert_eq!(fetched.status, 502, "{fetched:?}");
    assert!(
        fetched.body.contains("chopmark: TLS with api.test failed"),
        "{fetched:?}"
    );
    assert!(stranger.seen().is_empty());
    assert_eq!(world.refusals(), ["upstream-tls"]);
}
