//! `journal find`: which runs touched it?

use chopmark_sandbox::journal::Event;

use super::filter::{Filter, Passing};
use super::line;
use super::locate::{all, id, open};
use crate::error::CommandError;
use crate::ui::{BOLD, DIM, Ui};

/// Arguments of `journal find`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only runs of this skill, as the journal names it
    #[arg(long, value_name = "SKILL")]
    skill: Option<String>,
    /// Only the newest so many runs
    #[arg(long, value_name = "COUNT")]
    last: Option<usize>,
    #[command(flatten)]
    filter: Filter,
}

/// Shows matching events of all runs, newest run first. A journal that is damaged is named and
/// searched as far as it can be read.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let mut runs = 0_u64;
    for path in all(ui)?.into_iter().take(args.last.unwrap_or(usize::MAX)) {
        let mut reader = open(&path)?;
        let mut passing = Passing::new(&args.filter);
        let (mut rules, mut skill) = (Vec::new(), String::new());
        let mut found = 0_u64;
        loop {
            let entry = match reader.next_line() {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    ui.warn(format_args!("{}: {error}", path.display()));
                    break;
                }
            };
            if let Event::Header(header) = &entry.event {
                rules.clone_from(&header.rules);
                skill.clone_from(&header.facts.skill);
                let other = |wanted: &String| !skill.starts_with(wanted.as_str());
                if args.skill.as_ref().is_some_and(other) {
                    break;
                }
            }
            if !passing.passes(&entry.event) {
                continue;
            }
            if ui.is_json() {
                if let Some(mut document) = line::to_json(&entry, &rules) {
                    if let Some(fields) = document.as_object_mut() {
                        fields.insert("run".to_owned(), id(&path).into());
                        fields.insert("skill".to_owned(), skill.clone().into());
                    }
                    ui.emit("journal-event", &document)?;
                }
            } else if let Some(text) = line::words(&entry.event, &rules, ui) {
                if found == 0 {
                    ui.out(ui.paint(BOLD, &format!("{skill} · run {}", id(&path))))?;
                }
                ui.out(text)?;
            } else {
                continue;
            }
            found = found.saturating_add(1);
        }
        if found > 0 {
            runs = runs.saturating_add(1);
        }
    }
    ui.note(ui.paint(DIM, &format!("in {runs} runs")));
    Ok(())
}
