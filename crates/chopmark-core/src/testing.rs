//! A log in memory and identities with known keys, for tests of this crate and of others.
//!
//! Everything goes through the same judge as in a real log; only keys and times are fixed.

use std::collections::BTreeSet;

use crate::{
    checkpoint::{Checkpoint, cosign},
    digest::{LeafHash, NodeHash, StatementId, TreeHash, sha256},
    docket::DocketStore,
    evidence::{FirstContact, Source},
    identity::name_commitment,
    key::{Role, SecretKey},
    map::NodeStore,
    merkle,
    name::Name,
    note::{KeyKind, Note, VerifierKey, sign_as_log},
    record::{
        Body, Charter, Claim, Inception, KeySet, Limits, NextKeys, Record, RoleKey, Rotate, State,
        identity_of,
    },
    rules::RuleError,
    state::{Fresh, LogState, Position, StateError},
    tlog_policy::Policy,
};

/// The name of every test log.
pub const ORIGIN: &str = "log.example/test";

/// An identity with one key per generation, made from a seed.
#[derive(Debug)]
pub struct TestIdentity {
    seed: u8,
    generation: u8,
    /// Its name.
    pub name: Name,
    /// Its id.
    pub id: crate::digest::IdentityId,
    seq: u64,
    last_event: StatementId,
}

/// A log in memory.
#[derive(Debug)]
pub struct TestLog {
    state: LogState<Fresh>,
    leaves: Vec<Vec<u8>>,
    operator: TestIdentity,
    /// The time of the next state leaf, in seconds since the Unix epoch.
    pub time: u64,
    /// Which of the four witnesses cosign.
    pub cosigners: Vec<u8>,
}

fn key(seed: u8, generation: u8) -> SecretKey {
    SecretKey::from_seed(&sha256(&[b'k', seed, generation]))
}

/// The salt of a name's commitment.
pub(crate) fn salt(seed: u8) -> [u8; 32] {
    sha256(&[b's', seed])
}

fn key_set(seed: u8, generation: u8, roles: &[Role]) -> KeySet {
    KeySet {
        keys: vec![RoleKey {
            key: key(seed, generation).public(),
            roles: roles.iter().copied().collect(),
        }],
        threshold: 1,
        next: NextKeys {
            keys: BTreeSet::from([key(seed, generation.saturating_add(1)).public().digest()]),
            threshold: 1,
        },
        rotation_days: 0,
    }
}

impl TestIdentity {
    fn inception(seed: u8, name: &str, roles: &[Role]) -> (Self, Record) {
        let name: Name = name.parse().expect("a name");
        let body = Body::Inception(Inception {
            keys: key_set(seed, 0, roles),
            name: Some(name_commitment(ORIGIN, &name, &salt(seed))),
        });
        let record = Record::sign(ORIGIN, None, &body, &[&key(seed, 0)]).expect("a record");
        let id = identity_of(record.id());
        (
            Self {
                seed,
                generation: 0,
                name,
                id,
                seq: 0,
                last_event: record.id(),
            },
            record,
        )
    }

    /// Signs `body` in this identity's name with its present key.
    pub fn sign(&self, body: &Body) -> Record {
        self.sign_with(body, self.generation)
    }

    /// Signs with the key of another generation, rightly or not.
    pub fn sign_with(&self, body: &Body, generation: u8) -> Record {
        Record::sign(ORIGIN, Some(self.id), body, &[&key(self.seed, generation)]).expect("a record")
    }

    /// Returns the present key.
    pub fn key(&self) -> SecretKey {
        key(self.seed, self.generation)
    }
}

impl TestLog {
    /// Opens a log with a charter, sealed.
    pub fn new() -> Self {
        let roles = [Role::Operate, Role::Release];
        let (operator, inception) = TestIdentity::inception(200, "operator", &roles);
        let body = Body::Charter(Charter {
            operator: inception.envelope().clone(),
            rules: 1,
            limits: Limits::V1,
        });
        let charter = Record::sign(ORIGIN, None, &body, &[&operator.key()]).expect("a charter");
        let mut log = Self {
            state: LogState::resume(ORIGIN, Fresh::default(), Position::start()),
            leaves: Vec::new(),
            operator,
            time: 1_000_000,
            cosigners: vec![1, 2, 3],
        };
        log.push(&charter).expect("a charter");
        log.seal();
        log
    }

