//! Declared beside observed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Access, NetworkEvent, Operation, Stage, Verdict};

/// What was declared, used, denied and changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Granted file rules that nothing used, by name.
    pub unused: Vec<String>,
    /// What was tried without a grant: operation and path or address, with a count.
    pub denied: BTreeMap<String, u64>,
    /// Files written, with the digests before and after.
    pub changed: Vec<ChangedFile>,
    /// Hosts reached, with bytes each way.
    pub hosts: BTreeMap<String, (u64, u64)>,
    /// Operations by word.
    pub operations: BTreeMap<String, u64>,
    /// Whether some list was cut at its limit.
    pub truncated: bool,
}

/// A file that the skill changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Path inside the sandbox, lossy where it is not UTF-8.
    pub path: String,
    /// SHA-256 before the run in lower-case hex; none when it did not exist or was not known.
    pub before: Option<String>,
    /// SHA-256 after the run in lower-case hex; none when it is gone.
    pub after: Option<String>,
}

/// Collects a summary while the run goes on.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    used_rules: BTreeSet<u32>,
    denied: BTreeMap<String, u64>,
    /// Path, and the digest before the first change if the helper saw one.
    written: BTreeMap<Vec<u8>, Option<String>>,
    hosts: BTreeMap<String, (u64, u64)>,
    operations: BTreeMap<&'static str, u64>,
    truncated: bool,
}

impl Tally {
    pub(crate) fn access(&mut self, access: &Access) {
        bump(self.operations.entry(access.operation.word()).or_default());
        match access.verdict {
            Verdict::Denied => {
                let path = String::from_utf8_lossy(&access.resolved);
                let key = format!("{} {path}", access.operation.word());
                self.deny(key);
            }
            Verdict::Allowed => {
                if access.errno == 0 {
                    self.used_rules.insert(access.rule);
                    self.note_written(access);
                }
            }
        }
    }

    pub(crate) fn network(&mut self, event: &NetworkEvent) {
        let host = format!("{}:{}", event.host, event.port);
        if event.verdict == Verdict::Denied {
            self.deny(format!("network {host}"));
        } else if event.stage == Stage::Closed {
            let (sent, received) = self.hosts.entry(host).or_default();
            *sent = sent.saturating_add(event.bytes_sent);
            *received = received.saturating_add(event.bytes_received);
        }
    }

    /// Paths that may have changed.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&[u8], Option<&str>)> {
        self.written
            .iter()
            .map(|(path, before)| (path.as_slice(), before.as_deref()))
    }

    /// The summary; `grants` are the rules that the person granted, by index.
    pub(crate) fn finish(self, grants: &[(u32, String)], changed: Vec<ChangedFile>) -> Summary {
        let unused = grants
            .iter()
            .filter(|(index, _)| !self.used_rules.contains(index));
        Summary {
            unused: unused.map(|(_, name)| name.clone()).collect(),
            denied: self.denied,
            changed,
            hosts: self.hosts,
            operations: self
                .operations
                .into_iter()
                .map(|(word, n)| (word.to_owned(), n))
                .collect(),
            truncated: self.truncated,
        }
    }

    fn deny(&mut self, key: String) {
        if self.denied.len() >= LIST_LIMIT && !self.denied.contains_key(&key) {
            self.truncated = true;
        } else {
            bump(self.denied.entry(key).or_default());
        }
    }

    fn note_written(&mut self, access: &Access) {
        let writes = match access.operation {
            Operation::Open => access.flags & WRITE_FLAGS != 0,
            Operation::Unlink | Operation::Truncate | Operation::Rename | Operation::Link => true,
            Operation::Exec
            | Operation::Rmdir
            | Operation::Symlink
            | Operation::Mkdir
            | Operation::Mknod
            | Operation::Chmod
            | Operation::Chown
            | Operation::Xattr
            | Operation::Utime
            | Operation::Connect
            | Operation::Bind
            | Operation::Send
            | Operation::Call
            | Operation::Fork
            | Operation::Memfd => false,
        };
        if !writes {
            return;
        }
        let second = access.second.as_slice();
        let before = second
            .strip_prefix(BEFORE)
            .and_then(|hex| String::from_utf8(hex.to_vec()).ok());
        let other = if access.operation == Operation::Open || before.is_some() {
            &[][..]
        } else {
            second
        };
        for path in [access.resolved.as_slice(), other] {
            if self.written.len() >= LIST_LIMIT {
                self.truncated = true;
            } else if !path.is_empty() && !self.written.contains_key(path) {
                self.written.insert(path.to_vec(), before.clone());
            }
        }
    }
}

/// What stands before the digest in the second field of an open that may change a file.
pub(crate) const BEFORE: &[u8] = b"sha256:";

fn bump(count: &mut u64) {
    *count = count.saturating_add(1);
}

const LIST_LIMIT: usize = 10_000;
/// `O_WRONLY`, `O_RDWR`, `O_CREAT`, `O_TRUNC`.
const WRITE_FLAGS: u64 = 0o1 | 0o2 | 0o100 | 0o1000;
