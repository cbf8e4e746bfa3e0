//! Attacks by sockets, signals and what other processes share.

use super::escapes::{Case, allowed, bounded, denied};

const INTERNET: &str = "the network";
const LOCAL: &str = "local sockets";
const OTHERS: &str = "other processes";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = internet();
    cases.extend(local());
    cases.extend(others());
    cases
}

fn internet() -> Vec<Case> {
    let mut cases = Vec::new();
    for (family, address, record) in [
        ("AF_INET", "('127.0.0.1', 22)", "127.0.0.1:22"),
        ("AF_INET", "('127.0.0.1', 3128)", "127.0.0.1:3128"),
        ("AF_INET", "('169.254.169.254', 80)", "169.254.169.254:80"),
        ("AF_INET", "('0.0.0.0', 80)", "0.0.0.0:80"),
        ("AF_INET", "('192.0.2.1', 443)", "192.0.2.1:443"),
        ("AF_INET6", "('::1', 22)", "[::1]:22"),
        (
            "AF_INET6",
            "('::ffff:127.0.0.1', 22)",
            "[::ffff:127.0.0.1]:22",
        ),
        ("AF_INET6", "('fd00:ec2::254', 80)", "[fd00:ec2::254]:80"),
    ] {
        let code = format!("socket.socket(socket.{family}, socket.SOCK_STREAM).connect({address})");
        cases.push(denied(INTERNET, code, format!("connect {record}")));
        let code = format!("socket.socket(socket.{family}, socket.SOCK_DGRAM).connect({address})");
        cases.push(denied(INTERNET, code, format!("connect {record}")));
    }
    for (code, record) in [
        ("U.sendto(b'x', ('127.0.0.1', 53))", "send 127.0.0.1:53"),
        (
            "U.sendmsg([b'x'], [], 0, ('8.8.8.8', 53))",
            "send 8.8.8.8:53",
        ),
        (
            "S.sendto(b'x', 0x20000000, ('127.0.0.1', 22)) # fast open",
            "send 127.0.0.1:22",
        ),
        ("S.bind(('0.0.0.0', 8080))", "bind 0.0.0.0:8080"),
        ("U.bind(('127.0.0.1', 0))", "bind 127.0.0.1:0"),
        (
            "socket.socket(socket.AF_INET6).bind(('::', 8080))",
            "bind [::]:8080",
        ),
    ] {
        let sockets = "U = socket.socket(type=socket.SOCK_DGRAM); S = socket.socket(); ";
        cases.push(denied(INTERNET, format!("{sockets}{code}"), record));
    }
    cases.push(allowed(
        INTERNET,
        "socket.socket(); socket.socket(type=socket.SOCK_DGRAM)",
    ));
    cases
}

fn local() -> Vec<Case> {
    let mut cases = Vec::new();
    let unix = "S = socket.socket(socket.AF_UNIX); ";
    for (code, record) in [
        ("S.connect('/run/docker.sock')", "connect /run/docker.sock"),
        (
            "S.connect('/run/dbus/system_bus_socket')",
            "connect /run/dbus/system_bus_socket",
        ),
        (
            "S.connect(W + '/out/host.sock')",
            "connect {W}/out/host.sock",
        ),
        (
            "os.symlink(W + '/out/host.sock', '/tmp/in'); S.connect('/tmp/in')",
            "connect {W}/out/host.sock",
        ),
    ] {
        cases.push(denied(LOCAL, format!("{unix}{code}"), record));
    }
    let name = "connect @/tmp/.X11-unix/X0";
    cases.push(bounded(
        LOCAL,
        format!("{unix}S.connect('\\0/tmp/.X11-unix/X0')"),
        name,
    ));
    cases.push(allowed(
        LOCAL,
        format!("{unix}S.bind('/tmp/own'); S.listen(); socket.socket(socket.AF_UNIX).connect('/tmp/own')"),
    ));
    cases.push(allowed(LOCAL, "socket.socketpair()"));
    cases
}

fn others() -> Vec<Case> {
    let mut cases = Vec::new();
    for (code, record) in [
        (
            "import resource; resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))",
            "call prlimit64",
        ),
        (
            "import resource; resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))",
            "call prlimit64",
        ),
    ] {
        cases.push(denied(OTHERS, code, record));
    }
    cases.push(allowed(
        OTHERS,
        "import resource; resource.prlimit(0, resource.RLIMIT_NOFILE, (64, 64))",
    ));
    cases.push(allowed(
        OTHERS,
        "import resource; resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE, (64, 64))",
    ));
    // The first process of a namespace takes no signal from within.
    cases.push(allowed(OTHERS, "os.kill(os.getpid(), 0)"));
    cases
}
