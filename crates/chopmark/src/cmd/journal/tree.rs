//! `journal tree`: who started which process, and what it executed.

use std::collections::{BTreeMap, BTreeSet};

use chopmark_sandbox::journal::{Access, Event, Operation, Verdict};

use super::line::shown;
use super::locate::{broken, find, open};
use crate::error::CommandError;
use crate::ui::{BOLD, DIM, RED, Ui};

/// Arguments of `journal tree`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's id or its first characters; the newest without this
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// What one process did.
#[derive(Debug, Default)]
pub(super) struct Did {
    /// The process that started it; 0 for the first.
    pub(super) parent: u32,
    /// Programs that it executed, in order, as resolved paths.
    pub(super) programs: Vec<String>,
    /// How many accesses.
    pub(super) accesses: u64,
    /// How many of them were refused.
    pub(super) denied: u64,
}

/// All processes of a run, by id inside.
#[derive(Debug, Default)]
pub(super) struct Processes(pub(super) BTreeMap<u32, Did>);

impl Processes {
    /// Takes one event into account.
    pub(super) fn learn(&mut self, event: &Event) {
        match event {
            Event::Process(process) => {
                self.0.entry(process.pid).or_default().parent = process.parent;
            }
            Event::Access(access) => self.access(access),
            Event::Header(_)
            | Event::Program(_)
            | Event::Network(..)
            | Event::Head(_)
            | Event::End(_) => {}
        }
    }

    fn access(&mut self, access: &Access) {
        let did = self.0.entry(access.pid).or_default();
        did.accesses = did.accesses.saturating_add(1);
        if access.verdict == Verdict::Denied {
            did.denied = did.denied.saturating_add(1);
        }
        let executes = access.operation == Operation::Exec
            && access.verdict == Verdict::Allowed
            && access.errno == 0;
        if executes {
            did.programs.push(shown(&access.resolved));
        }
    }

    /// Processes in the order of a tree: id and depth.
    pub(super) fn walk(&self) -> Vec<(u32, usize)> {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (pid, did) in &self.0 {
            let known = did.parent != *pid && self.0.contains_key(&did.parent);
            let parent = if known { did.parent } else { 0 };
            children.entry(parent).or_default().push(*pid);
        }
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(u32, usize)> = vec![(0, 0)];
        while let Some((pid, depth)) = open.pop() {
            if pid != 0 {
                if !seen.insert(pid) {
                    continue;
                }
                order.push((pid, depth.saturating_sub(1)));
            }
            let below = children.get(&pid).into_iter().flatten().rev();
            open.extend(below.map(|child| (*child, depth.saturating_add(1))));
        }
        order
    }
}

/// Shows the tree.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let path = find(args.run.as_deref(), ui)?;
    let mut reader = open(&path)?;
    let mut processes = Processes::default();
    let mut title = String::new();
    while let Some(entry) = reader.next_line().map_err(broken)? {
        if let Event::Header(header) = &entry.event {
            title = format!("{} · run {}", header.facts.skill, header.facts.run);
        }
        processes.learn(&entry.event);
    }
    let order = processes.walk();
    if ui.is_json() {
        let rows: Vec<_> = order
            .iter()
            .filter_map(|(pid, depth)| Some((pid, depth, processes.0.get(pid)?)))
            .map(|(pid, depth, did)| serde_json::json!({ "pid": pid, "parent": did.parent, "depth": depth, "programs": did.programs, "accesses": did.accesses, "denied": did.denied }))
            .collect();
        return ui.emit("journal-tree", &serde_json::json!({ "processes": rows }));
    }
    ui.out(ui.paint(BOLD, &title))?;
    for (pid, depth) in order {
        let Some(did) = processes.0.get(&pid) else {
            continue;
        };
        let programs = if did.programs.is_empty() {
            ui.paint(DIM, "(the program of its parent)")
        } else {
            did.programs.join(" → ")
        };
        let denied = if did.denied > 0 {
            ui.paint(RED, &format!(", {} denied", did.denied))
        } else {
            String::new()
        };
        ui.out(format_args!(
            "{}{pid:>3} {programs} {}{denied}",
            "  ".repeat(depth.min(DEEPEST)),
            ui.paint(DIM, &format!("{} accesses", did.accesses)),
        ))?;
    }
    Ok(())
}

const DEEPEST: usize = 20;
