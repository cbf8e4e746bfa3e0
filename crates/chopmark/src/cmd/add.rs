//! `chopmark add`: decide by this host's own rules, ask a person, install.

use std::path::PathBuf;

use chopmark_client::enact::{EnactError, Grounds, Target, enact, restore};
use chopmark_client::lock::{Lock, Source};
use chopmark_client::reference::Reference;
use chopmark_client::remote::Remote;
use chopmark_client::requests::Request;
use chopmark_client::scope::Agent;
use chopmark_client::signed;
use chopmark_client::term::{self, Standing};
use chopmark_core::key::SecretKey;
use chopmark_core::name::SkillName;
use chopmark_core::permission::{Consent, Grant, Permission, PolicyLimits};

use crate::clock;
use crate::consent;
use crate::decision::{Asked, DecisionArgs, ask};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::passphrase::PassphraseArgs;
use crate::place::PlaceArgs;
use crate::ui::{GREEN, Ui};

/// Arguments of `add`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The skill: @publisher/skill, or @publisher/skill@version
    #[arg(value_name = "SKILL", required_unless_present = "locked")]
    skill: Option<String>,
    /// Put back exactly what chopmark.lock names
    #[arg(long, conflicts_with = "skill")]
    locked: bool,
    /// Also into this agent's folder; may be repeated
    #[arg(long, value_name = "AGENT", value_parser = agent)]
    agent: Vec<Agent>,
    /// The folder's name, where the skill's own is taken
    #[arg(long = "as", value_name = "NAME")]
    folder: Option<SkillName>,
    #[command(flatten)]
    decision: DecisionArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Decides and installs, or leaves a request.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let Some(skill) = &args.skill else {
        return put_back(args, ui);
    };
    if !skill.starts_with('@') {
        return Err(unsigned(skill));
    }
    let reference: Reference = skill
        .parse()
        .map_err(|error| CommandError::new(Exit::Usage, "reference", error))?;
    let folder = args
        .folder
        .clone()
        .unwrap_or_else(|| reference.skill.clone());
    let mut agents = vec![Agent::Agents];
    agents.extend(args.agent.iter().copied());
    agents.sort();
    agents.dedup();
    let (scope, held) = args.place.scope_to_change(ui)?;
    let asked = ask(ui, &args.decision, &reference, &scope, &folder)?;
    let target = Target {
        home: ui.home()?,
        scope: &scope,
        held: &held,
        folder: &folder,
        agents: &agents,
    };
    install(ui, asked, &target, &args.passphrase)
}

/// Ends the way of a decision: refusal, request, or installation.
pub(crate) fn install(
    ui: &Ui,
    asked: Asked,
    target: &Target<'_>,
    passphrase: &PassphraseArgs,
) -> Result<(), CommandError> {
    asked.show(ui);
    if let Some(refused) = asked.refused() {
        return Err(refused);
    }
    let key = consent::host_key(ui, passphrase)?;
    let before = before(target, &key)?;
    let request = request(&asked, target, before);
    let (class, extent) = consent::obtain(ui, &request, &key)?;
    let manifest = &asked.gathered.manifest;
    let mut consented = manifest.permissions();
    consented.retain(|permission| !extent.left_out.contains(&permission.words()));
    let grant = Grant::from_manifest(
        manifest,
        &PolicyLimits::all_of(manifest),
        &Consent::to(consented),
    );
    let (name, decision) = (asked.name(), asked.to_json());
    let grounds = Grounds {
        roots: &asked.roots,
        roots_bytes: &asked.roots_bytes,
        policy: asked.policy.policy(),
        policy_bytes: asked.policy.bytes(),
        consent: class,
        grant: &grant,
        key: &key,
        registry: &asked.reach.trust.registry,
    };
    // Where nothing new was asked, the term of what was granted before goes on.
    let until = match (extent.days, before) {
        (Some(days), _) => Some(clock::now().saturating_add(days.saturating_mul(DAY))),
        (None, Some(Standing::Until(until))) if request.grows.is_empty() => Some(until),
        (None, _) => None,
    };
    let locked = enact(target, &asked.gathered, asked.decided, &grounds, until)?;
    let folders: Vec<PathBuf> = target
        .agents
        .iter()
        .map(|agent| target.scope.skill_folder(*agent, target.folder.as_str()))
        .collect();
    if ui.is_json() {
        return ui.emit(
            "add",
            &serde_json::json!({ "installed": name, "folders": folders, "receipt": locked.receipt, "decision": decision }),
        );
    }
    ui.note(format_args!("{} {name}", ui.paint(GREEN, "installed")));
    for line in &extent.left_out {
        ui.note(format_args!("  not granted: {line}"));
    }
    if let Some(until) = until {
        ui.note(format_args!("  granted until {}", clock::date(until)));
    }
    for folder in folders {
        ui.out(folder.display())?;
    }
    ui.note(format_args!(
        "receipt {} (chopmark explain tells it in words)",
        locked.receipt
    ));
    Ok(())
}

