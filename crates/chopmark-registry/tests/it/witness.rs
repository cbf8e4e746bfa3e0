use base64::{Engine, engine::general_purpose::STANDARD};
use chopmark_core::{
    checkpoint::{Checkpoint, verify_line},
    digest::{hex, sha256},
    key::SecretKey,
    merkle,
    note::{Note, sign_as_log},
};
use chopmark_log::{log::Log, reader::Reader};
use chopmark_registry::witness::Mode;

use crate::setup::{ORIGIN, author, client, log, log_key, witness, witness_key, write};

/// A log served as files by nobody: the witnesses here are plain unless a test says otherwise.
struct Alone {
    folder: tempfile::TempDir,
    log: Log,
    url: String,
}

fn plain() -> Alone {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    write(&logs, &format!("log {}\nquorum none\n", log_key()));
    let url = witness(folder.path(), 0, logs, Mode::Plain);
    let log = log(&folder.path().join("log"));
    Alone { folder, log, url }
}

impl Alone {
    fn note(&self) -> String {
        String::from_utf8(self.log.head().checkpoint.clone()).unwrap()
    }

    fn proof(&self, old: u64) -> String {
        let reader = Reader::new(self.log.disk().clone(), self.log.head().position.size);
        let proof = reader.consistency(old).unwrap();
        let lines = proof.iter().map(|h| STANDARD.encode(h.as_bytes()) + "\n");
        lines.collect()
    }

    fn post(&self, body: String) -> (u16, String) {
        let url = format!("{}/add-checkpoint", self.url);
        let response = client().post(url).body(body).send().unwrap();
        (response.status().as_u16(), response.text().unwrap())
    }

    fn check(&self, body: String, expected: u16) {
        let (status, text) = self.post(body);
        assert_eq!(status, expected, "{text}");
    }
}

fn signed(checkpoint: &Checkpoint, seed: u8) -> String {
    let key = SecretKey::from_seed(&[seed; 32]);
    let text = checkpoint.text();
    let line = sign_as_log(&checkpoint.origin, &key, &text).unwrap();
    Note::new(&text, vec![line]).unwrap().to_string()
}

#[test]
fn each_status_of_the_protocol() {
    let mut this = plain();
    let first = Checkpoint::parse(Note::parse(this.note().as_bytes()).unwrap().text()).unwrap();
    let monitor = format!(
        "{}/{}/checkpoint",
        this.url,
        hex(&sha256(ORIGIN.as_bytes()))
    );
    assert_eq!(client().get(&monitor).send().unwrap().status(), 404);

    this.check("nonsense".to_owned(), 400);
    this.check(format!("old 00\n\n{}", this.note()), 400);
    this.check(format!("old 3\n\n{}", this.note()), 400);
    let unknown = Checkpoint {
        origin: "other.example".to_owned(),
        ..first.clone()
    };
    this.check(format!("old 0\n\n{}", signed(&unknown, 1)), 404);
    this.check(format!("old 0\n\n{}", signed(&first, 7)), 403);
    let mut forged = Note::parse(this.note().as_bytes()).unwrap().signatures()[0].clone();
    forged.bytes[0] ^= 1;
    let forged = Note::new(&first.text(), vec![forged]).unwrap();
    this.check(format!("old 0\n\n{forged}"), 403);
    this.check(format!("old 0\n{}\n{}", this.proof(1), this.note()), 422);
    let empty = Checkpoint {
        size: 0,
        ..first.clone()
    };
    this.check(format!("old 0\n\n{}", signed(&empty, 1)), 422);

    let (status, line) = this.post(format!("old 0\n\n{}", this.note()));
    assert_eq!(status, 200, "{line}");
    let line = line.trim_end().parse().unwrap();
    assert!(
        verify_line(&witness_key(0), &line, &first.text())
            .unwrap()
            .is_some()
    );
    let seen = client().get(&monitor).send().unwrap().text().unwrap();
    assert_eq!(Note::parse(seen.as_bytes()).unwrap().signatures().len(), 2);

    this.log.append(&[author(10)], 101).unwrap();
    let (status, size) = this.post(format!("old 0\n\n{}", this.note()));
    assert_eq!((status, size.as_str()), (409, "2\n"));
    this.check(format!("old 2\n\n{}", this.note()), 422);
    this.check(format!("old 2\n{}\n{}", this.proof(2), this.note()), 200);
    this.check(format!("old 4\n\n{}", this.note()), 200);
}

#[test]
fn two_checkpoints_of_one_size_are_kept_as_evidence() {
    let this = plain();
    this.check(format!("old 0\n\n{}", this.note()), 200);
    let other = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 2,
        root: merkle::single(&merkle::leaf_hash(b"other")),
    };
    let folder = this.folder.path().join("w0/evidence");
    assert!(!folder.exists());
    this.check(format!("old 2\n\n{}", signed(&other, 1)), 422);
    let kept: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    let text = std::fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap();
    assert!(text.contains(&other.text()) && text.contains(&this.note()[..40]));
    this.check(format!("old 2\n\n{}", this.note()), 200);
}
