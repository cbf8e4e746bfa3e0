use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::durable::{self, Access};

/// A folder with one sound skill, changed, and what reading it gives.
fn check(change: impl FnOnce(&Path), expected: Result<&[&str], &str>) {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path();
    put(&path.join("SKILL.md"), b"---\nname: a\n---\n");
    std::fs::create_dir(path.join("scripts")).unwrap();
    put(&path.join("scripts/run.sh"), b"#!/bin/sh\n");
    std::fs::set_permissions(
        path.join("scripts/run.sh"),
        std::fs::Permissions::from_mode(0o775),
    )
    .unwrap();
    change(path);
    let found = read(path);
    let found = found.as_ref().map(|folder| {
        folder
            .left_out
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
    });
    match (found, expected) {
        (Ok(left_out), Ok(expected)) => assert_eq!(left_out, expected),
        (Err(error), Err(code)) => assert_eq!(error.code(), code),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

fn put(path: &Path, bytes: &[u8]) {
    durable::write(path, bytes, Access::Public).unwrap();
}

#[test]
fn links_and_special_files_are_refused_and_version_control_is_left_out() {
    check(|_| {}, Ok(&[]));
    check(
        |p| symlink("SKILL.md", p.join("link")).unwrap(),
        Err("folder-symlink"),
    );
    check(
        |p| symlink("scripts", p.join("more")).unwrap(),
        Err("folder-symlink"),
    );
    check(
        |p| std::fs::hard_link(p.join("SKILL.md"), p.join("same")).unwrap(),
        Err("folder-hard-link"),
    );
    check(
        |p| drop(std::os::unix::net::UnixListener::bind(p.join("socket")).unwrap()),
        Err("folder-special-file"),
    );
    check(
        |p| {
            std::fs::create_dir_all(p.join("scripts/.git/hooks")).unwrap();
            symlink("/etc", p.join("scripts/.git/hooks/link")).unwrap();
        },
        Ok(&["scripts/.git"]),
    );
    check(|p| put(&p.join(".hidden"), b""), Ok(&[]));
    check(
        |p| std::fs::remove_file(p.join("SKILL.md")).unwrap(),
        Err("skill-file-missing"),
    );
}

#[test]
fn modes_follow_the_owners_execute_bit() {
    let temporary = tempfile::tempdir().unwrap();
    for (name, bits) in [("SKILL.md", 0o664), ("a", 0o711), ("b", 0o677)] {
        put(&temporary.path().join(name), b"");
        std::fs::set_permissions(
            temporary.path().join(name),
            std::fs::Permissions::from_mode(bits),
        )
        .unwrap();
    }
    let folder = read(temporary.path()).unwrap();
    let modes: Vec<_> = folder
        .package
        .files()
        .map(|(path, mode, _)| (path.as_str(), mode))
        .collect();
    assert_eq!(
        modes,
        [
            ("SKILL.md", Mode::Regular),
            ("a", Mode::Executable),
            ("b", Mode::Regular)
        ]
    );
}
