//! Unmodified curl and Python over HTTPS: through the broker, with a secret they never hold.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use chopmark_core::permission::NetworkPermission;
use chopmark_sandbox::broker::{
    BrokerConfig, Limits, Resolver, SecretBinding, UpstreamRoots, spawn,
};
use chopmark_sandbox::journal::{Event, Stage};
use chopmark_sandbox::{BrokerEndpoint, RunEnd, RunningBroker, start};

use super::world::{World, read_journal};
use crate::broker::{Origin, SECRET, narrow, near, placeholder, token};

const PROGRAM: &str = r#"
import glob, os, subprocess, sys, urllib.request
url, secret = sys.argv[1] + '/v1/me', bytes.fromhex(sys.argv[2])
print(urllib.request.urlopen(url, timeout=30).read().decode(), file=open('out/python', 'w'))
header = 'Authorization: Bearer ' + os.environ['TOKEN']
subprocess.run(['curl', '-sS', '--fail', '-o', 'out/curl', '-H', header, url], check=True)
elsewhere = subprocess.run(['curl', '-sS', '--fail', url.replace('api.test', 'other.test')])
assert elsewhere.returncode != 0
found = []
for path in glob.glob('/proc/[0-9]*/*') + glob.glob('/run/**', recursive=True) + glob.glob('/etc/*'):
    try:
        if os.path.isfile(path) and secret in open(path, 'rb').read(1 << 20):
            found.append(path)
    except OSError:
        pass
assert not found, found
"#;

#[test]
fn curl_and_python_reach_the_granted_host_and_never_hold_the_secret() {
    let (world, origin) = (World::new(), Origin::start());
    world.write("skill/program.py", PROGRAM);
    world.write("roots.pem", &origin.ca_pem);
    let port = origin.tls.port();
    let manifest = format!(
        "files:\n  read: [\"workspace:.\", \"skill:.\"]\n  write: [\"workspace:out\"]\n\
         network:\n  - host: api.test\n    port: {port}\n    methods: [GET]\n    path: /v1/\n    \
         private: true\nexec: [python3, curl]\n"
    );
    let network = vec![narrow(near("api.test", port))];
    let secrets = vec![token("api.test", port)];
    let broker = endpoint((network, false), secrets, world.path("roots.pem"));
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    // Spelt so that the program's own arguments do not hold what it looks for.
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url = format!("https://api.test:{port}");
    let words = ["python3", script.to_str().unwrap(), &url, &hex];
    let environment = vec![("TOKEN".to_owned(), placeholder().to_string())];
    let plan = world.plan_with(&manifest, &words, &journal, Some(broker), environment);
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    let seen = origin.seen();
    let bearer = format!("authorization: Bearer {SECRET}\n");
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen.iter().all(|request| request.contains(&bearer)),
        "{seen:?}"
    );
    for file in ["journals/run", "workspace/out/python", "workspace/out/curl"] {
        assert!(!world.read(file).contains(SECRET), "{file}");
    }
    let events = read_journal(&journal, true);
    let count = |stage| {
        let of_stage = |event: &&Event| matches!(event, Event::Network(_, e) if e.stage == stage);
        events.iter().filter(of_stage).count()
    };
    assert_eq!((count(Stage::Request), count(Stage::Refused)), (2, 1));
}

/// A broker that finds every name on this machine, but `gone.test` nowhere.
pub(super) fn endpoint(
    (network, open_network): (Vec<NetworkPermission>, bool),
    secrets: Vec<SecretBinding>,
    roots: PathBuf,
) -> BrokerEndpoint {
    BrokerEndpoint::new(move |entrances, sink| {
        let config = BrokerConfig {
            network,
            open_network,
            secrets,
            limits: Limits::ordinary(),
            upstream_roots: UpstreamRoots::File(roots),
            resolver: Resolver::new(|name| match name {
                "gone.test" => Err(std::io::ErrorKind::NotFound.into()),
                _ => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
            }),
            sink,
            now: UNIX_EPOCH.elapsed().unwrap().as_secs(),
        };
        let handle = spawn(entrances, config).map_err(std::io::Error::other)?;
        let ca_pem = handle.ca_pem().to_owned();
        let stop = Box::new(move || drop(handle.stop()));
        Ok(RunningBroker { ca_pem, stop })
    })
}
