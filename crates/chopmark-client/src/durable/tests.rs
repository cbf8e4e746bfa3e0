use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_write_replaces_the_whole_file_and_leaves_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    write(&path, b"one", Access::Public).unwrap();
    write(&path, b"two", Access::Private).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn create_never_touches_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    create(&path, b"one", Access::Public).unwrap();
    assert_eq!(
        create(&path, b"two", Access::Public).unwrap_err().code(),
        "file-exists"
    );
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn reading_knows_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    assert_eq!(read(&path, 3).unwrap(), None);
    assert_eq!(
        read_existing(&path, 3).unwrap_err().code(),
        "file-not-found"
    );
    write(&path, b"four", Access::Public).unwrap();
    assert_eq!(read(&path, 3).unwrap_err().code(), "file-too-large");
    assert_eq!(read(&path, 4).unwrap(), Some(b"four".to_vec()));
}
