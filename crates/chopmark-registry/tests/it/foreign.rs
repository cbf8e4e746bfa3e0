//! Our log read by programs of others: Cloudflare's `signed_note` and `tlog_tiles`.

use std::cell::RefCell;

use chopmark_core::tile;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{
    Checkpoint, Error, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree, record_hash, tree_hash,
};

use crate::setup::{Setup, author, log_key, start};

/// Their reader over our registry's HTTP.
struct Served<'s> {
    setup: &'s Setup,
    read: RefCell<Vec<String>>,
}

impl TileReader for Served<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let bytes = tiles.iter().map(|tile| {
            // C2SP's paths are those of Go's checksum database without the height.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            let answer = self.setup.get(&path);
            assert_eq!(answer.status(), 200, "{path}");
            self.read.borrow_mut().push(path);
            answer.bytes().unwrap().to_vec()
        });
        Ok(bytes.collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn checkpoint(setup: &Setup) -> Checkpoint {
    let note = setup.get("checkpoint").bytes().unwrap();
    let note = Note::from_bytes(&note).unwrap();
    let key = StandardVerifier::new(&log_key().to_string()).unwrap();
    let (signed, others) = note
        .verify(&VerifierList::new(vec![Box::new(key)]))
        .unwrap();
    // They know no cosignatures: those of the witnesses are lines of unknown keys to them.
    assert_eq!(signed.len(), 1);
    assert!(others.len() >= 3);
    Checkpoint::from_bytes(note.text()).unwrap()
}

#[test]
fn cloudflares_reader_proves_our_log_over_a_tile_boundary() {
    let setup = start(4, 4, 3);
    setup.submit(&[("record", author(10).bytes())]);
    let early = checkpoint(&setup);
    for seed in 11..150 {
        let (status, answer) = setup.submit(&[("record", author(seed).bytes())]);
        assert_eq!(status, 200, "{answer}");
    }
    let late = checkpoint(&setup);
    assert!(late.size() > 256, "{}", late.size());

    let served = Served {
        setup: &setup,
        read: RefCell::default(),
    };
    let reader = TileHashReader::new(late.size(), *late.hash(), &served);
    assert_eq!(tree_hash(late.size(), &reader).unwrap(), *late.hash());
    let proof = prove_tree(late.size(), early.size(), &reader).unwrap();
    check_tree(
        &proof,
        late.size(),
        *late.hash(),
        early.size(),
        *early.hash(),
    )
    .unwrap();
    for index in [0, 1, 2, 255, 256, late.size() - 1] {
        let (bundle, place) = tile::bundle_of(index, late.size());
        let bytes = setup.get(&bundle.path()).bytes().unwrap();
        let entries = tile::parse_bundle(&bytes).unwrap();
        let leaf = entries[usize::try_from(place).unwrap()];
        let proof = prove_record(late.size(), index, &reader).unwrap();
        check_record(&proof, late.size(), *late.hash(), index, record_hash(leaf)).unwrap();
        let mut other = leaf.to_vec();
        other[0] ^= 1;
        let refused = check_record(
            &proof,
            late.size(),
            *late.hash(),
            index,
            record_hash(&other),
        );
        assert!(refused.is_err());
    }
    assert!(served.read.borrow().iter().any(|path| path == "tile/0/000"));
    assert!(
        served
            .read
            .borrow()
            .iter()
            .any(|path| path.starts_with("tile/0/001.p/"))
    );
}
