//! What `strace` saw of a skill: its processes picked out of everything that it traced.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::line::{Call, parse};

/// One call of the skill that the journal has an operation for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) operation: &'static str,
    pub(super) requested: String,
    /// The folder that a relative path begins at, then the path.
    pub(super) place: PathBuf,
    /// Whether a link at the end is followed.
    pub(super) follows: bool,
    /// The path of the descriptor that came back.
    pub(super) opened: Option<String>,
    /// The error's name.
    pub(super) error: Option<String>,
}

/// Arguments of `strace`: a file for each process, with the paths of descriptors.
pub(super) const ARGUMENTS: [&str; 9] = [
    "-ff",
    "-qq",
    "-y",
    "--pidns-translation",
    "-s",
    "65536",
    "-e",
    "trace=%file,%network,%process,fchdir,fchmod,fchown,fsetxattr,fremovexattr,memfd_create",
    "--signal=none",
];

/// Reads `folder`'s files `log.PID` and keeps the skill's: the process that was the first to
/// execute a program inside, and all that it started.
pub(super) fn seen_by(folder: &Path) -> Vec<Seen> {
    let mut logs = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let pid = path.extension().and_then(|pid| pid.to_str()?.parse().ok());
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let calls: Vec<Call> = text.lines().filter_map(parse).collect();
        logs.extend(pid.map(|pid: u32| (pid, calls)));
    }
    let skill = first_inside(&logs);
    let mut seen = Vec::new();
    follow(&logs, skill, PathBuf::from("/"), false, &mut seen);
    seen
}

/// The process that executed a program and descends from none that did, but for the tests.
fn first_inside(logs: &BTreeMap<u32, Vec<Call>>) -> u32 {
    let executes = |pid: u32| logs[&pid].iter().any(|call| call.name == "execve");
    let parent = |child: u32| {
        let started = |calls: &[Call]| calls.iter().any(|call| call.child == Some(child));
        logs.iter()
            .find(|(_, calls)| started(calls))
            .map(|(pid, _)| *pid)
    };
    let ancestors = |pid| std::iter::successors(parent(pid), |pid| parent(*pid));
    let first =
        |pid: &u32| executes(*pid) && ancestors(*pid).filter(|pid| executes(*pid)).count() == 1;
    logs.keys().copied().find(first).unwrap()
}

/// Adds the calls of `pid` from its first program on, and those of its children.
fn follow(
    logs: &BTreeMap<u32, Vec<Call>>,
    pid: u32,
    mut folder: PathBuf,
    mut begun: bool,
    seen: &mut Vec<Seen>,
) {
    for call in logs.get(&pid).into_iter().flatten() {
        begun |= call.name.starts_with("execve");
        match call.name.as_str() {
            "chdir" if call.error.is_none() => folder = real(&folder.join(call.text(0)), true),
            "fchdir" if call.error.is_none() => folder = call.held(0).into(),
            "clone" | "clone3" | "fork" | "vfork" => {
                if let Some(child) = call.child {
                    follow(logs, child, folder.clone(), begun, seen);
                }
            }
            _ if begun => seen.extend(operation(call, &folder)),
            _ => {}
        }
    }
}

/// The call in the journal's words; none where the journal has no operation for it.
fn operation(call: &Call, folder: &Path) -> Option<Seen> {
    let (operation, at, path) = match call.name.as_str() {
        "open" | "creat" => ("open", None, 0),
        "openat" | "openat2" => ("open", Some(0), 1),
        "execve" => ("exec", None, 0),
        "execveat" => ("exec", Some(0), 1),
        "unlink" => ("unlink", None, 0),
        "unlinkat" if call.argument(2).contains("AT_REMOVEDIR") => ("rmdir", Some(0), 1),
        "unlinkat" => ("unlink", Some(0), 1),
        "rmdir" => ("rmdir", None, 0),
        "rename" => ("rename", None, 0),
        "renameat" | "renameat2" => ("rename", Some(0), 1),
        "link" => ("link", None, 0),
        "linkat" => ("link", Some(0), 1),
        "symlink" => ("symlink", None, 1),
        "symlinkat" => ("symlink", Some(1), 2),
        "mkdir" => ("mkdir", None, 0),
        "mkdirat" => ("mkdir", Some(0), 1),
        "mknod" => ("mknod", None, 0),
        "mknodat" => ("mknod", Some(0), 1),
        "chmod" => ("chmod", None, 0),
        "fchmodat" | "fchmodat2" => ("chmod", Some(0), 1),
        "chown" | "lchown" => ("chown", None, 0),
        "fchownat" => ("chown", Some(0), 1),
        "truncate" => ("truncate", None, 0),
        "setxattr" | "lsetxattr" | "removexattr" | "lremovexattr" => ("xattr", None, 0),
        "utime" | "utimes" => ("utime", None, 0),
        "futimesat" | "utimensat" => ("utime", Some(0), 1),
        "fchmod" => return Some(by_descriptor(call, "chmod")),
        "fchown" => return Some(by_descriptor(call, "chown")),
        "fsetxattr" | "fremovexattr" => return Some(by_descriptor(call, "xattr")),
        "memfd_create" => return Some(named(call, "memfd", call.text(0))),
        "connect" => return Some(named(call, "connect", call.address(1)?)),
        "bind" => return Some(named(call, "bind", call.address(1)?)),
        "sendto" => return Some(named(call, "send", call.address(4)?)),
        "sendmsg" => return Some(named(call, "send", call.address(1)?)),
        _ => return None,
    };
    // A descriptor in the place of a path that is not there, or is empty.
    if at.is_some() && matches!(call.argument(path), "NULL" | "\"\"") {
        return Some(by_descriptor(call, operation));
    }
    let requested = call.text(path);
    let from = at.map_or(folder.to_owned(), |at| call.held(at).into());
    let stays = matches!(
        operation,
        "unlink" | "rmdir" | "rename" | "link" | "symlink" | "mkdir" | "mknod"
    ) || call.name.starts_with('l')
        || call.says("NOFOLLOW")
        || call.says("O_EXCL");
    Some(Seen {
        operation,
        place: from.join(&requested),
        follows: !stays,
        requested,
        opened: call.returned.clone().filter(|_| operation == "open"),
        error: call.error.clone(),
    })
}

fn by_descriptor(call: &Call, operation: &'static str) -> Seen {
    Seen {
        operation,
        requested: String::new(),
        place: call.held(0).into(),
        follows: true,
        opened: Some(call.held(0)),
        error: call.error.clone(),
    }
}

fn named(call: &Call, operation: &'static str, name: String) -> Seen {
    Seen {
        operation,
        place: PathBuf::from(&name),
        follows: true,
        opened: Some(name.clone()),
        requested: name,
        error: call.error.clone(),
    }
}

/// The path as it is, as far as it is still there.
pub(super) fn real(path: &Path, follows: bool) -> PathBuf {
    let mut found = PathBuf::from("/");
    let mut rest: Vec<PathBuf> = parts(path);
    while let Some(part) = rest.pop() {
        if part.as_os_str() == ".." {
            found.pop();
            continue;
        }
        found.push(&part);
        if rest.is_empty() && !follows {
            break;
        }
        if let Ok(content) = std::fs::read_link(&found) {
            found.pop();
            if content.is_absolute() {
                found = PathBuf::from("/");
            }
            rest.extend(parts(&content));
        }
    }
    found
}

/// Names and `..`, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let parts = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    parts
        .map(|part| PathBuf::from(part.as_os_str()))
        .rev()
        .collect()
}
