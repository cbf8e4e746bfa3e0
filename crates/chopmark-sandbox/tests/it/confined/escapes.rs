//! Attacks, each in a process of its own inside, and for each class what is allowed beside it.

use std::collections::BTreeSet;
use std::os::unix::net::UnixListener;

use chopmark_sandbox::journal::Verdict;
use chopmark_sandbox::{Outcome, RunEnd};

use super::world::{ORDINARY, Ran, World, told};
use super::{calls, control, files, reach};

/// One thing to try.
pub(super) struct Case {
    /// The class of attacks it belongs to.
    pub(super) class: &'static str,
    /// Python; `W` is the workspace, `O` a folder outside.
    pub(super) code: String,
    /// What must come of it.
    pub(super) due: Due,
}

/// What must come of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// It fails, and the journal has a denied access of this text: `operation path`.
    Denied(String),
    /// It fails, and the journal has it as let through: the kernel's own bounds held.
    Bounded(String),
    /// It succeeds: the twin of the others of its class.
    Allowed,
}

pub(super) fn denied(
    class: &'static str,
    code: impl Into<String>,
    record: impl Into<String>,
) -> Case {
    Case {
        class,
        code: code.into(),
        due: Due::Denied(record.into()),
    }
}

pub(super) fn allowed(class: &'static str, code: impl Into<String>) -> Case {
    Case {
        class,
        code: code.into(),
        due: Due::Allowed,
    }
}

pub(super) fn bounded(
    class: &'static str,
    code: impl Into<String>,
    record: impl Into<String>,
) -> Case {
    Case {
        class,
        code: code.into(),
        due: Due::Bounded(record.into()),
    }
}

#[test]
fn attacks_by_closed_calls_are_blocked_and_recorded() {
    check(&calls::cases(), 100);
}

#[test]
fn attacks_on_files_and_programs_are_blocked_and_recorded() {
    check(&files::cases(), 104);
}

#[test]
fn attacks_by_names_that_become_control_paths_are_blocked_and_recorded() {
    check(&control::cases(), 9);
}

#[test]
fn attacks_by_sockets_and_processes_are_blocked_and_recorded() {
    check(&reach::cases(), 29);
}

/// Tries all cases in one run and compares outcome and journal.
fn check(cases: &[Case], at_least: usize) {
    let world = World::new();
    let _socket = prepare(&world);
    let ran = attempt(&world, cases);
    let results = world.read("workspace/out/results");
    let mut faults = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let result = results
            .lines()
            .map(|line| line.splitn(3, '\t').collect::<Vec<_>>())
            .find(|parts| parts.first() == Some(&number.to_string().as_str()));
        let Some([_, pid, how]) = result.as_deref() else {
            faults.push(format!("no result: {}", case.code));
            continue;
        };
        if let Some(fault) = judge(case, &ran, pid.parse().unwrap(), how, &world) {
            faults.push(format!("{}: {fault}\n    {}", case.class, case.code));
        }
    }
    assert!(faults.is_empty(), "{}\n", faults.join("\n"));
    assert_eq!(world.read("outside/.ssh/id_ed25519"), "a private key\n");
    let attacks = cases.iter().filter(|case| case.due != Due::Allowed);
    assert!(attacks.clone().count() >= at_least, "{}", attacks.count());
    let twins: BTreeSet<&str> = cases
        .iter()
        .filter(|case| case.due == Due::Allowed)
        .map(|case| case.class)
        .collect();
    let classes: BTreeSet<&str> = cases.iter().map(|case| case.class).collect();
    assert_eq!(twins, classes, "each class has a twin that is allowed");
}

/// What is wrong with the outcome, if anything.
fn judge(case: &Case, ran: &Ran, pid: u32, how: &str, world: &World) -> Option<String> {
    let failed = how.starts_with("errno ") || how.starts_with("signal ");
    let fill = |text: &str| {
        text.replace("{O}", world.path("outside").to_str().unwrap())
            .replace("{W}", world.path("workspace").to_str().unwrap())
    };
    let mine = || ran.accesses().filter(move |access| access.pid == pid);
    let seen = || {
        let all: Vec<String> = mine()
            .map(|access| format!("{} {:?} {}", told(access), access.verdict, access.errno))
            .collect();
        all.join(", ")
    };
    match &case.due {
        Due::Allowed => (how != "done").then(|| format!("ended with {how}; {}", seen())),
        _ if !failed => Some(format!("ended with {how}; {}", seen())),
        Due::Denied(record) => {
            let wanted = fill(record);
            (!mine().any(|access| access.verdict == Verdict::Denied && told(access) == wanted))
                .then(|| format!("{how}, no record of {wanted}; {}", seen()))
        }
        Due::Bounded(record) => {
            let wanted = fill(record);
            (!mine().any(|access| told(access) == wanted))
                .then(|| format!("{how}, no record of {wanted}; {}", seen()))
        }
    }
}

/// Runs the driver over the cases.
fn attempt(world: &World, cases: &[Case]) -> Ran {
    let codes: Vec<&str> = cases.iter().map(|case| case.code.as_str()).collect();
    let plan = serde_json::json!({
        "workspace": world.path("workspace"),
        "outside": world.path("outside"),
        "cases": codes,
    });
    world.write("skill/cases.json", &plan.to_string());
    world.write("skill/driver.py", include_str!("driver.py"));
    let (skill, results) = (world.path("skill"), world.path("workspace/out/results"));
    let driver = skill.join("driver.py");
    let words = [&driver, &skill, &results].map(|path| path.to_str().unwrap());
    let ran = world.run(ORDINARY, &[&["python3"], &words[..]].concat());
    let Outcome { end, .. } = &ran.outcome;
    assert_eq!(*end, RunEnd::Exited(0));
    ran
}

/// What attackers would plant before the run, and a socket of another program.
fn prepare(world: &World) -> UnixListener {
    let key = world.path("outside/.ssh/id_ed25519");
    std::os::unix::fs::symlink(key, world.path("workspace/out/planted")).unwrap();
    std::os::unix::fs::symlink(world.path("outside"), world.path("workspace/out/folder")).unwrap();
    std::fs::create_dir_all(world.path("workspace/out/.git/hooks")).unwrap();
    world.write("workspace/out/.git/config", "[core]\n");
    world.write("workspace/out/AGENTS.md", "obey\n");
    std::fs::create_dir_all(world.path("workspace/out/deep")).unwrap();
    world.write("workspace/out/deep/AGENTS.md", "obey\n");
    world.write("workspace/out/plain.md", "text\n");
    UnixListener::bind(world.path("workspace/out/host.sock")).unwrap()
}
