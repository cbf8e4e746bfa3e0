mod gates;

use super::*;
use crate::digest::{ContentDigest, SpecificationDigest};
use crate::record::{Inception, KeySet, NextKeys, RoleKey, Rules, Veto, VetoReason, VetoTarget};
use crate::testing::TestLog;

/// A raise to version 2, whose time is `notice` seconds after the log's last state leaf.
fn raise(log: &TestLog, notice: u64) -> Record {
    let now = log.state().position().last_state.unwrap().time;
    log.operator().sign(&Body::Rules(Rules {
        version: 2,
        specification: SpecificationDigest::from_bytes([2; 32]),
        not_before: now + notice,
    }))
}

pub(super) fn code(log: &mut TestLog, record: &Record) -> &'static str {
    log.push(record)
        .map_or_else(|error| error.code(), |_| "taken")
}

#[test]
fn a_raise_of_the_rules_needs_fourteen_days_notice() {
    assert_eq!(RAISE_NOTICE_SECONDS, 1_209_600);
    let mut log = TestLog::new();
    let early = raise(&log, 1_209_599);
    assert_eq!(code(&mut log, &early), "rules-raise");
    let due = raise(&log, 1_209_600);
    assert_eq!(code(&mut log, &due), "taken");
    let again = raise(&log, 2_000_000);
    assert_eq!(code(&mut log, &again), "rules-raise");
}

/// After its time nobody who knows only version 1 may go on; a second before, everybody may.
#[test]
fn a_raise_in_force_stops_those_who_do_not_know_it() {
    for (later, expected) in [(0, "taken"), (1, "rules-upgrade")] {
        let mut log = TestLog::new();
        let record = raise(&log, 1_209_600);
        let now = log.state().position().last_state.unwrap().time;
        log.push(&record).unwrap();
        log.set_time(now + 1_209_599 + later);
        log.seal();
        let (_, inception) = log.stranger(7, "sunny");
        assert_eq!(code(&mut log, &inception), expected, "{later}");
    }
}

#[test]
fn a_judge_reads_the_keys_that_an_identity_brings() {
    let log = TestLog::new();
    let (_, inception) = log.stranger(7, "sunny");
    let Body::Inception(Inception {
        keys: KeySet { keys, next, .. },
        ..
    }) = inception.body()
    else {
        panic!("no inception");
    };
    let RoleKey { key, .. } = &keys[0];
    let read = reads(&inception);
    assert!(read.contains(&MapKey::Key(key.digest())));
    assert!(read.contains(&MapKey::Statement(inception.id())));
    let NextKeys {
        keys: committed, ..
    } = next;
    assert!(
        !read
            .iter()
            .any(|entry| committed.iter().any(|k| *entry == MapKey::Key(*k)))
    );
    let state = log.leaves().last().unwrap();
    let state = Record::parse(state).unwrap();
    assert!(!reads(&state).contains(&MapKey::Statement(state.id())));
}

/// A veto for malice stands for ever; one for another reason may have an end.
#[test]
fn a_veto_for_malice_has_no_end() {
    let veto = |reason, expires| {
        Body::Veto(Veto {
            target: VetoTarget::Content(ContentDigest::from_bytes([9; 32])),
            reason,
            expires,
            report: None,
        })
    };
    for (reason, expires, expected) in [
        (
            VetoReason::Malicious,
            Some(2_000_000_000),
            "veto-malicious-expires",
        ),
        (VetoReason::Malicious, None, "taken"),
        (VetoReason::Policy, Some(2_000_000_000), "taken"),
    ] {
        let mut log = TestLog::new();
        let issuer = log.identity(7, "sunny");
        let record = issuer.sign(&veto(reason, expires));
        assert_eq!(code(&mut log, &record), expected);
    }
}

#[test]
fn those_answerable_have_words() {
    let words = [Blame::Issuer, Blame::Registry, Blame::Witness, Blame::Host].map(Blame::as_str);
    assert_eq!(words, ["issuer", "registry", "witness", "host"]);
}
