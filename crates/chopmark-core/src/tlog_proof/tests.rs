use super::*;
use crate::{
    checkpoint::Checkpoint,
    key::SecretKey,
    merkle::{inclusion_proof, leaf_hash, root},
    note::{KeyKind, Note, VerifierKey, sign_as_log},
};

fn proof() -> (TlogProof, Policy, LeafHash) {
    let key = SecretKey::from_seed(&[1; 32]);
    let leaves: Vec<LeafHash> = (0..7u8).map(|n| leaf_hash(&[n])).collect();
    let read = |level: u32, index: u64| -> Result<TreeHash, ()> {
        let width = 1usize << level;
        let start = usize::try_from(index).unwrap() * width;
        Ok(root(&leaves[start..start + width]))
    };
    let text = Checkpoint {
        origin: "example.com/log".into(),
        size: 7,
        root: root(&leaves),
    }
    .text();
    let line = sign_as_log("example.com/log", &key, &text).unwrap();
    let checkpoint = Note::new(&text, vec![line])
        .unwrap()
        .to_string()
        .into_bytes();
    let vkey = VerifierKey::new("example.com/log", KeyKind::Log, key.public()).unwrap();
    let policy = Policy::parse(format!("log {vkey}\nquorum none\n").as_bytes()).unwrap();
    let path = inclusion_proof(&read, 3, 7).unwrap();
    (
        TlogProof {
            index: 3,
            path,
            checkpoint,
        },
        policy,
        leaves[3],
    )
}

#[test]
fn one_flipped_byte_in_a_proof() {
    let (proof, policy, leaf) = proof();
    let text = proof.to_string();
    let verify = |bytes: &[u8]| TlogProof::parse(bytes).and_then(|p| p.verify(&policy, &leaf));
    assert!(verify(text.as_bytes()).is_ok());
    for at in 0..text.len() {
        let mut bad = text.clone().into_bytes();
        bad[at] ^= 1;
        assert!(verify(&bad).is_err(), "byte {at}");
    }
}

#[test]
fn a_proof_holds_for_its_own_leaf_only() {
    let (proof, policy, leaf) = proof();
    assert!(proof.verify(&policy, &leaf).is_ok());
    assert!(proof.verify(&policy, &leaf_hash(b"other")).is_err());
}
