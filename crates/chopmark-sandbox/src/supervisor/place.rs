//! Which rule speaks for a path.

use chopmark_core::permission::{CONTROL_BELOW, is_control_below};
use rustix::io::Errno;

use super::Supervisor;
use crate::journal::{Access, Verdict};
use crate::setup::{Control, Place, rule};

impl Supervisor {
    /// The nearest place above `path`.
    pub(super) fn place(&self, path: &[u8]) -> Option<&Place> {
        let above = |place: &&Place| is_below(path, &place.prefix);
        self.setup
            .places
            .iter()
            .filter(above)
            .max_by_key(|place| place.prefix.len())
    }

    /// Fills verdict, rule and error of a record from its resolved path and outcome.
    pub(super) fn judge(&self, access: &mut Access, outcome: Result<(), Errno>) {
        let place = self.place(&access.resolved);
        access.rule = place.map_or(rule::SYSTEM, |place| place.rule);
        if let Err(errno) = outcome {
            access.errno = errno.raw_os_error();
            let refused = matches!(
                errno,
                Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::XDEV
            );
            if place.is_none() || refused {
                access.verdict = Verdict::Denied;
                access.rule = rule::NOT_GRANTED;
            }
        }
    }

    /// Whether changing `path` would steer the agent's next step.
    pub(super) fn is_control(&self, path: &[u8]) -> bool {
        let Some(place) = self.place(path) else {
            return false;
        };
        match place.control {
            Control::Free => false,
            Control::Protected => {
                let below = path.get(place.prefix.len()..).unwrap_or_default();
                is_control_below(last_name(&place.prefix), below)
            }
        }
    }

    /// As [`Self::is_control`], and also for names under which a folder or a link would bring
    /// control paths with it, and a file would lead to some.
    pub(super) fn is_control_name(&self, path: &[u8]) -> bool {
        let name = last_name(path);
        let holds = |(folder, _): &(&str, _)| name.eq_ignore_ascii_case(folder.as_bytes());
        let protected = |place: &Place| place.control == Control::Protected;
        self.is_control(path)
            || (CONTROL_BELOW.iter().any(holds) && self.place(path).is_some_and(protected))
    }
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn is_below(path: &[u8], prefix: &[u8]) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}
