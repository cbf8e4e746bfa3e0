//! Attacks by path, descriptor, link, `/proc` and program.

use super::escapes::{Case, allowed, bounded, denied};

const OUTSIDE: &str = "reads outside";
const CHANGES: &str = "changes outside";
const READ_ONLY: &str = "changes of what may be read";
const LINKS: &str = "links";
const PROCESSES: &str = "the process file system";
const DEVICES: &str = "devices";
const CONTROL: &str = "control paths";
const PROGRAMS: &str = "programs";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = outside();
    cases.extend(changes());
    cases.extend(links());
    cases.extend(processes());
    cases.extend(control());
    cases.extend(programs());
    cases
}

fn outside() -> Vec<Case> {
    let key = "open {O}/.ssh/id_ed25519";
    let same = [
        "read(O + '/.ssh/id_ed25519')",
        "call(2, (O + '/.ssh/id_ed25519').encode(), 0)",
        "call(257, -100, (O + '/.ssh/id_ed25519').encode(), 0)",
        "call(257, os.open('/', os.O_PATH), (O + '/.ssh/id_ed25519').encode()[1:], 0)",
        "call(437, -100, (O + '/.ssh/id_ed25519').encode(), struct.pack('QQQ', 0, 0, 0), 24)",
        "call(437, os.open('/', os.O_PATH), (O + '/.ssh/id_ed25519').encode(), struct.pack('QQQ', 0, 0, 0x10), 24)",
        "call(2, (O + '/.ssh/id_ed25519').encode(), os.O_PATH)",
        "call(85, (O + '/.ssh/id_ed25519').encode(), 0o600) # creat",
        "call(2, (O + '/.ssh/id_ed25519').encode(), os.O_RDWR | os.O_CREAT, 0o600)",
        "read(W + '/../outside/.ssh/id_ed25519')",
        "read('../outside/.ssh/id_ed25519')",
        "read('out/../../outside/.ssh/id_ed25519')",
        "read('//' + O + '//.ssh/./id_ed25519')",
        "os.chdir('out'); read('../../outside/.ssh/id_ed25519')",
        "os.open('../outside/.ssh/id_ed25519', 0, dir_fd=os.open(W, 0))",
    ];
    let mut cases: Vec<Case> = same
        .iter()
        .map(|code| denied(OUTSIDE, *code, key))
        .collect();
    for (code, path) in [
        ("os.listdir(O)", "{O}"),
        ("read('/etc/shadow')", "/etc/shadow"),
        ("read('/etc/ssh/sshd_config')", "/etc/ssh/sshd_config"),
        ("os.listdir('/root')", "/root"),
        ("os.listdir('/var')", "/var"),
        ("os.listdir('/sys/kernel')", "/sys/kernel"),
        ("os.listdir('/boot')", "/boot"),
        (
            "read('/home/skill/../../root/.bash_history')",
            "/root/.bash_history",
        ),
    ] {
        cases.push(denied(OUTSIDE, code, format!("open {path}")));
    }
    cases.push(allowed(OUTSIDE, "read(W + '/input.txt')"));
    cases.push(allowed(OUTSIDE, "read('out/../input.txt')"));
    cases.push(allowed(
        OUTSIDE,
        "call(257, -100, (W + '/input.txt').encode(), 0)",
    ));
    cases.push(allowed(
        OUTSIDE,
        "call(437, -100, b'input.txt', struct.pack('QQQ', 0, 0, 8), 24)",
    ));
    cases
}

fn changes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (code, operation) in [
        ("os.unlink(P)", "unlink"),
        ("os.rename(P, P + '2')", "rename"),
        ("os.truncate(P, 0)", "truncate"),
        ("os.chmod(P, 0o777)", "chmod"),
        ("os.chown(P, 1000, 1000)", "chown"),
        ("os.utime(P)", "utime"),
        ("os.setxattr(P, 'user.a', b'b')", "xattr"),
        ("open(P, 'w')", "open"),
        ("open(P, 'a')", "open"),
    ] {
        let there = format!("P = O + '/.ssh/id_ed25519'; {code}");
        cases.push(denied(
            CHANGES,
            there,
            format!("{operation} {{O}}/.ssh/id_ed25519"),
        ));
        let here = format!("P = W + '/input.txt'; {code}");
        cases.push(denied(
            READ_ONLY,
            here,
            format!("{operation} {{W}}/input.txt"),
        ));
        if operation != "chown" {
            let own = format!("P = W + '/out/own.txt'; open(P, 'w'); {code}");
            cases.push(allowed(READ_ONLY, own));
        }
    }
    for (code, record) in [
        ("os.mkdir(O + '/new')", "mkdir {O}/new"),
        ("os.rmdir(O + '/.ssh')", "rmdir {O}/.ssh"),
        ("os.symlink('a', O + '/new')", "symlink {O}/new"),
        ("os.mkfifo(O + '/new')", "mknod {O}/new"),
        ("os.open(O, os.O_TMPFILE | os.O_RDWR)", "open {O}"),
    ] {
        cases.push(denied(CHANGES, code, record));
    }
    cases.push(allowed(
        CHANGES,
        "os.mkdir(W + '/out/new'); os.rmdir(W + '/out/new')",
    ));
    cases.push(allowed(
        CHANGES,
        "os.open(W + '/out', os.O_TMPFILE | os.O_RDWR)",
    ));
    cases
}

