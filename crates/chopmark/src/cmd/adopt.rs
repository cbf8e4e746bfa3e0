//! `chopmark adopt`: an unsigned folder, taken in by this host, in its own name and for a while.

use std::path::PathBuf;

use chopmark_client::adoption::Adoption;
use chopmark_client::enact::{Target, enact_adoption};
use chopmark_client::folder;
use chopmark_client::scope::Agent;
use chopmark_core::admit;
use chopmark_core::name::SkillName;
use chopmark_core::package::{Package, SKILL_FILE};
use chopmark_core::permission::Grant;
use chopmark_core::skill;
use chopmark_scan::{Config, Severity, engine_version, scan};

use crate::clock;
use crate::cmd::add::agent;
use crate::cmd::lint::folder_name;
use crate::cmd::scan::packs;
use crate::consent;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::{PassphraseArgs, ask_shown};
use crate::place::PlaceArgs;
use crate::ui::{BOLD, GREEN, Ui, YELLOW};

/// Arguments of `adopt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The unsigned folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Why, in your words; it stands in the signed record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// How many days it holds, 90 at most
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=90))]
    days: u64,
    /// The skill's name here, where the folder has another
    #[arg(long = "as", value_name = "NAME")]
    name: Option<SkillName>,
    /// Also into this agent's folder; may be repeated
    #[arg(long, value_name = "AGENT", value_parser = agent)]
    agent: Vec<Agent>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Shows what the folder can do, asks, records and installs under the legacy profile.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let read = folder::read(&args.folder)?;
    let name = name(args)?;
    show(args, &name, &read.package, ui)?;
    let key = consent::host_key(ui, &args.passphrase)?;
    let typed = ask_shown(ui, &format!("Type its name, {name}, to take it in: "))?;
    if typed.trim() != name.as_str() {
        return Err(CommandError::new(
            Exit::ConsentNeeded,
            "consent-withheld",
            "nothing was taken in",
        ));
    }
    let now = clock::now();
    let expires = now.saturating_add(args.days.saturating_mul(DAY));
    let content = read.package.digest();
    let adoption = Adoption::new(
        content.to_hex(),
        name.to_string(),
        now,
        expires,
        args.reason.clone(),
    );
    let record = adoption.sign(&key)?;
    let admission = admit::adopt(content, content, now, expires, now)
        .map_err(|refusal| CommandError::new(Exit::Denied, refusal.code(), refusal))?;
    let mut agents = vec![Agent::Agents];
    agents.extend(args.agent.iter().copied());
    agents.sort();
    agents.dedup();
    let (scope, held) = args.place.scope_to_change(ui)?;
    let target = Target {
        home: ui.home()?,
        scope: &scope,
        held: &held,
        folder: &name,
        agents: &agents,
    };
    let locked = enact_adoption(&target, &read.package, admission, &record)?;
    ui.note(format_args!(
        "{} {name} for {} days",
        ui.paint(GREEN, "adopted"),
        args.days
    ));
    ui.out(format_args!("record {}", locked.receipt))
}

/// Says what the folder is, what a scan finds, and what it would be allowed.
fn show(args: &Args, name: &SkillName, package: &Package, ui: &Ui) -> Result<(), CommandError> {
    let front = skill::read(package.file(SKILL_FILE), None);
    let result = scan(
        package,
        &packs(&[], ui)?,
        &Config::standard(),
        &engine_version(),
    );
    ui.note(format_args!(
        "{} {}: nobody signed these {} files",
        ui.paint(BOLD, name.as_str()),
        ui.paint(YELLOW, "unsigned"),
        package.manifest().entries().len()
    ));
    for diagnostic in &front.diagnostics {
        ui.note(format_args!("  {SKILL_FILE}: {}", diagnostic.problem));
    }
    ui.note(format_args!(
        "  scan: {} high, {} medium, {} low ({})",
        result.count(Severity::High),
        result.count(Severity::Medium),
        result.count(Severity::Low),
        result.outcome().word()
    ));
    let code: Vec<_> = result
        .capabilities()
        .iter()
        .filter(|capability| capability.is_in_code_or_fence())
        .collect();
    for capability in code.iter().take(SHOWN_CAPABILITIES) {
        ui.note(format_args!(
            "  its code: {} {}",
            capability.kind.word(),
            capability.value
        ));
    }
    if code.len() > SHOWN_CAPABILITIES {
        ui.note(format_args!(
            "  and {} more: chopmark scan {}",
            code.len().saturating_sub(SHOWN_CAPABILITIES),
            args.folder.display()
        ));
    }
    ui.note("  under the legacy profile its programs");
    for line in Grant::legacy().as_manifest().words() {
        ui.note(format_args!("    {line}"));
    }
    ui.note("  its text is unconfined: what an agent does after reading it, nothing here holds");
    Ok(())
}

fn name(args: &Args) -> Result<SkillName, CommandError> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let own = folder_name(&args.folder).unwrap_or_default();
    own.parse()
        .map_err(|error: chopmark_core::name::NameError| {
            CommandError::new(Exit::Usage, "skill-name", error).hint("give --as NAME")
        })
}

const DAY: u64 = 86_400;
const SHOWN_CAPABILITIES: usize = 8;
