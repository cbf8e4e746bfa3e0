//! `journal list`: which runs there were.

use super::locate::{State, all, header};
use crate::error::CommandError;
use crate::ui::{DIM, RED, Ui, YELLOW};

/// Arguments of `journal list`.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Only runs of this skill, as the journal names it
    #[arg(long, value_name = "SKILL")]
    skill: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "COUNT")]
    last: Option<usize>,
}

/// Lists runs, newest first, with their state.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let mut runs = Vec::new();
    for path in all(ui)? {
        if args.last.is_some_and(|last| runs.len() >= last) {
            break;
        }
        match header(&path).and_then(|header| Ok((header, State::of(&path)?))) {
            Ok((header, state)) => {
                let skill = args.skill.as_ref();
                if skill.is_none_or(|skill| header.facts.skill.starts_with(skill.as_str())) {
                    runs.push((header, state));
                }
            }
            Err(error) => ui.warn(format_args!("{}: {}", path.display(), error.message())),
        }
    }
    if ui.is_json() {
        let rows: Vec<_> = runs
            .iter()
            .map(|(h, state)| serde_json::json!({ "run": h.facts.run, "skill": h.facts.skill, "startedAt": h.facts.started_at, "arguments": h.arguments, "state": state.word() }))
            .collect();
        return ui.emit("journal-list", &serde_json::json!({ "runs": rows }));
    }
    if runs.is_empty() {
        ui.note("nothing was run on this host yet");
    }
    for (header, state) in runs {
        let call: String = header.arguments.join(" ");
        let room = ui.width().saturating_sub(62).max(20);
        let call: String = call.chars().take(room).collect();
        let state = match state {
            State::Ended => format!("{:<9}", "ended"),
            State::Running => ui.paint(YELLOW, &format!("{:<9}", "running")),
            State::CutShort => ui.paint(RED, &format!("{:<9}", "cut short")),
        };
        ui.out(format_args!(
            "{}  {state} {:<28} {}",
            header.facts.run,
            header.facts.skill,
            ui.paint(DIM, &call)
        ))?;
    }
    Ok(())
}
