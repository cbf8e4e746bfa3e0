//! From an installed skill to a confined, recorded run.
//!
//! Nothing starts before the installed folder was compared with what was admitted: a changed file
//! is refused, not run. Secrets leave their file only for the broker, after the helper that
//! supervises the skill was forked.

mod error;
mod session;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chopmark_core::admit;
use chopmark_core::digest::{ContentDigest, hex};
use chopmark_core::key::{PublicKey, SecretKey};
use chopmark_core::name::SkillName;
use chopmark_core::permission::{Entrypoint, Grant, SecretPermission};
use chopmark_sandbox::broker::{
    self, BrokerConfig, Limits, Placeholder, Resolver, SecretBinding, SecretValue, UpstreamRoots,
};
use chopmark_sandbox::{
    BrokerEndpoint, HeadSigner, Outcome, Plan, PlanOptions, RunFacts, RunningBroker, start,
};
use zeroize::Zeroizing;

pub use self::error::RunError;
use crate::check::{self, CheckError};
use crate::durable;
use crate::enact::granted;
use crate::home::Home;
use crate::lock::{Lock, Locked, Source};
use crate::receipts::Receipts;
use crate::review::Review;
use crate::scope::Scope;
use crate::secrets::Secrets;
use crate::term::{self, Standing};

/// A skill that may be run: intact, granted, not expired.
#[derive(Debug)]
pub struct Runnable {
    subject: String,
    content: ContentDigest,
    receipt: String,
    folder: PathBuf,
    grant: Grant,
    purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To do its work.
    Work,
    /// To learn what it needs.
    Record,
}

/// What becomes of changes to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// They are made at once.
    Made,
    /// They are kept apart until a person accepts or discards them.
    Reviewed,
}

/// What a run needs besides the skill.
pub struct Settings {
    /// The folder that the skill works on.
    pub workspace: PathBuf,
    /// The program and its arguments; an entry point of the skill stands for its interpreter.
    pub arguments: Vec<OsString>,
    /// This host's key, which signs the journal.
    pub key: SecretKey,
    /// The opened secrets; needed when the grant has some.
    pub secrets: Option<Secrets>,
    /// Who is believed about servers.
    pub upstream_roots: UpstreamRoots,
    /// Where granted programs are looked for.
    pub search_path: Vec<PathBuf>,
    /// `TERM` of the caller.
    pub terminal: Option<String>,
    /// What becomes of changes to files; a recording always throws them away.
    pub changes: Changes,
    /// Seconds since the Unix epoch.
    pub now: u64,
}

/// A run that ended, with its journal.
#[derive(Debug)]
pub struct Ended {
    /// The run's id.
    pub run: String,
    /// Where its journal lies.
    pub journal: PathBuf,
    /// How it ended and what it did.
    pub outcome: Outcome,
}

impl Runnable {
    /// Finds `name` in the lock file of `scope` and checks folder, receipt, grant and, for an
    /// adopted folder, its term.
    ///
    /// # Errors
    ///
    /// [`RunError`]; nothing was started.
    pub fn find(
        home: &Home,
        scope: &Scope,
        name: &SkillName,
        host: &PublicKey,
        now: u64,
    ) -> Result<Self, RunError> {
        let lock = Lock::read(scope)?;
        let findings = check::check(scope, home, Some(name))?;
        if let Some(finding) = findings.iter().find(|f| !f.differences.is_empty()) {
            let first = finding.differences.first();
            return Err(RunError::Changed {
                name: name.clone(),
                first: first
                    .map(|d| format!("{} {}", d.path(), d.words()))
                    .unwrap_or_default(),
            });
        }
        let locked = lock
            .skill(name)
            .ok_or_else(|| CheckError::NotInstalled(name.clone()))?
            .clone();
        if let Source::Adopted { adoption, .. } = &locked.source {
            let adoption = Receipts::of(home).adoption(adoption, host)?;
            let content = locked.content;
            let adopted = adoption
                .content
                .parse()
                .map_err(|_| RunError::Adoption(name.clone()))?;
            // The judge of adoptions decides anew at each run: terms end.
            let again = admit::adopt(content, adopted, adoption.from, adoption.expires, now);
            drop(again?);
        }
        match term::standing(home, &locked.receipt, host, now)? {
            Standing::Unlimited | Standing::Until(_) => {}
            Standing::Expired(at) => return Err(RunError::GrantExpired(name.clone(), at)),
            Standing::Revoked(at) => return Err(RunError::GrantRevoked(name.clone(), at)),
        }
        let agent = locked.agents.first().copied();
        let agent = agent.ok_or_else(|| CheckError::NotInstalled(name.clone()))?;
        Ok(Self {
            folder: scope.skill_folder(agent, name.as_str()),
            grant: granted(home, locked.grant)?,
            subject: subject(name, &locked),
            content: locked.content,
            receipt: locked.receipt,
            purpose: Purpose::Work,
        })
    }

