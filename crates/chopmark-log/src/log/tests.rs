use std::{collections::BTreeSet, process::Command};

use chopmark_core::{
    digest::ContentDigest,
    key::{Role, SecretKey},
    record::{Body, Inception, KeySet, Limits, NextKeys, Release, RoleKey},
};

use super::*;
use crate::{
    check::{fsck, rebuild},
    disk::fault::Fault,
    operator::charter,
};

const ORIGIN: &str = "log.example/test";

fn inception(key: &SecretKey, role: Role) -> Inception {
    Inception {
        keys: KeySet {
            keys: vec![RoleKey {
                key: key.public(),
                roles: BTreeSet::from([role]),
            }],
            threshold: 1,
            next: NextKeys {
                keys: BTreeSet::from([SecretKey::from_seed(&[99; 32]).public().digest()]),
                threshold: 1,
            },
            rotation_days: 0,
        },
        name: None,
    }
}

pub(crate) fn operator() -> (Operator, Record) {
    let operate_key = SecretKey::from_seed(&[2; 32]);
    let (charter, identity) = charter(
        ORIGIN,
        inception(&operate_key, Role::Operate),
        &[&operate_key],
        Limits::V1,
    )
    .unwrap();
    let operator = Operator {
        origin: ORIGIN.to_owned(),
        log_key: SecretKey::from_seed(&[1; 32]),
        identity,
        operate_key,
    };
    (operator, charter)
}

pub(crate) fn author(seed: u8) -> Record {
    let key = SecretKey::from_seed(&[seed; 32]);
    Record::sign(
        ORIGIN,
        None,
        &Body::Inception(inception(&key, Role::Release)),
        &[&key],
    )
    .unwrap()
}

pub(crate) fn release(seed: u8, skill: &str) -> Record {
    let body = Body::Release(Release {
        content: ContentDigest::of(skill.as_bytes()),
        skill: skill.parse().unwrap(),
        version: semver::Version::new(1, 0, 0),
        previous: None,
    });
    let key = SecretKey::from_seed(&[seed; 32]);
    Record::sign(ORIGIN, Some(author(seed).issuer()), &body, &[&key]).unwrap()
}

pub(crate) fn begun(folder: &Path) -> Log {
    let (operator, charter) = operator();
    Log::create(folder, operator, &charter, 100).unwrap()
}

fn reopened(folder: &Path) -> Log {
    let log = Log::open(folder, operator().0).unwrap();
    fsck(&log).unwrap();
    log
}

fn publish(log: &Log) {
    let note = Note::parse(&log.head().checkpoint).unwrap();
    log.publish(&note).unwrap();
}

#[test]
fn records_are_appended_known_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = begun(folder.path());
    let done = log
        .append(
            &[author(10), author(10), release(11, "a"), release(10, "a")],
            101,
        )
        .unwrap();
    assert!(matches!(
        done.verdicts.as_slice(),
        [
            Verdict::Appended { index: 2 },
            Verdict::Known { index: 2 },
            Verdict::Refused(chopmark_core::rules::RuleError::UnknownIssuer { .. }),
            Verdict::Appended { index: 3 },
        ]
    ));
    assert_eq!(done.size, 5);
    let again = log.append(&[author(10)], 102).unwrap();
    assert_eq!(
        (again.verdicts, again.size),
        (vec![Verdict::Known { index: 2 }], 5)
    );
    publish(&log);
    drop(log);
    reopened(folder.path());
}

#[test]
fn tiles_hold_across_several_full_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = begun(folder.path());
    log.append(&[author(10)], 101).unwrap();
    let mut names = (0..300).map(|n| release(10, &format!("s{n}")));
    for size in [1, 100, 199] {
        let batch: Vec<_> = names.by_ref().take(size).collect();
        log.append(&batch, 101).unwrap();
    }
    let report = fsck(&reopened(folder.path())).unwrap();
    assert_eq!(report.leaves, 307);
}

#[test]
fn a_flipped_byte_in_any_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = begun(folder.path());
    log.append(&[author(10), release(10, "a")], 101).unwrap();
    fsck(&log).unwrap();
    let mut open = vec![log.disk().root().join("map")];
    open.extend(["tile/0/000.p/5", "tile/entries/000.p/5"].map(|p| log.disk().root().join(p)));
    let mut seen = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        let mut bad = whole.clone();
        *bad.last_mut().unwrap() ^= 1;
        overwrite(&path, &bad);
        assert!(fsck(&log).is_err(), "{}", path.display());
        overwrite(&path, &whole);
        seen += 1;
    }
    assert!(seen > 10);
    fsck(&log).unwrap();
}

