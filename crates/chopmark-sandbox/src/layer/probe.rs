//! Looks at each layer, without starting anything.

use std::path::Path;

use super::{Layer, LayerState, Presence};
use crate::launch::landlock::abi;
use crate::sys::notify::notification_sizes_match;

/// The state of every layer on this machine.
#[must_use]
pub fn probe() -> Vec<LayerState> {
    let state = |layer, presence| LayerState { layer, presence };
    vec![
        state(
            Layer::Launcher,
            present("clean environment, close_range, no_new_privs, no capabilities"),
        ),
        state(Layer::Namespaces, namespaces()),
        state(Layer::Landlock, landlock()),
        state(Layer::Seccomp, seccomp()),
        state(Layer::Supervisor, supervisor()),
        state(
            Layer::Resources,
            present("rlimits, process count, memory watch, wall timer"),
        ),
    ]
}

fn present(detail: impl Into<String>) -> Presence {
    Presence::Present {
        detail: detail.into(),
    }
}

fn namespaces() -> Presence {
    for name in NAMESPACES {
        if !Path::new("/proc/self/ns").join(name).exists() {
            return Presence::Missing {
                why: format!("the kernel has no {name} namespace"),
                mend: "boot a kernel that is built with it",
            };
        }
    }
    for (path, closed, mend) in SWITCHES {
        let value = std::fs::read_to_string(path).unwrap_or_default();
        if value.trim() == *closed && !rustix::process::geteuid().is_root() {
            return Presence::Missing {
                why: format!("{path} is {closed}"),
                mend,
            };
        }
    }
    present(NAMESPACES.join(" "))
}

fn landlock() -> Presence {
    match abi() {
        version @ 0..2 => Presence::Missing {
            why: format!("Landlock has ABI {version}, 2 is needed"),
            mend: "boot Linux 6.1 or newer with `landlock` in its `lsm=` list",
        },
        version => present(format!("ABI {version}")),
    }
}

fn seccomp() -> Presence {
    if cfg!(target_arch = "x86_64") {
        present("x86-64 filter, other architectures refused")
    } else {
        Presence::Missing {
            why: "the filter is written for x86-64".to_owned(),
            mend: "run on an x86-64 machine",
        }
    }
}

fn supervisor() -> Presence {
    if notification_sizes_match() {
        present("user notification with injected descriptors")
    } else {
        Presence::Missing {
            why: "the kernel's seccomp user notification is missing or of another shape".to_owned(),
            mend: "boot Linux 6.1 or newer with CONFIG_SECCOMP_FILTER",
        }
    }
}

const NAMESPACES: [&str; 7] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];
const SWITCHES: &[(&str, &str, &str)] = &[
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "set the sysctl `user.max_user_namespaces` to at least 100",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "set the sysctl `kernel.unprivileged_userns_clone` to 1",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "allow user namespaces for this program by an AppArmor profile, or set the sysctl `kernel.apparmor_restrict_unprivileged_userns` to 0",
    ),
];
