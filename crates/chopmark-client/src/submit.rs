//! Submission of a record: judged here first, sent with its blobs, believed only with its proof.

use chopmark_core::digest::{BlobDigest, StatementId};
use chopmark_core::entry::{EntryState, MapKey};
use chopmark_core::merkle;
use chopmark_core::package::Package;
use chopmark_core::record::Record;
use chopmark_core::state::LogState;
use chopmark_core::tlog_proof::{TlogProof, TlogProofError};
use serde::Deserialize;
use thiserror::Error;

use crate::head::{Head, HeadError, LogTrust, state_error};
use crate::http::HttpError;
use crate::memory::Memory;
use crate::remote::Remote;

/// What goes with a record: a package, other blobs such as a report.
#[derive(Debug, Clone, Default)]
pub struct Attachments<'a> {
    /// The package of a release.
    pub package: Option<&'a Package>,
    /// Other blobs that the record names.
    pub blobs: Vec<(BlobDigest, &'a [u8])>,
}

/// A record that the log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its index.
    pub index: u64,
    /// Its statement id.
    pub statement: StatementId,
    /// The tlog-proof, verified.
    pub proof: Vec<u8>,
    /// Size of the checkpoint that the proof stands under.
    pub size: u64,
    /// Who cosigned that checkpoint, by their names in the policy.
    pub cosigners: Vec<String>,
}

/// Judges `record` against the head that was fetched, as the registry and every witness will.
///
/// # Errors
///
/// [`HeadError::Rule`] with the rule that refuses it.
pub fn judge(
    remote: &Remote,
    trust: &LogTrust,
    head: &Head,
    record: &Record,
) -> Result<(), HeadError> {
    match LogState::resume(&trust.contact.origin, remote, head.position()).judge(record) {
        Ok(_) => Ok(()),
        Err(error) => Err(state_error(remote, error)),
    }
}

/// Sends `record` and verifies the proof that comes back, and that the log's state counts it.
///
/// Sending the same record again is harmless: the log answers with the same index.
///
/// # Errors
///
/// [`SubmitError`]; after [`SubmitError::Refused`] the log is unchanged, after others it may hold
/// the record, and the same call finds out.
pub fn submit(
    remote: &Remote,
    trust: &LogTrust,
    memory: &Memory,
    record: &Record,
    attached: &Attachments<'_>,
) -> Result<Accepted, SubmitError> {
    let boundary = format!("chopmark-{}", record.id().to_hex());
    let body = multipart(&boundary, record, attached);
    let url = format!("{}/api/v1/records", remote.base());
    let kind = format!("multipart/form-data; boundary={boundary}");
    let answer = remote.http().post(&url, &kind, &body, MAX_ANSWER_BYTES)?;
    if !(200..300).contains(&answer.status) {
        return Err(refused(&url, answer.status, &answer.body));
    }
    let answer: AnswerWire = serde_json::from_slice(&answer.body)
        .map_err(|error| SubmitError::Answer(error.to_string()))?;
    if answer.statement_id != record.id().to_hex() {
        return Err(SubmitError::Answer("it names another statement".to_owned()));
    }
    let proof = TlogProof::parse(answer.proof.as_bytes())?;
    let checkpoint = proof.verify(&trust.contact.policy, &merkle::leaf_hash(record.bytes()))?;
    let head = Head::of_note(checkpoint.note(), remote, trust, memory)?;
    match head
        .entry(remote, &MapKey::Statement(record.id()))?
        .map(|entry| entry.state)
    {
        Some(EntryState::Statement(facts)) if facts.index == proof.index => {}
        Some(_) | None => return Err(SubmitError::Void { index: proof.index }),
    }
    Ok(Accepted {
        index: proof.index,
        statement: record.id(),
        proof: answer.proof.into_bytes(),
        size: checkpoint.size(),
        cosigners: checkpoint.cosigners().keys().cloned().collect(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerWire {
    statement_id: String,
    proof: String,
}

#[derive(Deserialize)]
struct Problem {
    code: Option<String>,
    title: Option<String>,
    detail: Option<String>,
}

fn refused(url: &str, status: u16, body: &[u8]) -> SubmitError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(Problem {
            code: Some(code),
            title,
            detail,
        }) => {
            let message = detail
                .or(title)
                .unwrap_or_else(|| format!("status {status}"));
            SubmitError::Refused { code, message }
        }
        Ok(_) | Err(_) => HttpError::Status {
            url: url.to_owned(),
            status,
        }
        .into(),
    }
}

/// RFC 7578: `record`, then `tree` and `blob`s. The boundary holds the statement id, which depends
/// on the digest of every part, so that no part can contain it.
fn multipart(boundary: &str, record: &Record, attached: &Attachments<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |name: &str, file: &str, kind: &str, bytes: &[u8]| {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {kind}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    part("record", "record.json", "application/json", record.bytes());
    if let Some(package) = attached.package {
        part("tree", "tree", "text/plain", package.manifest().bytes());
        for (digest, bytes) in package.blobs() {
            part("blob", &digest.to_hex(), "application/octet-stream", bytes);
        }
    }
    for (digest, bytes) in &attached.blobs {
        part("blob", &digest.to_hex(), "application/octet-stream", bytes);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

/// Why a record is not known to be in the log.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// The registry refused it.
    #[error("the registry refused the record: {message}")]
    Refused {
        /// The registry's stable code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The registry's answer is not of the expected shape.
    #[error("the registry's answer is malformed: {0}")]
    Answer(String),
    /// The record is in the log, and the log's state does not count it.
    #[error("the record is leaf {index}, and the log's state does not count it")]
    Void {
        /// Its index.
        index: u64,
    },
    /// The proof does not hold.
    #[error(transparent)]
    Proof(#[from] TlogProofError),
    /// The log's head is not believed.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The network or the server.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl SubmitError {
    /// The stable code; that of a refusal is the registry's.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Answer(_) => "registry-answer",
            Self::Void { .. } => "record-void",
            Self::Proof(TlogProofError::Checkpoint(_)) => "checkpoint-quorum",
            Self::Proof(_) => "proof-invalid",
            Self::Head(error) => error.code(),
            Self::Http(error) => error.code(),
        }
    }
}

const MAX_ANSWER_BYTES: u64 = 1024 * 1024;
