//! The closed list and the supervised list, as data.

use libc::{
    SYS_add_key, SYS_bind, SYS_bpf, SYS_chmod, SYS_chown, SYS_chroot, SYS_clock_settime, SYS_clone,
    SYS_clone3, SYS_connect, SYS_creat, SYS_delete_module, SYS_execve, SYS_execveat,
    SYS_exit_group, SYS_fanotify_init, SYS_fchmod, SYS_fchmodat, SYS_fchmodat2, SYS_fchown,
    SYS_fchownat, SYS_finit_module, SYS_fork, SYS_fremovexattr, SYS_fsconfig, SYS_fsetxattr,
    SYS_fsmount, SYS_fsopen, SYS_fspick, SYS_futimesat, SYS_init_module, SYS_io_uring_enter,
    SYS_io_uring_register, SYS_io_uring_setup, SYS_ioctl, SYS_ioperm, SYS_iopl, SYS_kcmp,
    SYS_kexec_file_load, SYS_kexec_load, SYS_keyctl, SYS_lchown, SYS_link, SYS_linkat,
    SYS_lremovexattr, SYS_lsetxattr, SYS_memfd_create, SYS_mkdir, SYS_mkdirat, SYS_mknod,
    SYS_mknodat, SYS_modify_ldt, SYS_mount, SYS_mount_setattr, SYS_move_mount, SYS_open,
    SYS_open_by_handle_at, SYS_open_tree, SYS_openat, SYS_openat2, SYS_perf_event_open,
    SYS_pidfd_getfd, SYS_pivot_root, SYS_prlimit64, SYS_process_madvise, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_ptrace, SYS_quotactl, SYS_quotactl_fd, SYS_reboot, SYS_removexattr,
    SYS_rename, SYS_renameat, SYS_renameat2, SYS_request_key, SYS_rmdir, SYS_sched_getaffinity,
    SYS_sched_setaffinity, SYS_seccomp, SYS_sendmmsg, SYS_sendmsg, SYS_sendto, SYS_setns,
    SYS_settimeofday, SYS_setxattr, SYS_socket, SYS_socketpair, SYS_swapoff, SYS_swapon,
    SYS_symlink, SYS_symlinkat, SYS_syslog, SYS_truncate, SYS_umount2, SYS_unlink, SYS_unlinkat,
    SYS_unshare, SYS_uselib, SYS_userfaultfd, SYS_utime, SYS_utimensat, SYS_utimes, SYS_vfork,
    SYS_vhangup,
};

/// Calls that the supervisor carries out, watches or counts; the frequent ones first.
pub(crate) const SUPERVISED: &[i64] = &[
    SYS_openat,
    SYS_open,
    SYS_openat2,
    SYS_creat,
    SYS_execve,
    SYS_execveat,
    SYS_clone,
    SYS_vfork,
    SYS_fork,
    SYS_exit_group,
    SYS_unlink,
    SYS_unlinkat,
    SYS_rmdir,
    SYS_rename,
    SYS_renameat,
    SYS_renameat2,
    SYS_link,
    SYS_linkat,
    SYS_symlink,
    SYS_symlinkat,
    SYS_mkdir,
    SYS_mkdirat,
    SYS_mknod,
    SYS_mknodat,
    SYS_chmod,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchmodat2,
    SYS_chown,
    SYS_lchown,
    SYS_fchown,
    SYS_fchownat,
    SYS_truncate,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_SETXATTRAT,
    SYS_REMOVEXATTRAT,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_utimensat,
    SYS_connect,
    SYS_bind,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_memfd_create,
    SYS_sched_getaffinity,
    SYS_sched_setaffinity,
];

/// Calls that go to the supervisor only for some arguments.
pub(crate) const CONDITIONAL: &[(i64, Condition)] = &[
    (SYS_sendto, Condition::NotNull { argument: 4 }),
    // Another process, the helper among them, would lose its limits or get worse ones.
    (SYS_prlimit64, Condition::NotNull { argument: 0 }),
    (
        SYS_ioctl,
        Condition::OneOf {
            argument: 1,
            values: &[TIOCSTI, TIOCLINUX, TIOCCONS],
        },
    ),
    (
        libc::SYS_personality,
        Condition::NoneOf {
            argument: 0,
            values: PERSONALITIES,
        },
    ),
    (
        SYS_unshare,
        Condition::AnyBit {
            argument: 0,
            mask: NEW_NAMESPACES,
        },
    ),
    (
        SYS_seccomp,
        Condition::AnyBit {
            argument: 1,
            mask: NEW_LISTENER,
        },
    ),
    (
        SYS_socket,
        Condition::NoneOfEither {
            first: (0, &[AF_UNIX, AF_INET, AF_INET6]),
            second: (2, &[0, IPPROTO_TCP, IPPROTO_UDP]),
        },
    ),
    (
        SYS_socketpair,
        Condition::NoneOfEither {
            first: (0, &[AF_UNIX]),
            second: (2, &[0]),
        },
    ),
];

