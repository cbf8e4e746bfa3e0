//! Processes that die, disks that fill: the skill ends, nothing hangs, the journal stays true.

use std::path::Path;
use std::process::Command;

use chopmark_sandbox::{RunEnd, RunError, StartError, start};

use super::world::{ORDINARY, World, read_journal};

const FOREVER: &str = "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        \
                       os.setsid()\nopen('out/ready', 'w')\nwhile True:\n    open('input.txt')\n";

/// Processes of this machine whose command line names `text`.
fn processes(text: &Path) -> Vec<i32> {
    let text = text.to_str().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter(|entry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|words| String::from_utf8_lossy(&words).contains(text))
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Waits until the skill has begun; a skill that never does is ended by its wall time.
pub(super) fn await_file(path: &Path) {
    while !path.exists() {
        std::thread::yield_now();
    }
}

#[test]
fn many_runs_at_once_all_start() {
    let world = World::new();
    world.write("skill/program.py", "pass\n");
    let script = world.path("skill/program.py");
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let (world, script) = (&world, &script);
            threads.spawn(move || {
                for round in 0..10 {
                    let journal = world.path(&format!("journals/{thread}-{round}"));
                    let words = ["python3", script.to_str().unwrap()];
                    let plan = world.plan(ORDINARY, &words, &journal).unwrap();
                    let outcome = start(plan).unwrap().wait().unwrap();
                    assert_eq!(outcome.end, RunEnd::Exited(0));
                }
            });
        }
    });
}

#[test]
fn the_helper_is_killed() {
    let world = World::new();
    world.write("skill/program.py", FOREVER);
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let plan = world.plan(ORDINARY, &["python3", script.to_str().unwrap()], &journal);
    let running = start(plan.unwrap()).unwrap();
    await_file(&world.path("workspace/out/ready"));
    running.stop();
    assert_eq!(running.wait().unwrap().end, RunEnd::SupervisorLost);
    read_journal(&journal, true);
    assert_eq!(processes(&script), [0; 0]);
}

/// The part of the next test that is killed: it runs a skill and waits for ever.
#[test]
fn supervise_until_killed() {
    let Some(root) = std::env::var_os("CHOPMARK_TEST_SUPERVISE") else {
        return;
    };
    let world = World::at(root.into());
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let plan = world.plan(ORDINARY, &["python3", script.to_str().unwrap()], &journal);
    drop(start(plan.unwrap()).unwrap().wait());
}

#[test]
fn the_supervising_process_is_killed() {
    let world = World::new();
    world.write("skill/program.py", FOREVER);
    let script = world.path("skill/program.py");
    let mut supervisor = Command::new(std::env::current_exe().unwrap())
        .args(["confined::faults::supervise_until_killed", "--exact"])
        .env("CHOPMARK_TEST_SUPERVISE", world.path(""))
        .spawn()
        .unwrap();
    await_file(&world.path("workspace/out/ready"));
    assert!(!processes(&script).is_empty());
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    while !processes(&script).is_empty() {
        std::thread::yield_now();
    }
    // Unfinished, perhaps torn, but what is there is chained and signed.
    let events = read_journal(&world.path("journals/run"), false);
    assert!(!events.is_empty());
}

#[test]
fn the_disk_of_the_journal_is_full() {
    let world = World::new();
    world.write("skill/program.py", FOREVER);
    let script = world.path("skill/program.py");
    let words = ["python3", script.to_str().unwrap()];
    let plan = world.plan(ORDINARY, &words, Path::new("/dev/full/journal"));
    assert!(matches!(start(plan.unwrap()), Err(StartError::Journal(_))));
    // A file that may not grow stands for a disk that has no room.
    let limited = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; exec prlimit --fsize=6000000 \"$@\"",
            "sh",
        ])
        .arg(std::env::current_exe().unwrap())
        .args([
            "confined::faults::supervise_a_full_disk",
            "--exact",
            "--nocapture",
        ])
        .env("CHOPMARK_TEST_FULL", world.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&limited.stdout);
    assert!(told.contains("ended by its journal"), "{told}{limited:?}");
    assert_eq!(processes(&script), [0; 0]);
    read_journal(&world.path("journals/run"), false);
}

/// The part of the test before that may write only so much.
#[test]
fn supervise_a_full_disk() {
    let Some(root) = std::env::var_os("CHOPMARK_TEST_FULL") else {
        return;
    };
    let world = World::at(root.into());
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let plan = world.plan(ORDINARY, &["python3", script.to_str().unwrap()], &journal);
    let outcome = start(plan.unwrap()).unwrap().wait();
    assert!(matches!(outcome, Err(RunError::Journal(_))), "{outcome:?}");
    std::io::Write::write_all(&mut std::io::stdout(), b"ended by its journal\n").unwrap();
}
