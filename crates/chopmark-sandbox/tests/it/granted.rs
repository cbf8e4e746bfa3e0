//! What a grant lets through and what it does not, each beside its twin.

use chopmark_sandbox::RunEnd;

use crate::bench::{Bench, as_nobody};

const FILES: &str =
    "files:\n  read: [\"workspace:.\"]\n  write: [\"workspace:out\"]\nexec: [sh, cat, sleep]\n";

fn shell(bench: &Bench, script: &str) -> crate::bench::Ran {
    bench.run(&["sh", "-c", script])
}

#[test]
fn a_granted_file_is_read_and_its_neighbour_is_not() {
    let bench = Bench::new(FILES);
    std::fs::write(bench.path("workspace/in.txt"), "inside\n").unwrap();
    let ran = shell(&bench, "cat in.txt > out/got");
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    assert_eq!(bench.written("got"), "inside\n");
    assert!(ran.allowed("workspace/in.txt"));
    let ran = shell(&bench, "cat ../secret.txt > out/stolen");
    assert_eq!(ran.outcome.end, RunEnd::Exited(1));
    assert_eq!(bench.written("stolen"), "");
    assert!(ran.denied("../secret.txt"));
}

#[test]
fn a_granted_folder_is_written_and_its_parent_is_not() {
    let bench = Bench::new(FILES);
    let ran = shell(&bench, "echo new > out/file");
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    assert_eq!(bench.written("file"), "new\n");
    let changed = &ran.outcome.summary.changed;
    assert!(
        changed
            .iter()
            .any(|file| file.path.ends_with("out/file") && file.after.is_some())
    );
    let ran = shell(&bench, "echo new > file");
    assert_ne!(ran.outcome.end, RunEnd::Exited(0));
    assert!(!bench.path("workspace/file").exists());
    assert!(ran.denied("file"));
}

#[test]
fn a_granted_program_starts_and_another_does_not() {
    let bench = Bench::new(FILES);
    assert_eq!(
        shell(&bench, "cat /dev/null").outcome.end,
        RunEnd::Exited(0)
    );
    let ran = shell(&bench, "/usr/bin/id > out/id");
    assert_eq!(ran.outcome.end, RunEnd::Exited(126));
    assert_eq!(bench.written("id"), "");
    assert!(ran.denied("/usr/bin/id"));
}

#[test]
fn exit_codes_and_signals_are_passed_on() {
    let bench = Bench::new(FILES);
    for code in [0, 1, 42, 255] {
        let ran = shell(&bench, &format!("exit {code}"));
        assert_eq!(ran.outcome.end, RunEnd::Exited(code));
    }
    assert_eq!(
        shell(&bench, "kill -TERM $$").outcome.end,
        RunEnd::Signalled(15)
    );
}

#[test]
fn time_ends_a_run_and_everything_it_started() {
    let slow = format!("{FILES}resources: {{wallSeconds: 1}}\n");
    let bench = Bench::new(&slow);
    assert_eq!(shell(&bench, "sleep 0").outcome.end, RunEnd::Exited(0));
    let ran = shell(&bench, "sleep 60 & sleep 60");
    assert_eq!(ran.outcome.end, RunEnd::WallTime);
}

#[test]
fn memory_is_bounded_for_all_processes_together() {
    let small = format!("{FILES}resources: {{memoryMiB: 64}}\n");
    let bench = Bench::new(&small);
    assert_eq!(
        shell(&bench, "x=$(cat /dev/null)").outcome.end,
        RunEnd::Exited(0)
    );
    let ran = shell(&bench, "x=0123456789; while :; do x=$x$x; done");
    assert_ne!(ran.outcome.end, RunEnd::Exited(0));
}

#[test]
fn a_grant_confines_an_unprivileged_user_too() {
    for test in [
        "granted::a_granted_file_is_read_and_its_neighbour_is_not",
        "granted::a_granted_folder_is_written_and_its_parent_is_not",
        "granted::a_granted_program_starts_and_another_does_not",
        "granted::time_ends_a_run_and_everything_it_started",
    ] {
        as_nobody(test);
    }
}
