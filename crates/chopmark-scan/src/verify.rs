//! Where two results part.

use crate::result::ScanResult;

/// The first difference between a claimed result and one made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, as a path of names and indices: `findings/3/line`.
    pub at: String,
    /// What the claim says there; empty where it says nothing.
    pub claimed: String,
    /// What this run says there.
    pub found: String,
}

/// Compares a claim with a run: `None` when their canonical bytes are equal.
///
/// The order of comparison is that of the canonical form, so that differing inputs (content,
/// engine, packs, configuration) are named before anything that follows from them.
#[must_use]
pub fn first_difference(claimed: &ScanResult, found: &ScanResult) -> Option<Difference> {
    let (claimed, found) = (claimed.bytes(), found.bytes());
    if claimed == found {
        return None;
    }
    let tree = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or(serde_json::Value::Null);
    let mut at = Vec::new();
    let (a, b) = part(&tree(&claimed), &tree(&found), &mut at);
    Some(Difference {
        at: at.join("/"),
        claimed: a,
        found: b,
    })
}

/// Walks both trees down to the first pair that differs.
fn part(a: &serde_json::Value, b: &serde_json::Value, at: &mut Vec<String>) -> (String, String) {
    use serde_json::Value;
    let (mut a, mut b) = (a, b);
    let text = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
    loop {
        match (a, b) {
            (Value::Object(x), Value::Object(y)) => {
                let keys = ORDER
                    .iter()
                    .copied()
                    .chain(x.keys().map(String::as_str))
                    .chain(y.keys().map(String::as_str));
                let Some(key) = keys.into_iter().find(|key| x.get(*key) != y.get(*key)) else {
                    break;
                };
                at.push(key.to_owned());
                let (Some(next_a), Some(next_b)) = (x.get(key), y.get(key)) else {
                    return (text(x.get(key)), text(y.get(key)));
                };
                (a, b) = (next_a, next_b);
            }
            (Value::Array(x), Value::Array(y)) => {
                let length = x.len().max(y.len());
                let Some(index) = (0..length).find(|index| x.get(*index) != y.get(*index)) else {
                    break;
                };
                at.push(index.to_string());
                let (Some(next_a), Some(next_b)) = (x.get(index), y.get(index)) else {
                    return (text(x.get(index)), text(y.get(index)));
                };
                (a, b) = (next_a, next_b);
            }
            _ => break,
        }
    }
    (a.to_string(), b.to_string())
}

const ORDER: [&str; 9] = [
    "content",
    "engine",
    "packs",
    "configDigest",
    "findings",
    "capabilities",
    "permissions",
    "reasons",
    "coverage",
];
