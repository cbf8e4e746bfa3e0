//! The JSON of receipts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
pub(super) const PREDICATE_TYPE: &str = "https://chopmark.dev/receipt/v1";

macro_rules! wire {
    ($($name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {$(
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(super) struct $name { $(pub $field: $ty),* }
    )*};
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    #[serde(rename = "_type")]
    pub statement_type: String,
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    pub predicate: Predicate,
}

wire! {
    Subject { name: String, digest: BTreeMap<String, String> }
    Verifier { id: String, kernel: u64 }
    Rescan { result: String, high: u64 }
    Refusal { code: String, message: String }
    Request {
        permissions: String, files: u64, hook: Option<String>, new_publisher_key: bool,
        weaker_provenance: bool, growth: bool, close_name: Option<String>,
        rescan: Option<Rescan>, max_age: u64,
    }
    Predicate {
        verifier: Verifier, time_verified: u64, resource_uri: String,
        query_version: Option<String>, publisher: String, release: String, index: u64,
        policy: String, roots: String, origin: String, charter: String, checkpoint_size: u64,
        checkpoint_root: String, witness_time: u64, cosigners: Vec<String>, evidence: String,
        request: Request, statements: Vec<(String, Option<String>)>, required: Option<String>,
        asks: Vec<(String, String)>, verified_levels: Vec<String>, missing: Vec<String>,
        human_paths: Vec<Vec<String>>, human_cut: Vec<String>,
        scan_paths: Vec<Vec<String>>, scan_cut: Vec<String>, severe: Vec<String>, score: u64,
        rules: Vec<String>, verification_result: String, refusal: Option<Refusal>,
        consent: String, grant: Option<String>, previous: Option<String>,
    }
}
