//! Skill, workspace and journal in a throw-away folder, and runs in them.

use std::ffi::OsString;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use chopmark_core::permission::{Consent, Grant, Manifest, PolicyLimits};
use chopmark_sandbox::journal::{Access, Event, NetworkEvent, Reader, Verdict, verify};
use chopmark_sandbox::{HeadSigner, Outcome, Plan, PlanOptions, RunFacts, start};
use ed25519_dalek::{Signer as _, SigningKey};
use tempfile::TempDir;

/// A place to run in. It lies outside `/tmp`, which a sandbox has for itself.
pub(crate) struct Bench {
    folder: TempDir,
    grant: Grant,
    runs: std::cell::Cell<u32>,
}

/// A run that ended, with its journal read and verified.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) accesses: Vec<Access>,
    #[expect(dead_code, reason = "tests of the network have a bench of their own")]
    pub(crate) network: Vec<NetworkEvent>,
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

impl Bench {
    /// A skill that asks for `permissions` (the lines after the schema) and is granted it all.
    pub(crate) fn new(permissions: &str) -> Self {
        let text = format!("schema: https://chopmark.dev/schema/permissions/v1\n{permissions}");
        let manifest = Manifest::parse(&text).unwrap();
        let grant = Grant::from_manifest(
            &manifest,
            &PolicyLimits::all_of(&manifest),
            &Consent::to_all_of(&manifest),
        );
        let folder = tempfile::Builder::new()
            .prefix("chopmark-")
            .tempdir_in("/var/tmp")
            .unwrap();
        let bench = Self {
            folder,
            grant,
            runs: std::cell::Cell::new(0),
        };
        for name in ["skill", "workspace/out"] {
            fs::create_dir_all(bench.path(name)).unwrap();
        }
        fs::write(bench.path("skill/SKILL.md"), "a skill\n").unwrap();
        fs::write(bench.path("secret.txt"), BAIT).unwrap();
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `words` in the workspace.
    pub(crate) fn run<W: AsRef<Path>>(&self, words: &[W]) -> Ran {
        let number = self.runs.get() + 1;
        self.runs.set(number);
        let journal = self.path(&format!("journal-{number}"));
        let arguments: Vec<OsString> = words.iter().map(|word| word.as_ref().into()).collect();
        let path = std::env::var_os("PATH").unwrap();
        let options = PlanOptions {
            journal_path: journal.clone(),
            facts: RunFacts::default(),
            signer: Box::new(Key(SigningKey::from_bytes(&[7; 32]))),
            broker: None,
            environment: Vec::new(),
            search_path: std::env::split_paths(&path).collect(),
            terminal: None,
            protected: Vec::new(),
        };
        let (skill, workspace) = (self.path("skill"), self.path("workspace"));
        let plan = Plan::new(&self.grant, &skill, &workspace, &arguments, options).unwrap();
        let outcome = start(plan).unwrap().wait().unwrap();
        let key = SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes();
        let found = verify(open(&journal), &key).unwrap();
        assert!(found.complete, "the journal has no signed end");
        let (mut accesses, mut network) = (Vec::new(), Vec::new());
        let mut reader = Reader::new(open(&journal));
        while let Some(line) = reader.next_line().unwrap() {
            match line.event {
                Event::Access(access) => accesses.push(access),
                Event::Network(_, event) => network.push(event),
                Event::Header(_)
                | Event::Process(_)
                | Event::Program(_)
                | Event::Head(_)
                | Event::End(_) => {}
            }
        }
        Ran {
            outcome,
            accesses,
            network,
        }
    }

    /// What the run wrote to `out/NAME` in the workspace.
    pub(crate) fn written(&self, name: &str) -> String {
        fs::read_to_string(self.path("workspace/out").join(name)).unwrap_or_default()
    }
}

impl Ran {
    /// Whether some denied access was asked for with a path or name that contains `part`.
    pub(crate) fn denied(&self, part: &str) -> bool {
        self.accesses.iter().any(|access| {
            access.verdict == Verdict::Denied
                && String::from_utf8_lossy(&access.requested).contains(part)
        })
    }

    /// Whether some access was let through and succeeded on a path that contains `part`.
    pub(crate) fn allowed(&self, part: &str) -> bool {
        self.accesses.iter().any(|access| {
            access.verdict == Verdict::Allowed
                && access.errno == 0
                && String::from_utf8_lossy(&access.resolved).contains(part)
        })
    }
}

fn open(path: &Path) -> BufReader<fs::File> {
    BufReader::new(fs::File::open(path).unwrap())
}

/// Runs one test of this binary again as user and group 65534; nothing where we are no root.
pub(crate) fn as_nobody(test: &str) {
    if !rustix::process::geteuid().is_root() {
        // Then the test itself ran as an ordinary user.
        return;
    }
    let folder = tempfile::Builder::new()
        .prefix("chopmark-")
        .tempdir_in("/var/tmp")
        .unwrap();
    let binary = folder.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&binary)
        .args(["--exact", test])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .current_dir("/")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

/// What lies outside for thieves.
pub(crate) const BAIT: &str = "bait, not to be read\n";
