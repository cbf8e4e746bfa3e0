//! `journal summary`: what was declared, beside what was observed.

use chopmark_sandbox::journal::{End, Event, Header, Summary};

use super::locate::{broken, find, open};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui};

/// Arguments of `journal summary`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's id or its first characters; the newest without this
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// The header and the end of a journal.
pub(super) fn ends(run: Option<&str>, ui: &Ui) -> Result<(Header, End), CommandError> {
    let path = find(run, ui)?;
    let mut reader = open(&path)?;
    let (mut header, mut end) = (None, None);
    while let Some(entry) = reader.next_line().map_err(broken)? {
        match entry.event {
            Event::Header(found) => header = Some(*found),
            Event::End(found) => end = Some(*found),
            Event::Access(_)
            | Event::Process(_)
            | Event::Program(_)
            | Event::Network(..)
            | Event::Head(_) => {}
        }
    }
    match (header, end) {
        (Some(header), Some(end)) => Ok((header, end)),
        (_, None) | (None, _) => Err(CommandError::new(
            Exit::Failed,
            "journal-unfinished",
            "the run has no end yet, or was cut short, so there is no summary",
        )
        .hint("chopmark journal show lists what was recorded")),
    }
}

/// Shows declared, used, denied and changed.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let (header, end) = ends(args.run.as_deref(), ui)?;
    let summary = &end.summary;
    if ui.is_json() {
        let changed: Vec<_> = summary
            .changed
            .iter()
            .map(|c| serde_json::json!({ "path": c.path, "before": c.before, "after": c.after }))
            .collect();
        let hosts: Vec<_> = summary
            .hosts
            .iter()
            .map(|(host, (sent, received))| serde_json::json!({ "host": host, "sent": sent, "received": received }))
            .collect();
        return ui.emit(
            "journal-summary",
            &serde_json::json!({
                "run": header.facts.run, "skill": header.facts.skill, "cause": end.cause, "status": end.status, "timeNs": end.time_ns,
                "granted": granted(&header), "unused": summary.unused, "denied": summary.denied, "changed": changed, "hosts": hosts,
                "operations": summary.operations, "truncated": summary.truncated, "limits": header.limits,
            }),
        );
    }
    ui.out(ui.paint(
        BOLD,
        &format!("{} · run {}", header.facts.skill, header.facts.run),
    ))?;
    let (seconds, rest) = (end.time_ns / 1_000_000_000, end.time_ns / 1_000_000 % 1000);
    ui.out(format_args!(
        "{} {} after {seconds}.{rest:03} s",
        end.cause, end.status
    ))?;
    declared(&header, summary, ui)?;
    observed(summary, ui)?;
    for limit in &header.limits {
        ui.note(ui.paint(DIM, &format!("not shown: {limit}")));
    }
    Ok(())
}

/// Names of the rules that the grant brought.
pub(in crate::cmd) fn granted(header: &Header) -> &[String] {
    let first = usize::try_from(chopmark_sandbox::journal::FIRST_GRANTED_RULE);
    header
        .rules
        .get(first.unwrap_or(usize::MAX)..)
        .unwrap_or_default()
}

fn declared(header: &Header, summary: &Summary, ui: &Ui) -> Result<(), CommandError> {
    ui.out("files granted:")?;
    for rule in granted(header) {
        let mark = if summary.unused.contains(rule) {
            ui.paint(DIM, "unused")
        } else {
            ui.paint(GREEN, "used  ")
        };
        ui.out(format_args!("  {mark} {rule}"))?;
    }
    Ok(())
}

fn observed(summary: &Summary, ui: &Ui) -> Result<(), CommandError> {
    if !summary.denied.is_empty() {
        ui.out("tried without a grant, and refused:")?;
        for (what, times) in &summary.denied {
            ui.out(format_args!(
                "  {} {what} ({times}×)",
                ui.paint(RED, "denied")
            ))?;
        }
    }
    if !summary.hosts.is_empty() {
        ui.out("reached:")?;
        for (host, (sent, received)) in &summary.hosts {
            ui.out(format_args!("  {host}: {sent} bytes out, {received} in"))?;
        }
    }
    if !summary.changed.is_empty() {
        ui.out("changed:")?;
        for file in &summary.changed {
            let how = match (&file.before, &file.after) {
                (Some(before), Some(after)) if before == after => "same bytes",
                (Some(_), Some(_)) => "changed",
                (None, Some(_)) => "new, or not seen before it was replaced",
                (_, None) => "removed",
            };
            ui.out(format_args!("  {} {}", file.path, ui.paint(DIM, how)))?;
        }
    }
    if summary.truncated {
        ui.warn("some list was cut at its limit; the journal itself is whole");
    }
    Ok(())
}
