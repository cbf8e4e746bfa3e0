use super::*;
use crate::note::KeyKind;
use crate::{
    checkpoint::cosign,
    key::SecretKey,
    note::{Signature, sign_as_log},
};

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

fn vkey(name: &str, kind: KeyKind, n: u8) -> String {
    VerifierKey::new(name, kind, key(n).public())
        .unwrap()
        .to_string()
}

/// Four witnesses; `tail` is the rest of the file.
fn file(tail: &str) -> String {
    let mut out = format!("# test\nlog {}\n", vkey("example.com/log", KeyKind::Log, 0));
    for n in 1..=4 {
        let vkey = vkey(&format!("w{n}.example"), KeyKind::Cosigner, n);
        out += &format!("witness w{n} {vkey} http://127.0.0.1/\n");
    }
    out + tail
}

fn note(cosigners: &[(u8, u64)]) -> Vec<u8> {
    let text = "example.com/log\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let mut lines: Vec<Signature> = vec![sign_as_log("example.com/log", &key(0), text).unwrap()];
    for (n, time) in cosigners {
        lines.push(cosign(&format!("w{n}.example"), &key(*n), text, *time).unwrap());
    }
    Note::new(text, lines).unwrap().to_string().into_bytes()
}

fn verify(tail: &str, cosigners: &[(u8, u64)]) -> bool {
    Policy::parse(file(tail).as_bytes())
        .unwrap()
        .verify(&note(cosigners))
        .is_ok()
}

#[test]
fn two_cosignatures_where_three_are_due() {
    let tail = "group all-four 3 w1 w2 w3 w4\nquorum all-four\n";
    assert!(verify(tail, &[(1, 10), (2, 10), (3, 10)]));
    assert!(!verify(tail, &[(1, 10), (2, 10)]));
    // A witness that cosigns twice counts once; a stranger counts for nothing.
    assert!(!verify(tail, &[(1, 10), (2, 10), (2, 11)]));
    assert!(!verify(tail, &[(1, 10), (2, 10), (9, 10)]));
}

#[test]
fn groups_of_groups() {
    let tail = "group a all w1 w2\ngroup b any w3 w4\ngroup both all a b\nquorum both\n";
    assert!(verify(tail, &[(1, 1), (2, 1), (4, 1)]));
    assert!(!verify(tail, &[(1, 1), (3, 1), (4, 1)]));
    assert!(verify("quorum none\n", &[]));
    assert!(verify("quorum w1\n", &[(1, 1)]));
    assert!(!verify("quorum w1\n", &[(2, 1)]));
}

fn check(tail: &str, expected: Result<(), &str>) {
    let parsed = Policy::parse(file(tail).as_bytes());
    assert_eq!(
        parsed.map(|_| ()).map_err(|e| e.to_string()),
        expected.map_err(str::to_owned)
    );
}

#[test]
fn files_and_their_faults() {
    check("quorum none\n", Ok(()));
    check("", Err("line 0: there is no quorum line"));
    check(
        "quorum none\nquorum none\n",
        Err("line 8: a second quorum line"),
    );
    check("quorum w9\n", Err("line 7: `w9` is not defined above"));
    check("group g 5 w1 w2\nquorum g\n", Err("line 7: 5 of 2 members"));
    check("group g 0 w1 w2\nquorum g\n", Err("line 7: 0 of 2 members"));
    check(
        "group g any w1 w1\nquorum g\n",
        Err("line 7: `w1` is already a member of a group"),
    );
    check(
        "group w1 any w2\nquorum w2\n",
        Err("line 7: the name `w1` is taken"),
    );
    check("  group\tg  any w1 \n\n # c\nquorum g\n", Ok(()));
    let twice = format!(
        "witness again {}\nquorum none\n",
        vkey("other", KeyKind::Cosigner, 1)
    );
    check(&twice, Err("line 7: this witness key is listed twice"));
    let kind = format!(
        "witness w {}\nquorum none\n",
        vkey("other", KeyKind::Log, 8)
    );
    check(
        &kind,
        Err("line 7: the key is of another signature type than this line takes"),
    );
}

#[test]
fn the_quorum_rule_says_how_many_bad_witnesses_it_survives() {
    let survives = |t: usize, names: &str| {
        let text = file(&format!("group g {t} {names}\nquorum g\n"));
        Policy::parse(text.as_bytes())
            .unwrap()
            .survives("g")
            .unwrap()
    };
    assert_eq!(survives(2, "w1 w2 w3"), 0);
    assert_eq!(survives(3, "w1 w2 w3 w4"), 1);
}

#[test]
fn time_is_the_lower_median() {
    let policy = Policy::parse(file("quorum none\n").as_bytes()).unwrap();
    let time = |c: &[(u8, u64)]| policy.verify(&note(c)).unwrap().lower_median_time();
    assert_eq!(time(&[]), None);
    assert_eq!(time(&[(1, 9), (2, 5), (3, 7)]), Some(7));
    assert_eq!(time(&[(1, 9), (2, 5), (3, 7), (4, 100)]), Some(7));
}

#[test]
fn one_bad_line_of_a_known_key_spoils_the_note() {
    let policy = Policy::parse(file("quorum w1\n").as_bytes()).unwrap();
    let mut parsed = Note::parse(&note(&[(1, 1), (2, 1)])).unwrap();
    assert!(policy.verify(parsed.to_string().as_bytes()).is_ok());
    let mut bad = parsed.signatures()[2].clone();
    bad.bytes[20] ^= 1;
    parsed.add([bad]);
    assert_eq!(
        policy.verify(parsed.to_string().as_bytes()).map(|_| ()),
        Err(CheckpointError::Signature("w2.example".into()).into())
    );
}

#[test]
fn what_a_policy_and_a_checked_note_hold() {
    let tail = "group a any w1 w2\ngroup both all a w3\nquorum both\n";
    let policy = Policy::parse(file(tail).as_bytes()).unwrap();
    assert_eq!(policy.quorum(), Some("both"));
    let none = Policy::parse(file("quorum none\n").as_bytes()).unwrap();
    assert_eq!(none.quorum(), None);
    let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(policy.members("both"), names(&["w1", "w2", "w3"]));
    assert_eq!(policy.members("w4"), names(&["w4"]));
    assert_eq!(policy.members("w9"), BTreeSet::new());
    assert_eq!(policy.logs().len(), 1);
    let witnesses: BTreeSet<String> = policy.witnesses().keys().cloned().collect();
    assert_eq!(witnesses, names(&["w1", "w2", "w3", "w4"]));
    assert_eq!(policy.threshold("both"), Some((2, 2)));

    let note = note(&[(2, 11), (3, 12)]);
    let checked = policy.verify(&note).unwrap();
    assert_eq!(checked.note(), note);
    let cosigners: Vec<_> = checked.cosigners().iter().collect();
    assert_eq!(
        cosigners,
        [(&"w2".to_owned(), &11), (&"w3".to_owned(), &12)]
    );
}

/// The limit is in bytes: a comment fills the file to it, and one byte more is too much.
#[test]
fn a_policy_is_at_most_256_kib() {
    assert_eq!(MAX_POLICY_BYTES, 262_144);
    let tail = "quorum none\n";
    let room = MAX_POLICY_BYTES - file(tail).len();
    let filled = |bytes: usize| format!("#{}\n", "x".repeat(bytes - 2));
    assert!(Policy::parse(file(&(filled(room) + tail)).as_bytes()).is_ok());
    let error = Policy::parse(file(&(filled(room + 1) + tail)).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 0: the file is larger than 256 KiB");
}
