//! What a skill can do in one version and not in another.

use std::collections::BTreeMap;

use super::{Capability, Place};
use crate::fact::FactKind;
use crate::result::ScanResult;

/// How one capability differs between two results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Only the later version has it.
    Added,
    /// Both name it; the earlier one only in text, the later one in a script.
    IntoCode,
    /// Both name it; the earlier one in a script, the later one only in text.
    OutOfCode,
    /// Only the earlier version has it.
    Removed,
}

/// One capability that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityChange {
    /// How it differs.
    pub change: Change,
    /// What it is about.
    pub kind: FactKind,
    /// The host, path, name, package or place.
    pub value: String,
    /// Where it stands: in the later version, or in the earlier one when it was removed.
    pub places: Vec<Place>,
}

/// Compares what `earlier` and `later` can do; ordered by change, kind and value.
///
/// Places alone are no difference: a capability that moved to another line is the same. Results of
/// different packages, packs or engines may be compared; the caller says what that means.
#[must_use]
pub fn capability_changes(earlier: &ScanResult, later: &ScanResult) -> Vec<CapabilityChange> {
    let (old, new) = (by_name(earlier), by_name(later));
    let mut changes = Vec::new();
    let mut add = |change, capability: &Capability| {
        changes.push(CapabilityChange {
            change,
            kind: capability.kind,
            value: capability.value.clone(),
            places: capability.places.clone(),
        });
    };
    for (name, capability) in &new {
        match old.get(name) {
            None => add(Change::Added, capability),
            Some(before) => match (before.is_in_code(), capability.is_in_code()) {
                (false, true) => add(Change::IntoCode, capability),
                (true, false) => add(Change::OutOfCode, capability),
                (true, true) | (false, false) => {}
            },
        }
    }
    for (_, capability) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
        add(Change::Removed, capability);
    }
    changes.sort_by(|a, b| (a.change, a.kind, &a.value).cmp(&(b.change, b.kind, &b.value)));
    changes
}

fn by_name(result: &ScanResult) -> BTreeMap<(FactKind, &str), &Capability> {
    let capabilities = result.capabilities().iter();
    capabilities
        .map(|capability| ((capability.kind, capability.value.as_str()), capability))
        .collect()
}