fn links() -> Vec<Case> {
    let mut cases = Vec::new();
    let key = "open {O}/.ssh/id_ed25519";
    for code in ["read('out/planted')", "open('out/planted', 'a')"] {
        cases.push(denied(LINKS, code, key));
    }
    cases.push(denied(LINKS, "read('out/folder/.ssh/id_ed25519')", key));
    cases.push(denied(
        LINKS,
        "os.symlink('/etc/shadow', '/tmp/l'); read('/tmp/l')",
        "open /etc/shadow",
    ));
    cases.push(denied(
        LINKS,
        "os.link('input.txt', 'out/hard')",
        "link {W}/input.txt",
    ));
    cases.push(denied(
        LINKS,
        "os.link(O + '/.ssh/id_ed25519', 'out/hard')",
        "link {O}/.ssh/id_ed25519",
    ));
    cases.push(denied(
        LINKS,
        "read('/proc/self/root' + O + '/.ssh/id_ed25519')",
        key,
    ));
    cases.push(allowed(
        LINKS,
        "os.symlink(W + '/input.txt', '/tmp/fine'); read('/tmp/fine')",
    ));
    cases.push(allowed(
        LINKS,
        "open('out/a', 'w'); os.link('out/a', 'out/b')",
    ));
    cases
}

fn processes() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in [
        "environ", "mem", "maps", "root", "cwd", "fd", "exe", "task", "auxv", "stack",
    ] {
        let open = if ["root", "cwd", "fd", "task"].contains(&name) {
            "os.listdir"
        } else {
            "read"
        };
        let code = format!("{open}('/proc/1/{name}')");
        cases.push(denied(PROCESSES, code, format!("open /proc/1/{name}")));
    }
    for path in [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/user/max_user_namespaces",
    ] {
        cases.push(denied(
            PROCESSES,
            format!("open('{path}', 'r+b')"),
            format!("open {path}"),
        ));
    }
    cases.push(bounded(
        PROCESSES,
        "open('/proc/sysrq-trigger', 'r+b')",
        "open /proc/sysrq-trigger",
    ));
    cases.push(allowed(PROCESSES, "read('/proc/self/status')"));
    cases.push(allowed(
        PROCESSES,
        "assert str(os.getpid()) == os.readlink('/proc/self')",
    ));
    cases.push(allowed(
        PROCESSES,
        "assert b'CARGO' not in read('/proc/self/environ'), 'environment'",
    ));
    cases.push(allowed(
        PROCESSES,
        "assert [p for p in os.listdir('/proc') if p.isdigit() and p == '1'] == [], 'the helper shows'",
    ));
    for path in [
        "/dev/mem",
        "/dev/kmsg",
        "/dev/vda",
        "/dev/fuse",
        "/dev/kvm",
        "/dev/net/tun",
    ] {
        cases.push(bounded(
            DEVICES,
            format!("read('{path}')"),
            format!("open {path}"),
        ));
    }
    cases.push(denied(
        DEVICES,
        "os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0))",
        "mknod /tmp/disk",
    ));
    cases.push(allowed(DEVICES, "open('/dev/urandom', 'rb').read(8)"));
    cases.push(allowed(DEVICES, "os.mkfifo('/tmp/fifo')"));
    cases
}

