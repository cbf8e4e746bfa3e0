//! The scan in a process of its own that reads the skill and the cache of rules, and nothing else.
//!
//! Its parsers read hostile bytes. Where the machine has every layer of the sandbox, this program
//! starts itself again under a plan: no network, the skill for reading, an empty folder for the
//! result. What comes back is parsed as anybody's claim is. Where a layer is missing the scan runs
//! here, and the report says so.

use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chopmark_core::package::{Mode, Package};
use chopmark_core::permission::{Consent, Grant, Manifest, PolicyLimits};
use chopmark_sandbox::{HeadSigner, Plan, PlanOptions, RunEnd, RunFacts, probe, start};
use chopmark_scan::{Config, RulePack, ScanResult, engine_version, scan};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::error::CommandError;
use crate::exit::Exit;

/// What kept the scan apart from the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Confinement {
    /// The worker ran under a plan, and says what it saw of that.
    Confined(Seen),
    /// The scan ran in this process.
    None {
        /// What was missing.
        why: String,
    },
}

/// What the worker saw of its own confinement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Seen {
    /// The mode of the system-call filter: 2 where one is in force.
    seccomp: u32,
    /// Whether no program may gain privileges.
    no_new_privileges: bool,
    /// Interfaces of the network besides the loop.
    interfaces: u32,
}

/// What is scanned.
pub(super) struct Subject<'a> {
    pub(super) package: &'a Package,
    /// Its folder, where it was read from one.
    pub(super) folder: Option<&'a Path>,
    pub(super) packs: &'a [RulePack],
    /// Folders of further rule packs.
    pub(super) rules: &'a [PathBuf],
    /// Where compiled rules are kept.
    pub(super) cache: Option<PathBuf>,
}

/// Scans `subject`, confined where this machine can.
///
/// # Errors
///
/// `scan-worker-failed` when a confined worker was started and gave no result of this package: what
/// broke it is not tried again without confinement.
pub(super) fn run(subject: &Subject<'_>) -> Result<(ScanResult, Confinement), CommandError> {
    let here = |why: String| {
        let config = Config::standard();
        let result = scan(subject.package, subject.packs, &config, &engine_version());
        Ok((result, Confinement::None { why }))
    };
    if let Some(missing) = probe().into_iter().find(|layer| !layer.in_force()) {
        let word = missing.layer.word();
        return here(format!("layer {word} is missing: {}", missing.detail()));
    }
    let prepared = Prepared::make(subject);
    let (folder, plan) = match prepared.and_then(|folder| Ok((folder.plan(subject)?, folder))) {
        Ok((plan, folder)) => (folder, plan),
        Err(why) => return here(why),
    };
    let running = match start(plan) {
        Ok(running) => running,
        Err(error) => return here(error.to_string()),
    };
    let ended = running.wait().map_err(|error| failed(&error.to_string()))?;
    if ended.end != RunEnd::Exited(0) {
        return Err(failed(&format!("{:?}", ended.end)));
    }
    let result = folder.read(RESULT)?;
    let result = ScanResult::parse(&result).map_err(|error| failed(&error.to_string()))?;
    let seen = serde_json::from_slice(&folder.read(SEEN)?);
    let seen: Seen = seen.map_err(|error| failed(&error.to_string()))?;
    let packs: Vec<_> = result.packs().iter().map(|pack| pack.digest).collect();
    let mut wanted: Vec<_> = subject
        .packs
        .iter()
        .map(|pack| pack.name().digest)
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let same = result.content() == subject.package.digest()
        && result.config() == &Config::standard()
        && result.engine() == &engine_version()
        && packs == wanted;
    if !same {
        return Err(failed("its result is not of this package"));
    }
    Ok((result, Confinement::Confined(seen)))
}

/// What the worker does: writes the result and what it sees into the current folder.
pub(super) fn work(package: &Package, packs: &[RulePack]) -> Result<(), CommandError> {
    let result = scan(package, packs, &Config::standard(), &engine_version());
    let seen = serde_json::to_vec(&Seen::now()).unwrap_or_default();
    write(Path::new(RESULT), &result.bytes(), Mode::Regular)
        .and_then(|()| write(Path::new(SEEN), &seen, Mode::Regular))
        .map_err(|why| failed(&why))
}

impl Confinement {
    pub(super) fn is_confined(&self) -> bool {
        matches!(self, Self::Confined(_))
    }

    /// The fields that the JSON answer holds beside the result.
    pub(super) fn as_json(&self) -> serde_json::Value {
        match self {
            Self::Confined(seen) => serde_json::json!(seen),
            Self::None { why } => serde_json::json!({ "why": why }),
        }
    }
}

impl Seen {
    fn now() -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let status = text("/proc/self/status");
        let field = |name: &str| {
            let mut lines = status.lines();
            let value = lines.find_map(|line| line.strip_prefix(name));
            value.and_then(|value| value.trim().parse::<u32>().ok())
        };
        let network = text("/proc/self/net/dev");
        let names = network.lines().filter_map(|line| line.split_once(':'));
        let others = names.filter(|(name, _)| name.trim() != "lo").count();
        Self {
            seccomp: field("Seccomp:").unwrap_or_default(),
            no_new_privileges: field("NoNewPrivs:") == Some(1),
            interfaces: u32::try_from(others).unwrap_or(u32::MAX),
        }
    }
}

