use chopmark_core::{digest::BlobDigest, merkle::leaf_hash, tlog_proof::TlogProof};

use crate::setup::{author, release, start, tree};

#[test]
fn a_record_is_answered_with_a_proof_under_a_cosigned_checkpoint() {
    let setup = start(4, 4, 3);
    let record = author(10);
    let (status, answer) = setup.submit(&[("record", record.bytes())]);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["index"], 2);
    assert_eq!(answer["statementId"], record.id().to_hex());
    let proof = TlogProof::parse(answer["proof"].as_str().unwrap().as_bytes()).unwrap();
    let held = proof
        .verify(&setup.policy, &leaf_hash(record.bytes()))
        .unwrap();
    assert!(held.cosigners().len() >= 3);
    assert!(
        proof
            .verify(&setup.policy, &leaf_hash(author(11).bytes()))
            .is_err()
    );

    // The same again: the same place, no new leaf.
    let (status, again) = setup.submit(&[("record", record.bytes())]);
    assert_eq!((status, &again["index"]), (200, &answer["index"]));

    let text = setup.get(".well-known/chopmark.json").text().unwrap();
    let well_known: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(well_known["charter"], answer["charter"]);
}

#[test]
fn a_release_brings_its_tree_and_exactly_its_blobs() {
    let setup = start(1, 1, 1);
    let text = b"---\nname: a\ndescription: b\n---\n".as_slice();
    let more = b"x".repeat(3_000_000);
    let tree = tree(&[("SKILL.md", text), ("big.bin", &more)]);
    let record = release(10, "a", tree.digest());
    let (status, early) = setup.submit(&[("record", record.bytes())]);
    assert_eq!(
        (status, early["code"].as_str().unwrap()),
        (409, "issuer-unknown")
    );
    assert_eq!(setup.submit(&[("record", author(10).bytes())]).0, 200);

    let check = |parts: &[(&'static str, &[u8])], expected: (u16, &str)| {
        let (status, problem) = setup.submit(parts);
        assert_eq!((status, problem["code"].as_str().unwrap()), expected);
    };
    let (r, t) = (("record", record.bytes()), ("tree", tree.bytes()));
    check(&[r], (422, "tree-missing"));
    check(&[r, t, ("blob", text)], (422, "blob-missing"));
    check(&[r, t, ("blob", b"other")], (400, "blob-unnamed"));
    check(&[r, ("blob", text)], (400, "blob-unnamed"));
    check(&[t, r], (400, "request-parts"));
    check(&[("record", b"{}")], (400, "record-malformed"));
    check(
        &[r, ("tree", b"chopmark-tree v1\n")],
        (400, "package-refused"),
    );
    let path = format!("blob/sha256/{}", BlobDigest::of(&more));
    assert_eq!(setup.get(&path).status(), 404);

    let whole = [r, t, ("blob", text), ("blob", more.as_slice())];
    let (status, answer) = setup.submit(&whole);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(setup.get(&path).bytes().unwrap(), more);
    let part = setup
        .client
        .get(format!("{}/{path}", setup.url))
        .header("range", "bytes=10-19")
        .send()
        .unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 10-19/3000000");
    assert_eq!(part.bytes().unwrap().len(), 10);
    let tree_path = format!("tree/sha256/{}", tree.digest());
    assert_eq!(setup.get(&tree_path).bytes().unwrap(), tree.bytes());
    let index = setup.get("index/skills.jsonl").text().unwrap();
    assert!(index.contains(&tree.digest().to_hex()), "{index}");

    // What is held already need not come again.
    assert_eq!(setup.submit(&[("record", record.bytes())]).0, 200);
}

#[test]
fn nothing_is_public_without_the_quorum() {
    let setup = start(4, 2, 3);
    let (status, problem) = setup.submit(&[("record", author(10).bytes())]);
    assert_eq!(
        (status, problem["code"].as_str().unwrap()),
        (503, "witness-quorum")
    );
    assert_eq!(setup.get("checkpoint").status(), 404);
    let twin = start(4, 3, 3);
    assert_eq!(twin.submit(&[("record", author(10).bytes())]).0, 200);
    assert_eq!(twin.get("checkpoint").status(), 200);
}

#[test]
fn only_public_files_are_served() {
    let setup = start(1, 1, 1);
    assert_eq!(setup.submit(&[("record", author(10).bytes())]).0, 200);
    let checkpoint = setup.get("checkpoint");
    assert_eq!(checkpoint.headers()["cache-control"], "no-cache");
    let tile = setup.get("tile/entries/000.p/4");
    assert!(
        tile.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let tag = tile.headers()["etag"].clone();
    let again = setup
        .client
        .get(format!("{}/tile/entries/000.p/4", setup.url))
        .header("if-none-match", tag)
        .send()
        .unwrap();
    assert_eq!(again.status(), 304);
    for path in [
        "log.sqlite",
        "map/..%2f..%2flog.sqlite",
        "map",
        "tile/.x",
        "x.tmp",
    ] {
        assert_eq!(setup.get(path).status(), 404, "{path}");
    }
}

#[test]
fn many_publishers_at_once_get_distinct_places() {
    let setup = start(4, 4, 3);
    let setup = &setup;
    let mut places: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (10..30u8)
            .map(|seed| {
                scope.spawn(move || {
                    let (status, answer) = setup.submit(&[("record", author(seed).bytes())]);
                    assert_eq!(status, 200, "{answer}");
                    answer["index"].as_u64().unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 20);
}
