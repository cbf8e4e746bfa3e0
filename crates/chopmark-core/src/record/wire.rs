//! The JSON of statements. Field order is the order on the wire.

use serde::{Deserialize, Serialize};

pub(crate) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Reads only the kind; everything else is read again, strictly, once the kind is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head {
    pub predicate_type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement<P> {
    #[serde(rename = "_type")]
    pub statement_type: String,
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    pub predicate: P,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    pub name: String,
    pub digest: DigestSet,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DigestSet {
    pub sha256: String,
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct $name { $(pub $field: $ty),* }
    )*};
}

predicates! {
    Charter { log: String, rules: u64, limits: Limits, operator: String }
    Limits { leaf_bytes: u64, identity_leaf_bytes: u64, batch_records: u64 }
    RoleKey { key: String, roles: Vec<String> }
    NextKeys { keys: Vec<String>, threshold: u64 }
    Inception {
        log: String, keys: Vec<RoleKey>, threshold: u64, next: NextKeys, rotation_days: u64,
        name_commitment: Option<String>,
    }
    Rotate {
        log: String, issuer: String, seq: u64, previous: String, keys: Vec<RoleKey>,
        threshold: u64, next: NextKeys, rotation_days: u64,
    }
    Retire { log: String, issuer: String, seq: u64, previous: String, keys: Vec<String> }
    Claim { log: String, issuer: String, name: String, salt: String }
    Release {
        log: String, issuer: String, skill: String, version: String, previous: Option<String>,
    }
    Yank {
        log: String, issuer: String, skill: String, version: String, release: String,
        reason: String,
    }
    Counts { high: u64, medium: u64, low: u64 }
    Scan {
        log: String, issuer: String, engine: String, engine_version: String, packs: Vec<String>,
        config: String, outcome: String, counts: Counts, result: String, report: String,
    }
    Audit {
        log: String, issuer: String, method: String, criteria: Vec<String>, files_examined: u64,
        files_total: u64, minutes: u64, relation: String, delta_base: Option<String>,
        counts: Counts, report: Option<String>,
    }
    Vouch { log: String, issuer: String, scopes: Vec<String>, depth: u64, expires: Option<u64> }
    Veto {
        log: String, issuer: String, target: VetoTarget, reason: String, expires: Option<u64>,
        report: Option<String>,
    }
    /// Exactly the fields of its kind are not null.
    VetoTarget {
        kind: String, from_index: Option<u64>, skill: Option<String>,
        versions: Option<String>,
    }
    Retract { log: String, issuer: String, reason: String }
    State {
        log: String, issuer: String, index: u64, previous_index: Option<u64>,
        previous_root: String, time: u64,
    }
    Rules { log: String, issuer: String, version: u64, not_before: u64 }
}
