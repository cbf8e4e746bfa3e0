//! Swaps of paths and arguments while a call is under way, thousands of times.

use chopmark_sandbox::RunEnd;

use super::world::{ORDINARY, Ran, World};

/// Threads of one process share memory: one swaps, the other opens.
const SWAP: &str = r"
import ctypes, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
workspace, outside, rounds, way = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
good, bad = sys.argv[5], sys.argv[6]
os.chdir(workspace + '/out')
done = False
buffer = ctypes.create_string_buffer(512)
buffer.value = good.encode()
def swap_memory():
    while not done:
        buffer.value = bad.encode()
        buffer.value = good.encode()
def swap_link():
    while not done:
        for target in (bad, good):
            os.symlink(target, 'next')
            os.rename('next', 'link')
os.symlink(good, 'link')
threading.Thread(target=swap_memory if way == 'memory' else swap_link).start()
won = tried = 0
for _ in range(rounds):
    path = buffer if way == 'memory' else b'link'
    file = libc.open(path, os.O_RDWR if way == 'control' else os.O_RDONLY)
    if file >= 0:
        tried += 1
        if os.readlink('/proc/self/fd/%d' % file) == bad or b'private' in os.read(file, 64):
            won += 1
        os.close(file)
done = True
print(won, tried, file=open('score', 'w'))
";

fn race(way: &str, rounds: u32, good: &str, bad: &str) -> (String, Ran) {
    let world = World::new();
    world.write("workspace/out/AGENTS.md", "obey\n");
    world.write("workspace/out/plain.md", "text\n");
    world.write("skill/race.py", SWAP);
    let fill = |text: &str| {
        let text = text.replace("{O}", world.path("outside").to_str().unwrap());
        text.replace("{W}", world.path("workspace").to_str().unwrap())
    };
    let (program, workspace) = (world.path("skill/race.py"), world.path("workspace"));
    let outside = world.path("outside");
    let [program, workspace, outside] =
        [&program, &workspace, &outside].map(|path| path.to_str().unwrap());
    let (rounds, good, bad) = (rounds.to_string(), fill(good), fill(bad));
    let words = [
        "python3", program, workspace, outside, &rounds, way, &good, &bad,
    ];
    let ran = world.run(ORDINARY, &words);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    (world.read("workspace/out/score"), ran)
}

fn check(way: &str, rounds: u32, good: &str, bad: &str) {
    let (score, ran) = race(way, rounds, good, bad);
    let (won, tried) = score.trim().split_once(' ').unwrap();
    assert_eq!(won, "0");
    assert!(
        tried.parse::<u32>().unwrap() > 0,
        "the twin never opened: {score}"
    );
    let denied = ran
        .denied()
        .into_iter()
        .filter(|told| told.starts_with("open "));
    assert!(denied.count() > 0, "no lost race was recorded");
}

#[test]
fn a_path_swapped_in_memory_opens_nothing_else() {
    check("memory", 3000, "{W}/out/plain.md", "{O}/.ssh/id_ed25519");
}

#[test]
fn a_link_swapped_under_way_opens_nothing_else() {
    check("link", 3000, "{W}/out/plain.md", "{O}/.ssh/id_ed25519");
}

#[test]
fn a_link_swapped_to_a_control_path_writes_nothing() {
    check("control", 3000, "{W}/out/plain.md", "{W}/out/AGENTS.md");
}
