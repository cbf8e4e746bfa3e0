//! Journals: watched while they grow, told in several forms, removed with a line that stays.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use chopmark_client::home::Home;
use chopmark_client::keys::{KeyStore, Label};
use chopmark_client::seal::Seal;
use chopmark_client::signed;
use chopmark_core::key::SecretKey;
use chopmark_sandbox::HeadSigner;
use chopmark_sandbox::journal::{
    Access, End, Event, FIRST_GRANTED_RULE, Header, Operation, Process, RunFacts, Summary, Verdict,
    Writer,
};
use serde_json::Value;
use tempfile::TempDir;

struct Host {
    folder: TempDir,
    home: Home,
}

struct Signer(SecretKey);

impl HeadSigner for Signer {
    fn public_key(&self) -> [u8; 32] {
        *self.0.public().as_bytes()
    }

    fn sign(&mut self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }
}

impl Host {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let home = Home::below(&folder.path().join("chopmark"));
        signed::make_host_key(&home, &Seal::Plain).unwrap();
        fs::create_dir_all(home.journals()).unwrap();
        Self { folder, home }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chopmark"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("CHOPMARK_HOME", self.folder.path().join("chopmark"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = ["--json"].iter().chain(args).copied().collect();
        let output = self.run(&args);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn file(&self, run: &str) -> PathBuf {
        self.home.journals().join(format!("{run}.jsonl"))
    }

    /// A journal as a run writes it, up to its middle.
    fn begin(&self, run: &str) -> Writer {
        let key = KeyStore::new(self.home.keys())
            .open(&Label::host(), &Seal::Plain)
            .unwrap();
        let mut rules: Vec<String> = (0..FIRST_GRANTED_RULE)
            .map(|n| format!("own-{n}"))
            .collect();
        rules[0] = "runtime".to_owned();
        rules.extend(["read workspace:.", "read skill:.", "write workspace:out"].map(String::from));
        let header = Header {
            facts: RunFacts {
                run: run.to_owned(),
                skill: "@ann/bold@1.0.0".to_owned(),
                started_at: run.split('-').next().unwrap().parse().unwrap(),
                ..RunFacts::default()
            },
            kernel: "6.1".to_owned(),
            layers: Vec::new(),
            arguments: vec!["/usr/bin/python3".to_owned(), "<b>.py".to_owned()],
            rules,
            key: *key.current.public().as_bytes(),
            limits: vec!["bytes are not shown".to_owned()],
        };
        let signer = Box::new(Signer(key.current));
        let mut writer = Writer::create(&self.file(run), header, signer).unwrap();
        writer.append(&process(2, 1));
        writer.append(&access(2, Operation::Exec, "/usr/bin/python3", 0));
        writer.append(&access(2, Operation::Open, "/usr/lib/libc.so.6", 0));
        writer.append(&access(
            2,
            Operation::Open,
            "/w/<b>.txt",
            FIRST_GRANTED_RULE,
        ));
        writer.append(&process(3, 2));
        writer.append(&process(4, 3));
        writer.append(&access(
            4,
            Operation::Open,
            "/w/deep.txt",
            FIRST_GRANTED_RULE,
        ));
        writer.append(&access(
            4,
            Operation::Open,
            "/w/.agents/skills/bold/SKILL.md",
            10,
        ));
        writer.append(&denied(3, "/home/ann/.ssh/id_ed25519"));
        writer.flush().unwrap();
        writer
    }

    fn whole(&self, run: &str) {
        end(&mut self.begin(run));
    }
}

fn end(writer: &mut Writer) {
    let mut summary = Summary {
        unused: vec!["write workspace:out".to_owned()],
        ..Summary::default()
    };
    let what = "open /home/ann/.ssh/id_ed25519".to_owned();
    summary.denied.insert(what, 1);
    writer.append(&Event::End(Box::new(End {
        time_ns: 9_000_000,
        cause: "exited".to_owned(),
        status: 0,
        summary,
    })));
    writer.sign_head();
    writer.sync().unwrap();
}

