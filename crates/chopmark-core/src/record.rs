//! Records: signed in-toto statements, each one leaf of the log.
//!
//! [`Record::parse`] reads a leaf without believing it; [`crate::rules::apply`] judges it.

use thiserror::Error;

use crate::{
    digest::{IdentityId, StatementId},
    dsse::{Envelope, EnvelopeError},
    key::SecretKey,
};

pub use body::{
    Audit, Body, Charter, Claim, Counts, Criterion, Inception, KeySet, Kind, Limits, Method,
    NextKeys, Outcome, Relation, Release, Retire, Retract, RetractReason, RoleKey, Rotate, Rules,
    Scan, Scope, State, Veto, VetoReason, VetoTarget, Vouch, Yank, YankReason,
};

mod body;
pub(crate) mod fields;
pub(crate) mod read;
pub(crate) mod wire;
pub(crate) mod write;

/// The largest leaf that the log's format can hold, in bytes.
pub const MAX_LEAF_BYTES: usize = 65_535;

/// A parsed record with the exact bytes it came in. Nothing is verified by parsing.
///
/// Spec: docs/spec/records.md §2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    envelope: Envelope,
    origin: String,
    issuer: IdentityId,
    body: Body,
}

impl Record {
    /// Reads a leaf (a DSSE envelope over an in-toto statement) in its one canonical spelling.
    ///
    /// # Errors
    ///
    /// [`RecordError`] names the first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(RecordError::TooLarge(bytes.len()));
        }
        Self::from_envelope(Envelope::parse(bytes)?)
    }

    /// Builds and signs a record.
    ///
    /// `issuer` is `None` for an inception and a charter, whose issuer follows from their content.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the parts do not make a canonical record.
    pub fn sign(
        origin: &str,
        issuer: Option<IdentityId>,
        body: &Body,
        keys: &[&SecretKey],
    ) -> Result<Self, RecordError> {
        let payload = write::payload(origin, issuer, body)?;
        Self::from_envelope(Envelope::sign(&payload, keys)?)
    }

    fn from_envelope(envelope: Envelope) -> Result<Self, RecordError> {
        let read::Statement {
            origin,
            issuer,
            body,
        } = read::statement(envelope.payload())?;
        let issuer = match (issuer, &body) {
            (Some(issuer), _) => issuer,
            (None, Body::Charter(charter)) => identity_of(charter.operator.statement_id()),
            (None, _) => identity_of(envelope.statement_id()),
        };
        Ok(Self {
            envelope,
            origin,
            issuer,
            body,
        })
    }

    /// Returns what the record says.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Returns the leaf's bytes, as received.
    pub fn bytes(&self) -> &[u8] {
        self.envelope.bytes()
    }

    /// Returns the envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Returns the SHA-256 of the payload, which names the statement.
    pub fn id(&self) -> StatementId {
        self.envelope.statement_id()
    }

    /// Returns the identity that answers for the record.
    pub fn issuer(&self) -> IdentityId {
        self.issuer
    }

    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// Returns the origin of the one log that the record belongs to.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Returns the id of the identity that the inception with this statement id begins.
pub fn identity_of(inception: StatementId) -> IdentityId {
    IdentityId::from_bytes(*inception.as_bytes())
}

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Larger than the log's format can hold.
    #[error("the record has {0} bytes; a leaf holds at most 65535")]
    TooLarge(usize),
    /// Not a canonical envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The payload is not a canonical statement of a known shape.
    #[error("the statement is malformed: {0}")]
    Statement(String),
    /// A predicate type of another vocabulary or version.
    #[error("the predicate type `{0}` is not known")]
    UnknownKind(String),
    /// A field does not hold what it must.
    #[error("field `{field}`: {problem}")]
    Field {
        /// The field's name on the wire.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}
