//! The one maker of admissions.
//!
//! Decision = kernel gates ∧ level ≥ required ∧ policy allows. Every input is a value; there is
//! no override.
//!
//! Spec: docs/spec/decision.md §5.

use crate::{
    digest::{ContentDigest, IdentityId, StatementId},
    evidence::Evidence,
    kernel::{Request, Verdict, evaluate},
    level::Level,
    name::{Name, SkillName},
    permission::Grant,
    policy::{Policy, PolicyDecision, PolicyFacts},
    requirement::Confinement,
    roots::Roots,
};

pub use refusal::Refusal;

mod refusal;

/// How far the host's clock may lie behind the witnesses', in seconds.
const CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// The right to install one package once. Only [`admit`] and [`adopt`] make one.
#[derive(Debug)]
#[must_use]
pub enum Admission {
    /// A signed release that every gate let through.
    Signed(SignedAdmission),
    /// An unsigned folder that its host adopted.
    Unsigned(UnsignedAdmission),
}

/// What was let through: exactly these bytes, under these names, at this level.
#[derive(Debug)]
pub struct SignedAdmission {
    content: ContentDigest,
    publisher: IdentityId,
    publisher_name: Name,
    skill: SkillName,
    version: semver::Version,
    release: StatementId,
    index: u64,
    level: Level,
}

impl SignedAdmission {
    /// Returns the content.
    pub fn content(&self) -> ContentDigest {
        self.content
    }
    /// Returns the publisher's id.
    pub fn publisher(&self) -> IdentityId {
        self.publisher
    }
    /// Returns the publisher's name.
    pub fn publisher_name(&self) -> &Name {
        &self.publisher_name
    }
    /// Returns the skill.
    pub fn skill(&self) -> &SkillName {
        &self.skill
    }
    /// Returns the version.
    pub fn version(&self) -> &semver::Version {
        &self.version
    }
    /// Returns the release's statement id.
    pub fn release(&self) -> StatementId {
        self.release
    }
    /// Returns the release's index in the log.
    pub fn index(&self) -> u64 {
        self.index
    }
    /// Returns the level that holds.
    pub fn level(&self) -> Level {
        self.level
    }
}

/// An adopted folder: exactly these bytes, until a date, with the legacy grant at most.
#[derive(Debug)]
pub struct UnsignedAdmission {
    content: ContentDigest,
    expires: u64,
    grant: Grant,
}

impl UnsignedAdmission {
    /// Returns the content.
    pub fn content(&self) -> ContentDigest {
        self.content
    }
    /// Returns when the adoption ends, in seconds since the Unix epoch.
    pub fn expires(&self) -> u64 {
        self.expires
    }
    /// Returns the grant: the legacy profile, never more.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }
}

/// A decision with everything that led to it.
#[derive(Debug)]
pub struct Decision {
    /// What the kernel found; none when it could not decide.
    pub verdict: Option<Verdict>,
    /// What the policy was told.
    pub facts: Option<PolicyFacts>,
    /// What the policy decided.
    pub policy: Option<PolicyDecision>,
    /// The outcome.
    pub outcome: Result<Admission, Refusal>,
}

/// Decides whether the release that `evidence` is about may be installed.
///
/// The same function runs wherever a decision is made or replayed; there is no other way to make
/// a signed [`Admission`].
pub fn admit(
    evidence: &Evidence,
    roots: &Roots,
    policy: &dyn Policy,
    request: &Request,
) -> Decision {
    let verdict = match evaluate(evidence, roots, request) {
        Ok(verdict) => verdict,
        Err(error) => {
            let outcome = Err(Refusal::TooLarge {
                problem: error.to_string(),
            });
            return Decision {
                verdict: None,
                facts: None,
                policy: None,
                outcome,
            };
        }
    };
    let facts = facts(evidence, request, &verdict);
    let decision = policy.decide(&facts);
    let outcome = gates(evidence, roots, request, &verdict)
        .and_then(|()| policy_gate(&decision))
        .map(|()| {
            Admission::Signed(SignedAdmission {
                content: evidence.subject,
                publisher: evidence.publisher,
                publisher_name: evidence.publisher_name.clone(),
                skill: evidence.skill.clone(),
                version: evidence.version.clone(),
                release: evidence.release.id,
                index: evidence.release.index,
                level: verdict.level,
            })
        });
    Decision {
        verdict: Some(verdict),
        facts: Some(facts),
        policy: Some(decision),
        outcome,
    }
}

