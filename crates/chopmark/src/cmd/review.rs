//! `chopmark review`: what a reviewed run changed, and what becomes of it.

mod text;

use chopmark_client::review::{Change, Kind, Review};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::ask_shown;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui, YELLOW};

/// Arguments of `review`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the runs that nobody has decided about
    List,
    /// Show what a run changed
    Show {
        /// The run's id or its first characters
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// Make the changes in your own files
    Accept {
        /// The run's id or its first characters
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// Forget the changes
    Discard {
        /// The run's id or its first characters
        #[arg(value_name = "RUN")]
        run: String,
    },
}

/// Lists, shows, accepts or discards.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let find = |run: &str| -> Result<Review, CommandError> { Ok(Review::find(ui.home()?, run)?) };
    match &args.what {
        None | Some(What::List) => list(ui),
        Some(What::Show { run }) => show(&find(run)?, ui),
        Some(What::Accept { run }) => {
            let review = find(run)?;
            show(&review, ui)?;
            let typed = ask_shown(ui, "Type accept to make these changes: ")?;
            if typed.trim() != "accept" {
                return Err(undecided(review.run()));
            }
            accept(review, ui)
        }
        Some(What::Discard { run }) => discard(find(run)?, ui),
    }
}

/// Shows what a run changed, and asks a person where there is one.
pub(super) fn after_run(run: &str, ui: &Ui) -> Result<(), CommandError> {
    let review = Review::find(ui.home()?, run)?;
    show(&review, ui)?;
    if review.changes()?.is_empty() {
        return discard(review, ui);
    }
    if !ui.is_interactive() {
        ui.note(format_args!(
            "a person keeps them with chopmark review accept {run}, or drops them with chopmark review discard {run}"
        ));
        return Ok(());
    }
    let typed = ask_shown(
        ui,
        "Type accept to make these changes, discard to forget them: ",
    )?;
    match typed.trim() {
        "accept" => accept(review, ui),
        "discard" => discard(review, ui),
        _ => {
            ui.note(format_args!("undecided: chopmark review show {run}"));
            Ok(())
        }
    }
}

fn list(ui: &Ui) -> Result<(), CommandError> {
    let all = Review::all(ui.home()?)?;
    let mut rows = Vec::new();
    for review in &all {
        rows.push((review, review.changes()?.len()));
    }
    if ui.is_json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(review, changes)| serde_json::json!({ "run": review.run(), "skill": review.skill(), "changes": changes }))
            .collect();
        return ui.emit("reviews", &serde_json::json!({ "reviews": rows }));
    }
    if rows.is_empty() {
        ui.note("no run waits for review");
    }
    for (review, changes) in rows {
        ui.out(format_args!(
            "{}  {:<28} {changes} changes",
            review.run(),
            review.skill()
        ))?;
    }
    Ok(())
}

fn show(review: &Review, ui: &Ui) -> Result<(), CommandError> {
    let changes = review.changes()?;
    if ui.is_json() {
        let rows: Vec<_> = changes.iter().map(to_json).collect();
        return ui.emit(
            "review",
            &serde_json::json!({ "run": review.run(), "skill": review.skill(), "changes": rows }),
        );
    }
    if changes.is_empty() {
        ui.note("the run changed no file outside its own temporary folders");
    }
    for change in &changes {
        let (style, mark) = match change.kind {
            Kind::Added | Kind::Folder => (GREEN, "+"),
            Kind::Changed | Kind::Link => (YELLOW, "~"),
            Kind::Removed => (RED, "-"),
            Kind::Special => (DIM, "?"),
        };
        let note = match (change.conflicts, change.kind) {
            (true, _) => ui.paint(RED, " changed outside, too: it cannot be accepted"),
            (false, Kind::Link) => format!(
                " → {}",
                text::plain(&std::fs::read_link(&change.content).unwrap_or_default())
            ),
            (false, Kind::Special) => " (a pipe or socket: it is left behind)".to_owned(),
            (false, Kind::Added | Kind::Folder | Kind::Changed | Kind::Removed) => String::new(),
        };
        let path = ui.paint(BOLD, &text::plain(&change.path));
        ui.out(format_args!("{} {path}{note}", ui.paint(style, mark)))?;
        text::difference(change, ui)?;
    }
    Ok(())
}

fn to_json(change: &Change) -> serde_json::Value {
    serde_json::json!({ "path": change.path.to_string_lossy(), "kind": change.kind.word(), "conflicts": change.conflicts })
}

fn accept(review: Review, ui: &Ui) -> Result<(), CommandError> {
    let run = review.run().to_owned();
    let changes = review.accept()?;
    if ui.is_json() {
        return ui.emit(
            "review-accept",
            &serde_json::json!({ "accepted": run, "changes": changes.len() }),
        );
    }
    ui.note(format_args!(
        "{} {run}: {} changes",
        ui.paint(GREEN, "accepted"),
        changes.len()
    ));
    Ok(())
}

fn discard(review: Review, ui: &Ui) -> Result<(), CommandError> {
    let run = review.run().to_owned();
    review.discard()?;
    if ui.is_json() {
        return ui.emit("review-discard", &serde_json::json!({ "discarded": run }));
    }
    ui.note(format_args!("{} {run}", ui.paint(GREEN, "discarded")));
    Ok(())
}

fn undecided(run: &str) -> CommandError {
    CommandError::new(
        Exit::ConsentNeeded,
        "consent-withheld",
        "nothing was changed",
    )
    .hint(format_args!("chopmark review discard {run} forgets it"))
}