    /// Enters an identity that claims `name`; its keys hold every role but `operate`.
    pub fn identity(&mut self, seed: u8, name: &str) -> TestIdentity {
        let roles = [Role::Audit, Role::Release, Role::Veto, Role::Vouch];
        let (identity, inception) = TestIdentity::inception(seed, name, &roles);
        self.push(&inception).expect("an inception");
        self.seal();
        let claim = Body::Claim(Claim {
            name: identity.name.clone(),
            salt: salt(seed),
        });
        self.push(&identity.sign(&claim)).expect("a claim");
        self.seal();
        identity
    }

    /// Makes an identity that the log has not seen, and its inception.
    pub fn stranger(&self, seed: u8, name: &str) -> (TestIdentity, Record) {
        let roles = [Role::Audit, Role::Release, Role::Veto, Role::Vouch];
        TestIdentity::inception(seed, name, &roles)
    }

    /// Sets the time of the next state leaf.
    pub fn set_time(&mut self, time: u64) {
        self.time = time;
    }

    /// Returns the leaves.
    pub fn leaves(&self) -> &[Vec<u8>] {
        &self.leaves
    }

    /// Rotates an identity to its next key, and seals.
    pub fn rotate(&mut self, identity: &mut TestIdentity) {
        let next = identity.generation.saturating_add(1);
        let roles = [Role::Audit, Role::Release, Role::Veto, Role::Vouch];
        let body = Body::Rotate(Rotate {
            seq: identity.seq.saturating_add(1),
            previous: identity.last_event,
            keys: key_set(identity.seed, next, &roles),
        });
        let record = identity.sign_with(&body, next);
        self.push(&record).expect("a rotation");
        identity.generation = next;
        identity.seq = identity.seq.saturating_add(1);
        identity.last_event = record.id();
        self.seal();
    }

    /// Enters a record; returns its index.
    ///
    /// # Errors
    ///
    /// What the rules say; the log is then as before.
    pub fn push(&mut self, record: &Record) -> Result<u64, RuleError> {
        match self.state.judge(record) {
            Ok(_) => {}
            Err(StateError::Rule(error)) => return Err(error),
            Err(error) => unreachable!("a store in memory: {error}"),
        }
        let index = self.state.position().size;
        self.state.push(record.bytes()).expect("judged");
        self.leaves.push(record.bytes().to_vec());
        let fresh = self.state.take_fresh();
        self.state.store_mut().nodes.extend(fresh.nodes);
        self.state.store_mut().lists.extend(fresh.lists);
        Ok(index)
    }

    /// Ends the batch with a state leaf.
    pub fn seal(&mut self) {
        let at = self.state.position();
        let body = Body::State(State {
            index: at.size,
            previous_index: at.last_state.map(|s| s.index),
            previous_root: at
                .last_state
                .map_or_else(crate::map::empty_root, |s| s.root),
            root: at.root,
            time: self.time,
        });
        let record = self.operator.sign(&body);
        self.push(&record).expect("a state leaf");
        self.time = self.time.saturating_add(60);
    }

    /// Returns the operator.
    pub fn operator(&self) -> &TestIdentity {
        &self.operator
    }

    /// Returns the state, to look at entries.
    pub fn state(&self) -> &LogState<Fresh> {
        &self.state
    }

    /// Returns the nodes and lists, to tamper with.
    pub fn store_mut(&mut self) -> &mut Fresh {
        self.state.store_mut()
    }

    /// Returns the leaves, to tamper with.
    pub fn leaves_mut(&mut self) -> &mut Vec<Vec<u8>> {
        &mut self.leaves
    }