/// Admits an unsigned folder under a local adoption that its caller verified as signed by the
/// host's own key.
///
/// # Errors
///
/// [`Refusal::AdoptionOther`] when the adoption is of other bytes, [`Refusal::AdoptionExpired`]
/// when it has ended, [`Refusal::AdoptionTooLong`] when it would run more than 90 days.
pub fn adopt(
    content: ContentDigest,
    adopted: ContentDigest,
    from: u64,
    expires: u64,
    now: u64,
) -> Result<Admission, Refusal> {
    if content != adopted {
        return Err(Refusal::AdoptionOther { content, adopted });
    }
    if expires.saturating_sub(from) > 90 * 86_400 {
        return Err(Refusal::AdoptionTooLong);
    }
    if expires <= now {
        return Err(Refusal::AdoptionExpired { at: expires });
    }
    Ok(Admission::Unsigned(UnsignedAdmission {
        content,
        expires,
        grant: Grant::legacy(),
    }))
}

fn gates(
    evidence: &Evidence,
    roots: &Roots,
    request: &Request,
    verdict: &Verdict,
) -> Result<(), Refusal> {
    let time = evidence.checkpoint.witness_time;
    let told = roots.log(&evidence.origin);
    if told.is_none_or(|log| log.charter != evidence.charter) {
        return Err(Refusal::OtherLog {
            origin: evidence.origin.clone(),
            charter: evidence.charter,
        });
    }
    if let Some(ground) = &verdict.veto {
        return Err(Refusal::Vetoed {
            ground: ground.clone(),
        });
    }
    if roots.not_after() < request.clock {
        return Err(Refusal::RootsExpired {
            at: roots.not_after(),
        });
    }
    if time > request.clock.saturating_add(CLOCK_TOLERANCE_SECONDS) {
        return Err(Refusal::ClockBehind {
            witnesses: time,
            clock: request.clock,
        });
    }
    if request.clock.saturating_sub(time) > request.max_age {
        return Err(Refusal::Stale {
            witnesses: time,
            max_age: request.max_age,
        });
    }
    if !evidence.checkpoint.replayed {
        return Err(Refusal::Unproved {
            cosigners: evidence.checkpoint.cosigners.clone(),
        });
    }
    if let Some(index) = evidence.yanked {
        return Err(Refusal::Yanked {
            version: evidence.version.to_string(),
            index,
        });
    }
    let need = verdict.requirement.need();
    if !need.is_met_by(verdict.level) {
        return Err(Refusal::Level {
            need,
            level: verdict.level,
            reasons: verdict
                .requirement
                .reasons()
                .map(|ask| ask.words())
                .collect(),
            missing: verdict.missing.clone(),
        });
    }
    Ok(())
}

fn policy_gate(decision: &PolicyDecision) -> Result<(), Refusal> {
    match decision {
        PolicyDecision::Allow { .. } => Ok(()),
        PolicyDecision::Deny { rules } => Err(Refusal::Policy {
            rules: rules.clone(),
        }),
        PolicyDecision::Error { problem } => Err(Refusal::PolicyError {
            problem: problem.clone(),
        }),
    }
}

fn facts(evidence: &Evidence, request: &Request, verdict: &Verdict) -> PolicyFacts {
    let manifest = &request.manifest;
    PolicyFacts {
        publisher: evidence.publisher.to_string(),
        publisher_name: evidence.publisher_name.to_string(),
        skill: evidence.skill.to_string(),
        version: evidence.version.to_string(),
        level: verdict.level,
        asks: verdict
            .requirement
            .asks()
            .map(|(ask, _)| ask.condition().as_str().to_owned())
            .collect(),
        hosts: manifest
            .network()
            .iter()
            .map(|n| format!("{}:{}", n.host().in_url(), n.port()))
            .collect(),
        secrets: manifest
            .secrets()
            .iter()
            .map(|s| s.name().to_string())
            .collect(),
        human_audits: verdict.human.value(),
        scans: verdict.automated.value(),
        age_seconds: verdict.age,
        text_confined: matches!(request.confinement, Confinement::Hook(_)),
    }
}

#[cfg(test)]
mod tests;
