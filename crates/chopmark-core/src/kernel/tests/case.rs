//! Random cases: what some organisations do, the roots of a host, and what the kernel finds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::{
    admit::admit,
    digest::{
        BlobDigest, ConfigDigest, ContentDigest, IdentityId, KeyDigest, PolicyDigest, ResultDigest,
        RulePackDigest, StatementId, TreeHash,
    },
    evidence::{CheckpointFacts, Evidence, Stated},
    kernel::{Request, Rescan, Verdict, VetoGround, evaluate},
    level::Level,
    permission::Manifest,
    policy::{Policy, PolicyDecision, PolicyFacts},
    record::{
        Audit, Body, Counts, Criterion, Method, Outcome, Relation, Release, Scan, Scope, Veto,
        VetoReason, VetoTarget, Vouch,
    },
    requirement::{Confinement, Lineage, Shipped},
    roots::{EngineWire, LogWire, RootWire, Roots, RootsWire},
};

const NOW: u64 = 1_000_000;
/// Organisations 0 to 7 take part; 0 is the publisher.
pub(super) const ORGANISATIONS: u8 = 8;

/// What one organisation does, before any identity is chosen.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Vouch {
        from: u8,
        to: u8,
        depth: u64,
        veto_too: bool,
    },
    Scan {
        by: u8,
        engine: u8,
        high: bool,
        same: bool,
    },
    Audit {
        by: u8,
        high: bool,
        full: bool,
    },
    Veto {
        by: u8,
    },
}

impl Act {
    pub(super) fn is_clean_audit(&self) -> bool {
        match self {
            Self::Scan { high, .. } | Self::Audit { high, .. } => !high,
            Self::Vouch { .. } | Self::Veto { .. } => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) acts: Vec<Act>,
    /// Organisation → (capacity, depth).
    pub(super) roots: BTreeMap<u8, (u32, u8)>,
    /// Pairs that the roots file merges; pairs that would overlap are left out.
    pub(super) merged: Vec<(u8, u8)>,
    /// Chooses the identities.
    pub(super) salt: u8,
}

fn identity(salt: u8, organisation: u8) -> IdentityId {
    IdentityId::of(&[salt, organisation])
}

impl Case {
    pub(super) fn id(&self, organisation: u8) -> IdentityId {
        identity(self.salt, organisation)
    }

    pub(super) fn roots(&self) -> Roots {
        let mut wire = RootsWire::new(1, u64::from(u32::MAX), &Shipped::Demo.preset().unwrap());
        wire.logs.push(LogWire {
            origin: "log".into(),
            charter: StatementId::of(b"charter").to_string(),
            tlog_policy: String::new(),
            replay_group: "all".into(),
        });
        let mut used = BTreeSet::new();
        for (a, b) in &self.merged {
            let apart = a != b && !(self.roots.contains_key(a) && self.roots.contains_key(b));
            if apart && used.insert(*a) && used.insert(*b) {
                let mut pair = vec![self.id(*a).to_string(), self.id(*b).to_string()];
                pair.sort();
                wire.organisations.push(pair);
            }
        }
        wire.organisations.sort();
        for (organisation, (capacity, depth)) in &self.roots {
            wire.roots.push(RootWire {
                id: self.id(*organisation).to_string(),
                capacity: *capacity,
                depth: *depth,
            });
        }
        wire.roots.sort_by(|a, b| a.id.cmp(&b.id));
        for family in ["one", "two"] {
            wire.engines.push(EngineWire {
                family: family.into(),
                engines: vec![format!("engine-{family}")],
            });
        }
        Roots::parse(&crate::json::to_canonical(&wire).unwrap()).unwrap_or_else(|e| {
            panic!("{e}: {wire:?}");
        })
    }

    pub(super) fn evidence(&self) -> Evidence {
        let content = ContentDigest::of(b"content");
        let mut evidence = Evidence {
            origin: "log".into(),
            charter: StatementId::of(b"charter"),
            checkpoint: CheckpointFacts {
                note: Vec::new(),
                size: 1,
                root: TreeHash::of(b"root"),
                log_time: NOW,
                witness_time: NOW,
                cosigners: vec!["w1".into()],
                replayed: true,
            },
            subject: content,
            publisher: self.id(0),
            publisher_name: "author".parse().unwrap(),
            skill: "weather".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            release: self.stated(
                0,
                0,
                Release {
                    content,
                    skill: "weather".parse().unwrap(),
                    version: "1.0.0".parse().unwrap(),
                    previous: None,
                },
            ),
            releases: Vec::new(),
            yanked: None,
            statements: Vec::new(),
            vouches: Vec::new(),
            identities: BTreeMap::new(),
            retracted: BTreeMap::new(),
        };
        for (index, act) in self.acts.iter().enumerate() {
            self.perform(act, u64::try_from(index).unwrap() + 1, &mut evidence);
        }
        evidence
    }

