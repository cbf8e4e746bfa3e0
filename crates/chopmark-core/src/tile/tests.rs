use std::collections::BTreeMap;

use super::*;
use crate::merkle::{leaf_hash, root};

#[test]
fn paths_are_those_of_the_specification() {
    for (level, index, width, path) in [
        (Some(0), 0, 256, "tile/0/000"),
        (Some(1), 1_234_067, 256, "tile/1/x001/x234/067"),
        (Some(0), 273, 45, "tile/0/273.p/45"),
        (None, 1_234_067, 8, "tile/entries/x001/x234/067.p/8"),
        (Some(0), 1000, 256, "tile/0/x001/000"),
    ] {
        assert_eq!(
            Tile {
                level,
                index,
                width
            }
            .path(),
            path
        );
    }
}

#[test]
fn the_tree_can_be_read_back_out_of_tiles() {
    let leaves: Vec<_> = (0..70_000u64)
        .map(|i| leaf_hash(&i.to_be_bytes()))
        .collect();
    let read = |level: u32, index: u64| -> Result<TreeHash, ()> {
        let width = 1usize << level;
        let start = usize::try_from(index).unwrap() * width;
        Ok(root(&leaves[start..start + width]))
    };
    for size in [1u64, 255, 256, 257, 511, 65_536, 70_000] {
        let tiles: BTreeMap<Tile, Vec<u8>> = tiles_between(0, size)
            .into_iter()
            .filter(|tile| tile.level.is_some())
            .map(|tile| (tile, tile_bytes(&read, &tile).unwrap()))
            .collect();
        let load = |tile: &Tile| tiles.get(tile).cloned().ok_or(*tile);
        let through = |level, index| {
            subtree_from(&load, size, level, index).map(|hash| hash.expect("well-formed tiles"))
        };
        let expected = root(&leaves[..usize::try_from(size).unwrap()]);
        assert_eq!(merkle::root_from(&through, size), Ok(expected), "{size}");
    }
}

#[test]
fn only_what_is_new_is_written_again() {
    assert_eq!(tiles_between(3, 3), vec![]);
    let paths: Vec<_> = tiles_between(255, 257).iter().map(Tile::path).collect();
    assert_eq!(
        paths,
        [
            "tile/entries/000",
            "tile/entries/001.p/1",
            "tile/0/000",
            "tile/0/001.p/1",
            "tile/1/000.p/1"
        ]
    );
}

#[test]
fn bundles_round_trip_and_refuse_lies() {
    let bundle = bundle_bytes([&b"a"[..], b"", b"ccc"]).unwrap();
    assert_eq!(parse_bundle(&bundle), Some(vec![&b"a"[..], b"", b"ccc"]));
    assert_eq!(parse_bundle(&bundle[..bundle.len() - 1]), None);
    assert_eq!(bundle_bytes([&vec![0; 65_536][..]]), None);
}
