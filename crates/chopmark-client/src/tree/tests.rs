use std::os::unix::fs::symlink;

use super::*;
use crate::durable::Access;

fn package() -> Package {
    let files = [
        ("SKILL.md", Mode::Regular, "---\nname: a\n---\n"),
        ("scripts/run.sh", Mode::Executable, "#!/bin/sh\n"),
        ("scripts/deep/er/data", Mode::Regular, ""),
    ];
    Package::build(files.map(|(p, m, b)| (p.to_owned(), m, b.into())).into()).unwrap()
}

fn check(change: impl FnOnce(&Path), expected: &[Difference]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    write(&path, &package()).unwrap();
    change(&path);
    assert_eq!(compare(&path, package().manifest()).unwrap(), expected);
}

#[test]
fn each_change_is_named_and_an_untouched_folder_has_none() {
    let name = |path: &str| path.to_owned();
    check(|_| {}, &[]);
    check(
        |p| durable::write(&p.join("SKILL.md"), b"---\nname: b\n---\n", Access::Public).unwrap(),
        &[Difference::Changed {
            path: name("SKILL.md"),
        }],
    );
    check(
        |p| durable::write(&p.join("more"), b"", Access::Public).unwrap(),
        &[Difference::Extra { path: name("more") }],
    );
    check(
        |p| fs::create_dir(p.join("empty")).unwrap(),
        &[Difference::Extra {
            path: name("empty/"),
        }],
    );
    check(
        |p| fs::remove_file(p.join("scripts/run.sh")).unwrap(),
        &[Difference::Missing {
            path: name("scripts/run.sh"),
        }],
    );
    check(
        |p| fs::set_permissions(p.join("SKILL.md"), fs::Permissions::from_mode(0o755)).unwrap(),
        &[Difference::Mode {
            path: name("SKILL.md"),
            found: name("755"),
        }],
    );
    check(
        |p| {
            fs::remove_file(p.join("SKILL.md")).unwrap();
            symlink("/etc/passwd", p.join("SKILL.md")).unwrap();
        },
        &[Difference::NotAFile {
            path: name("SKILL.md"),
        }],
    );
}

#[test]
fn a_folder_that_is_not_there_misses_all() {
    let folder = tempfile::tempdir().unwrap();
    let found = compare(&folder.path().join("none"), package().manifest()).unwrap();
    assert_eq!(found.len(), 3);
}

#[test]
fn a_package_is_never_written_into_an_existing_folder() {
    let folder = tempfile::tempdir().unwrap();
    let error = write(folder.path(), &package()).unwrap_err();
    assert_eq!(error.code(), "file-exists");
}