/// A private folder that holds what the worker gets and gives; it is removed when dropped.
struct Prepared {
    top: PathBuf,
    skill: PathBuf,
    work: PathBuf,
}

impl Prepared {
    fn make(subject: &Subject<'_>) -> Result<Self, String> {
        let name = format!("chopmark-scan-{}-{}", std::process::id(), clock::now());
        let top = std::env::temp_dir().join(name);
        make_folder(&top)?;
        let mut prepared = Self {
            skill: top.join("skill"),
            work: top.join("work"),
            top,
        };
        make_folder(&prepared.work)?;
        match subject.folder {
            Some(folder) => folder.clone_into(&mut prepared.skill),
            None => prepared.unpack(subject.package)?,
        }
        Ok(prepared)
    }

    /// Writes a fetched package where the worker can read it.
    fn unpack(&self, package: &Package) -> Result<(), String> {
        for (path, mode, bytes) in package.files() {
            let path = self.skill.join(path.to_string());
            if let Some(parent) = path.parent() {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
                made.map_err(|error| format!("cannot make `{}`: {error}", parent.display()))?;
            }
            write(&path, bytes, mode)?;
        }
        Ok(())
    }

    fn plan(&self, subject: &Subject<'_>) -> Result<Plan, String> {
        let absolute = |path: &Path| {
            let real = path.canonicalize();
            real.map_err(|error| format!("cannot find `{}`: {error}", path.display()))
        };
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut arguments = vec![program.clone().into_os_string()];
        arguments.extend(["scan", "--worker"].map(Into::into));
        let mut readable = vec!["skill:.".to_owned()];
        if let Some(cache) = subject.cache.as_deref().filter(|cache| cache.is_dir()) {
            let cache = absolute(cache)?;
            readable.push(cache.display().to_string());
            arguments.extend(["--rule-cache".into(), cache.into_os_string()]);
        }
        for folder in subject.rules {
            let folder = absolute(folder)?;
            readable.push(folder.display().to_string());
            arguments.extend(["--rules".into(), folder.into_os_string()]);
        }
        let skill = absolute(&self.skill)?;
        arguments.push(skill.clone().into_os_string());
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let grant = grant(&readable, &name)?;
        let options = PlanOptions {
            journal_path: self.top.join("journal.jsonl"),
            facts: RunFacts {
                run: "scan".to_owned(),
                skill_digest: subject.package.digest().to_hex(),
                started_at: clock::now(),
                ..RunFacts::default()
            },
            signer: Box::new(Nobody),
            broker: None,
            environment: Vec::new(),
            // Plans look up `env` for scripts among granted programs.
            search_path: program
                .parent()
                .into_iter()
                .chain([Path::new("/usr/bin"), Path::new("/bin")])
                .map(Path::to_owned)
                .collect(),
            terminal: None,
            protected: Vec::new(),
        };
        Plan::new(&grant, &skill, &self.work, &arguments, options)
            .map_err(|error| error.to_string())
    }

    /// Reads what the worker wrote under `name`.
    fn read(&self, name: &str) -> Result<Vec<u8>, CommandError> {
        let mut bytes = Vec::new();
        // The worker may have put a link there.
        let mut options = File::options();
        options.read(true);
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = options.open(self.work.join(name));
        file.and_then(|file| file.take(MAX_RESULT).read_to_end(&mut bytes))
            .map_err(|error| failed(&format!("its {name} cannot be read: {error}")))?;
        Ok(bytes)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // Whatever stays behind is a private folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.top);
    }
}

/// A grant of nothing but reading, one folder to write to, and this program.
fn grant(readable: &[String], program: &str) -> Result<Grant, String> {
    let manifest = serde_json::json!({
        "schema": "https://chopmark.dev/schema/permissions/v1",
        "files": { "read": readable, "write": ["workspace:."] },
        "exec": [program],
        "resources": { "memoryMiB": 2048, "wallSeconds": 600 },
    });
    let manifest = Manifest::parse(&manifest.to_string()).map_err(|error| error.to_string())?;
    let (limits, consent) = (
        PolicyLimits::all_of(&manifest),
        Consent::to_all_of(&manifest),
    );
    Ok(Grant::from_manifest(&manifest, &limits, &consent))
}

/// The journal of a scan is thrown away with the folder: nobody vouches for it.
struct Nobody;

impl HeadSigner for Nobody {
    fn public_key(&self) -> [u8; 32] {
        [0; 32]
    }

    fn sign(&mut self, _: &[u8]) -> [u8; 64] {
        [0; 64]
    }
}

fn make_folder(path: &Path) -> Result<(), String> {
    let made = DirBuilder::new().mode(0o700).create(path);
    made.map_err(|error| format!("cannot make `{}`: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), String> {
    let bits = match mode {
        Mode::Regular => 0o644,
        Mode::Executable => 0o755,
    };
    let mut options = File::options();
    options.write(true).create_new(true).mode(bits);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

fn failed(why: &str) -> CommandError {
    CommandError::new(
        Exit::Failed,
        "scan-worker-failed",
        format_args!("the confined scan gave no result: {why}"),
    )
}

const RESULT: &str = "result.json";
const SEEN: &str = "seen.json";
/// More than any result of the standard limits.
const MAX_RESULT: u64 = 256 * 1024 * 1024;
