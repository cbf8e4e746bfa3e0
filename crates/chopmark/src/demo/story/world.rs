//! The log and its witnesses: processes of their own, on loopback.

use std::path::PathBuf;
use std::time::Duration;

use chopmark_client::durable::{self, Access};
use chopmark_client::http::Http;

use crate::demo::server::Server;
use crate::demo::stage::{Actor, Stage, broken};
use crate::error::CommandError;

/// A registry, four witnesses that replay the rules, and three that only check consistency.
#[derive(Debug)]
pub(in crate::demo) struct World {
    pub(in crate::demo) operator: Actor,
    pub(in crate::demo) witnesses: Actor,
    pub(in crate::demo) registry: Server,
    pub(in crate::demo) charter: String,
    /// What an author or a host is told: the log, and three of four replaying witnesses.
    pub(in crate::demo) policy: PathBuf,
    /// The same log, believed on the word of the three plain witnesses.
    pub(in crate::demo) plain_policy: PathBuf,
    _witnesses: Vec<Server>,
}

impl World {
    /// Makes keys, starts all servers and writes the policies.
    pub(super) fn start(stage: &mut Stage<'_>) -> Result<Self, CommandError> {
        stage.step(
            "0",
            "A log and its witnesses start, each a process of its own",
        );
        let operator = stage.actor("operator")?;
        let witnesses = stage.actor("witnesses")?;
        let made =
            stage.run(operator.does(["--json", "registry", "init", "log", "--origin", ORIGIN]))?;
        let (key, charter) = (made.text("logKey"), made.text("charter"));
        let logs = witnesses.folder.join("logs.policy");
        write(&logs, &format!("log {key}\nquorum none\n"))?;
        let mut servers = Vec::new();
        let mut lines = String::new();
        for (name, replays) in WITNESSES {
            let full = format!("{name}.witness.example");
            let made =
                stage.run(witnesses.does(["--json", "witness", "init", name, "--name", &full]))?;
            let mut args = vec![
                "witness",
                "serve",
                name,
                "--logs",
                "logs.policy",
                "--exit-with-parent",
            ];
            if !replays {
                args.push("--no-replay");
            }
            let server = Server::start(stage, &witnesses, args)?;
            lines.push_str(&format!(
                "witness {name} {} {}\n",
                made.text("key"),
                server.url()
            ));
            servers.push(server);
        }
        lines.push_str("group replaying 3 w1 w2 w3 w4\ngroup plain 3 p1 p2 p3\n");
        write(
            &operator.folder.join("witnesses.policy"),
            &format!("log {key}\n{lines}group all 2 replaying plain\nquorum all\n"),
        )?;
        let registry = Server::start(
            stage,
            &operator,
            [
                "registry",
                "serve",
                "log",
                "--policy",
                "witnesses.policy",
                "--exit-with-parent",
            ],
        )?;
        write(
            &logs,
            &format!("log {key} {}\nquorum none\n", registry.url()),
        )?;
        let policy = stage.root().join("first-contact.policy");
        let plain_policy = stage.root().join("plain.policy");
        write(
            &policy,
            &format!("log {key} {}\n{lines}quorum replaying\n", registry.url()),
        )?;
        write(
            &plain_policy,
            &format!("log {key} {}\n{lines}quorum plain\n", registry.url()),
        )?;
        first_checkpoint(registry.url())?;
        stage.tell("eight servers run; a record counts once 3 of 4 witnesses have replayed every rule up to it");
        Ok(Self {
            operator,
            witnesses,
            registry,
            charter,
            policy,
            plain_policy,
            _witnesses: servers,
        })
    }

    /// What `trust init` is given.
    pub(super) fn contact(&self) -> [String; 4] {
        let policy = self.policy.to_string_lossy().into_owned();
        [
            "trust".to_owned(),
            "init".to_owned(),
            policy,
            format!("--charter={}", self.charter),
        ]
    }
}

/// Waits until the witnesses, who were told of the log only now, have cosigned its beginning.
fn first_checkpoint(registry: &str) -> Result<(), CommandError> {
    let url = format!("{registry}/checkpoint");
    for _ in 0..START_TRIES {
        if let Ok(Some(_)) = Http::new().file(&url, 1 << 20) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(broken("get a first checkpoint", &url))
}

pub(super) fn write(path: &std::path::Path, text: &str) -> Result<(), CommandError> {
    Ok(durable::write(path, text.as_bytes(), Access::Public)?)
}

const START_TRIES: u32 = 400;

/// Name, and whether it replays the rules.
const WITNESSES: [(&str, bool); 7] = [
    ("w1", true),
    ("w2", true),
    ("w3", true),
    ("w4", true),
    ("p1", false),
    ("p2", false),
    ("p3", false),
];
pub(super) const ORIGIN: &str = "demo.chopmark.example/log";
