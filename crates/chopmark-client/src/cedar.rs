//! Cedar behind core's policy trait, with two guards.
//!
//! Cedar leaves out a policy whose evaluation fails, so a `forbid` with a misspelt field would
//! end in *allow*. Here a policy set that does not validate strictly against the schema is not
//! loaded, and any error while evaluating is a refusal.

use std::{collections::BTreeSet, str::FromStr};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
    Schema, ValidationMode, Validator,
};
use chopmark_core::{
    digest::PolicyDigest,
    policy::{Policy, PolicyDecision, PolicyFacts},
};
use thiserror::Error;

/// The schema that every policy is checked against.
pub const SCHEMA: &str = include_str!("cedar/schema.cedarschema");

/// The policy that comes with Chopmark.
pub const SHIPPED: &str = include_str!("cedar/default.cedar");

/// The largest policy text that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;

/// A policy set that validated strictly.
#[derive(Debug)]
pub struct CedarPolicy {
    set: PolicySet,
    schema: Schema,
    digest: PolicyDigest,
}

impl CedarPolicy {
    /// Loads Cedar policies.
    ///
    /// # Errors
    ///
    /// [`CedarError`]: the text does not parse, does not validate strictly, or permits nothing.
    pub fn load(text: &str) -> Result<Self, CedarError> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(CedarError::TooLarge(text.len()));
        }
        let schema = Schema::from_cedarschema_str(SCHEMA)
            .map(|(schema, _)| schema)
            .map_err(|e| CedarError::Schema(e.to_string()))?;
        let set = PolicySet::from_str(text).map_err(|e| CedarError::Parse(e.to_string()))?;
        let validator = Validator::new(schema.clone());
        let result = validator.validate(&set, ValidationMode::Strict);
        let problems: Vec<String> = result
            .validation_errors()
            .map(ToString::to_string)
            .chain(result.validation_warnings().map(ToString::to_string))
            .collect();
        if !problems.is_empty() {
            return Err(CedarError::Invalid(problems.join("; ")));
        }
        let permits = set
            .policies()
            .any(|policy| policy.effect() == cedar_policy::Effect::Permit);
        if !permits {
            return Err(CedarError::PermitsNothing);
        }
        // The schema decides too: a change of either is another policy.
        let digest = PolicyDigest::of(format!("{SCHEMA}\n{text}").as_bytes());
        Ok(Self {
            set,
            schema,
            digest,
        })
    }

    /// Loads the policy that comes with Chopmark.
    ///
    /// # Errors
    ///
    /// None in a build that passed its tests.
    pub fn shipped() -> Result<Self, CedarError> {
        Self::load(SHIPPED)
    }

    fn request(&self, facts: &PolicyFacts) -> Result<Request, String> {
        let text = |s: &String| RestrictedExpression::new_string(s.clone());
        let long = |n: u64| RestrictedExpression::new_long(i64::try_from(n).unwrap_or(i64::MAX));
        let set = |s: &BTreeSet<String>| RestrictedExpression::new_set(s.iter().map(text));
        let context = Context::from_pairs([
            ("publisher".to_owned(), text(&facts.publisher)),
            ("publisherName".to_owned(), text(&facts.publisher_name)),
            ("skill".to_owned(), text(&facts.skill)),
            ("version".to_owned(), text(&facts.version)),
            ("level".to_owned(), long(u64::from(facts.level.number()))),
            ("asks".to_owned(), set(&facts.asks)),
            ("hosts".to_owned(), set(&facts.hosts)),
            ("secrets".to_owned(), set(&facts.secrets)),
            (
                "humanAudits".to_owned(),
                long(u64::from(facts.human_audits)),
            ),
            ("scans".to_owned(), long(u64::from(facts.scans))),
            ("ageSeconds".to_owned(), long(facts.age_seconds)),
            (
                "textConfined".to_owned(),
                RestrictedExpression::new_bool(facts.text_confined),
            ),
        ])
        .map_err(|e| e.to_string())?;
        let uid = |text: &str| EntityUid::from_str(text).map_err(|e| e.to_string());
        Request::new(
            uid("Host::\"this\"")?,
            uid("Action::\"install\"")?,
            uid("Skill::\"requested\"")?,
            context,
            Some(&self.schema),
        )
        .map_err(|e| e.to_string())
    }
}

impl Policy for CedarPolicy {
    fn digest(&self) -> PolicyDigest {
        self.digest
    }

    fn decide(&self, facts: &PolicyFacts) -> PolicyDecision {
        let request = match self.request(facts) {
            Ok(request) => request,
            Err(problem) => return PolicyDecision::Error { problem },
        };
        let response = Authorizer::new().is_authorized(&request, &self.set, &Entities::empty());
        let errors: Vec<String> = response
            .diagnostics()
            .errors()
            .map(ToString::to_string)
            .collect();
        if !errors.is_empty() {
            return PolicyDecision::Error {
                problem: errors.join("; "),
            };
        }
        let mut rules: Vec<String> = response
            .diagnostics()
            .reason()
            .map(|id| {
                let policy = self.set.policy(id);
                let named = policy.and_then(|p| p.annotation("id").map(str::to_owned));
                named.unwrap_or_else(|| id.to_string())
            })
            .collect();
        rules.sort();
        match response.decision() {
            Decision::Allow => PolicyDecision::Allow { rules },
            Decision::Deny => PolicyDecision::Deny { rules },
        }
    }
}

/// Why a policy is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CedarError {
    /// More than [`MAX_POLICY_BYTES`].
    #[error("the policy has {0} bytes; at most 262144 are read")]
    TooLarge(usize),
    /// The schema of this build.
    #[error("the policy schema of this build is broken: {0}")]
    Schema(String),
    /// Not Cedar.
    #[error("the policy does not parse: {0}")]
    Parse(String),
    /// Does not validate strictly.
    #[error("the policy does not validate: {0}")]
    Invalid(String),
    /// Could never allow anything.
    #[error("the policy permits nothing")]
    PermitsNothing,
}

impl CedarError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "policy-too-large",
            Self::Schema(_) => "policy-schema",
            Self::Parse(_) => "policy-syntax",
            Self::Invalid(_) => "policy-invalid",
            Self::PermitsNothing => "policy-permits-nothing",
        }
    }
}

#[cfg(test)]
mod tests;