fn control() -> Vec<Case> {
    let mut cases = Vec::new();
    for (code, record) in [
        ("open('out/AGENTS.md', 'w')", "open {W}/out/AGENTS.md"),
        ("open('out/CLAUDE.md', 'w')", "open {W}/out/CLAUDE.md"),
        ("open('out/agents.MD', 'w')", "open {W}/out/agents.MD"),
        ("open('out/.envrc', 'w')", "open {W}/out/.envrc"),
        (
            "open('out/.git/hooks/pre-commit', 'w')",
            "open {W}/out/.git/hooks/pre-commit",
        ),
        ("open('out/.git/config', 'a')", "open {W}/out/.git/config"),
        (
            "open('out/.git/../.git/config', 'a')",
            "open {W}/out/.git/config",
        ),
        ("os.mkdir('out/.claude')", "mkdir {W}/out/.claude"),
        ("os.unlink('out/AGENTS.md')", "unlink {W}/out/AGENTS.md"),
        (
            "os.truncate('out/AGENTS.md', 0)",
            "truncate {W}/out/AGENTS.md",
        ),
        (
            "os.symlink('/tmp', 'out/.vscode')",
            "symlink {W}/out/.vscode",
        ),
        ("os.rename('out/.git', 'out/git')", "rename {W}/out/.git"),
        (
            "os.open('config', os.O_RDWR, dir_fd=os.open('out/.git', 0))",
            "open {W}/out/.git/config",
        ),
        (
            "os.chdir('out/.git'); open('config', 'w')",
            "open {W}/out/.git/config",
        ),
        (
            "os.symlink('.git/config', 'out/innocent'); open('out/innocent', 'w')",
            "open {W}/out/.git/config",
        ),
        (
            "os.link('out/AGENTS.md', 'out/hard'); open('out/hard', 'w')",
            "link {W}/out/AGENTS.md",
        ),
        (
            "f = os.open('out/AGENTS.md', 0); open(f'/proc/self/fd/{f}', 'r+')",
            "open {W}/out/AGENTS.md",
        ),
        (
            "open('out/x', 'w'); os.rename('out/x', 'out/AGENTS.md')",
            "rename {W}/out/x",
        ),
    ] {
        cases.push(denied(CONTROL, code, record));
    }
    cases.push(denied(
        CONTROL,
        "f = os.open('out/deep/AGENTS.md', 0); open(f'/proc/self/fd/{f}', 'r+')",
        "open {W}/out/deep/AGENTS.md",
    ));
    cases.push(denied(
        CONTROL,
        "f = os.open('out/deep/AGENTS.md', 0); \
         call(265, -100, b'/proc/self/fd/%d' % f, -100, b'out/other', 0x400); open('out/other', 'w')",
        "link {W}/out/deep/AGENTS.md",
    ));
    cases.push(allowed(
        CONTROL,
        "f = os.open('out/plain.md', 0); open(f'/proc/self/fd/{f}', 'r+')",
    ));
    cases.push(allowed(
        OUTSIDE,
        "os.close(os.open('input.txt', os.O_PATH))",
    ));
    cases.push(allowed(CONTROL, "open('out/plain.md', 'w')"));
    cases.push(allowed(CONTROL, "read('out/AGENTS.md')"));
    cases.push(allowed(CONTROL, "open('out/.git/index', 'w')"));
    cases
}

fn programs() -> Vec<Case> {
    let mut cases = Vec::new();
    for (code, record) in [
        ("execute('/usr/bin/perl', '-e', '1')", "exec /usr/bin/perl"),
        ("execute('/bin/sh', '-c', ':')", "exec /usr/bin/dash"),
        ("execute('/usr/bin/su')", "exec /usr/bin/su"),
        (
            "execute('/lib64/ld-linux-x86-64.so.2', '/usr/bin/perl')",
            "exec /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        ),
        (
            "open('/tmp/p', 'wb').write(read('/usr/bin/true')); os.chmod('/tmp/p', 0o755); execute('/tmp/p')",
            "exec /tmp/p",
        ),
        (
            "open('out/p', 'wb').write(read('/usr/bin/true')); os.chmod('out/p', 0o755); execute('out/p')",
            "exec {W}/out/p",
        ),
        (
            "f = call(319, b'x', 0); os.write(f, read('/usr/bin/true')); os.execve(f, ['x'], {})",
            "exec /memfd:x (deleted)",
        ),
        (
            "f = os.open('/usr/bin/perl', os.O_PATH); call(322, f, b'', None, None, 0x1000)",
            "exec /usr/bin/perl",
        ),
        (
            "open('/tmp/s', 'w').write('#!/usr/bin/perl\\n'); os.chmod('/tmp/s', 0o755); execute('/tmp/s')",
            "exec /tmp/s",
        ),
        ("call(319, b'x', 0x10)", "memfd "),
    ] {
        cases.push(denied(PROGRAMS, code, record));
    }
    cases.push(bounded(
        PROGRAMS,
        "open('/tmp/m', 'wb').write(read('/usr/bin/true')); \
         mmap.mmap(os.open('/tmp/m', 0), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)",
        "open /tmp/m",
    ));
    cases.push(allowed(PROGRAMS, "call(319, b'x', 0)"));
    cases.push(allowed(
        PROGRAMS,
        "p = os.fork() or execute('/usr/bin/python3', '-c', '1'); assert os.waitpid(p, 0)[1] == 0",
    ));
    cases
}
