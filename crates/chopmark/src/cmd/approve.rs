//! `chopmark approve`: a person grants what an agent asked for.

use chopmark_client::requests::{self, Extent, Request};

use crate::consent;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::PassphraseArgs;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui};

/// Arguments of `approve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The request; without it, open requests are listed
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Grant all but this line of the request, by its number; may be repeated
    #[arg(long, value_name = "NUMBER", requires = "id")]
    without: Vec<usize>,
    /// Grant it for so many days
    #[arg(long, value_name = "DAYS", requires = "id", value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: Option<u64>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Shows a request and asks the person at the terminal.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let Some(id) = &args.id else { return list(ui) };
    let request = requests::read(home, id)?;
    if !ui.is_interactive() {
        return Err(CommandError::new(
            Exit::ConsentNeeded,
            "terminal-needed",
            "only a person at a terminal can approve, and this is none",
        )
        .hint(format_args!(
            "run `chopmark approve {id}` in a terminal of your own"
        )));
    }
    let version = request.version.as_deref().unwrap_or("unsigned");
    ui.note(format_args!(
        "{} {version} into {}",
        ui.paint(BOLD, &request.skill),
        request.root
    ));
    ui.note(format_args!("  {}", request.decision));
    if let Some(again) = &request.again {
        ui.note(format_args!("  asked again: {again}"));
    }
    let extent = extent(args, &request)?;
    for (number, line) in (1_usize..).zip(&request.asks) {
        let mark = match (extent.left_out.contains(line), request.grows.contains(line)) {
            (true, _) => ui.paint(RED, "left out"),
            (false, true) => "+".to_owned(),
            (false, false) => " ".to_owned(),
        };
        ui.note(format_args!("  {number:>2} {mark} {line}"));
    }
    match extent.days {
        Some(days) => ui.note(format_args!("  for {days} days")),
        None => ui.note(ui.paint(
            DIM,
            "  without end; --days DAYS sets one, --without NUMBER leaves a line out",
        )),
    }
    let key = consent::host_key(ui, &args.passphrase)?;
    consent::give(ui, &request, &extent, &key)?;
    ui.note(format_args!(
        "{} {id}: let the agent try again",
        ui.paint(GREEN, "approved")
    ));
    Ok(())
}

fn extent(args: &Args, request: &Request) -> Result<Extent, CommandError> {
    let mut left_out = Vec::new();
    for number in &args.without {
        let line = number.checked_sub(1).and_then(|at| request.asks.get(at));
        let line = line.ok_or_else(|| {
            CommandError::new(
                Exit::Usage,
                "request-line",
                format_args!("the request has no line {number}"),
            )
            .hint(format_args!("its lines are 1 to {}", request.asks.len()))
        })?;
        left_out.push(line.clone());
    }
    Ok(Extent {
        left_out,
        days: args.days,
    })
}

fn list(ui: &Ui) -> Result<(), CommandError> {
    let open = requests::open(ui.home()?)?;
    if ui.is_json() {
        let rows: Vec<_> = open
            .iter()
            .map(|(id, request)| serde_json::json!({ "id": id, "request": request }))
            .collect();
        return ui.emit("requests", &serde_json::json!({ "requests": rows }));
    }
    if open.is_empty() {
        ui.note("nobody asks for anything");
    }
    for (id, request) in open {
        ui.out(format_args!(
            "{id}  {} {}",
            request.skill,
            request.version.unwrap_or_default()
        ))?;
    }
    Ok(())
}
