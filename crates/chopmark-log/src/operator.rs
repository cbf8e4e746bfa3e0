//! The operator: the log's key, and the identity that signs charter and state leaves.

use chopmark_core::{
    checkpoint::Checkpoint,
    digest::IdentityId,
    key::SecretKey,
    note::{KeyKind, Note, NoteError, VerifierKey, sign_as_log},
    record::{Body, Charter, Inception, Limits, Record, RecordError, State},
};

/// Who runs a log. Its checkpoint key signs notes and nothing else; its identity key signs records
/// and nothing else.
#[derive(Debug)]
pub struct Operator {
    /// The log's name.
    pub origin: String,
    /// The key of checkpoints.
    pub log_key: SecretKey,
    /// The operator's identity.
    pub identity: IdentityId,
    /// A key of that identity with the role `operate`.
    pub operate_key: SecretKey,
}

impl Operator {
    /// Returns the key that verifies the log's checkpoints.
    ///
    /// # Errors
    ///
    /// [`NoteError::Name`] for an origin that notes cannot carry.
    pub fn verifier(&self) -> Result<VerifierKey, NoteError> {
        VerifierKey::new(&self.origin, KeyKind::Log, self.log_key.public())
    }

    /// Signs a checkpoint.
    ///
    /// # Errors
    ///
    /// As [`Operator::verifier`].
    pub fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<Note, NoteError> {
        let text = checkpoint.text();
        let signature = sign_as_log(&self.origin, &self.log_key, &text)?;
        Note::new(&text, vec![signature])
    }

    /// Signs a state leaf.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the parts do not make a record.
    pub fn sign_state(&self, state: State) -> Result<Record, RecordError> {
        Record::sign(
            &self.origin,
            Some(self.identity),
            &Body::State(state),
            &[&self.operate_key],
        )
    }
}

/// Makes the charter of a log and the id of its operator.
///
/// `keys` sign the operator's inception: all that it introduces, the one that operates first.
///
/// # Errors
///
/// [`RecordError`] when the parts do not make a record.
pub fn charter(
    origin: &str,
    inception: Inception,
    keys: &[&SecretKey],
    limits: Limits,
) -> Result<(Record, IdentityId), RecordError> {
    let operator = Record::sign(origin, None, &Body::Inception(inception), keys)?;
    let identity = operator.issuer();
    let body = Body::Charter(Charter {
        operator: operator.envelope().clone(),
        rules: 1,
        limits,
    });
    let charter = Record::sign(origin, None, &body, keys)?;
    Ok((charter, identity))
}
