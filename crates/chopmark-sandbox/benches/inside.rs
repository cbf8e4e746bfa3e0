//! What confinement and broker together add to requests of an unmodified Python program, with the
//! journal written: `cargo bench -p chopmark-sandbox --bench inside`.
#![expect(clippy::print_stdout, reason = "a benchmark's result")]
#![expect(
    clippy::unwrap_used,
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
    clippy::indexing_slicing,
    reason = "the same fixtures, outside cfg(test)"
)]

#[path = "../tests/it/broker/origin.rs"]
mod origin;
#[path = "../tests/it/confined/world.rs"]
mod sandbox;
#[path = "../tests/it/broker/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::Command;
use std::time::UNIX_EPOCH;

use chopmark_sandbox::broker::{BrokerConfig, Limits, Resolver, UpstreamRoots, spawn};
use chopmark_sandbox::{BrokerEndpoint, RunEnd, RunningBroker, start};
use origin::Origin;
use sandbox::World;
use world::{narrow, near, token};

/// Microseconds of each request, by way and kind.
type Times = BTreeMap<String, Vec<f64>>;

fn main() {
    let (world, origin) = (World::new(), Origin::start());
    world.write("skill/ask.py", ASK);
    world.write("skill/roots.pem", &origin.ca_pem);
    let mut times = Times::new();
    for _ in 0..ROUNDS {
        bare(&world, &origin, &mut times);
        for way in ["proxy", "direct"] {
            confined(&world, &origin, way, &mut times);
        }
    }
    println!(
        "{:<28} {:>8} {:>8} {:>9}",
        "way", "p50 µs", "p99 µs", "added p50"
    );
    for kind in ["plain kept", "plain new", "TLS kept", "TLS new"] {
        let mut base = 0.0;
        for way in ["bare", "proxy", "direct"] {
            let found = times.get_mut(&format!("{way} {kind}")).unwrap();
            found.sort_by(f64::total_cmp);
            let [p50, p99] = [found.len() / 2, found.len() * 99 / 100].map(|at| found[at]);
            if way == "bare" {
                base = p50;
            }
            println!(
                "{:<28} {p50:>8.0} {p99:>8.0} {:>9.0}",
                format!("{kind}, {way}"),
                p50 - base
            );
        }
    }
}

fn bare(world: &World, origin: &Origin, times: &mut Times) {
    let status = Command::new("/usr/bin/python3")
        .arg(world.path("skill/ask.py"))
        .args(["bare", "127.0.0.1"])
        .args([
            origin.plain.port().to_string(),
            origin.tls.port().to_string(),
        ])
        .arg(world.path("workspace/out/times"))
        .env("SSL_CERT_FILE", world.path("skill/roots.pem"))
        .status()
        .unwrap();
    assert!(status.success());
    collect(world, "bare", times);
}

fn confined(world: &World, origin: &Origin, way: &str, times: &mut Times) {
    let (plain, tls) = (origin.plain.port(), origin.tls.port());
    let permission = |port: u16| {
        format!("  - host: api.test\n    port: {port}\n    path: /v1/\n    private: true\n")
    };
    let manifest = format!(
        "files:\n  read: [\"skill:.\"]\n  write: [\"workspace:out\"]\nnetwork:\n{}{}exec: [python3]\n",
        permission(plain),
        permission(tls)
    );
    let roots = UpstreamRoots::File(world.path("skill/roots.pem"));
    let broker = BrokerEndpoint::new(move |entrances, sink| {
        let config = BrokerConfig {
            network: vec![
                narrow(near("api.test", plain)),
                narrow(near("api.test", tls)),
            ],
            open_network: false,
            secrets: vec![token("api.test", tls)],
            limits: Limits::ordinary(),
            upstream_roots: roots,
            resolver: Resolver::new(|_| Ok(vec![IpAddr::from([127, 0, 0, 1])])),
            sink,
            now: UNIX_EPOCH.elapsed().unwrap().as_secs(),
        };
        let handle = spawn(entrances, config).map_err(std::io::Error::other)?;
        let ca_pem = handle.ca_pem().to_owned();
        let stop = Box::new(move || drop(handle.stop()));
        Ok(RunningBroker { ca_pem, stop })
    });
    let paths =
        ["skill/ask.py", "workspace/out/times", "journals/run"].map(|path| world.path(path));
    let [script, out, _] = paths.each_ref().map(|path| path.to_str().unwrap());
    let (plain, tls) = (plain.to_string(), tls.to_string());
    let words = ["python3", script, way, "api.test", &plain, &tls, out];
    let plan = world.plan_with(
        &manifest,
        &words,
        &world.path("journals/run"),
        Some(broker),
        Vec::new(),
    );
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    std::fs::remove_file(world.path("journals/run")).unwrap();
    collect(world, way, times);
}

fn collect(world: &World, way: &str, times: &mut Times) {
    let found: Times = serde_json::from_str(&world.read("workspace/out/times")).unwrap();
    for (kind, found) in found {
        times
            .entry(format!("{way} {kind}"))
            .or_default()
            .extend(found);
    }
    std::fs::remove_file(world.path("workspace/out/times")).unwrap();
}

const ROUNDS: usize = 12;

const ASK: &str = r#"
import http.client, json, os, ssl, sys, time
way, host, plain, tls, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
context = ssl.create_default_context()
context.check_hostname = way != "bare"
proxy = os.environ.get("http_proxy", "http://-:0").removeprefix("http://").split(":")

def open_plain():
    return http.client.HTTPConnection(*(proxy if way == "proxy" else (host, plain)))

def open_tls():
    if way != "proxy":
        return http.client.HTTPSConnection(host, tls, context=context)
    connection = http.client.HTTPSConnection(*proxy, context=context)
    connection.set_tunnel(host, tls)
    return connection

def ask(connection, target, authority):
    connection.request("GET", target, headers={"host": authority})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status

times = {}
for kind, port, begin in (("plain", plain, open_plain), ("TLS", tls, open_tls)):
    authority = f"{host}:{port}"
    target = f"http://{authority}/v1/x" if way == "proxy" and kind == "plain" else "/v1/x"
    kept = begin()
    for count, name in ((220, "kept"), (25, "new")):
        found = []
        for _ in range(count):
            start = time.perf_counter_ns()
            connection = kept if name == "kept" else begin()
            ask(connection, target, authority)
            found.append((time.perf_counter_ns() - start) / 1000)
            if name == "new":
                connection.close()
        times[f"{kind} {name}"] = found[20:] if name == "kept" else found[5:]
json.dump(times, open(out, "w"))
"#;
