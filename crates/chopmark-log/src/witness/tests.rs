use chopmark_core::{
    key::SecretKey,
    note::Note,
    record::{Body, Record, State},
};

use super::*;
use crate::{
    log::tests::{author, begun, operator, release},
    reader::Reader,
};

fn checkpoint(note: &[u8]) -> chopmark_core::checkpoint::Checkpoint {
    chopmark_core::checkpoint::Checkpoint::parse(Note::parse(note).unwrap().text()).unwrap()
}

fn leaves(log: &crate::log::Log, from: u64) -> Vec<Vec<u8>> {
    let size = log.head().position.size;
    let reader = Reader::new(log.disk().clone(), size);
    (from..size).map(|i| reader.leaf(i).unwrap()).collect()
}

#[test]
fn a_witness_follows_a_log_batch_by_batch() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = WitnessStore::open(home.path()).unwrap();
    let mut log = begun(folder.path());
    let origin = log.operator().origin.clone();
    for batch in [
        vec![],
        vec![author(10), release(10, "a")],
        vec![release(10, "b")],
    ] {
        if !batch.is_empty() {
            log.append(&batch, 101).unwrap();
        }
        let from = store.standing(&origin).unwrap();
        let to = checkpoint(&log.head().checkpoint);
        let leaves = leaves(&log, from.size);
        assert!(matches!(
            replay(&store, &from, &leaves, &to, 500),
            Err(ReplayError::Clock { .. })
        ));
        let (next, fresh) = replay(&store, &from, &leaves, &to, 400).unwrap();
        assert_eq!(next.position, log.head().position);
        store.advance(&origin, from.size, &next, &fresh).unwrap();
        assert!(matches!(
            store.advance(&origin, from.size, &next, &fresh),
            Err(WitnessStoreError::Moved)
        ));
        assert_eq!(store.standing(&origin).unwrap(), next);
    }
}

#[test]
fn a_witness_refuses_other_leaves_and_wrong_state_leaves() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = WitnessStore::open(home.path()).unwrap();
    let mut log = begun(folder.path());
    log.append(&[author(10)], 101).unwrap();
    let good = leaves(&log, 0);
    let to = checkpoint(&log.head().checkpoint);
    let start = Standing::start();
    replay(&store, &start, &good, &to, 101).unwrap();

    let mut other = good.clone();
    other[2] = author(11).bytes().to_vec();
    assert!(matches!(
        replay(&store, &start, &other, &to, 101),
        Err(ReplayError::Root { .. })
    ));

    // The operator signs a state leaf with a wrong root, and a checkpoint over it.
    let (boss, _) = operator();
    let honest = Record::parse(&good[3]).unwrap();
    let Body::State(state) = honest.body() else {
        panic!("the last leaf closes the batch")
    };
    let lie = State {
        root: chopmark_core::map::empty_root(),
        ..state.clone()
    };
    let mut wrong = good.clone();
    wrong[3] = boss.sign_state(lie).unwrap().bytes().to_vec();
    assert!(matches!(
        replay(&store, &start, &wrong, &over(&wrong), 101),
        Err(ReplayError::NoStateLeaf)
    ));
    let unclosed = &good[..3];
    assert!(matches!(
        replay(&store, &start, unclosed, &over(unclosed), 101),
        Err(ReplayError::NoStateLeaf)
    ));
    // Somebody who is not the operator closes the batch.
    let thief = crate::operator::Operator {
        operate_key: SecretKey::from_seed(&[10; 32]),
        identity: author(10).issuer(),
        ..boss
    };
    let mut stolen = good.clone();
    stolen[3] = thief.sign_state(state.clone()).unwrap().bytes().to_vec();
    assert!(matches!(
        replay(&store, &start, &stolen, &over(&stolen), 101),
        Err(ReplayError::NoStateLeaf)
    ));
    replay(&store, &start, &good, &over(&good), 101).unwrap();
}

fn over(leaves: &[Vec<u8>]) -> chopmark_core::checkpoint::Checkpoint {
    let hashes: Vec<_> = leaves
        .iter()
        .map(|leaf| chopmark_core::merkle::leaf_hash(leaf))
        .collect();
    chopmark_core::checkpoint::Checkpoint {
        origin: operator().0.origin,
        size: u64::try_from(leaves.len()).unwrap(),
        root: chopmark_core::merkle::root(&hashes),
    }
}
