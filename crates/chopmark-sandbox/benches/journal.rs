//! How fast a journal is written and verified: `cargo bench -p chopmark-sandbox --bench journal`.
#![expect(clippy::print_stdout, reason = "a benchmark's result")]
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a benchmark may stop at the first surprise"
)]

use std::io::BufReader;
use std::time::{Duration, Instant};

use chopmark_sandbox::journal::{Access, Event, Header, Operation, Verdict, Writer, verify};
use chopmark_sandbox::{HeadSigner, RunFacts};
use ed25519_dalek::{Signer as _, SigningKey};

struct Key(SigningKey);

impl HeadSigner for Key {
    fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&mut self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let key = Key(SigningKey::from_bytes(&[7; 32]));
    let public = key.0.verifying_key().to_bytes();
    let header = Header {
        facts: RunFacts {
            run: "bench".to_owned(),
            ..RunFacts::default()
        },
        kernel: String::new(),
        layers: Vec::new(),
        arguments: Vec::new(),
        rules: Vec::new(),
        key: public,
        limits: Vec::new(),
    };
    let mut writer = Writer::create(&path, header, Box::new(key)).unwrap();
    let begin = Instant::now();
    for number in 0..EVENTS {
        writer.append(&event(number));
        if number % 4096 == 0 {
            writer.sign_head();
            writer.flush().unwrap();
        }
    }
    writer.sign_head();
    writer.flush().unwrap();
    println!("written:  {} events/s", rate(begin.elapsed()));
    let mut rates: Vec<u128> = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let file = BufReader::with_capacity(1 << 20, std::fs::File::open(&path).unwrap());
        verify(file, &public).unwrap();
        rates.push(rate(begin.elapsed()));
    }
    rates.sort_unstable();
    println!("verified: {rates:?} events/s");
}

fn event(number: u64) -> Event {
    let path = format!("/home/somebody/work/files/{number}.txt").into_bytes();
    Event::Access(Access {
        time_ns: number * 5000,
        pid: 2,
        program: 1,
        operation: Operation::Open,
        requested: path.clone(),
        resolved: path,
        second: Vec::new(),
        device: 65024,
        inode: number,
        flags: 0o2_000_000,
        verdict: Verdict::Allowed,
        rule: 9,
        errno: 0,
    })
}

fn rate(elapsed: Duration) -> u128 {
    u128::from(EVENTS) * 1_000_000 / elapsed.as_micros().max(1)
}

const EVENTS: u64 = 500_000;
const ROUNDS: usize = 5;
