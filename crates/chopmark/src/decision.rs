//! One decision, as `add`, `update` and `inspect` make and show it.

use chopmark_client::decide::{Decided, Gathered, Situation, decide, gather};
use chopmark_client::enact::granted;
use chopmark_client::host;
use chopmark_client::identity::Reach;
use chopmark_client::lock::{Lock, Locked};
use chopmark_client::reference::Reference;
use chopmark_client::scope::Scope;
use chopmark_core::admit::Refusal;
use chopmark_core::name::SkillName;
use chopmark_core::permission::{Grant, Permission};
use chopmark_core::requirement::Confinement;
use chopmark_core::roots::Roots;

use crate::clock;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::policy::{self, Loaded};
use crate::rescan;
use crate::session;
use crate::ui::{BOLD, GREEN, RED, Ui};

/// Options of every command that decides.
#[derive(Debug, clap::Args)]
pub(crate) struct DecisionArgs {
    /// Read the log and the bytes from this mirror, which need not be trusted
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    /// Refuse a state that the witnesses cosigned longer ago than this, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    max_age: u64,
}

/// A decision with everything that led to it.
pub(crate) struct Asked {
    pub(crate) reach: Reach,
    pub(crate) roots: Roots,
    pub(crate) roots_bytes: Vec<u8>,
    pub(crate) policy: Loaded,
    pub(crate) gathered: Gathered,
    pub(crate) decided: Decided,
}

/// Gathers and decides; nothing is written but what this host remembers of the log.
pub(crate) fn ask(
    ui: &Ui,
    args: &DecisionArgs,
    reference: &Reference,
    scope: &Scope,
    folder: &SkillName,
) -> Result<Asked, CommandError> {
    let home = ui.home()?;
    let (roots, roots_bytes) = host::roots(home)?;
    let policy = policy::load(home)?;
    let reach = match &args.mirror {
        Some(url) => session::reach_at(ui, url)?,
        None => session::reach(ui)?,
    };
    let gathered = gather(&reach, &roots, &reference.query())?;
    let lock = Lock::read(scope)?;
    let installed = match lock.skill(folder) {
        Some(locked) => Some((locked, granted(home, locked.grant)?)),
        None => None,
    };
    let situation = Situation {
        installed: installed
            .as_ref()
            .map(|(locked, grant): &(&Locked, Grant)| (*locked, grant)),
        confinement: Confinement::None,
        rescan: rescan::run(ui, &gathered)?,
        clock: clock::now(),
        max_age: args.max_age,
    };
    let decided = decide(&gathered, &roots, policy.policy(), &situation);
    Ok(Asked {
        reach,
        roots,
        roots_bytes,
        policy,
        gathered,
        decided,
    })
}

impl Asked {
    /// `@publisher/skill@version`.
    pub(crate) fn name(&self) -> String {
        let evidence = &self.gathered.evidence;
        format!(
            "@{}/{}@{}",
            evidence.publisher_name, evidence.skill, evidence.version
        )
    }

    /// The decision in one sentence.
    pub(crate) fn sentence(&self) -> String {
        let Some(verdict) = &self.decided.decision.verdict else {
            return self.refusal().map(ToString::to_string).unwrap_or_default();
        };
        if let Some(refusal) = self.refusal() {
            return refusal.to_string();
        }
        let reasons: Vec<String> = verdict
            .requirement
            .reasons()
            .map(|ask| ask.words())
            .collect();
        format!(
            "needs {} ({}); has {}",
            verdict.requirement.need(),
            reasons.join(", "),
            verdict.level
        )
    }

    /// Why it is refused, if it is.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.decided.decision.outcome.as_ref().err()
    }

    /// The refusal as the end of a command.
    pub(crate) fn refused(&self) -> Option<CommandError> {
        let refusal = self.refusal()?;
        let class = match refusal {
            Refusal::OtherLog { .. }
            | Refusal::Unproved { .. }
            | Refusal::Stale { .. }
            | Refusal::ClockBehind { .. } => Exit::Unverified,
            Refusal::Vetoed { .. }
            | Refusal::RootsExpired { .. }
            | Refusal::Yanked { .. }
            | Refusal::Level { .. }
            | Refusal::Policy { .. }
            | Refusal::PolicyError { .. }
            | Refusal::TooLarge { .. }
            | Refusal::AdoptionOther { .. }
            | Refusal::AdoptionExpired { .. }
            | Refusal::AdoptionTooLong => Exit::Denied,
        };
        let mut error = CommandError::new(
            class,
            refusal.code(),
            format_args!("{}: {refusal}", self.name()),
        )
        .blame(refusal.blame().as_str())
        .detail("decision", self.to_json());
        if let Refusal::Level { missing, .. } = refusal {
            for what in missing {
                error = error.hint(format_args!("missing: {what}"));
            }
        }
        Some(error)
    }

    /// The permissions in words, what grew marked with a plus.
    pub(crate) fn permission_lines(&self, ui: &Ui) -> Vec<String> {
        let added = self.decided.growth.added();
        let mut lines: Vec<String> = self
            .gathered
            .manifest
            .permissions()
            .iter()
            .map(|permission| {
                let mark = if added.contains(permission) { "+" } else { " " };
                format!("  {mark} {}", permission.words())
            })
            .collect();
        if lines.is_empty() {
            lines.push("    asks for nothing".to_owned());
        }
        for removed in self.decided.growth.removed() {
            lines.push(ui.paint(crate::ui::DIM, &format!("  - {}", removed.words())));
        }
        lines
    }

    /// Shows decision and permissions to a person, on stderr.
    pub(crate) fn show(&self, ui: &Ui) {
        let verdict = if self.refusal().is_none() {
            ui.paint(GREEN, "may be installed")
        } else {
            ui.paint(RED, "refused")
        };
        ui.note(format_args!(
            "{} {verdict}: {}",
            ui.paint(BOLD, &self.name()),
            self.sentence()
        ));
        ui.note(format_args!(
            "  publisher {}",
            self.gathered.evidence.publisher
        ));
        ui.note(
            "  its text is unconfined: what an agent does after reading it, nothing here holds",
        );
        for line in self.permission_lines(ui) {
            ui.note(line);
        }
    }

    /// The decision in JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let words = |permissions: &[Permission]| -> Vec<String> {
            permissions.iter().map(Permission::words).collect()
        };
        let evidence = &self.gathered.evidence;
        let verdict = self.decided.decision.verdict.as_ref();
        serde_json::json!({
            "skill": format!("@{}/{}", evidence.publisher_name, evidence.skill),
            "version": evidence.version.to_string(),
            "publisher": evidence.publisher.to_hex(),
            "content": evidence.subject.to_hex(),
            "release": evidence.release.id.to_hex(),
            "index": evidence.release.index,
            "checkpointSize": evidence.checkpoint.size,
            "cosigners": evidence.checkpoint.cosigners,
            "level": verdict.map(|v| v.level.to_string()),
            "needs": verdict.map(|v| v.requirement.need().to_string()),
            "missing": verdict.map(|v| v.missing.clone()),
            "refusal": self.refusal().map(Refusal::code),
            "decision": self.sentence(),
            "roots": self.roots.digest().to_hex(),
            "textConfined": false,
            "permissions": {
                "words": words(&self.gathered.manifest.permissions()),
                "added": words(self.decided.growth.added()),
                "removed": words(self.decided.growth.removed()),
                "manifest": serde_json::from_str::<serde_json::Value>(&self.gathered.manifest.to_json()).ok(),
            },
        })
    }
}
