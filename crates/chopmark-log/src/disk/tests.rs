use super::*;

#[test]
fn an_immutable_file_is_written_once_and_mended_when_torn() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let files = [("a/b/c".to_owned(), b"whole".to_vec())];
    disk.write_immutable(&files).unwrap();
    File::create(folder.path().join("a/b/c")).unwrap();
    assert_eq!(disk.read("a/b/c").unwrap().unwrap(), b"");
    disk.write_immutable(&files).unwrap();
    assert_eq!(disk.read("a/b/c").unwrap().unwrap(), b"whole");
    assert_eq!(disk.read("a/b/d").unwrap(), None);
}
