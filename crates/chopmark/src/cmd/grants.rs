//! `chopmark grants`: what installed skills may do here.

use chopmark_client::check::CheckError;
use chopmark_client::enact::granted;
use chopmark_client::lock::{Lock, Locked};
use chopmark_core::name::SkillName;
use chopmark_core::permission::Profile;

use crate::error::CommandError;
use crate::place::PlaceArgs;
use crate::ui::{BOLD, DIM, Ui};

/// Arguments of `grants`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show all grants of this scope in short
    List,
    /// Show one skill's grant in words, with its limits
    Show {
        /// The folder's name, as `list` shows it
        #[arg(value_name = "NAME")]
        name: SkillName,
    },
}

/// Lists or shows; a grant ends with `remove`, for a skill without one may not stay.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let lock = Lock::read(&args.place.scope(ui)?)?;
    match &args.what {
        None | Some(What::List) => list(&lock, ui),
        Some(What::Show { name }) => {
            let locked = lock
                .skill(name)
                .ok_or_else(|| CheckError::NotInstalled(name.clone()))?;
            show(name, locked, ui)
        }
    }
}

fn list(lock: &Lock, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let mut rows = Vec::new();
    for (name, locked) in lock.skills() {
        let grant = granted(home, locked.grant)?;
        rows.push((name, locked, grant));
    }
    if ui.is_json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, locked, grant)| serde_json::json!({ "folder": name.as_str(), "grant": locked.grant.to_hex(), "words": grant.as_manifest().words() }))
            .collect();
        return ui.emit("grants", &serde_json::json!({ "grants": rows }));
    }
    if rows.is_empty() {
        ui.note("nothing is installed here, so nothing is granted");
    }
    for (name, _, grant) in rows {
        let network = match (grant.open_network(), grant.network().len()) {
            (true, _) => "any host".to_owned(),
            (false, 0) => "no network".to_owned(),
            (false, count) => format!("{count} hosts"),
        };
        ui.out(format_args!(
            "{name:<24} {} paths, {network}, {} secrets{}",
            grant.files().len(),
            grant.secrets().len(),
            if grant.any_program() {
                ", any program of the system"
            } else {
                ""
            },
        ))?;
    }
    Ok(())
}

fn show(name: &SkillName, locked: &Locked, ui: &Ui) -> Result<(), CommandError> {
    let grant = granted(ui.home()?, locked.grant)?;
    let limits = grant.limits();
    if ui.is_json() {
        return ui.emit(
            "grant",
            &serde_json::json!({
                "folder": name.as_str(), "grant": locked.grant.to_hex(), "receipt": locked.receipt,
                "legacy": grant.profile() == Profile::Legacy, "words": grant.as_manifest().words(),
                "limits": { "memoryBytes": limits.memory_bytes(), "cpuSeconds": limits.cpu_seconds(), "processes": limits.processes(), "wallSeconds": limits.wall_seconds(), "outputBytes": limits.output_bytes() },
            }),
        );
    }
    ui.out(ui.paint(BOLD, name.as_str()))?;
    for line in grant.as_manifest().words() {
        ui.out(format_args!("  {line}"))?;
    }
    ui.out(format_args!(
        "  up to {} MiB of memory, {} s of processor, {} processes, {} s in all, {} MiB of output",
        limits.memory_bytes() >> 20,
        limits.cpu_seconds(),
        limits.processes(),
        limits.wall_seconds(),
        limits.output_bytes() >> 20,
    ))?;
    ui.out(ui.paint(
        DIM,
        &format!("  grant {}, by receipt {}", locked.grant, locked.receipt),
    ))?;
    ui.note("a grant ends with `chopmark remove`");
    Ok(())
}
