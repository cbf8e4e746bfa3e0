//! `chopmark add`: decide by this host's own rules, ask a person, install.

use std::path::PathBuf;

use chopmark_client::enact::{EnactError, Grounds, Target, enact, restore};
use chopmark_client::lock::Source;
use chopmark_client::reference::Reference;
use chopmark_client::remote::Remote;
use chopmark_client::requests::Request;
use chopmark_client::scope::{Agent, Scope};
use chopmark_client::signed;
use chopmark_core::name::SkillName;
use chopmark_core::permission::{Consent, Grant, Permission, PolicyLimits};

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
    let request = request(&asked, target.scope, target.folder);
    let class = consent::obtain(ui, &request, &key)?;
    let manifest = &asked.gathered.manifest;
    let grant = Grant::from_manifest(
        manifest,
        &PolicyLimits::all_of(manifest),
        &Consent::to_all_of(manifest),
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
    let locked = enact(target, &asked.gathered, asked.decided, &grounds)?;
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
    for folder in folders {
        ui.out(folder.display())?;
    }
    ui.note(format_args!(
        "receipt {} (chopmark explain tells it in words)",
        locked.receipt
    ));
    Ok(())
}

/// What a person is asked.
fn request(asked: &Asked, scope: &Scope, folder: &SkillName) -> Request {
    let evidence = &asked.gathered.evidence;
    let manifest = &asked.gathered.manifest;
    let words = |permissions: &[Permission]| permissions.iter().map(Permission::words).collect();
    Request {
        skill: format!("@{}/{}", evidence.publisher_name, evidence.skill),
        version: Some(evidence.version.to_string()),
        publisher: Some(evidence.publisher.to_hex()),
        content: evidence.subject.to_hex(),
        root: scope.root().to_string_lossy().into_owned(),
        folder: folder.to_string(),
        asks: words(&manifest.permissions()),
        grows: words(asked.decided.growth.added()),
        permissions: manifest.digest().to_hex(),
        decision: asked.sentence(),
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
