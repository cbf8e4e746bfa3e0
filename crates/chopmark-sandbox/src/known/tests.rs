use super::*;

fn known(inode: u64, changed: u64) -> Known {
    Known {
        print: Print {
            device: rustix::fs::makedev(254, 1),
            inode,
            size: 3,
            modified: (1, 2),
            changed: (changed, 4),
        },
        sha256: [0xA5; 32],
    }
}

#[test]
fn what_is_kept_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("programs");
    Memory::read(path.clone()).add(vec![known(1, 10), known(2, 10)]);
    assert_eq!(
        Memory::read(path.clone()).entries(),
        [known(1, 10), known(2, 10)]
    );
    // A file that changed is known by its newest print only.
    Memory::read(path.clone()).add(vec![known(1, 11)]);
    assert_eq!(Memory::read(path).entries(), [known(2, 10), known(1, 11)]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test's damage need not be durable"
)]
fn a_damaged_memory_knows_less_and_never_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("programs");
    Memory::read(path.clone()).add(vec![known(1, 10), known(2, 10)]);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 5]).unwrap();
    assert_eq!(Memory::read(path.clone()).entries(), [known(1, 10)]);
    fs::write(&path, text.replace("v1", "v2")).unwrap();
    assert_eq!(Memory::read(path).entries(), []);
}

#[test]
fn only_lasting_prints_are_kept() {
    let now = 100;
    assert!(known(1, 97).print.is_lasting(now));
    assert!(!known(1, 98).print.is_lasting(now));
    let mut elsewhere = known(1, 97);
    elsewhere.print.device = rustix::fs::makedev(0, 45);
    assert!(!elsewhere.print.is_lasting(now));
}
