//! `chopmark grants`: what installed skills may do here.

use chopmark_client::check::CheckError;
use chopmark_client::enact::granted;
use chopmark_client::lock::{Lock, Locked};
use chopmark_client::signed;
use chopmark_client::term::{self, Standing};
use chopmark_core::name::SkillName;
use chopmark_core::permission::Profile;

use crate::clock;
use crate::error::CommandError;
use crate::place::PlaceArgs;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui};

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
    /// Take one skill's grant back: it runs no more until it is granted anew
    Revoke {
        /// The folder's name, as `list` shows it
        #[arg(value_name = "NAME")]
        name: SkillName,
    },
}

/// Lists, shows or takes back.
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
        Some(What::Revoke { name }) => {
            let locked = lock
                .skill(name)
                .ok_or_else(|| CheckError::NotInstalled(name.clone()))?;
            revoke(name, locked, ui)
        }
    }
}

fn revoke(name: &SkillName, locked: &Locked, ui: &Ui) -> Result<(), CommandError> {
    term::revoke(ui.home()?, &locked.receipt, clock::now())?;
    if ui.is_json() {
        return ui.emit(
            "grant-revoke",
            &serde_json::json!({ "revoked": name.as_str(), "receipt": locked.receipt }),
        );
    }
    ui.note(format_args!(
        "{} {name}: `run` refuses it; what runs already goes on to its end",
        ui.paint(GREEN, "revoked")
    ));
    Ok(())
}

/// Whether a grant holds, as a word for JSON and as text.
fn standing(locked: &Locked, ui: &Ui) -> Result<(Standing, String), CommandError> {
    let home = ui.home()?;
    let host = signed::host_key(home)?;
    let standing = term::standing(home, &locked.receipt, &host, clock::now())?;
    let text = match standing {
        Standing::Unlimited => "without end".to_owned(),
        Standing::Until(at) => format!("until {}", clock::date(at)),
        Standing::Expired(at) => ui.paint(RED, &format!("ended on {}", clock::date(at))),
        Standing::Revoked(at) => ui.paint(RED, &format!("taken back on {}", clock::date(at))),
    };
    Ok((standing, text))
}

fn word(standing: Standing) -> serde_json::Value {
    let (word, at) = match standing {
        Standing::Unlimited => ("unlimited", None),
        Standing::Until(at) => ("until", Some(at)),
        Standing::Expired(at) => ("expired", Some(at)),
        Standing::Revoked(at) => ("revoked", Some(at)),
    };
    serde_json::json!({ "state": word, "at": at })
}

fn list(lock: &Lock, ui: &Ui) -> Result<(), CommandError> {
    let home = ui.home()?;
    let mut rows = Vec::new();
    for (name, locked) in lock.skills() {
        let grant = granted(home, locked.grant)?;
        rows.push((name, locked, grant, standing(locked, ui)?));
    }
    if ui.is_json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, locked, grant, (standing, _))| serde_json::json!({ "folder": name.as_str(), "grant": locked.grant.to_hex(), "standing": word(*standing), "words": grant.as_manifest().words() }))
            .collect();
        return ui.emit("grants", &serde_json::json!({ "grants": rows }));
    }
    if rows.is_empty() {
        ui.note("nothing is installed here, so nothing is granted");
    }
    for (name, _, grant, (_, until)) in rows {
        let network = match (grant.open_network(), grant.network().len()) {
            (true, _) => "any host".to_owned(),
            (false, 0) => "no network".to_owned(),
            (false, count) => format!("{count} hosts"),
        };
        ui.out(format_args!(
            "{name:<24} {} paths, {network}, {} secrets{}, {until}",
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
    let (standing, until) = standing(locked, ui)?;
    if ui.is_json() {
        return ui.emit(
            "grant",
            &serde_json::json!({
                "folder": name.as_str(), "grant": locked.grant.to_hex(), "receipt": locked.receipt, "standing": word(standing),
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
    ui.out(format_args!("  {until}"))?;
    if standing.holds() {
        ui.note(format_args!("chopmark grants revoke {name} takes it back"));
    }
    Ok(())
}
