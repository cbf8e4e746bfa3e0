//! What every skill sees: the runtime, a few files of `/etc`, devices, temporary folders.

use std::path::{Path, PathBuf};

use super::view::View;
use crate::launch::namespaces::INSIDE_ID;
use crate::setup::{BindAccess, Control, Mount, Right, rule};

/// Adds the parts that do not depend on the grant.
pub(super) fn add_runtime(view: &mut View, any_program: bool, network: bool) {
    let right = if any_program {
        Right::Execute
    } else {
        Right::Read
    };
    for path in RUNTIME {
        let path = Path::new(path);
        match path.symlink_metadata() {
            Ok(found) if found.is_symlink() => {
                if let Ok(content) = path.read_link() {
                    view.mount(Mount::Link {
                        target: path.to_owned(),
                        content,
                    });
                }
            }
            Ok(_) => {
                view.bind(path, path, BindAccess::Runtime);
                view.right(path, right);
                view.place(path, rule::RUNTIME, Control::Free);
            }
            Err(_) => {}
        }
    }
    for path in CONFIGURATION {
        let path = Path::new(path);
        if let Ok(source) = path.canonicalize() {
            view.bind(&source, path, BindAccess::Runtime);
            view.place(path, rule::SYSTEM, Control::Free);
        }
    }
    for (path, content) in written(network) {
        view.mount(Mount::File {
            target: path.into(),
            content: content.into_bytes(),
        });
        view.place(Path::new(path), rule::SYSTEM, Control::Free);
    }
    add_devices(view);
    view.mount(Mount::Processes);
    view.place(Path::new("/proc"), rule::SYSTEM, Control::Free);
    view.place(Path::new("/dev"), rule::SYSTEM, Control::Free);
    view.place(Path::new("/run/chopmark"), rule::SYSTEM, Control::Free);
    for path in ["/etc", "/proc", "/run"] {
        view.right(Path::new(path), Right::Read);
    }
    view.right(Path::new("/dev"), Right::Device);
    for loader in LOADERS {
        if let Ok(real) = Path::new(loader).canonicalize() {
            view.right(&real, Right::ExecuteFile);
        }
    }
}

fn add_devices(view: &mut View) {
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let path = PathBuf::from("/dev").join(name);
        if path.exists() {
            view.bind(&path, &path, BindAccess::Device);
        }
    }
    view.mount(Mount::Terminals);
    let links = [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
        ("/dev/ptmx", "pts/ptmx"),
    ];
    for (target, content) in links {
        view.mount(Mount::Link {
            target: target.into(),
            content: content.into(),
        });
    }
}

fn written(network: bool) -> [(&'static str, String); 6] {
    let id = INSIDE_ID;
    let (hosts, resolver) = if network {
        ("files dns", "nameserver 127.0.0.1\n")
    } else {
        ("files", "# There is no network.\n")
    };
    [
        (
            "/etc/passwd",
            format!("skill:x:{id}:{id}:skill:{HOME}:/bin/sh\n"),
        ),
        ("/etc/group", format!("skill:x:{id}:\n")),
        ("/etc/hosts", "127.0.0.1 localhost\n".to_owned()),
        ("/etc/hostname", "sandbox\n".to_owned()),
        (
            "/etc/nsswitch.conf",
            format!("passwd: files\ngroup: files\nhosts: {hosts}\n"),
        ),
        ("/etc/resolv.conf", resolver.to_owned()),
    ]
}

/// The skill's home, private to the run.
pub(super) const HOME: &str = "/home/skill";

const RUNTIME: &[&str] = &[
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
];

const CONFIGURATION: &[&str] = &[
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
];

const LOADERS: &[&str] = &["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"];
