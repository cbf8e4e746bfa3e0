use proptest::prelude::*;

use super::*;

type Store = BTreeMap<NodeHash, Vec<u8>>;

fn build(entries: &BTreeMap<Path, NodeHash>) -> (NodeHash, Store) {
    update(&Store::new(), &empty_root(), entries).unwrap()
}

fn value(n: u8) -> NodeHash {
    NodeHash::from_bytes([n; 32])
}

/// A path that shares its first `depth` nibbles with every other of its kind.
fn near(depth: u8, last: u8) -> Path {
    let mut path = [0; 32];
    path[usize::from(depth / 2)] = last;
    path
}

#[test]
fn presence_and_absence() {
    let entries: BTreeMap<Path, NodeHash> = (0..40)
        .map(|n| (sha256(&[n]), value(n)))
        .chain([(near(62, 1), value(1))])
        .collect();
    let (root, store) = build(&entries);
    for (path, value) in &entries {
        assert_eq!(lookup(&store, &root, path), Ok(Some(*value)));
    }
    assert_eq!(lookup(&store, &root, &sha256(b"absent")), Ok(None));
    assert_eq!(lookup(&store, &root, &near(62, 2)), Ok(None));
    assert_eq!(lookup(&Store::new(), &empty_root(), &[0; 32]), Ok(None));
}

#[test]
fn one_flipped_byte_in_a_map_node() {
    let (root, store) = build(&(0..9).map(|n| (sha256(&[n]), value(n))).collect());
    let path = sha256(&[3]);
    let proof = prove(&store, &root, &path).unwrap();
    let as_store = |nodes: &[Vec<u8>], hashes: &[NodeHash]| -> Store {
        hashes.iter().copied().zip(nodes.iter().cloned()).collect()
    };
    let hashes: Vec<_> = proof
        .iter()
        .map(|n| NodeHash::from_bytes(sha256(n)))
        .collect();
    assert_eq!(
        lookup(&as_store(&proof, &hashes), &root, &path),
        Ok(Some(value(3)))
    );
    for i in 0..proof.len() {
        for byte in 0..proof[i].len() {
            let mut bad = proof.clone();
            bad[i][byte] ^= 1;
            assert_eq!(
                lookup(&as_store(&bad, &hashes), &root, &path),
                Err(MapError::Altered(hashes[i]))
            );
        }
    }
    assert_eq!(
        lookup(&Store::new(), &root, &path),
        Err(MapError::Missing(root))
    );
}

#[test]
fn a_branch_without_children_is_no_node() {
    let bytes = vec![BRANCH, 0, 0];
    let hash = NodeHash::from_bytes(sha256(&bytes));
    assert_eq!(
        lookup(&Store::from([(hash, bytes)]), &hash, &[0; 32]),
        Err(MapError::Malformed(hash))
    );
}

proptest! {
    #[test]
    fn the_root_depends_on_the_contents_only(
        keys in proptest::collection::btree_map(any::<[u8; 2]>(), any::<u8>(), 0..60),
        order in any::<u64>(),
    ) {
        // Half of the paths share a long prefix.
        let entries: BTreeMap<Path, NodeHash> = keys.iter().map(|(k, v)| {
            let mut path = if k[0] % 2 == 0 { sha256(k) } else { [0; 32] };
            path[30] = k[0];
            path[31] = k[1];
            (path, value(*v))
        }).collect();
        let (at_once, _) = build(&entries);

        let mut shuffled: Vec<_> = entries.iter().collect();
        shuffled.sort_by_key(|(k, _)| sha256(&[&order.to_be_bytes()[..], &k[..]].concat()));
        let (mut root, mut store) = (empty_root(), Store::new());
        for (k, v) in shuffled {
            // A value that is later replaced leaves no trace.
            for v in [value(0xee), *v] {
                let (next, made) = update(&store, &root, &[(*k, v)].into()).unwrap();
                store.extend(made);
                root = next;
            }
        }
        prop_assert_eq!(root, at_once);
        for (k, v) in &entries {
            prop_assert_eq!(lookup(&store, &root, k), Ok(Some(*v)));
        }
    }
}
