//! Programs that know no proxy reach granted hosts all the same, and nothing else.

use std::collections::BTreeMap;

use chopmark_sandbox::journal::{Event, NetworkEvent, Stage, Verdict};
use chopmark_sandbox::{Outcome, RunEnd, start};

use super::egress::endpoint;
use super::world::{World, read_journal, told};
use crate::broker::{Origin, SECRET, narrow, near, token};

/// Everything that one run of `capture.py` showed.
struct Captured {
    results: BTreeMap<String, serde_json::Value>,
    seen: Vec<String>,
    network: Vec<NetworkEvent>,
    denied: Vec<String>,
    tls: u16,
    plain: u16,
}

impl Captured {
    fn run() -> Self {
        let (world, origin) = (World::new(), Origin::start());
        let (tls, plain) = (origin.tls.port(), origin.plain.port());
        world.write("skill/capture.py", include_str!("capture.py"));
        world.write("skill/roots.pem", &origin.ca_pem);
        let narrowed = "methods: [GET]\n    path: /v1/\n    private: true\n";
        let manifest = format!(
            "files:\n  read: [\"skill:.\"]\n  write: [\"workspace:out\", \"temp:.\"]\nnetwork:\n  \
             - host: api.test\n    port: {tls}\n    {narrowed}  \
             - host: api.test\n    port: {plain}\n    {narrowed}  \
             - host: other.test\n    port: {tls}\n    private: true\n\
             exec: [python3, curl, openssl, node]\n"
        );
        let network = vec![
            narrow(near("api.test", tls)),
            narrow(near("api.test", plain)),
            near("other.test", tls),
        ];
        let secrets = vec![token("api.test", tls)];
        let broker = endpoint((network, false), secrets, world.path("skill/roots.pem"));
        let journal = world.path("journals/run");
        let paths = ["skill/capture.py", "skill", "workspace/out/results"].map(|p| world.path(p));
        let [script, skill, results] = paths.each_ref().map(|path| path.to_str().unwrap());
        let (tls_word, plain_word) = (tls.to_string(), plain.to_string());
        let words = ["python3", script, &tls_word, &plain_word, skill, results];
        let plan = world.plan_with(&manifest, &words, &journal, Some(broker), Vec::new());
        let Outcome { end, .. } = start(plan.unwrap()).unwrap().wait().unwrap();
        assert_eq!(end, RunEnd::Exited(0));
        let (mut network, mut denied) = (Vec::new(), Vec::new());
        for event in read_journal(&journal, true) {
            match event {
                Event::Network(_, event) => network.push(event),
                Event::Access(access) if access.verdict == Verdict::Denied => {
                    denied.push(told(&access));
                }
                Event::Header(_)
                | Event::Access(_)
                | Event::Process(_)
                | Event::Program(_)
                | Event::Head(_)
                | Event::End(_) => {}
            }
        }
        let results = serde_json::from_str(&world.read("workspace/out/results")).unwrap();
        Self {
            results,
            seen: origin.seen(),
            network,
            denied,
            tls,
            plain,
        }
    }

    #[track_caller]
    fn told(&self, case: &str) -> String {
        let found = self.results.get(case).unwrap();
        found
            .as_str()
            .map_or_else(|| found.to_string(), str::to_owned)
    }

    #[track_caller]
    fn check(&self, case: &str, holds: &str) {
        let told = self.told(case);
        assert!(told.contains(holds), "{case}: {told}");
    }
}

#[test]
fn programs_without_a_proxy_reach_granted_hosts_only() {
    let ran = Captured::run();
    for (case, path) in [
        ("python_opened", "/v1/python"),
        ("python_unopened", "/python"),
        ("python_by_six", "/six"),
        ("python_plain", "/v1/plain"),
        ("python_plain_absolute", "/v1/absolute"),
        ("curl", "/v1/curl"),
        ("node", "/v1/node"),
    ] {
        ran.check(case, &format!("GET {path}\n"));
        let count = ran
            .seen
            .iter()
            .filter(|seen| seen.starts_with(&format!("GET {path}\n")));
        assert_eq!(count.count(), 1, "{case}");
    }
    let bearer = format!("authorization: Bearer {SECRET}\n");
    let with = ran
        .seen
        .iter()
        .filter(|seen| seen.contains(&bearer))
        .count();
    assert_eq!(with, 3, "python, curl and node where TLS is opened");
    assert!(
        !ran.results
            .values()
            .any(|told| told.to_string().contains(SECRET))
    );
    ran.check("openssl", "Verify return code: 0 (ok)");
    ran.check("openssl_opened", "Verify return code: 0 (ok)");
    assert_eq!(ran.seen.len(), 7, "{:#?}", ran.seen);
    names(&ran);
    refusals(&ran);
    let opened = ran
        .network
        .iter()
        .filter(|event| event.stage == Stage::Opened);
    let opened: Vec<_> = opened
        .map(|event| (event.host.as_str(), event.opened))
        .collect();
    let hosts = ["api.test", "other.test"];
    assert!(
        opened.iter().all(|(host, _)| hosts.contains(host)),
        "{opened:?}"
    );
    assert!(opened.contains(&("api.test", true)) && opened.contains(&("other.test", false)));
}

