//! Words of the command line for the enumerations of records.

use chopmark_core::record::{Criterion, Relation, RetractReason, Scope, VetoReason, YankReason};
use clap::ValueEnum;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident => $target:ident { $($(#[$what:meta])* $case:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
            #[cfg_attr(clippy, allow(clippy::enum_variant_names, clippy::allow_attributes, reason = "they are the words of the records"))]
            pub(crate) enum $name { $($(#[$what])* $case),* }

            impl From<$name> for $target {
                fn from(word: $name) -> Self {
                    match word { $($name::$case => Self::$case),* }
                }
            }
        )*
    };
}

words! {
    /// Why a release is taken back.
    YankWord => YankReason {
        /// It does not work
        Defective,
        /// It is dangerous
        Security,
        /// Its author wants it gone
        Withdrawn,
    }
    /// Why something is refused.
    VetoWord => VetoReason {
        /// It does harm on purpose
        Malicious,
        /// It is against a policy
        Policy,
        /// It can be abused
        Vulnerable,
    }
    /// Why a statement is taken back.
    RetractWord => RetractReason {
        /// It was wrong
        Error,
        /// Another stands in its place
        Superseded,
        /// Its issuer no longer stands by it
        Withdrawn,
    }
    /// What a vouch covers.
    ScopeWord => Scope {
        /// Audits and scans
        Audit,
        /// Vetoes
        Veto,
    }
    /// What an audit certifies.
    CriterionWord => Criterion {
        /// Its text may be shown to an agent
        SafeToRead,
        /// Its programs may run within what they declare
        SafeToRun,
        /// It may be given the secrets that it declares
        SafeWithSecrets,
    }
    /// What binds an auditor to the publisher.
    RelationWord => Relation {
        /// Nothing
        None,
        /// Money
        Paid,
        /// The same employer
        SameEmployer,
    }
}
