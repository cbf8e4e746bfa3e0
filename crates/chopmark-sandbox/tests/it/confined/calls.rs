//! Calls that no skill may make, tried as raw system calls.

use super::escapes::{Case, allowed, denied};

const NAMESPACE: &str = "namespaces";
const CLOSED: &str = "closed calls";
const FOREIGN: &str = "other call tables";
const SOCKETS: &str = "socket families";
const TERMINAL: &str = "terminal";

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = NUMBERS
        .iter()
        .map(|(number, name)| {
            let code = format!("call({number}, 0, 0, 0, 0, 0, 0)");
            denied(CLOSED, code, format!("call {name}"))
        })
        .collect();
    // getppid, as a raw call like the others.
    cases.push(allowed(CLOSED, "call(110, 0, 0, 0, 0, 0, 0)"));
    cases.push(allowed(NAMESPACE, "call(272, 0x200)"));
    for (name, flag) in NAMESPACES {
        let unshare = format!("call(272, {flag}) # {name}");
        cases.push(denied(NAMESPACE, unshare, "call unshare"));
        let clone = format!("call(56, {flag} | 17, 0, 0, 0, 0) # {name}");
        cases.push(denied(NAMESPACE, clone, "call clone"));
    }
    for (number, name) in [
        (257, "openat"),
        (41, "socket"),
        (59, "execve"),
        (101, "ptrace"),
    ] {
        let code = format!("call({number} | 0x40000000, 0, 0, 0) # x32 {name}");
        cases.push(denied(FOREIGN, code, "call x32"));
    }
    for (number, name) in [
        (5, "open"),
        (11, "execve"),
        (102, "socketcall"),
        (26, "ptrace"),
        (20, "getpid"),
    ] {
        let code = format!("int80({number}) # 32-bit {name}");
        cases.push(denied(FOREIGN, code, "call foreign-architecture"));
    }
    cases.push(allowed(FOREIGN, "call(39)"));
    for (family, kind, protocol, name) in FAMILIES {
        let code = format!("call(41, {family}, {kind}, {protocol}) # {name}");
        cases.push(denied(SOCKETS, code, "call socket"));
    }
    cases.push(denied(
        SOCKETS,
        "call(53, 16, 3, 0, ctypes.create_string_buffer(8))",
        "call socketpair",
    ));
    cases.push(allowed(SOCKETS, "call(41, 2, 1, 6)"));
    cases.push(allowed(SOCKETS, "call(41, 10, 2, 17)"));
    cases.push(allowed(SOCKETS, "call(41, 1, 1, 0)"));
    for (request, name) in [
        (0x5412, "TIOCSTI"),
        (0x541C, "TIOCLINUX"),
        (0x541D, "TIOCCONS"),
    ] {
        let code = format!("call(16, 0, {request}, b'x') # {name}");
        cases.push(denied(TERMINAL, code, "call ioctl"));
        // The kernel looks at the low word only.
        let code = format!("call(16, 0, {request} | 1 << 32, b'x') # {name}");
        cases.push(denied(TERMINAL, code, "call ioctl"));
    }
    // FIONREAD of a pipe.
    cases.push(allowed(
        TERMINAL,
        "call(16, os.pipe()[0], 0x541B, ctypes.create_string_buffer(4))",
    ));
    cases.push(denied(
        CLOSED,
        "call(317, 1, 8, 0) # a listener of its own",
        "call seccomp",
    ));
    cases
}

const NUMBERS: &[(u32, &str)] = &[
    (425, "io_uring_setup"),
    (426, "io_uring_enter"),
    (427, "io_uring_register"),
    (323, "userfaultfd"),
    (321, "bpf"),
    (298, "perf_event_open"),
    (250, "keyctl"),
    (248, "add_key"),
    (249, "request_key"),
    (165, "mount"),
    (166, "umount2"),
    (155, "pivot_root"),
    (161, "chroot"),
    (429, "move_mount"),
    (428, "open_tree"),
    (467, "open_tree_attr"),
    (430, "fsopen"),
    (431, "fsconfig"),
    (432, "fsmount"),
    (433, "fspick"),
    (442, "mount_setattr"),
    (101, "ptrace"),
    (310, "process_vm_readv"),
    (311, "process_vm_writev"),
    (440, "process_madvise"),
    (438, "pidfd_getfd"),
    (312, "kcmp"),
    (304, "open_by_handle_at"),
    (308, "setns"),
    (175, "init_module"),
    (313, "finit_module"),
    (176, "delete_module"),
    (246, "kexec_load"),
    (320, "kexec_file_load"),
    (169, "reboot"),
    (167, "swapon"),
    (168, "swapoff"),
    (179, "quotactl"),
    (443, "quotactl_fd"),
    (164, "settimeofday"),
    (227, "clock_settime"),
    (172, "iopl"),
    (173, "ioperm"),
    (154, "modify_ldt"),
    (103, "syslog"),
    (153, "vhangup"),
    (134, "uselib"),
    (300, "fanotify_init"),
    (163, "acct"),
];

const NAMESPACES: &[(&str, u32)] = &[
    ("time", 0x80),
    ("mount", 0x2_0000),
    ("cgroup", 0x200_0000),
    ("uts", 0x400_0000),
    ("ipc", 0x800_0000),
    ("user", 0x1000_0000),
    ("pid", 0x2000_0000),
    ("net", 0x4000_0000),
];

const FAMILIES: &[(u32, u32, u32, &str)] = &[
    (16, 3, 0, "netlink"),
    (17, 3, 0x300, "packet"),
    (40, 1, 0, "vsock"),
    (38, 5, 0, "kernel cryptography"),
    (31, 3, 1, "bluetooth"),
    (15, 3, 2, "IPsec keys"),
    (30, 1, 0, "TIPC"),
    (21, 5, 0, "RDS"),
    (44, 3, 0, "XDP"),
    (29, 3, 1, "CAN"),
    (2, 3, 1, "raw ICMP"),
    (2, 2, 1, "ping"),
    (2, 3, 255, "raw IP"),
    (2, 1, 262, "MPTCP"),
    (10, 1, 262, "MPTCP over IPv6"),
    (2, 1, 132, "SCTP"),
    (2, 2, 136, "UDP-Lite"),
    (10, 3, 58, "raw ICMPv6"),
];