    /// An author's own folder, to be run once so that its journal shows what it needs. Its changes
    /// are thrown away, and hosts are reached only where its manifest names them.
    ///
    /// # Errors
    ///
    /// [`RunError`]; nothing was started.
    pub fn recording(folder: &Path) -> Result<Self, RunError> {
        let package = crate::folder::read(folder)?.package;
        let manifest = crate::decide::manifest_of(&package).map_err(Box::new)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            subject: format!("{name} (recording)"),
            content: package.digest(),
            receipt: String::new(),
            folder: folder.to_owned(),
            grant: Grant::recording(&manifest),
            purpose: Purpose::Record,
        })
    }

    /// What it was granted.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// What it is called in journals.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

fn subject(name: &SkillName, locked: &Locked) -> String {
    match &locked.source {
        Source::Log(released) => format!(
            "@{}/{}@{}",
            released.publisher_name, released.skill, released.version
        ),
        Source::Adopted { .. } => format!("{name} (adopted)"),
    }
}

/// Runs `skill` to its end; the journal is whole and signed when it returns.
///
/// # Errors
///
/// [`RunError`]; before [`RunError::Run`] no program of the skill was started.
pub fn run(home: &Home, skill: &Runnable, settings: Settings) -> Result<Ended, RunError> {
    let run = run_id(settings.now)?;
    durable::private_folder(&home.journals())?;
    let journal = home.journals().join(format!("{run}.jsonl"));
    let grant = &skill.grant;
    let bindings = bind(grant.secrets(), settings.secrets.as_ref())?;
    let environment = bindings
        .iter()
        .map(|b| {
            let name = b.permission.name().as_str().to_owned();
            (name, b.placeholder.as_str().to_owned())
        })
        .collect();
    let reaches_out =
        grant.open_network() || !grant.network().is_empty() || skill.purpose == Purpose::Record;
    let broker = reaches_out.then(|| endpoint(grant, bindings, &settings));
    let arguments = call(grant.entrypoints(), &skill.folder, settings.arguments);
    let options = PlanOptions {
        journal_path: journal.clone(),
        facts: RunFacts {
            run: run.clone(),
            skill: skill.subject.clone(),
            skill_digest: skill.content.to_hex(),
            manifest_digest: grant.as_manifest().digest().to_hex(),
            grant_digest: grant.digest().to_hex(),
            policy_digest: skill.receipt.clone(),
            started_at: settings.now,
        },
        signer: Box::new(Signer(settings.key)),
        broker,
        environment,
        search_path: settings.search_path,
        terminal: settings.terminal,
        protected: vec![
            home.config().to_owned(),
            home.data().to_owned(),
            home.state().to_owned(),
        ],
    };
    let plan = Plan::new(
        grant,
        &skill.folder,
        &settings.workspace,
        &arguments,
        options,
    )?
    .remembering(home.state().join("programs"));
    let kept_apart = skill.purpose == Purpose::Record || settings.changes == Changes::Reviewed;
    if !kept_apart {
        let outcome = start(plan)?.wait()?;
        return Ok(Ended {
            run,
            journal,
            outcome,
        });
    }
    let plan = plan.reviewing(&Review::begin(home, &run)?)?;
    Review::record(home, &run, &skill.subject, settings.now, plan.kept())?;
    let outcome = start(plan)
        .map_err(RunError::from)
        .and_then(|run| Ok(run.wait()?));
    if outcome.is_err() || skill.purpose == Purpose::Record {
        Review::find(home, &run)?.discard()?;
    }
    Ok(Ended {
        run,
        journal,
        outcome: outcome?,
    })
}

