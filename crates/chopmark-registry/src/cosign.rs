//! The client of witnesses: brings each up to date and collects its cosignature.
//!
//! Spec: C2SP tlog-witness; docs/spec/registry.md §4.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use chopmark_core::{
    checkpoint::Checkpoint,
    digest::{hex, sha256},
    note::{MAX_NOTE_BYTES, Note, Signature},
    tlog_policy::Policy,
};
use chopmark_log::{disk::Disk, reader::Reader};
use reqwest::{Client, StatusCode};
use thiserror::Error;
use tokio::{sync::Mutex, task::JoinSet};

/// The witnesses of a log, as its policy lists them with URLs.
#[derive(Clone, Debug)]
pub struct Witnesses {
    client: Client,
    policy: Arc<Policy>,
    disk: Disk,
    known: Arc<Mutex<BTreeMap<String, u64>>>,
}

/// What one witness answered.
#[derive(Debug)]
pub struct Answer {
    /// Its name in the policy.
    pub witness: String,
    /// Its cosignatures, or why there are none.
    pub lines: Result<Vec<Signature>, CosignError>,
}

impl Witnesses {
    /// Uses the witnesses that `policy` gives URLs for; proofs come from the files of `disk`.
    pub fn new(client: Client, policy: Arc<Policy>, disk: Disk) -> Self {
        Self {
            client,
            policy,
            disk,
            known: Arc::default(),
        }
    }

    /// Asks every witness to cosign `note`, all at once; each answer comes out as it arrives.
    pub fn ask(&self, note: &Note) -> JoinSet<Answer> {
        let mut asked = JoinSet::new();
        for (name, witness) in self.policy.witnesses() {
            let Some(url) = witness.url.clone() else {
                continue;
            };
            let (this, note, witness) = (self.clone(), note.clone(), name.clone());
            asked.spawn(async move {
                let lines = this.ask_one(&witness, &url, &note).await;
                Answer { witness, lines }
            });
        }
        asked
    }

