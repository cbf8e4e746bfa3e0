//! A registry and its witnesses in threads; they end with the test process.

use std::{
    collections::BTreeSet,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use chopmark_core::{
    digest::ContentDigest,
    key::{Role, SecretKey},
    note::{KeyKind, VerifierKey},
    package::{FileEntry, Mode, TreeManifest},
    record::{Body, Inception, KeySet, Limits, NextKeys, Record, Release, RoleKey},
    tlog_policy::Policy,
};
use chopmark_log::{
    log::Log,
    operator::{Operator, charter},
};
use chopmark_registry::{Lifetime, now, registry, witness};
use reqwest::blocking::{Client, multipart};

pub(crate) const ORIGIN: &str = "log.example/it";

pub(crate) struct Setup {
    _folder: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) policy: Policy,
    pub(crate) client: Client,
}

pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

pub(crate) fn keys(key: &SecretKey, role: Role) -> Inception {
    Inception {
        keys: KeySet {
            keys: vec![RoleKey {
                key: key.public(),
                roles: BTreeSet::from([role]),
            }],
            threshold: 1,
            next: NextKeys {
                keys: BTreeSet::from([SecretKey::from_seed(&[99; 32]).public().digest()]),
                threshold: 1,
            },
            rotation_days: 0,
        },
        name: None,
    }
}

pub(crate) fn log(folder: &Path) -> Log {
    let operate_key = SecretKey::from_seed(&[2; 32]);
    let first = keys(&operate_key, Role::Operate);
    let (charter, identity) = charter(ORIGIN, first, &[&operate_key], Limits::V1).unwrap();
    let operator = Operator {
        origin: ORIGIN.to_owned(),
        log_key: SecretKey::from_seed(&[1; 32]),
        identity,
        operate_key,
    };
    Log::create(folder, operator, &charter, now()).unwrap()
}

pub(crate) fn log_key() -> VerifierKey {
    let key = SecretKey::from_seed(&[1; 32]).public();
    VerifierKey::new(ORIGIN, KeyKind::Log, key).unwrap()
}

/// Starts a witness; returns its URL.
pub(crate) fn witness(folder: &Path, number: u8, logs: PathBuf, mode: witness::Mode) -> String {
    let options = witness::Options {
        folder: folder.join(format!("w{number}")),
        name: format!("w{number}.example"),
        key: SecretKey::from_seed(&[100 + number; 32]),
        logs,
        mode,
        lifetime: Lifetime::UntilSignal,
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (ready, wait) = mpsc::channel();
    std::thread::spawn(move || {
        witness::serve(options, listener, |address| ready.send(address).unwrap()).unwrap();
    });
    format!("http://{}", wait.recv().unwrap())
}

pub(crate) fn witness_key(number: u8) -> VerifierKey {
    let key = SecretKey::from_seed(&[100 + number; 32]).public();
    VerifierKey::new(&format!("w{number}.example"), KeyKind::Cosigner, key).unwrap()
}

/// Starts a registry with `count` replaying witnesses of which `quorum` must cosign; `reachable`
/// of them have a URL.
pub(crate) fn start(count: u8, reachable: u8, quorum: u8) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let logs = folder.path().join("logs");
    write(&logs, &format!("log {} {url}\nquorum none\n", log_key()));
    let mut text = format!("log {}\n", log_key());
    let mut names = Vec::new();
    for number in 0..count {
        let key = witness_key(number);
        if number < reachable {
            let at = witness(folder.path(), number, logs.clone(), witness::Mode::Replay);
            text.push_str(&format!("witness w{number} {key} {at}\n"));
        } else {
            text.push_str(&format!("witness w{number} {key}\n"));
        }
        names.push(format!("w{number}"));
    }
    text.push_str(&format!(
        "group all {quorum} {}\nquorum all\n",
        names.join(" ")
    ));
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let options = registry::Options {
        folder: folder.path().join("log"),
        log: log(&folder.path().join("log")),
        policy: policy.clone(),
        refresh: Duration::from_secs(3600),
        lifetime: Lifetime::UntilSignal,
    };
    let (ready, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = registry::serve(options, listener, |address| ready.send(address).unwrap());
    });
    wait.recv().unwrap();
    Setup {
        _folder: folder,
        url,
        policy,
        client: client(),
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

pub(crate) fn author(seed: u8) -> Record {
    let key = SecretKey::from_seed(&[seed; 32]);
    let body = Body::Inception(keys(&key, Role::Release));
    Record::sign(ORIGIN, None, &body, &[&key]).unwrap()
}

pub(crate) fn release(seed: u8, skill: &str, content: ContentDigest) -> Record {
    let body = Body::Release(Release {
        content,
        skill: skill.parse().unwrap(),
        version: semver::Version::new(1, 0, 0),
        previous: None,
    });
    let key = SecretKey::from_seed(&[seed; 32]);
    Record::sign(ORIGIN, Some(author(seed).issuer()), &body, &[&key]).unwrap()
}

pub(crate) fn tree(files: &[(&str, &[u8])]) -> TreeManifest {
    let entries = files.iter().map(|(path, bytes)| {
        let size = u64::try_from(bytes.len()).unwrap();
        let digest = chopmark_core::digest::BlobDigest::of(bytes);
        FileEntry::new(path.parse().unwrap(), Mode::Regular, size, digest)
    });
    TreeManifest::build(entries.collect()).unwrap()
}

impl Setup {
    /// Publishes; returns status and the JSON answer.
    pub(crate) fn submit(&self, parts: &[(&'static str, &[u8])]) -> (u16, serde_json::Value) {
        let mut form = multipart::Form::new();
        for (name, bytes) in parts {
            form = form.part(*name, multipart::Part::bytes(bytes.to_vec()));
        }
        let response = self
            .client
            .post(format!("{}/api/v1/records", self.url))
            .multipart(form)
            .send()
            .unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&response.text().unwrap()).unwrap(),
        )
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::blocking::Response {
        self.client
            .get(format!("{}/{path}", self.url))
            .send()
            .unwrap()
    }
}
