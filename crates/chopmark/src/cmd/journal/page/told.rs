//! What a page tells of a run.

use std::collections::BTreeMap;

use chopmark_sandbox::journal::{
    Access, ChangedFile, End, Event, Header, NetworkEvent, Operation, Stage, Verdict,
};

use crate::clock::date;
use crate::cmd::journal::line::{rule, shown, stage};
use crate::cmd::journal::summary::granted;
use crate::cmd::journal::tree::Processes;

/// Everything of a run that its page shows.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) skill: String,
    pub(super) run: String,
    pub(super) command: String,
    pub(super) started: String,
    pub(super) kernel: String,
    pub(super) outcome: String,
    pub(super) is_bad: bool,
    pub(super) events: u64,
    pub(super) refused: u64,
    pub(super) granted: Vec<Granted>,
    pub(super) denied: Vec<(String, u64)>,
    pub(super) hosts: Vec<(String, u64, u64)>,
    pub(super) changed: Vec<(String, &'static str)>,
    pub(super) layers: Vec<(String, String)>,
    pub(super) limits: Vec<String>,
    pub(super) bars: Vec<Bar>,
    pub(super) duration: String,
    pub(super) processes: Vec<Started>,
    pub(super) places: Vec<Place>,
    pub(super) rows: Vec<Row>,
    pub(super) left_out: u64,
    rules: Vec<String>,
    tree: Processes,
    touched: BTreeMap<(String, &'static str), Place>,
    times: Vec<(u64, bool)>,
}

/// A rule of the grant.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) rule: String,
    pub(super) is_used: bool,
}

/// A process in the order of the tree.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) pid: u32,
    pub(super) indent: usize,
    pub(super) programs: String,
    pub(super) accesses: u64,
    pub(super) denied: u64,
}

/// A path and all that was done to it in one way.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) operation: &'static str,
    pub(super) rule: String,
    pub(super) allowed: u64,
    pub(super) denied: u64,
    pub(super) failed: u64,
}

/// One event.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) time: String,
    pub(super) pid: u32,
    pub(super) what: &'static str,
    pub(super) place: String,
    pub(super) note: String,
    pub(super) is_denied: bool,
}

/// A column of the picture of events over time; heights in its units.
#[derive(Debug, Default, Clone)]
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) top: u64,
    pub(super) allowed: u64,
    pub(super) denied: u64,
    pub(super) title: String,
    count: u64,
    denied_count: u64,
}

impl Told {
    /// Takes the next event into account.
    pub(super) fn learn(&mut self, event: &Event) {
        self.tree.learn(event);
        match event {
            Event::Header(header) => self.header(header),
            Event::Access(access) => self.access(access),
            Event::Network(at, network) => self.network(*at, network),
            Event::End(end) => self.end(end),
            Event::Process(_) | Event::Program(_) | Event::Head(_) => {}
        }
    }

    /// Works out what only the whole shows.
    pub(super) fn finish(&mut self) {
        for (pid, depth) in self.tree.walk() {
            let Some(did) = self.tree.0.get(&pid) else {
                continue;
            };
            self.processes.push(Started {
                pid,
                indent: depth.min(DEEPEST).saturating_mul(INDENT),
                programs: did.programs.join(" → "),
                accesses: did.accesses,
                denied: did.denied,
            });
        }
        self.places = std::mem::take(&mut self.touched).into_values().collect();
        // What was refused first, then by path.
        self.places.sort_by(|a, b| {
            (b.denied > 0)
                .cmp(&(a.denied > 0))
                .then_with(|| a.path.cmp(&b.path))
        });
        self.draw();
    }

    fn header(&mut self, header: &Header) {
        self.skill.clone_from(&header.facts.skill);
        self.run.clone_from(&header.facts.run);
        self.command = header.arguments.join(" ");
        self.started = date(header.facts.started_at);
        self.kernel.clone_from(&header.kernel);
        self.outcome = "has no end".to_owned();
        self.is_bad = true;
        let layers = header.layers.iter();
        self.layers = layers
            .map(|layer| (layer.layer.clone(), layer.state.clone()))
            .collect();
        self.limits.clone_from(&header.limits);
        self.rules.clone_from(&header.rules);
        self.granted = granted(header)
            .iter()
            .map(|rule| Granted {
                rule: rule.clone(),
                is_used: false,
            })
            .collect();
    }

    fn access(&mut self, access: &Access) {
        let is_denied = access.verdict == Verdict::Denied;
        self.count(access.time_ns, is_denied);
        let word = access.operation.word();
        let path = if access.resolved.is_empty() {
            shown(&access.requested)
        } else {
            shown(&access.resolved)
        };
        let rule = rule(access.rule, &self.rules).to_owned();
        let is_file = !matches!(
            access.operation,
            Operation::Fork | Operation::Call | Operation::Memfd
        );
        if is_file && self.touched.len() < MOST_PLACES {
            let place = self
                .touched
                .entry((path.clone(), word))
                .or_insert_with(|| Place {
                    path: path.clone(),
                    operation: word,
                    rule: rule.clone(),
                    allowed: 0,
                    denied: 0,
                    failed: 0,
                });
            let count = match (is_denied, access.errno) {
                (true, _) => &mut place.denied,
                (false, 0) => &mut place.allowed,
                (false, _) => &mut place.failed,
            };
            *count = count.saturating_add(1);
        }
        let note = match (is_denied, access.errno) {
            (true, _) => rule,
            (false, 0) if access.second.is_empty() => String::new(),
            (false, 0) => format!("→ {}", shown(&access.second)),
            (false, errno) => std::io::Error::from_raw_os_error(errno)
                .to_string()
                .split(" (os error")
                .next()
                .unwrap_or_default()
                .to_lowercase(),
        };
        self.row(Row {
            time: milliseconds(access.time_ns),
            pid: access.pid,
            what: word,
            place: path,
            note,
            is_denied,
        });
    }