/// Granted names have two addresses, others none.
fn names(ran: &Captured) {
    ran.check("addresses", "[\"198.18.0.1\",\"fd63:686f:706d::1\"]");
    ran.check("name_over_a_stream", "fd63686f706d00000000000000000001");
    ran.check("name_from_a_bound_socket", "198.18.0.1");
    ran.check("name_not_granted", "gaierror");
    ran.check("curl_not_granted", "Could not resolve host: evil.test");
}

/// What was refused is told and recorded.
fn refusals(ran: &Captured) {
    let (tls, plain) = (ran.tls, ran.plain);
    for (case, holds) in [
        ("python_opened_wrong_path", "403 chopmark: path not granted"),
        ("plain_wrong_path", "403 chopmark: path not granted"),
        (
            "plain_other_host",
            "403 chopmark: the Host header does not name api.test",
        ),
        (
            "plain_other_absolute",
            "403 chopmark: the Host header does not name api.test",
        ),
        ("other_server_name", "UNRECOGNIZED_NAME"),
        ("other_port", "PermissionError"),
        ("address_not_granted", "PermissionError"),
        ("address_without_a_name", "PermissionError"),
        ("datagram_to_a_granted_host", "PermissionError"),
        ("datagram_over_a_connected_socket", "ConnectionRefusedError"),
    ] {
        ran.check(case, holds);
    }
    assert_eq!(ran.told("plain_http2"), "");
    for denied in [
        format!("connect 198.18.0.2:{plain}"),
        format!("connect 203.0.113.9:{tls}"),
        format!("connect 198.18.0.99:{tls}"),
        format!("send 198.18.0.2:{tls}"),
    ] {
        assert!(ran.denied.contains(&denied), "{denied}: {:?}", ran.denied);
    }
    let mut rules: Vec<_> = ran
        .network
        .iter()
        .filter(|event| event.verdict == Verdict::Denied)
        .map(|event| (event.rule.as_str(), event.host.as_str()))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(
        rules,
        [
            ("host-mismatch", "api.test"),
            ("http2", "api.test"),
            ("name-not-granted", "evil.test"),
            ("path-not-granted", "api.test"),
            ("sni-mismatch", "other.test"),
        ]
    );
}

const OPEN: &str = r#"
import json, os, socket, ssl, sys
port, out, results = int(sys.argv[1]), sys.argv[2], {}
def fetch(name):
    context = ssl.create_default_context()
    try:
        with socket.create_connection((name, port), timeout=20) as bare:
            with context.wrap_socket(bare, server_hostname=name) as stream:
                stream.sendall(f"GET /v1/ HTTP/1.1\r\nhost: {name}:{port}\r\nconnection: close\r\n\r\n".encode())
                return stream.recv(15).decode()
    except OSError as error:
        return f"{type(error).__name__}: {error}"
for name in ("api.test", "other.test", "gone.test", "169.254.169.254"):
    results[name] = fetch(name)
json.dump(results, open(out, "w"))
"#;

#[test]
fn an_open_network_catches_every_name_and_judges_its_addresses() {
    let (world, origin) = (World::new(), Origin::start());
    let port = origin.tls.port();
    world.write("skill/open.py", OPEN);
    world.write("skill/roots.pem", &origin.ca_pem);
    let manifest = format!(
        "files:\n  read: [\"skill:.\"]\n  write: [\"workspace:out\"]\nnetwork:\n  - open: true\n  \
         - host: api.test\n    port: {port}\n    path: /v1/\n    private: true\nexec: [python3]\n"
    );
    let network = vec![narrow(near("api.test", port))];
    let broker = endpoint((network, true), Vec::new(), world.path("skill/roots.pem"));
    let journal = world.path("journals/run");
    let paths = ["skill/open.py", "workspace/out/results"].map(|path| world.path(path));
    let [script, results] = paths.each_ref().map(|path| path.to_str().unwrap());
    let words = ["python3", script, &port.to_string(), results];
    let plan = world.plan_with(&manifest, &words, &journal, Some(broker), Vec::new());
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    let told: BTreeMap<String, String> =
        serde_json::from_str(&world.read("workspace/out/results")).unwrap();
    for (name, holds) in [
        ("api.test", "HTTP/1.1 200 OK"),
        ("other.test", "UNRECOGNIZED_NAME"),
        ("gone.test", "gaierror"),
        ("169.254.169.254", "UNRECOGNIZED_NAME"),
    ] {
        let found = told.get(name).unwrap();
        assert!(found.contains(holds), "{name}: {found}");
    }
    let events = read_journal(&journal, true);
    let mut rules: Vec<_> = events
        .iter()
        .filter_map(|event| {
            let Event::Network(_, event) = event else {
                return None;
            };
            let told = (event.host.as_str(), event.rule.as_str());
            (event.stage == Stage::Refused).then_some(told)
        })
        .collect();
    rules.dedup();
    assert_eq!(
        rules,
        [
            ("other.test", "address-private"),
            ("gone.test", "name-unresolved"),
            ("169.254.169.254", "address-metadata"),
        ]
    );
}
