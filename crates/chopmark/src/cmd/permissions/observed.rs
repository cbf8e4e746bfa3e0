//! A draft of `permissions.yaml` from the journal of one run.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use chopmark_client::durable::FileError;
use chopmark_core::permission::{Manifest, SCHEMA};
use chopmark_sandbox::journal::{Access, Event, NetworkEvent, Operation, Stage, Verdict};

use crate::cmd::journal::locate::{broken, find, open};
use crate::error::CommandError;
use crate::ui::Ui;

/// Drafts what the skill in `folder` needs, from what the run `run` did in `workspace`.
///
/// Each line says how often it was seen, and whether it was refused. What no permission may give,
/// and what lies outside skill and workspace, is a comment for a person to take up.
pub(super) fn draft(
    run: &str,
    folder: &Path,
    workspace: &Path,
    ui: &Ui,
) -> Result<String, CommandError> {
    let real = |path: &Path| -> Result<PathBuf, CommandError> {
        Ok(path
            .canonicalize()
            .map_err(FileError::at("look at", path))?)
    };
    let mut seen = Seen {
        skill: real(folder)?,
        workspace: real(workspace)?,
        ..Seen::default()
    };
    let mut reader = open(&find(Some(run), ui)?)?;
    while let Some(line) = reader.next_line().map_err(broken)? {
        match line.event {
            Event::Access(access) => seen.access(&access),
            Event::Network(_, network) => seen.network(&network),
            Event::Header(_)
            | Event::Process(_)
            | Event::Program(_)
            | Event::Head(_)
            | Event::End(_) => {}
        }
    }
    Ok(seen.text(run))
}

/// How often something was done, and refused.
#[derive(Debug, Default, Clone, Copy)]
struct Times {
    done: u64,
    refused: u64,
}

impl Times {
    fn count(&mut self, is_refused: bool) {
        let count = if is_refused {
            &mut self.refused
        } else {
            &mut self.done
        };
        *count = count.saturating_add(1);
    }

