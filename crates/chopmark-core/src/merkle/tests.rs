use super::*;

fn leaves(n: u64) -> Vec<LeafHash> {
    (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// Reads subtrees the slow way, straight from the definition.
fn naive(all: &[LeafHash]) -> impl Fn(u32, u64) -> Result<TreeHash, ()> {
    |level, index| {
        let width = 1usize << level;
        let start = usize::try_from(index).unwrap() * width;
        Ok(root(&all[start..start + width]))
    }
}

#[test]
fn known_roots() {
    // RFC 6962 test vectors as used by Certificate Transparency implementations.
    assert_eq!(
        empty_root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        leaf_hash(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
}

#[test]
fn every_inclusion_proof_up_to_40_leaves() {
    for size in 1..=40 {
        let all = leaves(size);
        let read = naive(&all);
        let root = root(&all);
        assert_eq!(root_from(&read, size), Ok(root));
        for index in 0..size {
            let leaf = all[usize::try_from(index).unwrap()];
            let proof = inclusion_proof(&read, index, size).unwrap();
            let check = |i, s, p: &[TreeHash], r: &TreeHash| verify_inclusion(&leaf, i, s, p, r);
            assert_eq!(
                check(index, size, &proof, &root),
                Ok(()),
                "{index} of {size}"
            );
            assert!(check(index, size, &proof, &empty_root()).is_err());
            assert!(check(index ^ 1, size, &proof, &root).is_err() || size == 1);
            if let Some((_, shorter)) = proof.split_last() {
                assert!(check(index, size, shorter, &root).is_err());
            }
            let mut longer = proof.clone();
            longer.push(root);
            assert_eq!(check(index, size, &longer, &root), Err(ProofError::Length));
            for at in 0..proof.len() {
                let mut bad = proof.clone();
                bad[at] = empty_root();
                assert_eq!(check(index, size, &bad, &root), Err(ProofError::Root));
            }
        }
        assert!(verify_inclusion(&all[0], size, size, &[], &root).is_err());
    }
}

#[test]
fn every_consistency_proof_up_to_40_leaves() {
    let all = leaves(40);
    let read = naive(&all);
    let roots: Vec<_> = (0..=40).map(|n| root(&all[..n])).collect();
    for new in 0..=40usize {
        for old in 0..=new {
            let (o, n) = (u64::try_from(old).unwrap(), u64::try_from(new).unwrap());
            let proof = consistency_proof(&read, o, n).unwrap();
            let check =
                |p: &[TreeHash], a: &TreeHash, b: &TreeHash| verify_consistency(o, a, n, b, p);
            assert_eq!(
                check(&proof, &roots[old], &roots[new]),
                Ok(()),
                "{old} to {new}"
            );
            let mut longer = proof.clone();
            longer.push(roots[old]);
            assert!(check(&longer, &roots[old], &roots[new]).is_err());
            let wrong = leaf_hash(b"wrong");
            assert!(check(&proof, &single(&wrong), &roots[new]).is_err());
            if old > 0 {
                assert!(check(&proof, &roots[old], &single(&wrong)).is_err());
            }
            for at in 0..proof.len() {
                let mut bad = proof.clone();
                bad[at] = single(&wrong);
                assert!(check(&bad, &roots[old], &roots[new]).is_err());
            }
        }
    }
    assert!(verify_consistency(2, &roots[2], 1, &roots[1], &[]).is_err());
}