fn overwrite(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    std::fs::File::create(path)
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

#[test]
fn the_database_is_rebuilt_from_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = begun(folder.path());
    log.append(&[author(10), release(10, "a")], 101).unwrap();
    publish(&log);
    let head = log.head().clone();
    drop(log);
    std::fs::remove_file(folder.path().join("log.sqlite")).unwrap();
    std::fs::remove_dir_all(folder.path().join("public/map")).unwrap();
    let (log, report) = rebuild(folder.path(), operator().0).unwrap();
    assert_eq!(*log.head(), head);
    assert_eq!(report.leaves, 5);
}

#[test]
fn a_foreign_or_older_checkpoint_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = begun(folder.path());
    let old = Note::parse(&log.head().checkpoint).unwrap();
    log.append(&[author(10)], 101).unwrap();
    publish(&log);
    assert!(matches!(log.publish(&old), Err(LogError::NotOurs)));
    let elsewhere = tempfile::tempdir().unwrap();
    let mut other = begun(elsewhere.path());
    other.append(&[author(11)], 101).unwrap();
    let foreign = Note::parse(&other.head().checkpoint).unwrap();
    assert!(matches!(log.publish(&foreign), Err(LogError::NotOurs)));
    publish(&log);
}

/// A batch and its publication, under a planned fault; then all is opened again.
fn survive(at: usize, fault: Fault) -> (Vec<&'static str>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = begun(folder.path());
    publish(&log);
    let faults = log.disk.faults.clone();
    faults.plan(at, fault);
    let appended = log.append(&[author(10), release(10, "a")], 101);
    let published = appended.is_ok()
        && log
            .publish(&Note::parse(&log.head().checkpoint).unwrap())
            .is_ok();
    let passed = faults.passed();
    faults.clear();
    if appended.is_err() {
        assert!(matches!(
            log.append(&[author(11)], 101),
            Err(LogError::InDoubt(None))
        ));
    }
    drop(log);

    let mut log = reopened(folder.path());
    let size = log.head().position.size;
    assert!(!published || size == 5);
    // What was answered stays; what was not can be sent again and is there exactly once.
    let again = log.append(&[author(10), release(10, "a")], 102).unwrap();
    assert_eq!(again.size, 5);
    publish(&log);
    reopened(folder.path());
    (passed, size)
}

#[test]
fn every_write_point_may_fail_lost_or_persisted() {
    let (points, size) = survive(usize::MAX, Fault::Lost);
    assert_eq!(size, 5);
    assert_eq!(points.first(), Some(&"commit"));
    assert_eq!(points.last(), Some(&"replace"));
    for at in 0..points.len() {
        let (_, lost) = survive(at, Fault::Lost);
        assert_eq!(lost, if at == 0 { 2 } else { 5 }, "{at}");
        let (_, persisted) = survive(at, Fault::Persisted);
        assert_eq!(persisted, 5, "{at}");
    }
}

const CHILD: &str = "CHOPMARK_LOG_TEST_CHILD";

/// Runs as a process of its own and dies in the middle; see the test below.
#[test]
fn child_that_dies() {
    let Some(task) = std::env::var_os(CHILD) else {
        return;
    };
    let task = task.into_string().unwrap();
    let (at, rest) = task.split_once(' ').unwrap();
    let (when, folder) = rest.split_once(' ').unwrap();
    let mut log = Log::open(Path::new(folder), operator().0).unwrap();
    let fault = if when == "before" {
        Fault::DieBefore
    } else {
        Fault::DieAfter
    };
    log.disk.faults.plan(at.parse().unwrap(), fault);
    log.append(&[author(10), release(10, "a")], 101).unwrap();
    publish(&log);
}

#[test]
fn a_process_killed_at_any_write_leaves_a_log_that_goes_on() {
    let (points, _) = survive(usize::MAX, Fault::Lost);
    for at in [0, 1, 2, points.len() - 2, points.len() - 1] {
        for when in ["before", "after"] {
            let folder = tempfile::tempdir().unwrap();
            publish(&begun(folder.path()));
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "log::tests::child_that_dies"])
                .env(CHILD, format!("{at} {when} {}", folder.path().display()))
                .output()
                .unwrap()
                .status;
            assert!(!status.success(), "the child must die at {at} {when}");
            let mut log = reopened(folder.path());
            let committed = at > 0 || when == "after";
            assert_eq!(log.head().position.size, if committed { 5 } else { 2 });
            log.append(&[author(10), release(10, "a")], 102).unwrap();
            publish(&log);
            assert_eq!(reopened(folder.path()).head().position.size, 5);
        }
    }
}
