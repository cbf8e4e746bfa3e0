//! The body of `add-checkpoint`.

use base64::{Engine, engine::general_purpose::STANDARD};
use chopmark_core::{
    checkpoint::Checkpoint,
    digest::TreeHash,
    note::{MAX_NOTE_BYTES, Note},
};

/// The largest request: a note and 63 lines of 44 characters.
pub(super) const MAX_BYTES: usize = MAX_NOTE_BYTES + 4096;

/// A parsed request; nothing of it is verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) old: u64,
    pub(super) proof: Vec<TreeHash>,
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
}

impl Request {
    /// Reads `old N`, at most 63 lines of proof, an empty line and a checkpoint.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the request is not UTF-8")?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or("no empty line before the checkpoint")?;
        let mut lines = head.split('\n');
        let size = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .ok_or("the first line is not `old N`")?;
        let old: u64 = size.parse().map_err(|_| "the old size is no number")?;
        if old.to_string() != size {
            return Err("the old size is not in canonical form");
        }
        let proof = lines.map(hash).collect::<Option<Vec<_>>>();
        let proof = proof.ok_or("a line of the proof is not base64 of 32 bytes")?;
        if proof.len() > 63 {
            return Err("the proof has more than 63 lines");
        }
        let note = Note::parse(note.as_bytes()).map_err(|_| "the checkpoint is no signed note")?;
        let checkpoint =
            Checkpoint::parse(note.text()).map_err(|_| "the note's text is no checkpoint")?;
        Ok(Self {
            old,
            proof,
            note,
            checkpoint,
        })
    }
}

fn hash(line: &str) -> Option<TreeHash> {
    let bytes = STANDARD.decode(line).ok()?;
    Some(TreeHash::from_bytes(<[u8; 32]>::try_from(bytes).ok()?))
}
