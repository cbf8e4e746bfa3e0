//! The journal beside `strace`, both watching one and the same run.
//!
//! `strace -f` runs around the test that starts the skill, so it follows the skill into its
//! namespaces and sees the same files. What it saw of the skill's processes must be what the
//! journal holds: each operation with the path as it was asked for and its error, and each
//! operation with the path that it came to.

mod line;
mod strace;

use std::collections::BTreeSet;
use std::process::Command;

use chopmark_sandbox::journal::{Access, Operation};
use chopmark_sandbox::{RunEnd, start};

use super::world::{World, accesses, needed, read_journal};
use strace::{ARGUMENTS, Seen, real, seen_by};

/// Lines that both must have.
type Lines = BTreeSet<String>;

/// Reads and writes the workspace and temporary files.
const FILES: &str = "files:\n  read: [\"workspace:.\", \"skill:.\"]\n  \
    write: [\"workspace:out\", \"temp:.\"]\nresources: {wallSeconds: 60}\n";

/// Runs `words` in `world`, traced; asserts that both records are the same.
///
/// Only root may look into the user namespace of another process: an ordinary user's strace sees
/// calls without their paths. The supervisor does the same for both.
fn compare(world: &World, manifest: &str, words: &[&str]) {
    if !rustix::process::geteuid().is_root() {
        let told = b"LEFT OUT: strace sees no paths of a sandbox unless it is root\n";
        std::io::Write::write_all(&mut std::io::stdout(), told).unwrap();
        return;
    }
    std::fs::create_dir(world.path("traced")).unwrap();
    world.write("manifest", manifest);
    world.write("words", &words.join("\n"));
    needed("strace");
    let tracer = Command::new("strace")
        .args(ARGUMENTS)
        .arg("-o")
        .arg(world.path("traced/log"))
        .arg(std::env::current_exe().unwrap())
        .args(["confined::complete::the_traced_run", "--exact"])
        .env("CHOPMARK_TEST_TRACED", world.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&tracer.stdout);
    assert!(tracer.status.success(), "{told}{tracer:?}");
    let events = read_journal(&world.path("journals/run"), true);
    let mut seen = seen_by(&world.path("traced"));
    // A path that cannot be read is none: the journal has nothing to say of it.
    seen.retain(|seen| seen.error.as_deref() != Some("EFAULT"));
    let accesses: Vec<&Access> = accesses(&events).collect();
    same(
        "as they were asked for",
        seen.iter().map(asked_of_strace).collect(),
        accesses
            .iter()
            .map(|access| asked_of_journal(access))
            .collect(),
    );
    same(
        "where they led",
        seen.iter().filter_map(led_of_strace).collect(),
        accesses
            .iter()
            .filter_map(|access| led_of_journal(access))
            .collect(),
    );
}

#[test]
fn the_journal_of_python_equals_strace() {
    let world = World::new();
    world.write("skill/work.py", include_str!("complete/work.py"));
    let script = world.path("skill/work.py");
    let manifest = format!("{FILES}exec: [python3, cat, sh, env]\n");
    compare(&world, &manifest, &["python3", script.to_str().unwrap()]);
}

#[test]
fn the_journal_of_bash_equals_strace() {
    let world = World::new();
    world.write("skill/work.sh", include_str!("complete/work.sh"));
    let script = world.path("skill/work.sh");
    let programs = "bash, cat, sort, grep, tr, wc, mkdir, mv, rm, ln, cp, chmod, touch, ls, mkfifo, \
        find, xargs, head";
    let manifest = format!("{FILES}exec: [{programs}]\n");
    compare(&world, &manifest, &["bash", script.to_str().unwrap()]);
}

#[test]
fn the_journal_of_node_equals_strace() {
    needed("node");
    let world = World::new();
    world.write("skill/work.js", include_str!("complete/work.js"));
    std::fs::create_dir(world.path("skill/node_modules")).unwrap();
    std::fs::create_dir(world.path("skill/node_modules/neat")).unwrap();
    let package = "{\"name\": \"neat\", \"version\": \"1.0.0\", \"main\": \"index.js\"}\n";
    world.write("skill/node_modules/neat/package.json", package);
    world.write(
        "skill/node_modules/neat/index.js",
        "exports.neat = (text) => text.trim();\n",
    );
    world.write(
        "skill/package.json",
        "{\"name\": \"work\", \"private\": true}\n",
    );
    let script = world.path("skill/work.js");
    let manifest = format!("{FILES}exec: [node, cat]\n");
    compare(&world, &manifest, &["node", script.to_str().unwrap()]);
}

