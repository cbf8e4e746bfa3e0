//! One rule of a pack.

use crate::fact::FactKind;
use crate::finding::Severity;
use crate::role::Role;

/// What a person may know about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// The id, unique in its pack, kebab-case.
    pub id: String,
    /// One line.
    pub title: String,
    /// How much a finding weighs.
    pub severity: Severity,
    /// Whether a finding refuses installation by default: only for classes with next to no false alarms.
    pub gate: bool,
    /// Weakness, such as `CWE-494`.
    pub cwe: String,
    /// Risk of the OWASP list for agentic applications, such as `ASI04`.
    pub owasp: String,
    /// Why what is found matters, and what harmless things look like it.
    pub rationale: String,
    /// Whether it only feeds other rules.
    pub signal: bool,
}

/// A rule with what it looks for.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) info: RuleInfo,
    /// Roles in which a finding is a gate; all when empty.
    pub(crate) gate_roles: Vec<Role>,
    /// Severity inside decoded views.
    pub(crate) decoded: Option<Severity>,
    /// Never demoted by what stands around it.
    pub(crate) steadfast: bool,
    pub(crate) body: RuleBody,
}

impl Rule {
    /// Whether the rule looks for words to a reader and not for code.
    pub(crate) fn is_of_words(&self) -> bool {
        let RuleBody::Pattern { roles } = &self.body else {
            return false;
        };
        !roles.is_empty() && !roles.contains(&Role::Code) && !roles.contains(&Role::Fence)
    }

    /// Whether a finding in `role` is a gate, when nothing demotes it.
    pub(crate) fn is_gate_in(&self, role: Role) -> bool {
        self.info.gate && (self.gate_roles.is_empty() || self.gate_roles.contains(&role))
    }
}

#[derive(Debug, Clone)]
pub(crate) enum RuleBody {
    /// A YARA rule; the roles in which a match counts, all when empty.
    Pattern {
        roles: Vec<Role>,
    },
    Facts(FactRule),
}

/// A rule over facts.
#[derive(Debug, Clone)]
pub(crate) struct FactRule {
    pub(crate) scope: Scope,
    // INVARIANT: not empty; the first condition says where the finding is.
    pub(crate) all: Vec<Condition>,
    pub(crate) none: Vec<Condition>,
}

/// How close facts must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Within so many lines of one file.
    Lines(u32),
    File,
    Package,
}

/// What one fact must be.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) kind: FactKind,
    /// Globs with `*`; any value when empty.
    pub(crate) values: Vec<String>,
    pub(crate) roles: Vec<Role>,
    /// Whether the fact must, or must not, come from a decoded piece.
    pub(crate) decoded: Option<bool>,
}
