//! Storms, full disks, a broker that is gone, a supervisor that stands still: the skill stops or
//! waits, the journal stays true, and nothing is left.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use chopmark_sandbox::journal::{Event, Operation};
use chopmark_sandbox::{BrokerEndpoint, RunEnd, RunError, RunningBroker, StartError, start};

use super::faults::await_file;
use super::world::{ORDINARY, World, accesses, read_journal};

/// The first lines of each skill: it writes down its namespaces.
const TELL: &str = "import os\n\
    open('out/namespaces', 'w').write(' '.join(os.readlink('/proc/self/ns/' + name) \
    for name in ('user', 'mnt', 'pid', 'net', 'ipc')))\n";

/// Asserts that no process of this machine is in a namespace that the skill was in, that no mount
/// of ours shows the world's folders, and that no temporary file of the sandbox lies about.
fn nothing_is_left(world: &World, namespaces: &str) {
    assert!(namespaces.contains("pid:["), "{namespaces}");
    let theirs: Vec<&str> = namespaces.split(' ').collect();
    let links = |process: PathBuf| {
        let found = std::fs::read_dir(process.join("ns")).into_iter().flatten();
        found
            .flatten()
            .filter_map(|link| std::fs::read_link(link.path()).ok())
    };
    let processes = || {
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
    };
    let mut left = true;
    // The kernel takes a process from the table a moment after its parent was told.
    for _ in 0..200 {
        let inside = |link: PathBuf| theirs.contains(&link.to_str().unwrap());
        left = processes().any(|process| links(process).any(inside));
        if !left {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(!left, "a process is left in {namespaces}");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let root = world.path("skill");
    assert!(!mounts.contains(root.to_str().unwrap()), "{mounts}");
    let entries = std::fs::read_dir(world.path("")).unwrap().flatten();
    let names: BTreeSet<OsString> = entries.map(|entry| entry.file_name()).collect();
    let due = ["journals", "outside", "skill", "workspace"].map(OsString::from);
    assert_eq!(names, BTreeSet::from(due), "no temporary file");
}

/// Opens of the input file that a journal holds.
fn opens(world: &World, events: &[Event]) -> usize {
    let input = world.path("workspace/input.txt");
    let of_input = |access: &&chopmark_sandbox::journal::Access| {
        access.operation == Operation::Open
            && access.resolved == input.as_os_str().as_encoded_bytes()
    };
    accesses(events).filter(of_input).count()
}

#[test]
fn a_storm_of_opens_is_recorded_whole() {
    let world = World::new();
    let program = format!(
        "{TELL}import threading\ndef storm():\n    for _ in range(10000):\n        \
         os.close(os.open('input.txt', os.O_RDONLY))\n\
         threads = [threading.Thread(target=storm) for _ in range(4)]\n\
         [thread.start() for thread in threads]\n[thread.join() for thread in threads]\n"
    );
    let ran = world.python(ORDINARY, &program);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    assert_eq!(opens(&world, &ran.events), 40_000);
    nothing_is_left(&world, &world.read("workspace/out/namespaces"));
}

/// The supervising process, apart from the tests, so that it can be stopped.
#[test]
fn supervise_while_stopped() {
    let Some(root) = std::env::var_os("CHOPMARK_TEST_STOPPED") else {
        return;
    };
    let world = World::at(root.into());
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let plan = world.plan(ORDINARY, &["python3", script.to_str().unwrap()], &journal);
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
}

/// As after a machine slept: nobody reads reports for a while, then somebody does again.
#[test]
fn a_supervisor_that_stands_still_holds_the_skill_and_loses_nothing() {
    let world = World::new();
    let program = format!(
        "{TELL}open('out/ready', 'w').close()\ncount = os.open('out/count', os.O_RDWR | os.O_CREAT)\n\
         for done in range(60000):\n    os.close(os.open('input.txt', os.O_RDONLY))\n    \
         os.pwrite(count, b'%6d' % done, 0)\n"
    );
    world.write("skill/program.py", &program);
    let mut supervisor = Command::new(std::env::current_exe().unwrap())
        .args(["confined::storms::supervise_while_stopped", "--exact"])
        .env("CHOPMARK_TEST_STOPPED", world.path(""))
        .spawn()
        .unwrap();
    await_file(&world.path("workspace/out/ready"));
    signal(&supervisor, "STOP");
    // The skill goes on until nobody takes its reports any more; then it stands still too.
    let mut before = String::new();
    loop {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = std::fs::read_to_string(world.path("workspace/out/count")).unwrap_or_default();
        if now == before && !now.is_empty() {
            break;
        }
        before = now;
    }
    assert_ne!(before, " 59999", "the skill was held");
    signal(&supervisor, "CONT");
    assert!(supervisor.wait().unwrap().success());
    let events = read_journal(&world.path("journals/run"), true);
    assert_eq!(opens(&world, &events), 60_000);
    nothing_is_left(&world, &world.read("workspace/out/namespaces"));
}

fn signal(process: &std::process::Child, name: &str) {
    let done = Command::new("sh")
        .args([
            "-c",
            "kill -\"$1\" \"$2\"",
            "sh",
            name,
            &process.id().to_string(),
        ])
        .status()
        .unwrap();
    assert!(done.success());
}

/// A small file system of its own, for as long as this lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where it may not be mounted.
    fn at(path: PathBuf) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            let told = b"LEFT OUT: only root mounts a small disk\n";
            std::io::Write::write_all(&mut std::io::stdout(), told).unwrap();
            return None;
        }
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m,mode=755", "tmpfs"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(mounted.success());
        Some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg(&self.0).status().unwrap();
        assert!(gone.success(), "something still holds {}", self.0.display());
    }
}