    fn words(self) -> String {
        match (self.done, self.refused) {
            (done, 0) => format!("{done}×"),
            (0, refused) => format!("{refused}×, refused"),
            (done, refused) => format!("{done}×, refused {refused}×"),
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    skill: PathBuf,
    workspace: PathBuf,
    reads: BTreeMap<PathBuf, Times>,
    writes: BTreeMap<PathBuf, Times>,
    own: Times,
    temporary: Times,
    hosts: BTreeMap<(String, u16), Times>,
    programs: BTreeMap<String, Times>,
    outside: BTreeMap<String, Times>,
}

impl Seen {
    fn access(&mut self, access: &Access) {
        let is_refused = access.verdict == Verdict::Denied;
        let path = Path::new(OsStr::from_bytes(&access.resolved));
        if access.operation == Operation::Exec {
            let requested = Path::new(OsStr::from_bytes(&access.requested));
            let own = path.starts_with(&self.skill) || path.starts_with(&self.workspace);
            let name = requested.file_name().and_then(OsStr::to_str);
            if let (Some(name), false, true) = (name, own, access.errno == 0) {
                self.programs
                    .entry(name.to_owned())
                    .or_default()
                    .count(is_refused);
            }
            return;
        }
        // What was looked for and is not there needs no permission.
        if !is_refused && access.errno != 0 {
            return;
        }
        let writes = match access.operation {
            Operation::Open => access.flags & WRITES != 0,
            Operation::Call
            | Operation::Fork
            | Operation::Memfd
            | Operation::Connect
            | Operation::Bind
            | Operation::Send
            | Operation::Exec => return,
            Operation::Unlink
            | Operation::Rmdir
            | Operation::Rename
            | Operation::Link
            | Operation::Symlink
            | Operation::Mkdir
            | Operation::Mknod
            | Operation::Chmod
            | Operation::Chown
            | Operation::Truncate
            | Operation::Xattr
            | Operation::Utime => true,
        };
        if path.starts_with(&self.skill) {
            self.own.count(is_refused);
        } else if let Ok(below) = path.strip_prefix(&self.workspace) {
            let list = if writes {
                &mut self.writes
            } else {
                &mut self.reads
            };
            list.entry(below.to_owned()).or_default().count(is_refused);
        } else if TEMPORARY.iter().any(|folder| path.starts_with(folder)) {
            if writes {
                self.temporary.count(is_refused);
            }
        } else if is_refused {
            let word = if writes { "write" } else { "read" };
            let what = format!("{word} {}", path.display());
            self.outside.entry(what).or_default().count(true);
        }
    }

    fn network(&mut self, network: &NetworkEvent) {
        let is_refused = network.stage == Stage::Refused;
        if is_refused || network.stage == Stage::Opened {
            let place = (network.host.clone(), network.port);
            self.hosts.entry(place).or_default().count(is_refused);
        }
    }

    fn text(&self, run: &str) -> String {
        let mut text = format!(
            "# A draft from run {run}; strike what the skill does not need.\nschema: {SCHEMA}\n"
        );
        let mut reads = listed("workspace:", &gathered(&self.reads));
        if self.own.done > 0 {
            reads.insert(0, ("\"skill:.\"".to_owned(), self.own));
        }
        let folders = self.writes.iter().map(|(path, times)| {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            (folder.unwrap_or(path).to_owned(), *times)
        });
        let mut written: BTreeMap<PathBuf, Times> = BTreeMap::new();
        for (folder, times) in folders {
            let sum = written.entry(folder).or_default();
            sum.done = sum.done.saturating_add(times.done);
            sum.refused = sum.refused.saturating_add(times.refused);
        }
        let mut writes = listed("workspace:", &gathered(&written));
        if self.temporary.done > 0 || self.temporary.refused > 0 {
            writes.push(("\"temp:.\"".to_owned(), self.temporary));
        }
        if !reads.is_empty() || !writes.is_empty() {
            text.push_str("files:\n");
        }
        section(&mut text, "  read:", "    ", "files:\n  read:", &reads);
        section(&mut text, "  write:", "    ", "files:\n  write:", &writes);
        let hosts = self.hosts.iter().map(|((host, port), times)| {
            let field = if host.parse::<std::net::IpAddr>().is_ok() {
                "address"
            } else {
                "host"
            };
            (format!("{{{field}: \"{host}\", port: {port}}}"), *times)
        });
        section(
            &mut text,
            "network:",
            "  ",
            "network:",
            &hosts.collect::<Vec<_>>(),
        );
        let programs: Vec<_> = self
            .programs
            .iter()
            .map(|(name, times)| (format!("\"{name}\""), *times))
            .collect();
        section(&mut text, "exec:", "  ", "exec:", &programs);
        for (what, times) in &self.outside {
            let _ = writeln!(text, "# outside: {} # {}", printable(what), times.words());
        }
        text
    }
}

/// One list; an entry that no manifest may hold is a comment.
fn section(text: &mut String, head: &str, indent: &str, alone: &str, entries: &[(String, Times)]) {
    let fits = |entry: &str| {
        Manifest::parse(&format!("schema: {SCHEMA}\n{alone}\n{indent}- {entry}\n")).is_ok()
    };
    if entries.iter().any(|(entry, _)| fits(entry)) {
        let _ = writeln!(text, "{head}");
    }
    for (entry, times) in entries {
        let mark = if fits(entry) { "" } else { "# " };
        let _ = writeln!(
            text,
            "{indent}{mark}- {} # {}",
            printable(entry),
            times.words()
        );
    }
}

fn listed(root: &str, paths: &BTreeMap<PathBuf, Times>) -> Vec<(String, Times)> {
    let quoted = |path: &Path| {
        let text = path.to_string_lossy();
        let text = if text.is_empty() { ".".into() } else { text };
        format!(
            "\"{root}{}\"",
            text.replace('\\', "\\\\").replace('"', "\\\"")
        )
    };
    paths
        .iter()
        .map(|(path, times)| (quoted(path), *times))
        .collect()
}

/// Few paths as they are; where they are many, the folder that holds them.
fn gathered(paths: &BTreeMap<PathBuf, Times>) -> BTreeMap<PathBuf, Times> {
    let mut by_first: BTreeMap<PathBuf, BTreeSet<&PathBuf>> = BTreeMap::new();
    for path in paths.keys() {
        let first = match path.components().next() {
            Some(Component::Normal(first)) => PathBuf::from(first),
            _ => PathBuf::new(),
        };
        by_first.entry(first).or_default().insert(path);
    }
    let whole = by_first.len() > FEW || by_first.contains_key(Path::new(""));
    let mut gathered: BTreeMap<PathBuf, Times> = BTreeMap::new();
    for (first, held) in by_first {
        for path in held {
            let key = if whole {
                PathBuf::new()
            } else if paths
                .keys()
                .filter(|other| other.starts_with(&first))
                .count()
                > FEW
            {
                first.clone()
            } else {
                path.clone()
            };
            let Some(times) = paths.get(path) else {
                continue;
            };
            let sum = gathered.entry(key).or_default();
            sum.done = sum.done.saturating_add(times.done);
            sum.refused = sum.refused.saturating_add(times.refused);
        }
    }
    gathered
}

/// One line that ends no comment.
fn printable(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(plain).collect()
}

/// `O_WRONLY`, `O_RDWR`, `O_CREAT`, `O_TRUNC`.
const WRITES: u64 = 0o1 | 0o2 | 0o100 | 0o1000;
const TEMPORARY: [&str; 3] = ["/tmp", "/home/skill", "/dev/shm"];
const FEW: usize = 6;