    /// Compares this log with what every reachable witness last cosigned.
    ///
    /// # Errors
    ///
    /// [`CosignError::Ahead`] when one holds a checkpoint that our key signed and that this log,
    /// `size` leaves long, does not lead to: it was restored from an old copy, or its key is
    /// elsewhere. Nothing may be signed then.
    pub async fn compare(&self, origin: &str, size: u64) -> Result<(), CosignError> {
        let mut asked = JoinSet::new();
        for (name, witness) in self.policy.witnesses() {
            let Some(url) = witness.url.clone() else {
                continue;
            };
            let (this, name, origin) = (self.clone(), name.clone(), origin.to_owned());
            asked.spawn(async move { this.compare_one(&name, &url, &origin, size).await });
        }
        while let Some(result) = asked.join_next().await {
            if let Ok(Err(error @ CosignError::Ahead { .. })) = result {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn ask_one(
        &self,
        name: &str,
        url: &str,
        note: &Note,
    ) -> Result<Vec<Signature>, CosignError> {
        let checkpoint = Checkpoint::parse(note.text()).map_err(|_| CosignError::Note)?;
        let mut old = self.known.lock().await.get(name).copied().unwrap_or(0);
        // Twice at most: the second time with the size that the witness named.
        for _ in 0..2 {
            match self.add_checkpoint(url, old, &checkpoint, note).await? {
                Added::Lines(text) => {
                    let lines = self.believed(name, note, &text)?;
                    let mut known = self.known.lock().await;
                    known.insert(name.to_owned(), checkpoint.size);
                    return Ok(lines);
                }
                Added::Stands(size) if size > checkpoint.size => {
                    self.compare_one(name, url, &checkpoint.origin, checkpoint.size)
                        .await?;
                    return Err(CosignError::Refused(StatusCode::CONFLICT));
                }
                Added::Stands(size) => old = size,
            }
        }
        Err(CosignError::Refused(StatusCode::CONFLICT))
    }

    async fn add_checkpoint(
        &self,
        url: &str,
        old: u64,
        checkpoint: &Checkpoint,
        note: &Note,
    ) -> Result<Added, CosignError> {
        let reader = Reader::new(self.disk.clone(), checkpoint.size);
        let proof = tokio::task::spawn_blocking(move || reader.consistency(old))
            .await
            .map_err(|_| CosignError::Note)??;
        let mut request = format!("old {old}\n");
        for hash in proof {
            request.push_str(&STANDARD.encode(hash.as_bytes()));
            request.push('\n');
        }
        request.push('\n');
        request.push_str(&note.to_string());
        let response = self
            .client
            .post(format!("{}/add-checkpoint", url.trim_end_matches('/')))
            .body(request)
            .send()
            .await?;
        let status = response.status();
        let text = crate::server::body(response, MAX_NOTE_BYTES)
            .await
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(CosignError::Body)?;
        match status {
            StatusCode::OK => Ok(Added::Lines(text)),
            StatusCode::CONFLICT => {
                let size = text.strip_suffix('\n').and_then(|t| t.parse().ok());
                Ok(Added::Stands(size.ok_or(CosignError::Body)?))
            }
            _ => {
                tracing::warn!(%url, %status, %text, "a witness refused");
                Err(CosignError::Refused(status))
            }
        }
    }

    /// Returns those lines that hold under this witness's key, and only those.
    fn believed(&self, name: &str, note: &Note, text: &str) -> Result<Vec<Signature>, CosignError> {
        let witness = self.policy.witnesses().get(name).ok_or(CosignError::Body)?;
        let lines: Vec<Signature> = text
            .lines()
            .filter_map(|line| line.parse::<Signature>().ok())
            .filter(|l| l.name == witness.key.name() && l.key_id == witness.key.key_id())
            .filter(|l| {
                chopmark_core::checkpoint::verify_line(&witness.key, l, note.text()).is_ok()
            })
            .take(1)
            .collect();
        if lines.is_empty() {
            return Err(CosignError::Body);
        }
        Ok(lines)
    }

    async fn compare_one(
        &self,
        name: &str,
        url: &str,
        origin: &str,
        size: u64,
    ) -> Result<(), CosignError> {
        let hash = hex(&sha256(origin.as_bytes()));
        let url = format!("{}/{hash}/checkpoint", url.trim_end_matches('/'));
        let response = self.client.get(url).send().await?;
        if response.status() != StatusCode::OK {
            return Ok(());
        }
        let bytes = crate::server::body(response, MAX_NOTE_BYTES)
            .await
            .ok_or(CosignError::Body)?;
        // A note that our key did not sign proves nothing against us.
        let Ok(signed) = self.policy.verify_log(&bytes) else {
            return Ok(());
        };
        if signed.origin() != origin {
            return Ok(());
        }
        let (theirs, root) = (signed.size(), signed.root());
        let reader = Reader::new(self.disk.clone(), theirs);
        let ours = tokio::task::spawn_blocking(move || reader.root())
            .await
            .map_err(|_| CosignError::Note)?;
        if theirs > size || !ours.is_ok_and(|ours| ours == root) {
            return Err(CosignError::Ahead {
                witness: name.to_owned(),
                size: theirs,
                ours: size,
            });
        }
        self.known.lock().await.insert(name.to_owned(), theirs);
        Ok(())
    }
}

enum Added {
    Lines(String),
    Stands(u64),
}

/// Why a witness did not cosign.
#[derive(Debug, Error)]
pub enum CosignError {
    /// It could not be reached.
    #[error("the witness could not be reached: {0}")]
    Http(#[from] reqwest::Error),
    /// It said no.
    #[error("the witness answered {0}")]
    Refused(StatusCode),
    /// It said something else than the protocol allows.
    #[error("the witness's answer is not one of the protocol")]
    Body,
    /// The log's own files do not prove what was asked.
    #[error("the log's files do not yield a proof: {0}")]
    Files(#[from] chopmark_log::reader::ReadError),
    /// Our own note is no checkpoint.
    #[error("the note to be cosigned is no checkpoint")]
    Note,
    /// It holds a checkpoint of ours that this log does not lead to.
    #[error(
        "witness `{witness}` holds a checkpoint of {size} leaves that this log's key signed and this log ({ours} leaves) does not lead to"
    )]
    Ahead {
        /// The witness.
        witness: String,
        /// The size it holds.
        size: u64,
        /// The size of this log.
        ours: u64,
    },
}
