#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use proptest::prelude::*;

use super::{Cut, FlowError, MAX_VALUE, Network, Path, Vertex};

/// Inner vertices with their capacities, then edges by index (0 source, 1 sink, inner from 2).
fn network(inner: &[u32], edges: &[(usize, usize, u32)]) -> Network {
    let mut network = Network::new();
    for capacity in inner {
        network.vertex(*capacity).unwrap();
    }
    for (from, to, capacity) in edges {
        network.edge(Vertex(*from), Vertex(*to), *capacity).unwrap();
    }
    network
}

#[track_caller]
fn check(inner: &[u32], edges: &[(usize, usize, u32)], expected: u32) {
    let network = network(inner, edges);
    let flow = network.solve().unwrap();
    assert_eq!(flow.value(), expected);
    assert_eq!(flow.paths().len(), usize::try_from(expected).unwrap());
    assert!(network.admits(flow.paths()));
    assert!(network.bounds(flow.cut(), expected));
}

#[test]
fn counts_disjoint_paths() {
    check(&[], &[], 0);
    check(&[1], &[(0, 2, 1), (2, 1, 1)], 1);
    check(&[1, 1], &[(0, 2, 1), (0, 3, 1), (2, 1, 1), (3, 1, 1)], 2);
    // Two ways through one organisation are one.
    check(
        &[1, 1, 1],
        &[
            (0, 2, 1),
            (0, 3, 1),
            (2, 4, 1),
            (3, 4, 1),
            (4, 1, 1),
            (4, 1, 1),
        ],
        1,
    );
    // A greedy first path must be taken back: 0-2-5-1 blocks both others.
    check(
        &[1, 1, 1, 1],
        &[
            (0, 2, 1),
            (2, 5, 1),
            (5, 1, 1),
            (0, 3, 1),
            (3, 5, 1),
            (2, 4, 1),
            (4, 1, 1),
        ],
        2,
    );
    // A capacity of 3 lets three through, edges still bound it.
    check(&[3], &[(0, 2, 9), (2, 1, 2)], 2);
    check(&[3], &[(0, 2, 9), (2, 1, 2), (2, 1, 2)], 3);
}

#[test]
fn a_value_without_bound_is_refused() {
    let joined = network(&[], &[(0, 1, u32::MAX)]);
    assert_eq!(
        joined.solve().unwrap_err(),
        FlowError::Value { max: MAX_VALUE }
    );
    let bounded = network(&[], &[(0, 1, MAX_VALUE)]);
    assert_eq!(bounded.solve().unwrap().value(), MAX_VALUE);
}

#[test]
fn certificates_that_lie_are_refused() {
    let network = network(&[1, 1], &[(0, 2, 1), (0, 3, 1), (2, 1, 1), (3, 1, 1)]);
    let path = |inner: usize| Path::through(vec![Vertex(0), Vertex(inner), Vertex(1)]);
    assert!(network.admits(&[path(2), path(3)]));
    assert!(!network.admits(&[path(2), path(2)]), "a vertex used twice");
    assert!(
        !network.admits(&[Path::through(vec![Vertex(0), Vertex(1)])]),
        "an edge that is not"
    );
    assert!(
        !network.admits(&[Path::through(vec![Vertex(0), Vertex(2)])]),
        "does not end"
    );
    assert!(
        !network.admits(&[Path::through(vec![Vertex(2), Vertex(1)])]),
        "does not begin"
    );
    assert!(!network.admits(&[Path::through(Vec::new())]));
    let both = Cut::of(vec![Vertex(2), Vertex(3)], Vec::new());
    assert!(network.bounds(&both, 2));
    assert!(!network.bounds(&both, 1), "larger than claimed");
    assert!(
        !network.bounds(&Cut::of(vec![Vertex(2)], Vec::new()), 2),
        "does not separate"
    );
    assert!(network.bounds(&Cut::of(vec![Vertex(2)], vec![(Vertex(0), Vertex(3))]), 2));
}

/// The smallest cut of the split graph, by trying every side of every node.
fn smallest_cut(inner: &[u32], edges: &[(usize, usize, u32)]) -> u64 {
    let nodes = 2 * (inner.len() + 2);
    let mut arcs: Vec<(usize, usize, u64)> = edges
        .iter()
        .map(|(from, to, cap)| (2 * from + 1, 2 * to, u64::from(*cap)))
        .collect();
    for (index, capacity) in inner.iter().enumerate() {
        arcs.push((2 * (index + 2), 2 * (index + 2) + 1, u64::from(*capacity)));
    }
    (0_u32..1 << nodes)
        .filter(|side| side >> 1 & 1 == 1 && side >> 2 & 1 == 0)
        .map(|side| {
            arcs.iter()
                .filter(|(from, to, _)| side >> from & 1 == 1 && side >> to & 1 == 0)
                .map(|(_, _, capacity)| capacity)
                .sum()
        })
        .min()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn flow_equals_enumerated_cut(
        inner in prop::collection::vec(0_u32..3, 1..4),
        edges in prop::collection::vec((0_usize..5, 0_usize..5, 0_u32..3), 0..12),
    ) {
        let known = inner.len() + 2;
        let edges: Vec<_> = edges
            .into_iter()
            .map(|(from, to, capacity)| (from % known, to % known, capacity))
            .collect();
        let network = network(&inner, &edges);
        let flow = network.solve().unwrap();
        prop_assert_eq!(u64::from(flow.value()), smallest_cut(&inner, &edges));
        prop_assert!(network.admits(flow.paths()));
        prop_assert!(network.bounds(flow.cut(), flow.value()));
        prop_assert!(flow.value() == 0 || !network.bounds(flow.cut(), flow.value() - 1));
    }
}
