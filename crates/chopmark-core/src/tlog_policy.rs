//! tlog-policy files, and the checkpoints that they let through.
//!
//! The policy is what a client believes at first contact. It comes from a file that its user
//! names, never from the registry.
//!
//! Spec: C2SP tlog-policy; docs/spec/log.md §6.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::{
    checkpoint::{Checkpoint, CheckpointError, verify_line},
    digest::TreeHash,
    note::{Note, NoteError, VerifierKey},
};

pub use read::PolicyError;

mod read;

/// The largest policy file that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;

/// A parsed policy: logs, witnesses, groups and the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Endpoint>,
    witnesses: BTreeMap<String, Endpoint>,
    groups: BTreeMap<String, Group>,
    quorum: Option<String>,
}

/// A key with the URL that the file gives for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The key.
    pub key: VerifierKey,
    /// The URL, if any; not interpreted here.
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<String>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the line's number.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        read::policy(bytes)
    }

    /// Returns the logs, in file order.
    pub fn logs(&self) -> &[Endpoint] {
        &self.logs
    }

    /// Returns the witnesses by their names in the file.
    pub fn witnesses(&self) -> &BTreeMap<String, Endpoint> {
        &self.witnesses
    }

    /// Returns the quorum's name; `None` for `quorum none`, which is shown as UNWITNESSED.
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_deref()
    }

    /// Returns the names of all witnesses below `name`, itself if it is one; empty for an unknown
    /// name.
    pub fn members(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if self.witnesses.contains_key(&name) {
                found.insert(name);
            } else if let Some(group) = self.groups.get(&name) {
                open.extend(group.members.iter().cloned());
            }
        }
        found
    }

    /// Returns `(k, n)` of a group, `(1, 1)` of a witness, `None` of an unknown name.
    pub fn threshold(&self, name: &str) -> Option<(usize, usize)> {
        if self.witnesses.contains_key(name) {
            return Some((1, 1));
        }
        self.groups
            .get(name)
            .map(|group| (group.threshold, group.members.len()))
    }

    /// Returns how many bad witnesses a flat group of this name survives: the largest f with
    /// 2t − n > f. `None` for an unknown name.
    pub fn survives(&self, name: &str) -> Option<usize> {
        let (threshold, members) = self.threshold(name)?;
        Some(
            threshold
                .saturating_mul(2)
                .saturating_sub(members)
                .saturating_sub(1),
        )
    }

    /// Verifies a checkpoint note: a known log's signature, every line of a known key, the quorum.
    ///
    /// # Errors
    ///
    /// [`QuorumError`] names the first thing that does not hold.
    pub fn verify(&self, note: &[u8]) -> Result<VerifiedCheckpoint, QuorumError> {
        let verified = self.verify_log(note)?;
        if let Some(quorum) = &self.quorum
            && !verified.satisfies(self, quorum)
        {
            let (needed, _) = self.threshold(quorum).unwrap_or((0, 0));
            return Err(QuorumError::Quorum {
                origin: verified.origin().to_owned(),
                held: verified.cosigners.keys().cloned().collect(),
                needed,
                of: self.members(quorum).into_iter().collect(),
            });
        }
        Ok(VerifiedCheckpoint(verified))
    }

    /// Verifies a checkpoint note's log signature and every cosignature of a known witness, and
    /// asks for no quorum: for who collects cosignatures.
    ///
    /// # Errors
    ///
    /// As [`Policy::verify`].
    pub fn verify_log(&self, note: &[u8]) -> Result<SignedCheckpoint, QuorumError> {
        let parsed = Note::parse(note)?;
        let checkpoint = Checkpoint::parse(parsed.text())?;
        let mut signed = false;
        for log in self
            .logs
            .iter()
            .filter(|log| log.key.name() == checkpoint.origin)
        {
            for line in parsed.lines_of(&log.key) {
                verify_line(&log.key, line, parsed.text())?;
                signed = true;
            }
        }
        if !signed {
            return Err(QuorumError::UnknownLog(checkpoint.origin));
        }
        let mut cosigners = BTreeMap::new();
        for (name, witness) in &self.witnesses {
            for line in parsed.lines_of(&witness.key) {
                if let Some(time) = verify_line(&witness.key, line, parsed.text())? {
                    cosigners.insert(name.clone(), time);
                }
            }
        }
        Ok(SignedCheckpoint {
            checkpoint,
            cosigners,
            note: note.to_vec(),
        })
    }

    fn satisfied(&self, name: &str, present: &BTreeMap<String, u64>) -> bool {
        if let Some(group) = self.groups.get(name) {
            // Groups name only what stands before them, so this ends.
            let held = group
                .members
                .iter()
                .filter(|m| self.satisfied(m, present))
                .count();
            return held >= group.threshold;
        }
        present.contains_key(name)
    }
}

/// A checkpoint that a known log signed, with the cosignatures of known witnesses that hold.
#[derive(Debug)]
#[must_use]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    cosigners: BTreeMap<String, u64>,
    note: Vec<u8>,
}

impl SignedCheckpoint {
    /// Returns the log's name.
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// Returns the root.
    pub fn root(&self) -> TreeHash {
        self.checkpoint.root
    }

    /// Returns the witnesses that cosigned, by their names in the policy, with their times in
    /// seconds since the Unix epoch.
    pub fn cosigners(&self) -> &BTreeMap<String, u64> {
        &self.cosigners
    }

    /// Returns the note as received.
    pub fn note(&self) -> &[u8] {
        &self.note
    }

    /// Tells whether enough of a group (or witness) of the policy cosigned.
    pub fn satisfies(&self, policy: &Policy, name: &str) -> bool {
        policy.satisfied(name, &self.cosigners)
    }

    /// Returns the lower median of the cosigners' times; `None` without cosigners.
    pub fn lower_median_time(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.cosigners.values().copied().collect();
        times.sort_unstable();
        times.get(times.len().checked_sub(1)? / 2).copied()
    }
}

/// A checkpoint that a policy let through: signed by a known log and cosigned by its quorum.
///
/// Made by [`Policy::verify`] alone.
#[derive(Debug)]
#[must_use]
pub struct VerifiedCheckpoint(SignedCheckpoint);

impl std::ops::Deref for VerifiedCheckpoint {
    type Target = SignedCheckpoint;

    fn deref(&self) -> &SignedCheckpoint {
        &self.0
    }
}

/// Why a checkpoint is not let through.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QuorumError {
    /// The note is malformed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint is malformed, or a line of a known key does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No key of the policy signed as this log.
    #[error("no log key of the policy signed the checkpoint of `{0}`")]
    UnknownLog(String),
    /// Too few witnesses cosigned.
    #[error("the checkpoint of `{origin}` has cosignatures of [{}]; {needed} of [{}] are due", .held.join(", "), .of.join(", "))]
    Quorum {
        /// The log.
        origin: String,
        /// Who cosigned.
        held: Vec<String>,
        /// How many are due.
        needed: usize,
        /// Whose count.
        of: Vec<String>,
    },
}

#[cfg(test)]
mod tests;
