//! Processor time of all processes together.
//!
//! Two sums are taken, and the greater counts: what each process was seen to use itself, and what
//! the living used with the children that they asked for. The first misses what lived between two
//! looks, the second what nobody asked for; a process misses both only when it is short and its
//! parent lets the kernel throw its end away.

use std::collections::HashMap;

use super::member::{HELPER, Member, member, members};

/// What was seen of each process.
#[derive(Debug, Default)]
pub(super) struct Used {
    /// Of the living, by number and start.
    living: HashMap<(u32, u64), u64>,
    /// Of those that are gone, together.
    gone: u64,
}

impl Used {
    /// Looks again; whole seconds used so far.
    pub(super) fn seconds(&mut self) -> u64 {
        let members = members();
        let now: HashMap<(u32, u64), u64> = members
            .iter()
            .map(|member| ((member.pid, member.started), member.own))
            .collect();
        let gone = self.living.iter().filter(|(key, _)| !now.contains_key(key));
        let gone = gone.map(|(_, own)| *own).fold(0, u64::saturating_add);
        self.gone = self.gone.saturating_add(gone);
        self.living = now;
        let seen = self.living.values().copied();
        let seen = seen.fold(self.gone, u64::saturating_add);
        let whole = |member: &Member| member.own.saturating_add(member.of_children);
        let orphans = member(HELPER).map_or(0, |helper| helper.of_children);
        let told = members.iter().map(whole).fold(orphans, u64::saturating_add);
        seen.max(told).checked_div(TICKS_PER_SECOND).unwrap_or(0)
    }
}

/// Of the kernel's interface, on every x86-64.
const TICKS_PER_SECOND: u64 = 100;