/// Replaces an entry point's name by its interpreter and its path.
fn call(entrypoints: &[Entrypoint], folder: &Path, arguments: Vec<OsString>) -> Vec<OsString> {
    let first = arguments.first().and_then(|first| first.to_str());
    let named = first.and_then(|first| entrypoints.iter().find(|e| e.path().as_str() == first));
    let Some(entrypoint) = named else {
        return arguments;
    };
    let path = folder.join(entrypoint.path().as_str()).into_os_string();
    let interpreter = entrypoint
        .interpreter()
        .map(|program| OsString::from(program.as_str()));
    interpreter
        .into_iter()
        .chain([path])
        .chain(arguments.into_iter().skip(1))
        .collect()
}

fn bind(
    wanted: &[SecretPermission],
    secrets: Option<&Secrets>,
) -> Result<Vec<SecretBinding>, RunError> {
    let mut tokens: Vec<(String, Placeholder)> = Vec::new();
    let mut bindings = Vec::new();
    for permission in wanted {
        let name = permission.name().as_str();
        let value = secrets
            .and_then(|secrets| secrets.value(name))
            .ok_or_else(|| RunError::SecretMissing(name.to_owned()))?;
        let value = SecretValue::new(Zeroizing::new(value.to_vec())).map_err(|error| {
            RunError::SecretValue {
                name: name.to_owned(),
                error,
            }
        })?;
        // One secret that goes to two hosts is one variable, so it has one placeholder.
        let known = tokens.iter().find(|(known, _)| known == name);
        let placeholder = match known {
            Some((_, placeholder)) => placeholder.clone(),
            None => {
                let drawn = Placeholder::from_random(random()?);
                tokens.push((name.to_owned(), drawn.clone()));
                drawn
            }
        };
        bindings.push(SecretBinding {
            permission: permission.clone(),
            placeholder,
            value,
        });
    }
    Ok(bindings)
}

fn endpoint(grant: &Grant, secrets: Vec<SecretBinding>, settings: &Settings) -> BrokerEndpoint {
    let (network, open_network) = (grant.network().to_vec(), grant.open_network());
    let (upstream_roots, now) = (settings.upstream_roots.clone(), settings.now);
    BrokerEndpoint::new(move |listener, sink| {
        let config = BrokerConfig {
            network,
            open_network,
            secrets,
            limits: Limits::ordinary(),
            upstream_roots,
            resolver: Resolver::system(),
            sink,
            now,
        };
        let handle = broker::spawn(listener, config).map_err(std::io::Error::other)?;
        let ca_pem = handle.ca_pem().to_owned();
        // A broker that died has lost its connections; the journal's own end tells of the run.
        let stop = Box::new(move || drop(handle.stop()));
        Ok(RunningBroker { ca_pem, stop })
    })
}

struct Signer(SecretKey);

impl HeadSigner for Signer {
    fn public_key(&self) -> [u8; 32] {
        *self.0.public().as_bytes()
    }

    fn sign(&mut self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }
}

fn run_id(now: u64) -> Result<String, RunError> {
    let random: [u8; 4] = random()?;
    Ok(format!("{now:010}-{}", hex(&random)))
}

fn random<const N: usize>() -> Result<[u8; N], RunError> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|_| RunError::Randomness)?;
    Ok(bytes)
}