const FILL: &str = "import errno\nhow = 'never full'\ntry:\n    open('out/big', 'wb').write(bytes(8 << 20))\n\
    except OSError as error:\n    how = errno.errorcode[error.errno]\nopen('/tmp/how', 'w').write(how)\n\
    raise SystemExit(how != 'ENOSPC')\n";

#[test]
fn the_disk_of_the_workspace_is_full() {
    let world = World::new();
    let Some(_disk) = SmallDisk::at(world.path("workspace/out")) else {
        return;
    };
    let ran = world.python(ORDINARY, &format!("{TELL}{FILL}"));
    assert_eq!(
        ran.outcome.end,
        RunEnd::Exited(0),
        "it is told, and ends by itself"
    );
    nothing_is_left(&world, &world.read("workspace/out/namespaces"));
}

#[test]
fn the_disk_of_the_journal_runs_full() {
    let world = World::new();
    let Some(_disk) = SmallDisk::at(world.path("journals")) else {
        return;
    };
    world.write(
        "skill/program.py",
        &format!("{TELL}while True:\n    open('input.txt').close()\n"),
    );
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let plan = world.plan(ORDINARY, &["python3", script.to_str().unwrap()], &journal);
    let outcome = start(plan.unwrap()).unwrap().wait();
    assert!(matches!(outcome, Err(RunError::Journal(_))), "{outcome:?}");
    // Unfinished, perhaps torn, but what is there is chained and signed.
    assert!(!read_journal(&journal, false).is_empty());
    nothing_is_left(&world, &world.read("workspace/out/namespaces"));
}

const NETWORK: &str = "files:\n  read: [\"workspace:.\", \"skill:.\"]\n  write: [\"workspace:out\"]\n\
    network:\n  - host: api.test\nexec: [python3]\n";

#[test]
fn a_broker_that_is_gone_refuses_and_the_run_goes_on() {
    let world = World::new();
    let program = format!(
        "{TELL}import socket\ntry:\n    socket.create_connection(('127.0.0.1', 3128))\n\
         except ConnectionRefusedError:\n    raise SystemExit(0)\nraise SystemExit(1)\n"
    );
    world.write("skill/program.py", &program);
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let words = ["python3", script.to_str().unwrap()];
    let gone = BrokerEndpoint::new(|listener, _| {
        drop(listener);
        let (ca_pem, stop) = (String::new(), Box::new(|| ()));
        Ok(RunningBroker { ca_pem, stop })
    });
    let plan = world.plan_with(NETWORK, &words, &journal, Some(gone), Vec::new());
    let outcome = start(plan.unwrap()).unwrap().wait().unwrap();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    read_journal(&journal, true);
    nothing_is_left(&world, &world.read("workspace/out/namespaces"));
}

#[test]
fn a_broker_that_does_not_start_starts_no_skill() {
    let world = World::new();
    world.write("skill/program.py", TELL);
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let words = ["python3", script.to_str().unwrap()];
    let broken = BrokerEndpoint::new(|_, _| Err(std::io::Error::other("no authority")));
    let plan = world.plan_with(NETWORK, &words, &journal, Some(broken), Vec::new());
    assert!(matches!(start(plan.unwrap()), Err(StartError::Broker(_))));
    assert!(!world.path("workspace/out/namespaces").exists());
    read_journal(&journal, false);
}

/// Times come from a clock that no setting moves: nothing here reads the other one, so a jump of
/// it changes neither limits nor the order of the record.
#[test]
fn a_jump_of_the_clock_is_not_seen() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut read) = (vec![source], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            read += 1;
            // It asks how old a file is, by the clock that dated it; nothing else depends on it.
            if path.file_name().is_some_and(|name| name == "hash.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for clock in [
                "SystemTime::now",
                "CLOCK_REALTIME",
                "ClockId::Realtime",
                "gettimeofday()",
            ] {
                assert!(!text.contains(clock), "{}: {clock}", path.display());
            }
        }
    }
    assert!(read > 50, "{read} files");
    let world = World::new();
    let ran = world.python(ORDINARY, "for _ in range(100):\n    open('input.txt')\n");
    let times: Vec<u64> = ran.accesses().map(|access| access.time_ns).collect();
    // Two supervising threads report, so neighbours may be exchanged, but not by a jump.
    assert!(
        times
            .windows(2)
            .all(|pair| pair[0] < pair[1] + 1_000_000_000),
        "{times:?}"
    );
}
