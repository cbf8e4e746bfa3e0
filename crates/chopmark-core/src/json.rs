//! Strict JSON: what is parsed must print to the same bytes.
//!
//! This refuses at once what other rules would have to list: white space, another field order,
//! duplicate or unknown fields, other escapes, floats, and two spellings of one number.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use thiserror::Error;

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1.
pub const MAX_INTEGER: u64 = 9_007_199_254_740_991;

/// Reads `bytes` as `T`, and refuses them unless `T` prints to exactly these bytes.
///
/// # Errors
///
/// [`JsonError::Syntax`] when the bytes are not JSON of this shape, [`JsonError::NotCanonical`]
/// when they are, in another spelling.
pub fn from_canonical<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let value: T = serde_json::from_slice(bytes).map_err(|e| JsonError::Syntax(e.to_string()))?;
    if to_canonical(&value)? != bytes {
        return Err(JsonError::NotCanonical);
    }
    Ok(value)
}

/// Prints `value` in the one spelling that [`from_canonical`] accepts: compact, fields in the
/// order of the struct.
///
/// # Errors
///
/// [`JsonError::Syntax`] when the value cannot be JSON (a map whose keys are not strings).
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    serde_json::to_vec(value).map_err(|e| JsonError::Syntax(e.to_string()))
}

/// Returns `value` with the keys of its objects in order of their bytes.
///
/// Whether the JSON library keeps keys sorted or as they came is a feature that any other crate
/// of a program may switch on; digests must not follow it.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut entries: Vec<_> = fields.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let entries = entries
                .into_iter()
                .map(|(key, inner)| (key.clone(), sorted(inner)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Why bytes are not the canonical JSON of a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON of the expected shape; the reader's words say where.
    #[error("not the expected JSON: {0}")]
    Syntax(String),
    /// The expected JSON in another spelling (space, order, escapes, duplicates).
    #[error("the JSON is not in canonical form")]
    NotCanonical,
}