    /// Returns what a host that trusts this log is told: witnesses w1 to w4, 3 of them due, all
    /// of them replaying but those in `plain`.
    pub fn first_contact(&self, plain: &[u8]) -> FirstContact {
        let log = VerifierKey::new(ORIGIN, KeyKind::Log, log_key().public()).expect("a key");
        let mut text = format!("log {log}\n");
        for n in 1..=4 {
            let vkey = witness(n);
            text.push_str(&format!("witness w{n} {vkey}\n"));
        }
        let list = |of: &dyn Fn(u8) -> bool| {
            (1..=4)
                .filter(|n| of(*n))
                .map(|n| format!(" w{n}"))
                .collect::<String>()
        };
        if plain.is_empty() {
            text.push_str("group replaying 3 w1 w2 w3 w4\nquorum replaying\n");
        } else {
            let (plain, replaying) = (
                list(&|n| plain.contains(&n)),
                list(&|n| !plain.contains(&n)),
            );
            text.push_str(&format!(
                "group replaying all{replaying}\ngroup plain any{plain}\n\
                 group either 1 replaying plain\nquorum either\n"
            ));
        }
        FirstContact {
            policy: Policy::parse(text.as_bytes()).expect("a policy"),
            origin: ORIGIN.to_owned(),
            charter: Record::parse(self.leaves.first().expect("a charter"))
                .expect("a charter")
                .id(),
            replay_group: "replaying".to_owned(),
        }
    }

    fn read(&self, level: u32, index: u64) -> TreeHash {
        let width = 1usize.checked_shl(level).expect("a small tree");
        let start = usize::try_from(index)
            .expect("a small tree")
            .saturating_mul(width);
        let hashes: Vec<LeafHash> = self
            .leaves
            .iter()
            .skip(start)
            .take(width)
            .map(|leaf| merkle::leaf_hash(leaf))
            .collect();
        merkle::root(&hashes)
    }
}

impl Default for TestLog {
    fn default() -> Self {
        Self::new()
    }
}

fn log_key() -> SecretKey {
    SecretKey::from_seed(&sha256(b"log"))
}

fn witness_key(n: u8) -> SecretKey {
    SecretKey::from_seed(&sha256(&[b'w', n]))
}

fn witness(n: u8) -> VerifierKey {
    let name = format!("w{n}.example");
    VerifierKey::new(&name, KeyKind::Cosigner, witness_key(n).public()).expect("a key")
}

impl NodeStore for TestLog {
    fn node(&self, hash: &NodeHash) -> Option<Vec<u8>> {
        self.state.store().node(hash)
    }
}

impl DocketStore for TestLog {
    fn list(&self, root: &TreeHash) -> Option<Vec<u8>> {
        self.state.store().list(root)
    }
}

impl Source for TestLog {
    fn checkpoint(&self) -> Option<Vec<u8>> {
        let size = u64::try_from(self.leaves.len()).ok()?;
        let hashes: Vec<LeafHash> = self
            .leaves
            .iter()
            .map(|leaf| merkle::leaf_hash(leaf))
            .collect();
        let text = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: merkle::root(&hashes),
        }
        .text();
        let mut lines = vec![sign_as_log(ORIGIN, &log_key(), &text).ok()?];
        for n in &self.cosigners {
            lines.push(cosign(&format!("w{n}.example"), &witness_key(*n), &text, self.time).ok()?);
        }
        Some(Note::new(&text, lines).ok()?.to_string().into_bytes())
    }

    fn leaf(&self, index: u64) -> Option<Vec<u8>> {
        self.leaves.get(usize::try_from(index).ok()?).cloned()
    }

    fn path(&self, index: u64, size: u64) -> Option<Vec<TreeHash>> {
        let read = |level, index| -> Result<TreeHash, std::convert::Infallible> {
            Ok(self.read(level, index))
        };
        merkle::inclusion_proof(&read, index, size).ok()
    }

    fn state_after(&self, index: u64, size: u64) -> Option<u64> {
        (index..size).find(|i| {
            self.leaf(*i)
                .and_then(|leaf| Record::parse(&leaf).ok())
                .is_some_and(|record| matches!(record.body(), Body::State(_)))
        })
    }
}