    fn network(&mut self, at: u64, network: &NetworkEvent) {
        let is_denied = network.verdict == Verdict::Denied;
        self.count(at, is_denied);
        let place = match (&network.method, &network.path) {
            (Some(method), Some(path)) => {
                format!("{method} {}:{}{path}", network.host, network.port)
            }
            _ => format!("{}:{}", network.host, network.port),
        };
        let note = match network.stage {
            Stage::Refused => network
                .reason
                .clone()
                .unwrap_or_else(|| network.rule.clone()),
            Stage::Request if !network.secrets.is_empty() => {
                format!("with secret {}", network.secrets.join(", "))
            }
            Stage::Request | Stage::Opened => network
                .address
                .map_or_else(String::new, |address| address.to_string()),
            Stage::Response => network
                .status
                .map_or_else(String::new, |status| format!("status {status}")),
            Stage::Closed => format!(
                "{} bytes out, {} in",
                network.bytes_sent, network.bytes_received
            ),
        };
        self.row(Row {
            time: milliseconds(at),
            pid: 0,
            what: stage(network.stage),
            place,
            note,
            is_denied,
        });
    }

    fn end(&mut self, end: &End) {
        self.outcome = match (end.cause.as_str(), end.status) {
            ("exited", 0) => "ended well (status 0)".to_owned(),
            ("exited", status) => format!("ended with status {status}"),
            ("signalled", signal) => format!("was ended by signal {signal}"),
            (cause, _) => format!("was stopped: {cause}"),
        };
        self.is_bad = (end.cause.as_str(), end.status) != ("exited", 0);
        self.duration = milliseconds(end.time_ns);
        let summary = &end.summary;
        for granted in &mut self.granted {
            granted.is_used = !summary.unused.contains(&granted.rule);
        }
        self.denied = summary.denied.clone().into_iter().collect();
        let hosts = summary.hosts.iter();
        self.hosts = hosts
            .map(|(host, (sent, received))| (host.clone(), *sent, *received))
            .collect();
        let changed = summary.changed.iter();
        self.changed = changed.map(|file| (file.path.clone(), how(file))).collect();
    }

    fn count(&mut self, time_ns: u64, is_denied: bool) {
        self.events = self.events.saturating_add(1);
        if is_denied {
            self.refused = self.refused.saturating_add(1);
        }
        self.times.push((time_ns, is_denied));
    }

    fn row(&mut self, row: Row) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Events over time: [`COLUMNS`] columns from the start to the last event.
    fn draw(&mut self) {
        let last = self.times.iter().map(|(time, _)| *time).max();
        let Some(last) = last else { return };
        let columns = u64::try_from(COLUMNS).unwrap_or(1);
        let width = last.checked_div(columns).unwrap_or(0).saturating_add(1);
        let mut bars = vec![Bar::default(); COLUMNS];
        for (time, is_denied) in std::mem::take(&mut self.times) {
            let at = time
                .checked_div(width)
                .and_then(|at| usize::try_from(at).ok());
            if let Some(bar) = at.and_then(|at| bars.get_mut(at)) {
                bar.count = bar.count.saturating_add(1);
                if is_denied {
                    bar.denied_count = bar.denied_count.saturating_add(1);
                }
            }
        }
        let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
        for (at, bar) in bars.iter_mut().enumerate() {
            let scaled = |count: u64| {
                let height = count.saturating_mul(HEIGHT).checked_div(most).unwrap_or(0);
                if count > 0 { height.max(2) } else { 0 }
            };
            bar.x = at.saturating_mul(COLUMN_WIDTH);
            bar.denied = scaled(bar.denied_count);
            bar.allowed = scaled(bar.count).saturating_sub(bar.denied);
            bar.top = HEIGHT.saturating_sub(bar.allowed.saturating_add(bar.denied));
            let from = width.saturating_mul(u64::try_from(at).unwrap_or(0));
            bar.title = format!(
                "from {}: {} events, {} refused",
                milliseconds(from),
                bar.count,
                bar.denied_count
            );
        }
        bars.retain(|bar| bar.count > 0);
        self.bars = bars;
    }
}

fn how(file: &ChangedFile) -> &'static str {
    match (&file.before, &file.after) {
        (Some(before), Some(after)) if before == after => "written, same bytes",
        (Some(_), Some(_)) => "changed",
        (None, Some(_)) => "new, or not seen before it was replaced",
        (_, None) => "removed",
    }
}

fn milliseconds(nanoseconds: u64) -> String {
    format!(
        "{}.{:03} ms",
        nanoseconds / 1_000_000,
        nanoseconds / 1000 % 1000
    )
}

const COLUMNS: usize = 120;
const COLUMN_WIDTH: usize = 8;
const HEIGHT: u64 = 96;
const INDENT: usize = 18;
const DEEPEST: usize = 20;
const MOST_ROWS: usize = 5_000;
const MOST_PLACES: usize = 20_000;