/// Whether what was granted to what is installed in this folder still holds.
fn before(target: &Target<'_>, key: &SecretKey) -> Result<Option<Standing>, CommandError> {
    let lock = Lock::read(target.scope)?;
    let Some(locked) = lock.skill(target.folder) else {
        return Ok(None);
    };
    let standing = term::standing(target.home, &locked.receipt, &key.public(), clock::now())?;
    Ok(Some(standing))
}

/// What a person is asked.
fn request(asked: &Asked, target: &Target<'_>, before: Option<Standing>) -> Request {
    let again = match before {
        Some(Standing::Revoked(at)) => Some(format!("it was taken back on {}", clock::date(at))),
        Some(Standing::Expired(at)) => Some(format!("its term ended on {}", clock::date(at))),
        Some(Standing::Unlimited | Standing::Until(_)) | None => None,
    };
    let evidence = &asked.gathered.evidence;
    let manifest = &asked.gathered.manifest;
    let words = |permissions: &[Permission]| -> Vec<String> {
        permissions.iter().map(Permission::words).collect()
    };
    let asks = words(&manifest.permissions());
    let grows = if again.is_some() {
        asks.clone()
    } else {
        words(asked.decided.growth.added())
    };
    Request {
        skill: format!("@{}/{}", evidence.publisher_name, evidence.skill),
        version: Some(evidence.version.to_string()),
        publisher: Some(evidence.publisher.to_hex()),
        content: evidence.subject.to_hex(),
        root: target.scope.root().to_string_lossy().into_owned(),
        folder: target.folder.to_string(),
        asks,
        grows,
        permissions: manifest.digest().to_hex(),
        decision: asked.sentence(),
        again,
    }
}

fn put_back(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let (scope, held) = args.place.scope_to_change(ui)?;
    let home = ui.home()?;
    let host = signed::host_key(home)?;
    let offline = ui.is_offline();
    let restored = restore(home, &scope, &held, &host, |name, locked| {
        let Source::Log(released) = &locked.source else {
            return Err(CommandError::from(EnactError::OtherContent(locked.content)));
        };
        if offline {
            return Err(CommandError::new(
                Exit::Environment,
                "offline",
                format_args!("`{name}` is not in the store"),
            ));
        }
        Ok(Remote::new(&released.registry).package(locked.content)?)
    })?;
    if ui.is_json() {
        let names: Vec<&str> = restored.iter().map(SkillName::as_str).collect();
        return ui.emit("add-locked", &serde_json::json!({ "restored": names }));
    }
    if restored.is_empty() {
        ui.note("everything that the lock file names is in place");
    }
    for name in restored {
        ui.note(format_args!("{} {name}", ui.paint(GREEN, "put back")));
    }
    Ok(())
}

fn unsigned(path: &str) -> CommandError {
    CommandError::new(
        Exit::Denied,
        "unsigned",
        format_args!("`{path}` names no signed release: nobody answers for these bytes"),
    )
    .hint("name it as @publisher/skill")
    .hint(format_args!(
        "chopmark adopt {path} takes an unsigned folder in, in your name and for a while"
    ))
}

/// Reads an agent's name.
pub(crate) fn agent(name: &str) -> Result<Agent, String> {
    Agent::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Agent::ALL.into_iter().map(Agent::name).collect();
        format!("`{name}` is not known; known are {}", known.join(", "))
    })
}

const DAY: u64 = 86_400;
