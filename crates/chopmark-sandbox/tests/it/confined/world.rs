//! A skill, a workspace and something outside of both.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use chopmark_core::permission::{Consent, Grant, Manifest, PolicyLimits};
use chopmark_sandbox::journal::{Access, Event, Reader, Verdict, verify};
use chopmark_sandbox::{
    BrokerEndpoint, HeadSigner, Outcome, Plan, PlanError, PlanOptions, RunFacts, start,
};
use ed25519_dalek::{Signer as _, SigningKey};

/// The first line of every manifest.
const SCHEMA: &str = "schema: https://chopmark.dev/schema/permissions/v1\n";

/// Folders of one test; they lie outside of `/tmp`, which is private inside.
pub(super) struct World {
    root: PathBuf,
    _owned: Option<tempfile::TempDir>,
}

/// What came of a run.
pub(super) struct Ran {
    pub(super) outcome: Outcome,
    pub(super) events: Vec<Event>,
}

struct Key(SigningKey);

impl HeadSigner for Key {
    fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&mut self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl World {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir_in("/var/tmp").unwrap();
        let world = Self {
            root: root.path().to_owned(),
            _owned: Some(root),
        };
        for folder in ["skill", "workspace/out", "outside/.ssh", "journals"] {
            std::fs::create_dir_all(world.path(folder)).unwrap();
        }
        world.write("outside/.ssh/id_ed25519", "a private key\n");
        world.write("workspace/input.txt", "input\n");
        world
    }

    /// A world that another process owns.
    pub(super) fn at(root: PathBuf) -> Self {
        Self { root, _owned: None }
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub(super) fn write(&self, relative: &str, content: &str) {
        let mut file = File::create(self.path(relative)).unwrap();
        file.write_all(content.as_bytes()).unwrap();
    }

    pub(super) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Runs `arguments` under what `manifest` declares, all of it granted.
    pub(super) fn run(&self, manifest: &str, arguments: &[&str]) -> Ran {
        let journal = self.path("journals/run");
        let plan = self.plan(manifest, arguments, &journal).unwrap();
        let outcome = start(plan).unwrap().wait().unwrap();
        let events = read_journal(&journal, true);
        std::fs::remove_file(&journal).unwrap();
        Ran { outcome, events }
    }

    /// Runs a Python program that is a file of the skill.
    pub(super) fn python(&self, manifest: &str, program: &str) -> Ran {
        self.write("skill/program.py", program);
        let script = self.path("skill/program.py");
        self.run(manifest, &["python3", script.to_str().unwrap()])
    }

    pub(super) fn plan(
        &self,
        manifest: &str,
        arguments: &[&str],
        journal: &Path,
    ) -> Result<Plan, PlanError> {
        self.plan_with(manifest, arguments, journal, None, Vec::new())
    }

    pub(super) fn plan_with(
        &self,
        manifest: &str,
        arguments: &[&str],
        journal: &Path,
        broker: Option<BrokerEndpoint>,
        environment: Vec<(String, String)>,
    ) -> Result<Plan, PlanError> {
        let manifest = Manifest::parse(&format!("{SCHEMA}{manifest}")).unwrap();
        let grant = Grant::from_manifest(
            &manifest,
            &PolicyLimits::all_of(&manifest),
            &Consent::to_all_of(&manifest),
        );
        let options = PlanOptions {
            journal_path: journal.to_owned(),
            facts: RunFacts {
                run: "test".to_owned(),
                ..RunFacts::default()
            },
            signer: Box::new(Key(key())),
            broker,
            environment,
            search_path: ["/usr/bin", "/bin"].map(PathBuf::from).to_vec(),
            terminal: None,
            protected: Vec::new(),
        };
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let (skill, workspace) = (self.path("skill"), self.path("workspace"));
        Plan::new(&grant, &skill, &workspace, &arguments, options)
    }
}

/// Reads a journal after proving it; `whole` also asks for its end.
pub(super) fn read_journal(path: &Path, whole: bool) -> Vec<Event> {
    let public = key().verifying_key().to_bytes();
    let verified = verify(BufReader::new(File::open(path).unwrap()), &public).unwrap();
    assert_eq!(verified.complete, whole, "{verified:?}");
    let mut reader = Reader::new(BufReader::new(File::open(path).unwrap()));
    let mut events = Vec::new();
    while let Some(line) = reader.next_line().unwrap() {
        events.push(line.event);
    }
    events
}

/// Fails with a word of advice where `program` is not installed.
pub(super) fn needed(program: &str) {
    let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
    let there = found.iter().any(|path| path.exists());
    assert!(there, "`{program}` is missing; scripts/test installs it");
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The accesses among `events`.
pub(super) fn accesses(events: &[Event]) -> impl Iterator<Item = &Access> {
    events.iter().filter_map(|event| match event {
        Event::Access(access) => Some(access),
        Event::Header(_)
        | Event::Process(_)
        | Event::Program(_)
        | Event::Network(..)
        | Event::Head(_)
        | Event::End(_) => None,
    })
}

impl Ran {
    pub(super) fn accesses(&self) -> impl Iterator<Item = &Access> {
        accesses(&self.events)
    }

    /// Denied accesses, as `operation path`.
    pub(super) fn denied(&self) -> Vec<String> {
        self.accesses()
            .filter(|access| access.verdict == Verdict::Denied)
            .map(told)
            .collect()
    }

    /// Whether an access with this operation and resolved path was allowed and went well.
    pub(super) fn carried_out(&self, text: &str) -> bool {
        self.accesses().any(|access| {
            access.verdict == Verdict::Allowed && access.errno == 0 && told(access) == text
        })
    }
}

/// `operation path`.
pub(super) fn told(access: &Access) -> String {
    format!(
        "{} {}",
        access.operation.word(),
        String::from_utf8_lossy(&access.resolved)
    )
}

/// Reads the workspace and the skill, writes `out` and temporary files, starts Python.
pub(super) const ORDINARY: &str = "files:\n  read: [\"workspace:.\", \"skill:.\"]\n  \
    write: [\"workspace:out\", \"temp:.\"]\nexec: [python3]\n";
