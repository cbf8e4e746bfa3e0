//! Words and encodings of single fields, both ways.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use super::{
    Criterion, Method, Outcome, RecordError, Relation, RetractReason, Scope, VetoReason, YankReason,
};
use crate::{json::MAX_INTEGER, key::PublicKey};

/// An enumeration that records write as a word.
pub(crate) trait Word: Copy + Ord + 'static {
    const WORDS: &'static [(Self, &'static str)];

    fn word(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(value, _)| *value == self)
            .map_or("", |(_, word)| word)
    }

    fn read(field: &'static str, text: &str) -> Result<Self, RecordError> {
        Self::WORDS
            .iter()
            .find(|(_, word)| *word == text)
            .map(|(value, _)| *value)
            .ok_or_else(|| problem(field, format!("`{text}` is not one of its words")))
    }
}

impl Word for YankReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Defective, "defective"),
        (Self::Security, "security"),
        (Self::Withdrawn, "withdrawn"),
    ];
}

impl Word for Outcome {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Findings, "findings"),
        (Self::Incomplete, "incomplete"),
        (Self::NoFindings, "no-findings"),
    ];
}

impl Word for Method {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Human, "human"), (Self::Model, "model")];
}

impl Word for Criterion {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::SafeToRead, "safe-to-read"),
        (Self::SafeToRun, "safe-to-run"),
        (Self::SafeWithSecrets, "safe-with-secrets"),
    ];
}

impl Word for Relation {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::Paid, "paid"),
        (Self::SameEmployer, "same-employer"),
    ];
}

impl Word for Scope {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Audit, "audit"), (Self::Veto, "veto")];
}

impl Word for VetoReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Malicious, "malicious"),
        (Self::Policy, "policy"),
        (Self::Vulnerable, "vulnerable"),
    ];
}

impl Word for RetractReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Error, "error"),
        (Self::Superseded, "superseded"),
        (Self::Withdrawn, "withdrawn"),
    ];
}

impl Word for crate::key::Role {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Audit, "audit"),
        (Self::Operate, "operate"),
        (Self::Release, "release"),
        (Self::Veto, "veto"),
        (Self::Vouch, "vouch"),
    ];
}

pub(crate) fn problem(field: &'static str, problem: impl Display) -> RecordError {
    RecordError::Field {
        field,
        problem: problem.to_string(),
    }
}

/// Reads a field through `FromStr`, and refuses a spelling that it would not print.
pub(crate) fn text<T>(field: &'static str, text: &str) -> Result<T, RecordError>
where
    T: FromStr<Err: Display> + Display,
{
    let value: T = text.parse().map_err(|e: T::Err| problem(field, e))?;
    if value.to_string() != text {
        return Err(problem(field, format!("`{text}` is written `{value}`")));
    }
    Ok(value)
}

/// As [`text`], for a field that may be null.
pub(crate) fn optional_text<T>(
    field: &'static str,
    value: Option<&String>,
) -> Result<Option<T>, RecordError>
where
    T: FromStr<Err: Display> + Display,
{
    value.map(|t| text(field, t)).transpose()
}

/// Refuses an integer that not every JSON reader keeps.
pub(crate) fn integer(field: &'static str, value: u64) -> Result<u64, RecordError> {
    if value > MAX_INTEGER {
        return Err(problem(field, "larger than 2^53 - 1"));
    }
    Ok(value)
}

/// Reads a list that must be strictly ascending, so that it has one spelling.
pub(crate) fn ascending<T: Ord>(
    field: &'static str,
    items: &[String],
    limits: std::ops::RangeInclusive<usize>,
    read: impl Fn(&str) -> Result<T, RecordError>,
) -> Result<BTreeSet<T>, RecordError> {
    if !limits.contains(&items.len()) {
        return Err(problem(
            field,
            format!(
                "{} entries; {} to {} are allowed",
                items.len(),
                limits.start(),
                limits.end()
            ),
        ));
    }
    let mut set = BTreeSet::new();
    for item in items {
        let value = read(item)?;
        if set.last().is_some_and(|last| *last >= value) {
            return Err(problem(
                field,
                "entries are not in strictly ascending order",
            ));
        }
        set.insert(value);
    }
    Ok(set)
}

/// Reads a key in canonical base64.
pub(crate) fn key(field: &'static str, text: &str) -> Result<PublicKey, RecordError> {
    let key = PublicKey::from_base64(text).map_err(|e| problem(field, e))?;
    if key.to_base64() != text {
        return Err(problem(field, "not canonical base64"));
    }
    Ok(key)
}

/// Prints the words of a set of enumerated values.
pub(crate) fn words<T: Word>(set: &BTreeSet<T>) -> Vec<String> {
    set.iter().map(|value| value.word().to_owned()).collect()
}
