//! A log with an author, an auditor and a voucher, and a host that decides by it.

use crate::{
    admit::{Decision, admit},
    digest::{
        BlobDigest, ConfigDigest, ContentDigest, IdentityId, PolicyDigest, ResultDigest,
        RulePackDigest, StatementId, sha256,
    },
    evidence::{Evidence, Query, collect},
    kernel::{Request, Rescan},
    level::Level,
    permission::Manifest,
    policy::{Policy, PolicyDecision, PolicyFacts},
    receipt::reach,
    record::{
        Audit, Body, Counts, Criterion, Method, Outcome, Relation, Release, Scan, Scope, Veto,
        VetoReason, VetoTarget, Vouch,
    },
    requirement::{Confinement, Lineage, Shipped},
    roots::{Roots, RootsWire},
    testing::{TestIdentity, TestLog},
};

pub(super) struct AllowAll;

impl Policy for AllowAll {
    fn digest(&self) -> PolicyDigest {
        PolicyDigest::of(b"allow")
    }
    fn decide(&self, _: &PolicyFacts) -> PolicyDecision {
        PolicyDecision::Allow {
            rules: vec!["all".into()],
        }
    }
}

pub(super) struct Fixed(pub(super) PolicyDecision);

impl Policy for Fixed {
    fn digest(&self) -> PolicyDigest {
        PolicyDigest::of(b"fixed")
    }
    fn decide(&self, _: &PolicyFacts) -> PolicyDecision {
        self.0.clone()
    }
}

const SECRET: &str = r#"{"schema":"https://chopmark.dev/schema/permissions/v1",
"network":[{"host":"api.example.com"}],"secrets":[{"name":"TOKEN","host":"api.example.com",
"header":"Authorization","format":"Bearer {secret}"}]}"#;

pub(super) struct World {
    pub(super) log: TestLog,
    pub(super) author: TestIdentity,
    pub(super) auditor: TestIdentity,
    pub(super) voucher: TestIdentity,
    pub(super) content: ContentDigest,
    pub(super) request: Request,
    pub(super) plain: Vec<u8>,
    pub(super) preset: Shipped,
    pub(super) charter: Option<StatementId>,
}

pub(super) fn vouch(organisation: IdentityId, depth: u64) -> Body {
    Body::Vouch(Vouch {
        organisation,
        scopes: Scope::ALL.into(),
        depth,
        expires: None,
    })
}

pub(super) fn scan(content: ContentDigest, result: &[u8], high: u64) -> Body {
    Body::Scan(Scan {
        content,
        engine: "chopmark-scan".parse().unwrap(),
        engine_version: "0.1.0".parse().unwrap(),
        packs: vec![RulePackDigest::of(b"pack")],
        config: ConfigDigest::of(b"config"),
        outcome: if high > 0 {
            Outcome::Findings
        } else {
            Outcome::NoFindings
        },
        counts: Counts {
            high,
            medium: 0,
            low: 0,
        },
        result: ResultDigest::of(result),
        report: BlobDigest::of(b"report"),
    })
}

pub(super) fn audit(content: ContentDigest) -> Audit {
    Audit {
        content,
        method: Method::Human,
        criteria: Criterion::ALL.into(),
        files_examined: 3,
        files_total: 3,
        minutes: 10,
        relation: Relation::None,
        delta_base: None,
        counts: Counts::default(),
        report: None,
    }
}

pub(super) fn veto(content: ContentDigest) -> Body {
    Body::Veto(Veto {
        target: VetoTarget::Content(content),
        reason: VetoReason::Malicious,
        expires: None,
        report: None,
    })
}

impl World {
    /// A release that asks for a secret; nobody has said anything about it.
    pub(super) fn bare() -> Self {
        let mut log = TestLog::new();
        let author = log.identity(1, "author");
        let auditor = log.identity(2, "auditor");
        let voucher = log.identity(3, "voucher");
        let content = ContentDigest::from_bytes(sha256(b"content"));
        log.push(&author.sign(&Body::Release(Release {
            content,
            skill: "weather".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            previous: None,
        })))
        .unwrap();
        log.seal();
        let request = Request {
            manifest: Manifest::parse(SECRET).unwrap(),
            files: 3,
            confinement: Confinement::None,
            lineage: Lineage::default(),
            rescan: Some(Rescan {
                result: ResultDigest::of(b"result"),
                high: 0,
            }),
            clock: 1_003_600,
            max_age: 86_400,
        };
        let preset = Shipped::Demo;
        Self {
            log,
            author,
            auditor,
            voucher,
            content,
            request,
            plain: vec![],
            preset,
            charter: None,
        }
    }

    /// As [`World::bare`], with scan, human audit and vouch.
    pub(super) fn complete() -> Self {
        let mut world = Self::bare();
        let content = world.content;
        world.say(&scan(content, b"result", 0), Who::Auditor);
        world.say(&Body::Audit(audit(content)), Who::Auditor);
        world.say(&vouch(world.auditor.id, 0), Who::Voucher);
        world
    }

    pub(super) fn say(&mut self, body: &Body, who: Who) {
        let identity = match who {
            Who::Author => &self.author,
            Who::Auditor => &self.auditor,
            Who::Voucher => &self.voucher,
        };
        self.log.push(&identity.sign(body)).unwrap();
        self.log.seal();
    }

    pub(super) fn roots(&self) -> Roots {
        let preset = self.preset.preset().unwrap();
        let mut wire = RootsWire::new(1, 2_000_000_000, &preset);
        wire.roots.push(crate::roots::RootWire {
            id: self.voucher.id.to_string(),
            capacity: 1,
            depth: 3,
        });
        wire.logs.push(crate::roots::LogWire {
            origin: crate::testing::ORIGIN.into(),
            charter: self
                .charter
                .unwrap_or_else(|| self.log.first_contact(&[]).charter)
                .to_string(),
            tlog_policy: String::new(),
            replay_group: "replaying".into(),
        });
        wire.engines.push(crate::roots::EngineWire {
            family: "chopmark".into(),
            engines: vec!["chopmark-scan".into()],
        });
        Roots::parse(&crate::json::to_canonical(&wire).unwrap()).unwrap()
    }

    pub(super) fn query(&self) -> Query {
        Query {
            publisher: self.author.name.clone(),
            skill: "weather".parse().unwrap(),
            version: Some("1.0.0".parse().unwrap()),
        }
    }

    pub(super) fn evidence(&self) -> Evidence {
        let contact = self.log.first_contact(&self.plain);
        collect(&self.log, &contact, &reach(&self.roots()), &self.query()).unwrap()
    }

    pub(super) fn decide(&self) -> Decision {
        admit(&self.evidence(), &self.roots(), &AllowAll, &self.request)
    }

    pub(super) fn code(&self) -> &'static str {
        self.decide()
            .outcome
            .map_or_else(|refusal| refusal.code(), |_| "admitted")
    }

    pub(super) fn level(&self) -> Level {
        self.decide().verdict.unwrap().level
    }
}

pub(super) enum Who {
    Author,
    Auditor,
    Voucher,
}