#[test]
fn the_journal_of_git_equals_strace() {
    needed("git");
    let world = World::new();
    world.write("skill/work.sh", include_str!("complete/git.sh"));
    // A repository that is there already: its settings and hooks are not the skill's to write.
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(words).current_dir(world.path("workspace"));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent");
        assert!(command.status().unwrap().success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["config", "user.name", "skill"]);
    git(&["config", "user.email", "skill@localhost"]);
    let script = world.path("skill/work.sh");
    let manifest = "files:\n  read: [\"skill:.\"]\n  write: [\"workspace:.\", \"temp:.\"]\n\
        exec: [sh, git, cat, mkdir]\nresources: {wallSeconds: 60}\n";
    compare(&world, manifest, &["sh", script.to_str().unwrap()]);
}

#[test]
fn the_journal_of_a_static_program_equals_strace() {
    needed("cc");
    let world = World::new();
    world.write("work.c", include_str!("complete/work.c"));
    let built = Command::new("cc")
        .args(["-static", "-O1", "-o"])
        .args([world.path("skill/work"), world.path("work.c")])
        .status()
        .unwrap();
    assert!(built.success());
    let program = world.path("skill/work");
    compare(&world, FILES, &[program.to_str().unwrap()]);
}

/// The part that `strace` runs.
#[test]
fn the_traced_run() {
    let Some(root) = std::env::var_os("CHOPMARK_TEST_TRACED") else {
        return;
    };
    let world = World::at(root.into());
    let (manifest, words) = (world.read("manifest"), world.read("words"));
    let words: Vec<&str> = words.split('\n').collect();
    let plan = world.plan(&manifest, &words, &world.path("journals/run"));
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
}

fn same(what: &str, strace: Lines, journal: Lines) {
    let only =
        |one: &Lines, other: &Lines| -> Vec<String> { one.difference(other).cloned().collect() };
    let (strace_only, journal_only) = (only(&strace, &journal), only(&journal, &strace));
    assert!(
        strace_only.is_empty() && journal_only.is_empty(),
        "{what}, of {}:\nonly strace: {strace_only:#?}\nonly the journal: {journal_only:#?}",
        strace.len(),
    );
    assert!(strace.len() > 20, "{what}: only {} lines", strace.len());
}

fn asked_of_strace(seen: &Seen) -> String {
    let error = seen.error.as_deref().unwrap_or("ok");
    format!("{} {} {error}", seen.operation, seen.requested)
}

fn asked_of_journal(access: &Access) -> String {
    let requested = String::from_utf8_lossy(&access.requested);
    format!(
        "{} {requested} {}",
        access.operation.word(),
        error(access.errno)
    )
}

/// None where the two must differ: a path from a descriptor that is none leads nowhere, a file
/// in memory has no path, and of a descriptor that is given a name `strace` knows the link in
/// `/proc`, the journal the file behind it.
fn led_of_strace(seen: &Seen) -> Option<String> {
    let path = match &seen.opened {
        Some(path) => path.clone(),
        None => real(&seen.place, seen.follows).to_str()?.to_owned(),
    };
    let nowhere = seen.error.as_deref() == Some("EBADF") || seen.operation == "memfd";
    let named = seen.operation == "link" && path.starts_with("/proc/");
    (!nowhere && !named).then(|| format!("{} {path}", seen.operation))
}

fn led_of_journal(access: &Access) -> Option<String> {
    let path = String::from_utf8_lossy(&access.resolved);
    let nowhere = access.errno == libc::EBADF || access.operation == Operation::Memfd;
    let named = access.operation == Operation::Link && path.ends_with(" (deleted)");
    (!nowhere && !named).then(|| format!("{} {path}", access.operation.word()))
}

fn error(errno: i32) -> String {
    let name = match errno {
        0 => "ok",
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::ENXIO => "ENXIO",
        libc::ENOEXEC => "ENOEXEC",
        libc::EBADF => "EBADF",
        libc::EACCES => "EACCES",
        libc::EEXIST => "EEXIST",
        libc::EXDEV => "EXDEV",
        libc::ENOTDIR => "ENOTDIR",
        libc::EISDIR => "EISDIR",
        libc::EINVAL => "EINVAL",
        libc::EROFS => "EROFS",
        libc::ELOOP => "ELOOP",
        libc::ENOTEMPTY => "ENOTEMPTY",
        libc::ECONNREFUSED => "ECONNREFUSED",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        other => return other.to_string(),
    };
    name.to_owned()
}
