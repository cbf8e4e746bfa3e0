//! The escape suite: every case of `escape/probe.c` is blocked, and what it asked for is recorded.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use chopmark_sandbox::RunEnd;

use crate::bench::{BAIT, Bench, as_nobody};

const GRANT: &str = "files:\n  read: [\"workspace:.\", \"skill:.\"]\n  write: [\"workspace:out\", \"temp:.\"]\nresources: {processes: 64, wallSeconds: 300, memoryMiB: 512}\n";

/// Compiles the probe into the skill's folder.
fn probe(bench: &Bench) -> PathBuf {
    let program = bench.path("skill/probe");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/escape/probe.c");
    let status = Command::new("gcc")
        .args(["-O1", "-static", "-pthread", "-w", "-o"])
        .arg(&program)
        .arg(source)
        .status()
        .unwrap();
    assert!(status.success(), "gcc could not compile the probe");
    program
}

#[test]
fn every_attempt_to_get_out_is_blocked() {
    let bench = Bench::new(GRANT);
    let program = probe(&bench);
    let before = fs::metadata(bench.path("secret.txt")).unwrap();
    let words: Vec<PathBuf> = vec![
        program,
        bench.path("secret.txt"),
        bench.path("skill"),
        std::process::id().to_string().into(),
        bench.path("workspace/out"),
    ];
    let ran = bench.run(&words);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    let results = bench.written("results");
    let escaped: Vec<&str> = results
        .lines()
        .filter(|line| line.ends_with("ESCAPED"))
        .collect();
    assert!(escaped.is_empty(), "{escaped:#?}");
    let blocked = results
        .lines()
        .filter(|line| line.contains(" blocked ") || line.contains(" killed "))
        .count();
    assert!(blocked >= 120, "only {blocked} cases ran:\n{results}");
    assert!(
        results.ends_with("end\n"),
        "the probe did not end:\n{results}"
    );

    // The world outside is as it was.
    assert_eq!(fs::read_to_string(bench.path("secret.txt")).unwrap(), BAIT);
    let after = fs::metadata(bench.path("secret.txt")).unwrap();
    assert_eq!(before.permissions(), after.permissions());
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    assert_eq!(
        fs::read_to_string(bench.path("skill/SKILL.md")).unwrap(),
        "a skill\n"
    );
    assert!(!bench.path("workspace/evil.txt").exists());
    let unrecorded: Vec<&str> = CALLS
        .into_iter()
        .chain(PLACES)
        .filter(|asked| !ran.denied(asked))
        .collect();
    assert!(
        unrecorded.is_empty(),
        "blocked and not recorded: {unrecorded:#?}"
    );
}

/// The same as an ordinary user, where the tests run as root.
#[test]
fn every_attempt_is_blocked_for_an_unprivileged_user() {
    as_nobody("escape::every_attempt_to_get_out_is_blocked");
}

/// What a skill may do inside, it can: the twin of the suite.
#[test]
fn the_probe_itself_runs_and_does_what_is_granted() {
    let bench = Bench::new(GRANT);
    let program = probe(&bench);
    let nothing: Vec<PathBuf> = vec![program, "twin".into()];
    assert_eq!(bench.run(&nothing).outcome.end, RunEnd::Exited(0));
}

/// Calls that the suite makes and the journal must name as denied.
const CALLS: [&str; 55] = [
    "acct",
    "add_key",
    "bpf",
    "chroot",
    "clock_settime",
    "clone",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "foreign-architecture",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioctl",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "modify_ldt",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "personality",
    "pidfd_getfd",
    "pivot_root",
    "prlimit64",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "reboot",
    "request_key",
    "setns",
    "settimeofday",
    "socket",
    "swapoff",
    "swapon",
    "syslog",
    "umount2",
    "unshare",
    "uselib",
    "userfaultfd",
    "vhangup",
    "x32",
];

/// Paths and addresses that it asks for and the journal must name as denied.
const PLACES: [&str; 39] = [
    "secret.txt",
    "secret.txt.new",
    "secret.txt.creat",
    "secret.txt.d",
    "secret.txt.f",
    "secret.txt.l",
    "../../../../../",
    "///",
    "skill/SKILL.md",
    "skill/more",
    "evil.txt",
    "/usr/lib/evil.so",
    "/etc/passwd",
    "/etc/shadow",
    "/root/.bashrc",
    "/etc/ssh/ssh_host_ed25519_key",
    "/proc/1/mem",
    "/proc/1/environ",
    "/proc/1/root",
    "/proc/1/ns/mnt",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/kernel/debug",
    "/sys/firmware/efi/efivars",
    "out/mem",
    "out/disk",
    "out/run.sh",
    "/usr/bin/id",
    "/lib64/ld-linux-x86-64.so.2",
    "10.0.0.1:80",
    "127.0.0.1:22",
    "169.254.169.254:80",
    "93.184.216.34:443",
    "8.8.8.8:53",
    "[2001:db8::1]:80",
    "/run/dbus/system_bus_socket",
    "/var/run/docker.sock",
    "0.0.0.0:8080",
];
