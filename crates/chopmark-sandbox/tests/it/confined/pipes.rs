//! Named pipes and the caller's own descriptors: both ends meet as they do outside.

use chopmark_sandbox::RunEnd;

use super::world::{ORDINARY, World};

/// Opens the two ends in both orders, a hundred times each, and passes a word.
const MEET: &str = r"
import os, time
os.mkfifo('/tmp/pipe')
def read():
    with open('/tmp/pipe') as pipe:
        assert pipe.read() == 'word', 'nothing came through'
def write():
    with open('/tmp/pipe', 'w') as pipe:
        pipe.write('word')
for round in range(100):
    for first, second in ((read, write), (write, read)):
        child = os.fork()
        if child == 0:
            first()
            os._exit(0)
        if round == 0:
            time.sleep(0.05)
        second()
        assert os.waitpid(child, 0)[1] == 0
";

/// A pipe that nobody reads refuses one that will not wait, and keeps one that will.
const ALONE: &str = r"
import errno, os, signal
os.mkfifo('/tmp/pipe')
try:
    os.open('/tmp/pipe', os.O_WRONLY | os.O_NONBLOCK)
    raise SystemExit(1)
except OSError as error:
    assert error.errno == errno.ENXIO
os.close(os.open('/tmp/pipe', os.O_RDONLY | os.O_NONBLOCK))
child = os.fork()
if child == 0:
    open('/tmp/pipe', 'w')
assert os.waitpid(child, os.WNOHANG) == (0, 0)
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
# Nobody stayed behind in the place of the dead.
both = os.open('/tmp/pipe', os.O_RDONLY | os.O_NONBLOCK)
assert os.read(both, 1) == b''
";

const LIMITED: &str = "resources: {wallSeconds: 60}\n";

fn runs(program: &str) {
    let world = World::new();
    let ran = world.python(&format!("{ORDINARY}{LIMITED}"), program);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
}

#[test]
fn both_ends_of_a_named_pipe_meet_in_either_order() {
    runs(MEET);
}

#[test]
fn an_end_of_a_named_pipe_waits_alone_and_leaves_nothing() {
    runs(ALONE);
}

#[test]
fn a_descriptor_with_a_high_number_opens_by_its_name() {
    runs(
        "import os\nr, w = os.pipe()\nos.dup2(r, 63)\nos.write(w, b'x')\nos.close(w)\n\
          assert open('/dev/fd/63').read() == 'x'\nos.symlink('/dev/fd/63', '/tmp/link')\n\
          assert os.path.exists('/tmp/link')",
    );
}
