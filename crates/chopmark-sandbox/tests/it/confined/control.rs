//! Control paths that come to be in other ways than by their own name.

use std::fs;
use std::os::unix::net::UnixListener;

use chopmark_sandbox::RunEnd;

use super::escapes::{Case, allowed, denied};
use super::world::{ORDINARY, World};

const NAMES: &str = "names that become control paths";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (code, record) in [
        (
            "os.makedirs('out/x1/workflows'); open('out/x1/workflows/evil.yml', 'w'); \
             os.rename('out/x1', 'out/.github')",
            "rename {W}/out/x1",
        ),
        (
            "os.symlink('plain', 'out/.github')",
            "symlink {W}/out/.github",
        ),
        (
            "os.symlink('plain', 'out/deep/.git')",
            "symlink {W}/out/deep/.git",
        ),
        // A file `.git` names another folder, with settings and hooks of its own.
        ("open('out/deep/.git', 'w')", "open {W}/out/deep/.git"),
        ("os.mknod('out/deep/.git')", "mknod {W}/out/deep/.git"),
        (
            "open('out/x2', 'w'); os.rename('out/x2', 'out/deep/.git')",
            "rename {W}/out/x2",
        ),
        // So does this one, from within.
        (
            "open('out/.git/commondir', 'w')",
            "open {W}/out/.git/commondir",
        ),
        ("os.mkdir('out/.codex')", "mkdir {W}/out/.codex"),
        ("open('out/.clinerules', 'w')", "open {W}/out/.clinerules"),
    ] {
        cases.push(denied(NAMES, code, record));
    }
    cases.push(allowed(
        NAMES,
        "open('out/.git/HEAD', 'w'); os.mkdir('out/deep/.github')",
    ));
    cases.push(allowed(
        NAMES,
        "os.mkdir('out/x3'); os.rename('out/x3', 'out/.gitlab')",
    ));
    cases.push(allowed(
        NAMES,
        "open('/tmp/.git', 'w'); os.mkdir('/tmp/.claude')",
    ));
    cases
}

/// What a grant of the folder above names is not what lies in it.
#[test]
fn a_grant_of_a_folder_names_no_control_path_in_it() {
    let world = World::new();
    for path in [".git/hooks", ".git/refs", ".github/workflows"] {
        fs::create_dir_all(world.path("workspace").join(path)).unwrap();
    }
    world.write("workspace/.git/config", "[core]\n");
    let wide = ORDINARY.replace("workspace:out", "workspace:.git\", \"workspace:.github");
    for (path, works) in [
        (".git/hooks/post-checkout", false),
        (".git/config", false),
        (".git/commondir", false),
        (".github/workflows/evil.yml", false),
        (".git/refs/new", true),
        (".github/note", true),
    ] {
        let ran = world.python(&wide, &format!("open({path:?}, 'w')"));
        let full = world.path("workspace").join(path);
        let record = format!("open {}", full.display());
        assert_eq!(ran.outcome.end, RunEnd::Exited(i32::from(!works)), "{path}");
        assert_eq!(
            ran.denied().contains(&record),
            !works,
            "{path}: {:?}",
            ran.denied()
        );
        assert_eq!(ran.carried_out(&record), works, "{path}");
    }
    let named = ORDINARY.replace("workspace:out", "workspace:.git/hooks");
    let ran = world.python(&named, "open('.git/hooks/post-checkout', 'w')");
    assert_eq!(ran.outcome.end, RunEnd::Exited(0), "{:?}", ran.denied());
}

/// One thread swaps the address, the other connects.
const SWAP: &str = r"
import ctypes, socket, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
good = struct.pack('H', socket.AF_UNIX) + b'\0nobody'
bad = struct.pack('H', socket.AF_UNIX) + sys.argv[1].encode() + b'\0'
good = good.ljust(len(bad), b'\0')
memory = ctypes.create_string_buffer(good, len(good))
done = False
def swap():
    while not done:
        ctypes.memmove(memory, bad, len(bad))
        ctypes.memmove(memory, good, len(good))
threading.Thread(target=swap).start()
won = 0
for _ in range(3000):
    one = socket.socket(socket.AF_UNIX)
    won += libc.connect(one.fileno(), memory, len(bad)) == 0
    one.close()
done = True
own = socket.socket(socket.AF_UNIX)
own.bind('\0own')
own.listen()
socket.socket(socket.AF_UNIX).connect('\0own')
print(won, file=open('out/score', 'w'))
";

#[test]
fn an_address_swapped_in_memory_connects_to_nobody() {
    let world = World::new();
    let listener = UnixListener::bind(world.path("workspace/out/host.sock")).unwrap();
    listener.set_nonblocking(true).unwrap();
    world.write("skill/program.py", SWAP);
    let (script, socket) = (
        world.path("skill/program.py"),
        world.path("workspace/out/host.sock"),
    );
    let words = [
        "python3",
        script.to_str().unwrap(),
        socket.to_str().unwrap(),
    ];
    let ran = world.run(ORDINARY, &words);
    assert_eq!(ran.outcome.end, RunEnd::Exited(0));
    assert_eq!(world.read("workspace/out/score"), "0\n");
    assert!(listener.accept().is_err());
    let record = format!("connect {}", socket.display());
    assert!(ran.denied().contains(&record), "no lost race was recorded");
    assert!(ran.carried_out("connect @own"), "the twin");
}
