//! What is granted works, what is not is refused, and limits end a run.

use chopmark_sandbox::{PlanError, RunEnd};

use super::world::{ORDINARY, World};

#[test]
fn a_write_grant_writes_and_digests_tell_before_and_after() {
    let world = World::new();
    world.write("workspace/out/kept.txt", "old\n");
    let program = "open('out/kept.txt', 'w').write('new\\n'); open('out/made.txt', 'w').write('x')";
    let ran = world.python(ORDINARY, program);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    assert_eq!(world.read("workspace/out/kept.txt"), "new\n");
    let changed: Vec<_> = ran
        .outcome
        .summary
        .changed
        .iter()
        .map(|file| {
            (
                file.path.rsplit('/').next().unwrap(),
                file.before.as_deref(),
                file.after.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        changed,
        [
            ("kept.txt", Some(OLD), Some(NEW)),
            ("made.txt", None, Some(X)),
        ]
    );
}

#[test]
fn a_read_grant_reads_and_does_not_write() {
    let world = World::new();
    let ran = world.python(ORDINARY, "open('input.txt').read(); open('input.txt', 'w')");
    assert_eq!(ran.outcome.end, RunEnd::Exited(1));
    let path = world.path("workspace/input.txt");
    assert!(ran.carried_out(&format!("open {}", path.display())));
    assert!(ran.denied().contains(&format!("open {}", path.display())));
    assert_eq!(world.read("workspace/input.txt"), "input\n");
}

#[test]
fn without_a_read_grant_the_workspace_is_not_there() {
    let world = World::new();
    let nothing = "files:\n  read: [\"skill:.\"]\nexec: [python3]\n";
    let path = world.path("workspace/input.txt");
    let program = format!("open({path:?}).read()");
    let ran = world.python(nothing, &program);
    assert_eq!(ran.outcome.end, RunEnd::Exited(1));
    assert!(ran.denied().contains(&format!("open {}", path.display())));
    assert_eq!(
        world.python(ORDINARY, &program).outcome.end,
        RunEnd::Exited(0)
    );
}

#[test]
fn exit_codes_and_signals_pass_through() {
    let world = World::new();
    for code in [0, 1, 7, 255] {
        let ran = world.python(ORDINARY, &format!("raise SystemExit({code})"));
        assert_eq!(ran.outcome.end, RunEnd::Exited(code));
    }
    let ran = world.python(ORDINARY, "import os; os.kill(os.getpid(), 15)");
    assert_eq!(ran.outcome.end, RunEnd::Signalled(15));
}

#[test]
fn wall_time_ends_a_run() {
    let world = World::new();
    let limited = format!("{ORDINARY}resources:\n  wallSeconds: 1\n");
    let ran = world.python(&limited, "import time; time.sleep(600)");
    assert_eq!(ran.outcome.end, RunEnd::WallTime);
    let ran = world.python(&limited, "pass");
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
}

#[test]
fn memory_of_all_processes_together_is_limited() {
    let world = World::new();
    let limited = format!("{ORDINARY}resources:\n  memoryMiB: 128\n");
    let program = |mib: u32| {
        format!(
            "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        \
             held = bytearray(os.urandom(1024)) * (1024 * {mib})\n        time.sleep(2)\n        \
             os._exit(0)\nfor _ in range(4):\n    os.wait()\n"
        )
    };
    assert_eq!(
        world.python(&limited, &program(60)).outcome.end,
        RunEnd::Memory
    );
    assert_eq!(
        world.python(&limited, &program(2)).outcome.end,
        RunEnd::Exited(0)
    );
}

#[test]
fn processor_time_of_all_processes_together_is_limited() {
    let world = World::new();
    let limited = format!("{ORDINARY}resources:\n  cpuSeconds: 2\n  wallSeconds: 120\n");
    // None of them uses two seconds by itself; nobody asks for those of the second kind.
    let program = |seconds: f64, ignored: bool| {
        format!(
            "import os, signal, time\n\
             if {}: signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfor _ in range(8):\n    \
             if os.fork() == 0:\n        while time.process_time() < {seconds}:\n            pass\n        \
             os._exit(0)\n    try:\n        os.wait()\n    except ChildProcessError:\n        pass\n",
            u8::from(ignored)
        )
    };
    for ignored in [false, true] {
        let end = world.python(&limited, &program(0.9, ignored)).outcome.end;
        assert_eq!(end, RunEnd::Signalled(libc::SIGXCPU));
        let end = world.python(&limited, &program(0.05, ignored)).outcome.end;
        assert_eq!(end, RunEnd::Exited(0));
    }
}

#[test]
fn memory_that_processes_share_counts_once() {
    let world = World::new();
    let limited = format!("{ORDINARY}resources:\n  memoryMiB: 128\n");
    let program = |own: u32| {
        format!(
            "import mmap, os, time\nheld = bytearray(os.urandom(1024)) * (1024 * 40)\n\
             shared = mmap.mmap(-1, 40 << 20)\nshared.write(bytes(40 << 20))\n\
             for _ in range(6):\n    if os.fork() == 0:\n        sum(shared[::4096])\n        \
             if {own}:\n            more = mmap.mmap(-1, 20 << 20)\n            \
             more.write(bytes(20 << 20))\n        time.sleep(1)\n        os._exit(0)\n\
             for _ in range(6):\n    os.wait()\n"
        )
    };
    assert_eq!(
        world.python(&limited, &program(0)).outcome.end,
        RunEnd::Exited(0)
    );
    assert_eq!(
        world.python(&limited, &program(1)).outcome.end,
        RunEnd::Memory
    );
}

#[test]
fn more_processes_than_granted_are_refused_and_recorded() {
    let world = World::new();
    let program = |wanted: u32| {
        format!(
            "import os, signal\nchildren = set()\nfor _ in range({wanted}):\n    try:\n        \
             pid = os.fork()\n    except BlockingIOError:\n        continue\n    \
             if pid == 0:\n        signal.pause()\n    children.add(pid)\n\
             while len(children) > 15:\n    children.discard(os.wait()[0])\n\
             open('out/count', 'w').write(str(len(children)))\n"
        )
    };
    let limited = format!("{ORDINARY}resources:\n  processes: 16\n");
    let ran = world.python(&limited, &program(5000));
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    let count: u32 = world.read("workspace/out/count").parse().unwrap();
    assert!((1..16).contains(&count), "{count}");
    assert!(ran.denied().iter().any(|told| told.starts_with("fork")));
    let ran = world.python(&limited, &program(10));
    assert_eq!(world.read("workspace/out/count"), "10");
    assert!(!ran.denied().iter().any(|told| told.starts_with("fork")));
}

/// A program with a handler that interrupts calls starts others and opens files while its
/// children end.
#[test]
fn a_signal_does_not_interrupt_the_start_of_a_process() {
    let world = World::new();
    let program = "import ctypes, os, signal\nlibc = ctypes.CDLL(None, use_errno=True)\n\
         signal.signal(signal.SIGCHLD, lambda *_: None)\nsignal.siginterrupt(signal.SIGCHLD, True)\n\
         for _ in range(500):\n    pid = libc.fork()\n    if pid == 0:\n        os._exit(0)\n    \
         assert pid > 0 or ctypes.get_errno() == 11, ctypes.get_errno()\n    \
         try:\n        while os.waitpid(-1, os.WNOHANG)[0]:\n            pass\n    \
         except ChildProcessError:\n        pass\n";
    assert_eq!(
        world.python(ORDINARY, program).outcome.end,
        RunEnd::Exited(0)
    );
}

#[test]
fn a_file_larger_than_granted_is_cut() {
    let world = World::new();
    let limited = format!("{ORDINARY}resources:\n  outputMiB: 1\n");
    let ran = world.python(&limited, "open('out/big', 'wb').write(bytes(8 << 20))");
    assert_ne!(ran.outcome.end, RunEnd::Exited(0));
    let written = std::fs::metadata(world.path("workspace/out/big"))
        .unwrap()
        .len();
    assert!(written <= 1 << 20, "{written}");
    let ran = world.python(&limited, "open('out/small', 'wb').write(bytes(1 << 19))");
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
}

#[test]
fn a_program_that_is_not_granted_is_not_started() {
    let world = World::new();
    let journal = world.path("journals/none");
    let plan = |program: &str| world.plan(ORDINARY, &[program], &journal);
    assert!(matches!(plan("perl"), Err(PlanError::NotGranted { .. })));
    assert!(plan("python3").is_ok());
}

#[test]
fn stopping_a_run_ends_every_process() {
    let world = World::new();
    world.write(
        "skill/program.py",
        "import os, time\nos.fork(); os.setsid() if os.fork() == 0 else 0\ntime.sleep(600)\n",
    );
    let (script, journal) = (world.path("skill/program.py"), world.path("journals/run"));
    let plan = world.plan(ORDINARY, &["python3", script.to_str().unwrap()], &journal);
    let running = chopmark_sandbox::start(plan.unwrap()).unwrap();
    running.stop();
    let outcome = running.wait().unwrap();
    assert_eq!(outcome.end, RunEnd::SupervisorLost);
    super::world::read_journal(&journal, true);
    let left = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| {
            std::fs::read(entry.path().join("cmdline")).is_ok_and(|words| {
                String::from_utf8_lossy(&words).contains(script.to_str().unwrap())
            })
        });
    assert_eq!(left.count(), 0);
}

const OLD: &str = "01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee";
const NEW: &str = "7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c";
const X: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