/// Calls whose arguments lie in memory and which have an older form: reported as unknown, so that
/// the C library falls back to the form that can be judged.
pub(crate) const WITHOUT_SUPPORT: &[i64] = &[SYS_clone3];

/// Calls that no skill may make; the supervisor records the attempt and refuses.
pub(crate) const CLOSED: &[(i64, &str)] = &[
    (SYS_io_uring_setup, "io_uring_setup"),
    (SYS_io_uring_enter, "io_uring_enter"),
    (SYS_io_uring_register, "io_uring_register"),
    (SYS_userfaultfd, "userfaultfd"),
    (SYS_bpf, "bpf"),
    (SYS_perf_event_open, "perf_event_open"),
    (SYS_keyctl, "keyctl"),
    (SYS_add_key, "add_key"),
    (SYS_request_key, "request_key"),
    (SYS_mount, "mount"),
    (SYS_umount2, "umount2"),
    (SYS_pivot_root, "pivot_root"),
    (SYS_chroot, "chroot"),
    (SYS_move_mount, "move_mount"),
    (SYS_open_tree, "open_tree"),
    (SYS_OPEN_TREE_ATTR, "open_tree_attr"),
    (SYS_fsopen, "fsopen"),
    (SYS_fsconfig, "fsconfig"),
    (SYS_fsmount, "fsmount"),
    (SYS_fspick, "fspick"),
    (SYS_mount_setattr, "mount_setattr"),
    (SYS_ptrace, "ptrace"),
    (SYS_process_vm_readv, "process_vm_readv"),
    (SYS_process_vm_writev, "process_vm_writev"),
    (SYS_process_madvise, "process_madvise"),
    (SYS_pidfd_getfd, "pidfd_getfd"),
    (SYS_kcmp, "kcmp"),
    (SYS_open_by_handle_at, "open_by_handle_at"),
    (SYS_setns, "setns"),
    (SYS_init_module, "init_module"),
    (SYS_finit_module, "finit_module"),
    (SYS_delete_module, "delete_module"),
    (SYS_kexec_load, "kexec_load"),
    (SYS_kexec_file_load, "kexec_file_load"),
    (SYS_reboot, "reboot"),
    (SYS_swapon, "swapon"),
    (SYS_swapoff, "swapoff"),
    (SYS_quotactl, "quotactl"),
    (SYS_quotactl_fd, "quotactl_fd"),
    (SYS_settimeofday, "settimeofday"),
    (SYS_clock_settime, "clock_settime"),
    (SYS_iopl, "iopl"),
    (SYS_ioperm, "ioperm"),
    (SYS_modify_ldt, "modify_ldt"),
    (SYS_syslog, "syslog"),
    (SYS_vhangup, "vhangup"),
    (SYS_uselib, "uselib"),
    (SYS_fanotify_init, "fanotify_init"),
    (libc::SYS_acct, "acct"),
];

/// The name of a closed call, or of a conditional one that reached the supervisor.
pub(crate) fn closed_name(number: i64) -> Option<&'static str> {
    CLOSED
        .iter()
        .chain(CONDITIONAL_NAMES)
        .find(|(n, _)| *n == number)
        .map(|(_, name)| *name)
}

/// When a call goes to the supervisor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Condition {
    /// Some bit of the argument's low word is in the mask.
    AnyBit { argument: u8, mask: u32 },
    /// The argument is not zero.
    NotNull { argument: u8 },
    /// The argument's low word is one of the values.
    OneOf {
        argument: u8,
        values: &'static [u32],
    },
    /// The argument's low word is none of the values.
    NoneOf {
        argument: u8,
        values: &'static [u32],
    },
    /// Either argument's low word is none of its values.
    NoneOfEither {
        first: (u8, &'static [u32]),
        second: (u8, &'static [u32]),
    },
}

const CONDITIONAL_NAMES: &[(i64, &str)] = &[
    (SYS_ioctl, "ioctl"),
    (libc::SYS_personality, "personality"),
    (SYS_unshare, "unshare"),
    (SYS_seccomp, "seccomp"),
    (SYS_socket, "socket"),
    (SYS_socketpair, "socketpair"),
    (SYS_prlimit64, "prlimit64"),
];

/// Not in the C library's headers yet.
pub(crate) const SYS_SETXATTRAT: i64 = 463;
/// Not in the C library's headers yet.
pub(crate) const SYS_REMOVEXATTRAT: i64 = 466;
const SYS_OPEN_TREE_ATTR: i64 = 467;

/// `PER_LINUX`, `PER_LINUX32`, both with `UNAME26`, and the question which is in force; none that
/// makes data executable or addresses predictable.
const PERSONALITIES: &[u32] = &[0, 8, 0x0002_0000, 0x0002_0008, u32::MAX];
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541C;
const TIOCCONS: u32 = 0x541D;
const NEW_LISTENER: u32 = 8;
const AF_UNIX: u32 = 1;
const AF_INET: u32 = 2;
const AF_INET6: u32 = 10;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
/// `CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}`.
pub(crate) const NEW_NAMESPACES: u32 = 0x7E02_0080;
