//! The supervisor binds tasks to cores for a moment; no program can see it.

use chopmark_sandbox::RunEnd;

use crate::bench::Bench;

const READS: &str =
    "files:\n  read: [\"workspace:.\"]\n  write: [\"workspace:out\"]\nexec: [python3]\n";

fn python(script: &str) -> (RunEnd, String) {
    let bench = Bench::new(READS);
    for number in 0..50 {
        std::fs::write(bench.path(&format!("workspace/{number}")), "x").unwrap();
    }
    let ran = bench.run(&["python3", "-c", script]);
    (ran.outcome.end, bench.written("said"))
}

#[test]
fn a_program_sees_its_own_cores_whatever_it_opens() {
    let (end, said) = python(
        "
import os, threading
own = os.sched_getaffinity(0)
wrong = 0
def read(rounds):
    global wrong
    for i in range(rounds):
        os.close(os.open(str(i % 50), os.O_RDONLY))
        wrong += os.sched_getaffinity(0) != own
        with open('/proc/thread-self/status') as status:
            wrong += status.read().split('Cpus_allowed:')[1].split()[0] != first
with open('/proc/thread-self/status') as status:
    first = status.read().split('Cpus_allowed:')[1].split()[0]
read(300)
threads = [threading.Thread(target=read, args=(200,)) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
for i in range(50):
    os.close(os.open(str(i % 50), os.O_RDONLY))
    if os.fork() == 0:
        os._exit(os.sched_getaffinity(0) != own)
    wrong += os.wait()[1] != 0
open('out/said', 'w').write(f'{len(own)} {wrong}')
",
    );
    assert_eq!(end, RunEnd::Exited(0));
    let cores = std::thread::available_parallelism().unwrap();
    assert_eq!(said, format!("{cores} 0"));
}

#[test]
fn cores_that_a_program_chooses_stay_chosen_and_the_helper_is_not_moved() {
    let (end, said) = python(
        "
import os
own = os.sched_getaffinity(0)
last = {max(own)}
wrong = 0
for i in range(300):
    os.close(os.open(str(i % 50), os.O_RDONLY))
    os.sched_setaffinity(0, last if i % 2 else own)
    os.close(os.open(str(i % 50), os.O_RDONLY))
    wrong += os.sched_getaffinity(0) != (last if i % 2 else own)
said = [str(wrong)]
for target, cores in [(1, own), (99999, own), (0, {900})]:
    try:
        os.sched_setaffinity(target, cores)
        said.append('done')
    except OSError as error:
        said.append(str(error.errno))
open('out/said', 'w').write(' '.join(said))
",
    );
    assert_eq!(end, RunEnd::Exited(0));
    assert_eq!(
        said,
        format!("0 {} {} {}", libc::EPERM, libc::ESRCH, libc::EINVAL)
    );
}
