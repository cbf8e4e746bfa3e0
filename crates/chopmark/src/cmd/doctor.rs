//! `chopmark doctor`: what this machine and this host have, and what is missing.

use chopmark_client::{host, signed, trust};
use chopmark_sandbox::probe;

use crate::clock;
use crate::cmd::hook;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::place::PlaceArgs;
use crate::ui::{DIM, GREEN, RED, Ui};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Look at this alone
    #[arg(value_enum, value_name = "PART")]
    part: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The layers that confine skills
    Sandbox,
    /// Keys, roots and the log
    Trust,
    /// Hooks in agents
    Hooks,
}

struct Row {
    part: &'static str,
    what: String,
    state: Result<String, (String, String)>,
}

/// Looks at everything and ends with code 4 when something is missing.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let mut rows = Vec::new();
    let wanted = |part: Part| args.part.is_none_or(|only| only == part);
    if wanted(Part::Sandbox) {
        for layer in probe() {
            let state = if layer.in_force() {
                Ok(layer.detail())
            } else {
                Err((layer.detail(), layer.mend()))
            };
            rows.push(Row {
                part: "sandbox",
                what: layer.layer.word().to_owned(),
                state,
            });
        }
    }
    if wanted(Part::Trust) {
        trust_rows(ui, &mut rows)?;
    }
    if wanted(Part::Hooks) {
        hook_rows(ui, &mut rows)?;
    }
    let missing = rows.iter().filter(|row| row.state.is_err()).count();
    if ui.is_json() {
        let rows: Vec<_> = rows.iter().map(|row| {
            let (state, detail, mend) = match &row.state {
                Ok(detail) => ("present", detail, ""),
                Err((why, mend)) => ("missing", why, mend.as_str()),
            };
            serde_json::json!({ "part": row.part, "what": row.what, "state": state, "detail": detail, "mend": mend })
        }).collect();
        ui.emit("doctor", &serde_json::json!({ "checks": rows }))?;
    } else {
        for row in &rows {
            let (mark, text) = match &row.state {
                Ok(detail) => (ui.paint(GREEN, "✓"), ui.paint(DIM, detail)),
                Err((why, _)) => (ui.paint(RED, "✗"), why.clone()),
            };
            ui.out(format_args!(
                "{mark} {:<8} {:<12} {text}",
                row.part, row.what
            ))?;
        }
    }
    if missing == 0 {
        return Ok(());
    }
    let mut error = CommandError::new(
        Exit::Environment,
        "doctor-missing",
        format_args!("{missing} of {} checks failed", rows.len()),
    );
    for row in &rows {
        if let Err((_, mend)) = &row.state
            && !mend.is_empty()
        {
            error = error.hint(format_args!("{}: {mend}", row.what));
        }
    }
    Err(error)
}

fn trust_rows(ui: &Ui, rows: &mut Vec<Row>) -> Result<(), CommandError> {
    let home = ui.home()?;
    let mut row = |what: &str, state: Result<String, CommandError>| {
        rows.push(Row {
            part: "trust",
            what: what.to_owned(),
            state: state.map_err(|error| {
                let mend = error.hints().first().cloned().unwrap_or_default();
                (error.message().to_owned(), mend)
            }),
        });
    };
    row(
        "log",
        trust::load(home)
            .map(|trust| format!("{} at {}", trust.contact.origin, trust.registry))
            .map_err(CommandError::from),
    );
    row(
        "host key",
        signed::host_key(home)
            .map(|key| key.digest().to_hex())
            .map_err(CommandError::from),
    );
    let roots = host::roots(home).map_err(CommandError::from);
    row(
        "roots",
        roots.and_then(|(roots, _)| {
            let left = roots.not_after().saturating_sub(clock::now()) / DAY;
            if left == 0 {
                return Err(CommandError::new(
                    Exit::Denied,
                    "roots-expired",
                    "the roots have expired",
                )
                .hint("look at them and run chopmark trust init again"));
            }
            Ok(format!(
                "preset {}, {} roots, {left} days left",
                roots.preset().name(),
                roots.roots().len()
            ))
        }),
    );
    Ok(())
}

/// Hooks are a person's choice: none is nothing missing, one that cannot work is.
fn hook_rows(ui: &Ui, rows: &mut Vec<Row>) -> Result<(), CommandError> {
    for (global, what) in [(false, "project"), (true, "user")] {
        let file = hook::file(&PlaceArgs { global }, ui)?;
        let state = match chopmark_client::hook::placed(&file, &hook::program()?) {
            Ok(None) => continue,
            Ok(Some(placed)) if placed.is_current => {
                Ok(format!("claude-code, in {}", placed.file.display()))
            }
            Ok(Some(placed)) => Err((
                format!(
                    "{} calls another program: {}",
                    file.display(),
                    placed.command
                ),
                "chopmark hook claude-code install".to_owned(),
            )),
            Err(error) => Err((error.to_string(), "mend the file".to_owned())),
        };
        rows.push(Row {
            part: "hooks",
            what: what.to_owned(),
            state,
        });
    }
    Ok(())
}

const DAY: u64 = 86_400;
