//! tlog-proof files: a leaf's place in a log, proved offline.
//!
//! Spec: C2SP tlog-proof; docs/spec/log.md §7.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use crate::{
    digest::{LeafHash, TreeHash},
    merkle::{ProofError, verify_inclusion},
    note::MAX_NOTE_BYTES,
    tlog_policy::{Policy, QuorumError, VerifiedCheckpoint},
};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The longest path in a tree of 2^63 leaves.
const MAX_PATH: usize = 63;

/// A parsed proof. Nothing is verified by parsing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// The leaf's index.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub path: Vec<TreeHash>,
    /// The checkpoint note.
    pub checkpoint: Vec<u8>,
}

impl TlogProof {
    /// Reads a proof; an `extra` line is refused, for nothing of ours uses one.
    ///
    /// # Errors
    ///
    /// [`TlogProofError::Malformed`] names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        let malformed = TlogProofError::Malformed;
        if bytes.len() > MAX_NOTE_BYTES.saturating_mul(2) {
            return Err(malformed("larger than 128 KiB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed("the first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(|number| number.parse().ok())
            .ok_or(malformed("no `index` line"))?;
        let path = lines
            .map(|line| {
                let bytes = STANDARD.decode(line).ok()?;
                Some(TreeHash::from_bytes(<[u8; 32]>::try_from(bytes).ok()?))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(malformed("a line of the path is not base64 of 32 bytes"))?;
        if path.len() > MAX_PATH {
            return Err(malformed("the path is longer than 63"));
        }
        let proof = Self {
            index,
            path,
            checkpoint: checkpoint.as_bytes().to_vec(),
        };
        if proof.to_string() != text {
            return Err(malformed("not in canonical form"));
        }
        Ok(proof)
    }

    /// Verifies that the log let through by `policy` holds `leaf` at the proof's index.
    ///
    /// # Errors
    ///
    /// [`TlogProofError`] when checkpoint, quorum or path do not hold.
    pub fn verify(
        &self,
        policy: &Policy,
        leaf: &LeafHash,
    ) -> Result<VerifiedCheckpoint, TlogProofError> {
        let checkpoint = policy.verify(&self.checkpoint)?;
        verify_inclusion(
            leaf,
            self.index,
            checkpoint.size(),
            &self.path,
            &checkpoint.root(),
        )?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", String::from_utf8_lossy(&self.checkpoint))
    }
}

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TlogProofError {
    /// Not a proof in its one spelling.
    #[error("the proof is malformed: {0}")]
    Malformed(&'static str),
    /// The checkpoint is not let through.
    #[error(transparent)]
    Checkpoint(#[from] QuorumError),
    /// The path does not lead from leaf to root.
    #[error(transparent)]
    Path(#[from] ProofError),
}

#[cfg(test)]
mod tests;
