use super::*;
use crate::limit::Limit;

#[track_caller]
fn check(path: &str, text: &str, expected: Language) {
    assert_eq!(language(path, text), expected, "{path}");
}

#[test]
fn a_script_is_known_by_name_by_first_line_and_by_its_words() {
    check("a/b.py", "", Language::Python);
    check("notes.txt", "#!/bin/bash\nls", Language::Shell);
    check(
        "notes.dat",
        "import os\n\ndef f():\n  pass",
        Language::Python,
    );
    check("notes.dat", "Dear reader,\nall is well.", Language::Unknown);
    check("SKILL.md", "curl x", Language::Markdown);
}

#[test]
fn bytes_tell_what_a_file_is() {
    assert_eq!(kind(b"\x7fELF\x02\x01"), Kind::Native);
    assert_eq!(kind(b"hello"), Kind::Text);
    assert_eq!(kind(b"a\0b"), Kind::Binary);
    assert!(is_mismatch("a.png", Kind::Native));
    assert!(!is_mismatch("a.exe", Kind::Native));
}

fn zip(flags: u8) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x14\0".to_vec();
    bytes.extend([
        flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, b'a',
    ]);
    bytes.extend(b"hello");
    bytes
}

#[test]
fn members_are_read_and_encrypted_ones_are_named() {
    let open = members(&zip(0), 10, 1000);
    assert_eq!(
        open.members.first().and_then(|m| m.bytes.clone()),
        Some(b"hello".to_vec())
    );
    let shut = members(&zip(1), 10, 1000);
    assert_eq!(
        shut.members.first().map(|m| (m.encrypted, m.bytes.clone())),
        Some((true, None))
    );
}

#[test]
fn a_limit_of_members_or_bytes_is_named_and_its_twin_is_not() {
    let two = [zip(0), zip(0)].concat();
    assert_eq!(members(&two, 2, 1000).limits, [].into());
    assert_eq!(
        members(&two, 1, 1000).limits,
        [Limit::ArchiveMembers].into()
    );
    assert_eq!(members(&two, 2, 9).limits, [Limit::ArchiveBytes].into());
    assert_eq!(members(&two, 2, 10).limits, [].into());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_an_archive_within_the_limits(tail in proptest::collection::vec(0_u8..=255, 0..300), magic in 0..3_usize) {
        let head: [&[u8]; 3] = [b"PK\x03\x04\x14\0\0\0\0\0", b"PK\x05\x06\0\0\0\0\x01\0\x01\0", b"PK\x01\x02"];
        let bytes = [head[magic], tail.as_slice(), b"PK\x05\x06\0\0\0\0\x02\0\x02\0\x20\0\0\0\0\0\0\0\0\0"].concat();
        let found = members(&bytes, 10, 1000);
        let total: usize = found.members.iter().filter_map(|member| member.bytes.as_ref()).map(Vec::len).sum();
        proptest::prop_assert!(found.members.len() <= 10 && total <= 1000);
        let _ = (kind(&bytes), language("a", &String::from_utf8_lossy(&bytes)));
    }
}
