//! The log's own records: charter, state leaves, raises of the rules.

use super::{
    Changes, KNOWN_RULES, RAISE_NOTICE_SECONDS, RuleError, StateFacts, View, identity, signed,
};
use crate::{
    entry::{EntryState, LogFacts, MapKey, Raise, StatementFacts},
    identity::incept,
    key::Role,
    map,
    record::{Body, Charter, Inception, Record, Rules, State},
};

/// Returns the operator's inception as the charter embeds it.
pub(super) fn operator_inception(record: &Record) -> Option<Inception> {
    let Body::Charter(charter) = record.body() else {
        return None;
    };
    let operator = Record::parse(charter.operator.bytes()).ok()?;
    let Body::Inception(inception) = operator.body() else {
        return None;
    };
    (operator.origin() == record.origin()).then(|| inception.clone())
}

pub(super) fn charter(
    view: &View<'_>,
    index: u64,
    record: &Record,
    charter: &Charter,
) -> Result<Changes, RuleError> {
    if index != 0 || view.entry(&MapKey::Log).is_some() {
        return Err(RuleError::SecondCharter);
    }
    if charter.rules != KNOWN_RULES {
        return Err(RuleError::Upgrade {
            version: charter.rules,
        });
    }
    let limits = charter.limits;
    if limits.leaf_bytes > 65_535 || limits.identity_leaf_bytes > 65_535 || limits.batch_records < 2
    {
        return Err(RuleError::BadCharter {
            problem: "its limits exceed the format's",
        });
    }
    let inception = operator_inception(record).ok_or(RuleError::BadCharter {
        problem: "it embeds no inception for this log",
    })?;
    let id = charter.operator.statement_id();
    let operator = incept(&inception, index, &charter.operator, id)?;
    operator.signed(record.envelope(), Role::Operate)?;

    let home = MapKey::Identity(operator.id).path();
    let mut changes = Changes::default();
    identity::register(
        view,
        &mut changes,
        operator.id,
        inception.keys.keys.iter().map(|k| &k.key),
    )?;
    let facts = LogFacts {
        operator: operator.id,
        rules: charter.rules,
        raise: None,
        limits,
    };
    changes
        .states
        .insert(MapKey::Log.path(), EntryState::Log(facts));
    for statement in [record.id(), id] {
        changes.states.insert(
            MapKey::Statement(statement).path(),
            EntryState::Statement(StatementFacts {
                index,
                issuer: operator.id,
                kind: record.kind(),
                filed: vec![home],
                retracted: None,
            }),
        );
    }
    changes
        .states
        .insert(home, EntryState::Identity(Box::new(operator)));
    changes.dockets.insert(home);
    Ok(changes)
}

pub(super) fn state(
    view: &View<'_>,
    index: u64,
    record: &Record,
    state: &State,
) -> Result<Changes, RuleError> {
    by_operator(view, record)?;
    let (previous_index, previous_root) = match view.last_state {
        Some(last) => (Some(last.index), last.root),
        None => (None, map::empty_root()),
    };
    if state.index != index
        || state.previous_index != previous_index
        || state.previous_root != previous_root
    {
        return Err(RuleError::StateChain);
    }
    if state.root != view.root {
        return Err(RuleError::StateRoot {
            expected: view.root,
        });
    }
    if let Some(last) = view.last_state
        && state.time < last.time
    {
        return Err(RuleError::TimeBackwards { before: last.time });
    }
    Ok(Changes {
        state: Some(StateFacts {
            index,
            time: state.time,
            root: state.root,
        }),
        ..Changes::default()
    })
}

pub(super) fn rules(view: &View<'_>, record: &Record, rules: &Rules) -> Result<Changes, RuleError> {
    by_operator(view, record)?;
    let facts = view.log()?;
    let earliest = view
        .last_state
        .and_then(|s| s.time.checked_add(RAISE_NOTICE_SECONDS))
        .ok_or(RuleError::BadRaise)?;
    let next = facts.rules.checked_add(1).ok_or(RuleError::BadRaise)?;
    if facts.raise.is_some() || rules.version != next || rules.not_before < earliest {
        return Err(RuleError::BadRaise);
    }
    let raise = Raise {
        version: rules.version,
        specification: rules.specification,
        not_before: rules.not_before,
    };
    let facts = LogFacts {
        raise: Some(raise),
        ..facts.clone()
    };
    let mut changes = Changes::default();
    changes
        .states
        .insert(MapKey::Log.path(), EntryState::Log(facts));
    changes
        .dockets
        .insert(MapKey::Identity(record.issuer()).path());
    Ok(changes)
}

fn by_operator(view: &View<'_>, record: &Record) -> Result<(), RuleError> {
    if view.log()?.operator != record.issuer() {
        return Err(RuleError::NotOperator);
    }
    signed(view, record, Role::Operate)
}
