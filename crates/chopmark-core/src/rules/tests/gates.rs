//! Each check of a rule alone: a record that breaks one fact, beside one that breaks none.

use crate::digest::{ContentDigest, NodeHash, StatementId};
use crate::record::{
    Audit, Body, Charter, Claim, Counts, Limits, Method, Record, Relation, Release, Retract,
    RetractReason, Rules, State, Yank, YankReason,
};
use crate::rules::tests::code;
use crate::state::{Fresh, LogState, Position, StateError};
use crate::testing::{ORIGIN, TestLog, salt};

fn content(byte: u8) -> ContentDigest {
    ContentDigest::from_bytes([byte; 32])
}

/// What a new log says of the charter of `log` with other limits.
fn charter(log: &TestLog, limits: Limits) -> &'static str {
    let first = Record::parse(&log.leaves()[0]).unwrap();
    let Body::Charter(charter) = first.body() else {
        panic!("no charter");
    };
    let body = Body::Charter(Charter {
        limits,
        ..charter.clone()
    });
    let record = Record::sign(ORIGIN, None, &body, &[&log.operator().key()]).unwrap();
    let fresh = LogState::resume(ORIGIN, Fresh::default(), Position::start());
    match fresh.judge(&record) {
        Ok(_) => "taken",
        Err(StateError::Rule(error)) => error.code(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_charter_stays_within_the_format() {
    let log = TestLog::new();
    let most = Limits {
        leaf_bytes: 65_535,
        identity_leaf_bytes: 65_535,
        batch_records: 2,
    };
    assert_eq!(charter(&log, most), "taken");
    for limits in [
        Limits {
            leaf_bytes: 65_536,
            ..most
        },
        Limits {
            identity_leaf_bytes: 65_536,
            ..most
        },
        Limits {
            batch_records: 1,
            ..most
        },
    ] {
        assert_eq!(charter(&log, limits), "charter-invalid", "{limits:?}");
    }
}

#[test]
fn only_the_operator_speaks_for_the_log() {
    let mut log = TestLog::new();
    let stranger = log.identity(7, "sunny");
    let (rules, state) = (rules(&log), next_state(&log));
    for body in [&rules, &state] {
        assert_eq!(code(&mut log, &stranger.sign(body)), "operator-only");
    }
    for body in [&state, &rules] {
        let record = log.operator().sign(body);
        assert_eq!(code(&mut log, &record), "taken");
    }
}

fn rules(log: &TestLog) -> Body {
    let now = log.state().position().last_state.unwrap().time;
    Body::Rules(Rules {
        version: 2,
        specification: crate::digest::SpecificationDigest::from_bytes([2; 32]),
        not_before: now + 10_000_000,
    })
}

fn next_state(log: &TestLog) -> Body {
    Body::State(state_of(log))
}

fn state_of(log: &TestLog) -> State {
    let at = log.state().position();
    let last = at.last_state.unwrap();
    State {
        index: at.size,
        previous_index: Some(last.index),
        previous_root: last.root,
        root: at.root,
        time: last.time,
    }
}

#[test]
fn a_state_leaf_follows_the_one_before_in_every_field() {
    type Break = fn(&mut State, NodeHash);
    let other = NodeHash::from_bytes([9; 32]);
    let breaks: [(Break, &str); 6] = [
        (|_, _| (), "taken"),
        (|state, _| state.index += 1, "state-chain"),
        (|state, _| state.previous_index = None, "state-chain"),
        (|state, other| state.previous_root = other, "state-chain"),
        (|state, other| state.root = other, "state-root"),
        (|state, _| state.time -= 1, "state-time"),
    ];
    for (number, (change, expected)) in breaks.into_iter().enumerate() {
        let mut log = TestLog::new();
        let mut state = state_of(&log);
        change(&mut state, other);
        let record = log.operator().sign(&Body::State(state));
        assert_eq!(code(&mut log, &record), expected, "{number}");
    }
}

#[test]
fn a_name_is_claimed_only_after_its_commitment_was_sealed() {
    for (sealed, expected) in [(false, "name-claim-too-early"), (true, "taken")] {
        let mut log = TestLog::new();
        let (identity, inception) = log.stranger(7, "sunny");
        log.push(&inception).unwrap();
        if sealed {
            log.seal();
        }
        let claim = identity.sign(&Body::Claim(Claim {
            name: identity.name.clone(),
            salt: salt(7),
        }));
        assert_eq!(code(&mut log, &claim), expected);
    }
}

#[test]
fn a_key_belongs_to_one_identity() {
    let mut log = TestLog::new();
    let (_, first) = log.stranger(7, "sunny");
    let (_, same_key) = log.stranger(7, "cloudy");
    let (_, other_key) = log.stranger(8, "cloudy");
    assert_eq!(code(&mut log, &first), "taken");
    assert_eq!(code(&mut log, &same_key), "key-exists");
    assert_eq!(code(&mut log, &other_key), "taken");
}

#[test]
fn a_yank_names_the_release_and_its_content() {
    let mut log = TestLog::new();
    let author = log.identity(7, "sunny");
    let release = author.sign(&Body::Release(Release {
        content: content(1),
        skill: "weather".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        previous: None,
    }));
    log.push(&release).unwrap();
    let yank = |content, release| {
        author.sign(&Body::Yank(Yank {
            content,
            skill: "weather".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            release,
            reason: YankReason::Defective,
        }))
    };
    let other = StatementId::from_bytes([9; 32]);
    let code = |log: &mut TestLog, content, release| code(log, &yank(content, release));
    assert_eq!(code(&mut log, content(2), release.id()), "release-unknown");
    assert_eq!(code(&mut log, content(1), other), "release-unknown");
    assert_eq!(code(&mut log, content(1), release.id()), "taken");
}

#[test]
fn a_statement_is_taken_back_once() {
    let mut log = TestLog::new();
    let auditor = log.identity(7, "reed");
    let audit = auditor.sign(&Body::Audit(Audit {
        content: content(1),
        method: Method::Human,
        criteria: [].into(),
        files_examined: 1,
        files_total: 1,
        minutes: 1,
        relation: Relation::None,
        delta_base: None,
        counts: Counts {
            high: 0,
            medium: 0,
            low: 0,
        },
        report: None,
    }));
    log.push(&audit).unwrap();
    let retract = |reason| {
        auditor.sign(&Body::Retract(Retract {
            statement: audit.id(),
            reason,
        }))
    };
    assert_eq!(code(&mut log, &retract(RetractReason::Error)), "taken");
    let again = retract(RetractReason::Withdrawn);
    assert_eq!(code(&mut log, &again), "retract-twice");
}