    fn perform(&self, act: &Act, index: u64, evidence: &mut Evidence) {
        let (by, body) = match act {
            Act::Vouch {
                from,
                to,
                depth,
                veto_too,
            } => {
                let mut scopes = BTreeSet::from([Scope::Audit]);
                if *veto_too {
                    scopes.insert(Scope::Veto);
                }
                let body = Vouch {
                    organisation: self.id(*to),
                    scopes,
                    depth: *depth,
                    expires: None,
                };
                evidence.vouches.push(self.stated(index, *from, body));
                return;
            }
            Act::Scan {
                by,
                engine,
                high,
                same,
            } => (by, Body::Scan(scan(*engine, *high, *same))),
            Act::Audit { by, high, full } => (by, Body::Audit(audit(*high, *full))),
            Act::Veto { by } => {
                let body = Body::Veto(Veto {
                    target: VetoTarget::Content(evidence.subject),
                    reason: VetoReason::Malicious,
                    expires: None,
                    report: None,
                });
                (by, body)
            }
        };
        evidence.statements.push(self.stated(index, *by, body));
    }

    fn stated<T>(&self, index: u64, by: u8, body: T) -> Stated<T> {
        Stated {
            id: StatementId::of(&[[self.salt; 8], index.to_be_bytes()].concat()),
            index,
            log_time: NOW,
            issuer: self.id(by),
            signers: vec![KeyDigest::of(&[by])],
            body,
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        evaluate(&self.evidence(), &self.roots(), &request()).unwrap()
    }

    /// What does not depend on how anyone is called.
    pub(super) fn shape(&self) -> Shape {
        let decision = admit(&self.evidence(), &self.roots(), &Allow, &request());
        let verdict = decision.verdict.unwrap();
        (
            verdict.level,
            verdict.automated.value(),
            verdict.human.value(),
            verdict.veto.as_ref().map(std::mem::discriminant),
            verdict.severe.len(),
            decision.outcome.map_or_else(|r| r.code(), |_| "admitted"),
        )
    }
}

pub(super) type Shape = (
    Level,
    u32,
    u32,
    Option<std::mem::Discriminant<VetoGround>>,
    usize,
    &'static str,
);

fn scan(engine: u8, high: bool, same: bool) -> Scan {
    let engine = ["engine-one", "engine-two", "engine-unnamed"][usize::from(engine) % 3];
    Scan {
        content: ContentDigest::of(b"content"),
        engine: engine.parse().unwrap(),
        engine_version: "1.0.0".parse().unwrap(),
        packs: vec![RulePackDigest::of(b"pack")],
        config: ConfigDigest::of(b"config"),
        outcome: if high {
            Outcome::Findings
        } else {
            Outcome::NoFindings
        },
        counts: Counts {
            high: u64::from(high),
            medium: 0,
            low: 0,
        },
        result: ResultDigest::of(if same { b"same" } else { b"other" }),
        report: BlobDigest::of(b"report"),
    }
}

fn audit(high: bool, full: bool) -> Audit {
    Audit {
        content: ContentDigest::of(b"content"),
        method: Method::Human,
        criteria: Criterion::ALL.into(),
        files_examined: if full { 3 } else { 2 },
        files_total: 3,
        minutes: 1,
        relation: Relation::None,
        delta_base: None,
        counts: Counts {
            high: u64::from(high),
            medium: 0,
            low: 0,
        },
        report: None,
    }
}

pub(super) fn request() -> Request {
    Request {
        manifest: Manifest::empty(),
        files: 3,
        confinement: Confinement::None,
        lineage: Lineage::default(),
        rescan: Some(Rescan {
            result: ResultDigest::of(b"same"),
            high: 0,
        }),
        clock: NOW,
        max_age: 0,
    }
}

pub(super) struct Allow;

impl Policy for Allow {
    fn digest(&self) -> PolicyDigest {
        PolicyDigest::of(b"allow")
    }
    fn decide(&self, _: &PolicyFacts) -> PolicyDecision {
        PolicyDecision::Allow { rules: Vec::new() }
    }
}

pub(super) fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    let who = || 0..ORGANISATIONS;
    let act = prop_oneof![
        6 => (who(), who(), 0_u64..4, any::<bool>())
            .prop_map(|(from, to, depth, veto_too)| Act::Vouch { from, to, depth, veto_too }),
        3 => (who(), 0_u8..3, prop::bool::weighted(0.05), prop::bool::weighted(0.9))
            .prop_map(|(by, engine, high, same)| Act::Scan { by, engine, high, same }),
        4 => (who(), prop::bool::weighted(0.05), prop::bool::weighted(0.9))
            .prop_map(|(by, high, full)| Act::Audit { by, high, full }),
        1 => who().prop_map(|by| Act::Veto { by }),
    ];
    prop::collection::vec(act, 0..most)
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let roots = prop::collection::btree_map(1..ORGANISATIONS, (1_u32..4, 0_u8..4), 0..4);
    let merged = prop::collection::vec((0..ORGANISATIONS, 0..ORGANISATIONS), 0..2);
    (acts(28), roots, merged).prop_map(|(acts, roots, merged)| Case {
        acts,
        roots,
        merged,
        salt: 0,
    })
}
