//! Which events of a journal are shown.

use std::collections::BTreeSet;

use chopmark_sandbox::journal::{Event, Verdict};

/// Choices of events; all of them must hold.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Filter {
    /// Only what was refused
    #[arg(long)]
    pub(super) denied: bool,
    /// Only paths that contain this
    #[arg(long, value_name = "TEXT")]
    pub(super) path: Option<String>,
    /// Only paths outside the skill's own folder, the system and the run's temporary folders
    #[arg(long)]
    pub(super) outside: bool,
    /// Only connections to this host
    #[arg(long, value_name = "HOST")]
    pub(super) host: Option<String>,
    /// Only this process, by its id inside
    #[arg(long, value_name = "PID")]
    pub(super) pid: Option<u32>,
    /// With --pid: also every process that it started
    #[arg(long, requires = "pid")]
    pub(super) children: bool,
}

/// A filter on its way through one journal: it learns who started whom.
#[derive(Debug)]
pub(super) struct Passing<'a> {
    filter: &'a Filter,
    /// Indices of the rules that name the skill, the system or temporary folders.
    ordinary: BTreeSet<u32>,
    family: BTreeSet<u32>,
}

impl<'a> Passing<'a> {
    /// Starts at a header with `rules`.
    pub(super) fn new(filter: &'a Filter) -> Self {
        Self {
            filter,
            ordinary: BTreeSet::new(),
            family: filter.pid.into_iter().collect(),
        }
    }

    /// Whether `event` is chosen. Events must come in the journal's order.
    pub(super) fn passes(&mut self, event: &Event) -> bool {
        let filter = self.filter;
        let plain =
            !filter.denied && filter.path.is_none() && filter.host.is_none() && !filter.outside;
        match event {
            Event::Header(header) => {
                let ordinary = |rule: &str| {
                    SYSTEM.contains(&rule) || OWN.iter().any(|root| rule.contains(root))
                };
                let indices = (0..).zip(&header.rules);
                self.ordinary = indices
                    .filter(|(_, rule)| ordinary(rule))
                    .map(|(index, _)| index)
                    .collect();
                plain && filter.pid.is_none()
            }
            Event::Process(process) => {
                if filter.children && self.family.contains(&process.parent) {
                    self.family.insert(process.pid);
                }
                plain && self.is_of_family(process.pid)
            }
            Event::Access(access) => {
                let text = String::from_utf8_lossy(&access.resolved);
                filter.host.is_none()
                    && (!filter.denied || access.verdict == Verdict::Denied)
                    && filter.path.as_ref().is_none_or(|part| text.contains(part))
                    && (!filter.outside || !self.ordinary.contains(&access.rule))
                    && self.is_of_family(access.pid)
            }
            Event::Network(_, network) => {
                filter.path.is_none()
                    && filter.pid.is_none()
                    && (!filter.denied || network.verdict == Verdict::Denied)
                    && filter
                        .host
                        .as_ref()
                        .is_none_or(|host| network.host.eq_ignore_ascii_case(host))
            }
            Event::Program(_) | Event::Head(_) | Event::End(_) => plain && filter.pid.is_none(),
        }
    }

    fn is_of_family(&self, pid: u32) -> bool {
        self.filter.pid.is_none() || self.family.contains(&pid)
    }
}

/// Rules of the sandbox itself that speak for what every run sees.
const SYSTEM: [&str; 3] = ["runtime", "system", "temp"];
/// Roots of granted rules that are the skill's own.
const OWN: [&str; 2] = [" skill:", " temp:"];