fn process(pid: u32, parent: u32) -> Event {
    Event::Process(Process {
        time_ns: 1,
        pid,
        parent,
    })
}

fn access(pid: u32, operation: Operation, path: &str, rule: u32) -> Event {
    Event::Access(Access {
        time_ns: 2_000_000,
        pid,
        program: 1,
        operation,
        requested: path.as_bytes().to_vec(),
        resolved: path.as_bytes().to_vec(),
        second: Vec::new(),
        device: 1,
        inode: 2,
        flags: 0,
        verdict: Verdict::Allowed,
        rule,
        errno: 0,
    })
}

fn denied(pid: u32, path: &str) -> Event {
    let Event::Access(allowed) = access(pid, Operation::Open, path, 3) else {
        unreachable!()
    };
    Event::Access(Access {
        verdict: Verdict::Denied,
        errno: 13,
        ..allowed
    })
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_follower_sees_what_comes_and_ends_with_the_run() {
    let host = Host::new();
    let mut writer = host.begin("1700000000-0a");
    let mut child = host
        .command(&["journal", "show", "--follow", "--path", "/w/"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = |what: &str| {
        let found = lines
            .by_ref()
            .find(|line| line.as_ref().unwrap().contains(what));
        assert!(found.is_some(), "{what} never came");
    };
    until("/w/<b>.txt");
    assert_eq!(
        host.json(&["journal", "list"])["runs"][0]["state"],
        "running"
    );
    writer.append(&access(
        2,
        Operation::Open,
        "/w/late.txt",
        FIRST_GRANTED_RULE,
    ));
    writer.flush().unwrap();
    until("/w/late.txt");
    end(&mut writer);
    drop(writer);
    assert!(child.wait().unwrap().success());
    assert_eq!(host.json(&["journal", "list"])["runs"][0]["state"], "ended");
}

/// The twin of the one above: the supervisor goes without an end.
#[test]
fn a_run_that_was_cut_short_is_called_so() {
    let host = Host::new();
    drop(host.begin("1700000000-0a"));
    let output = host.run(&["journal", "show", "--follow"]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && words.contains("cut short"),
        "{words}"
    );
    assert_eq!(
        host.json(&["journal", "list"])["runs"][0]["state"],
        "cut-short"
    );
    assert_eq!(host.run(&["journal", "verify"]).status.code(), Some(5));
    host.whole("1700000001-0b");
    assert_eq!(host.run(&["journal", "verify"]).status.code(), Some(0));
    let unfinished = host.run(&["--json", "journal", "summary", "1700000000"]);
    let words = String::from_utf8(unfinished.stderr).unwrap();
    assert!(words.contains("journal-unfinished"), "{words}");
}

#[test]
fn filters_choose_processes_with_their_children_and_paths_outside() {
    let host = Host::new();
    host.whole("1700000000-0a");
    let shown = |args: &[&str]| {
        let args: Vec<&str> = ["journal", "show"].iter().chain(args).copied().collect();
        text(&host.run(&args))
    };
    let alone = shown(&["--pid", "3"]);
    assert!(
        alone.contains(".ssh") && !alone.contains("deep.txt"),
        "{alone}"
    );
    let family = shown(&["--pid", "3", "--children"]);
    assert!(
        family.contains(".ssh") && family.contains("deep.txt"),
        "{family}"
    );
    assert!(!family.contains("libc"), "{family}");
    let outside = shown(&["--outside"]);
    assert!(
        outside.contains("deep.txt") && outside.contains(".ssh"),
        "{outside}"
    );
    assert!(
        !outside.contains("libc") && !outside.contains("SKILL.md"),
        "{outside}"
    );
    let refused = shown(&["--denied"]);
    assert!(
        refused.contains(".ssh") && !refused.contains("deep.txt"),
        "{refused}"
    );
}

#[test]
fn runs_are_found_by_what_they_touched() {
    let host = Host::new();
    host.whole("1700000000-0a");
    host.whole("1700000001-0b");
    fs::write(host.file("1700000002-0c"), "not a journal\n").unwrap();
    let found = host.run(&["journal", "find", "--path", ".ssh", "--denied"]);
    let words = text(&found);
    assert!(found.status.success());
    assert_eq!(words.matches("id_ed25519").count(), 2, "{words}");
    assert!(
        words.starts_with("@ann/bold@1.0.0 · run 1700000001-0b"),
        "{words}"
    );
    let warned = String::from_utf8(found.stderr).unwrap();
    assert!(warned.contains("1700000002-0c"), "{warned}");
    let none = host.run(&["journal", "find", "--path", ".ssh", "--skill", "@eve/"]);
    assert_eq!(text(&none), "");
    let last = host.run(&["journal", "find", "--path", ".ssh", "--last", "2"]);
    assert_eq!(text(&last).matches("id_ed25519").count(), 1);
}

#[test]
fn a_run_is_told_as_tree_summary_page_and_telemetry() {
    let host = Host::new();
    host.whole("1700000000-0a");
    let tree = host.json(&["journal", "tree"]);
    let depths: Vec<_> = tree["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["pid"].as_u64().unwrap(), p["depth"].as_u64().unwrap()))
        .collect();
    assert_eq!(depths, [(2, 0), (3, 1), (4, 2)]);

    let summary = host.json(&["journal", "summary"]);
    assert_eq!(summary["granted"][0], "read workspace:.");
    assert_eq!(summary["unused"][0], "write workspace:out");
    assert_eq!(summary["denied"]["open /home/ann/.ssh/id_ed25519"], 1);

    assert!(
        host.run(&["journal", "page", "-o", "run.html"])
            .status
            .success()
    );
    let page = fs::read_to_string(host.folder.path().join("run.html")).unwrap();
    assert!(
        page.contains("id_ed25519") && page.contains("Whole: "),
        "{page}"
    );
    assert!(!page.contains("<b>") && !page.contains("<script"), "{page}");

    let export = text(&host.run(&["journal", "export"]));
    let data: Value = serde_json::from_str(export.lines().next().unwrap()).unwrap();
    let records = data["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
        .as_array()
        .unwrap();
    // Header, nine events, end; heads are left out.
    assert_eq!(records.len(), 11);
    let warned: Vec<_> = records
        .iter()
        .filter(|r| r["severityNumber"] == 13)
        .collect();
    assert_eq!(warned.len(), 1);
    assert_eq!(warned[0]["timeUnixNano"], "1700000000002000000");
}

#[test]
fn old_journals_go_and_a_signed_line_stays() {
    let host = Host::new();
    host.whole("1700000000-0a");
    host.whole("9000000000-0b");
    let running = host.begin("1700000002-0c");
    fs::write(host.file("1700000003-0d"), "not a journal\n").unwrap();
    let dry = host.json(&["journal", "prune", "--older-than", "30", "--dry-run"]);
    assert_eq!(dry["removed"].as_array().unwrap().len(), 1);
    assert!(host.file("1700000000-0a").exists());
    let gone = host.json(&["journal", "prune", "--older-than", "30"]);
    assert_eq!(gone["removed"][0]["run"], "1700000000-0a");
    assert!(!host.file("1700000000-0a").exists());
    for stays in ["9000000000-0b", "1700000002-0c", "1700000003-0d"] {
        assert!(host.file(stays).exists(), "{stays}");
    }
    let line = fs::read(host.home.pruned_journals().join("1700000000-0a.json")).unwrap();
    let key = signed::host_key(&host.home).unwrap();
    let payload = signed::open(signed::Kind::PrunedJournal, &line, &key).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(
        (&payload["run"], &payload["complete"]),
        (&"1700000000-0a".into(), &true.into())
    );
    drop(running);
}
