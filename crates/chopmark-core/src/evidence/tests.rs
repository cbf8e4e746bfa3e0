use super::*;
use crate::{
    digest::sha256,
    record::{
        Audit, Counts, Criterion, Method, Relation, Retract, RetractReason, Scope, Veto,
        VetoReason, VetoTarget, Yank, YankReason,
    },
    testing::{TestIdentity, TestLog},
};

struct Story {
    log: TestLog,
    author: TestIdentity,
    auditor: TestIdentity,
    root: TestIdentity,
    content: ContentDigest,
}

fn release(log: &mut TestLog, by: &TestIdentity, version: &str, content: ContentDigest) -> Record {
    let skill: SkillName = "weather".parse().unwrap();
    let key = crate::entry::MapKey::Skill(by.id, skill.clone());
    let previous = match log.state().entry(&key).unwrap().map(|e| e.state) {
        Some(crate::entry::EntryState::Skill(last)) => last,
        _ => None,
    };
    let version = version.parse().unwrap();
    by.sign(&Body::Release(Release {
        content,
        skill,
        version,
        previous,
    }))
}

fn veto(content: ContentDigest) -> Body {
    Body::Veto(Veto {
        target: VetoTarget::Content(content),
        reason: VetoReason::Malicious,
        expires: None,
        report: None,
    })
}

fn audit(content: ContentDigest) -> Body {
    Body::Audit(Audit {
        content,
        method: Method::Human,
        criteria: [Criterion::SafeToRead].into(),
        files_examined: 2,
        files_total: 2,
        minutes: 30,
        relation: Relation::None,
        delta_base: None,
        counts: Counts::default(),
        report: None,
    })
}

fn story() -> Story {
    let mut log = TestLog::new();
    let author = log.identity(1, "author");
    let auditor = log.identity(2, "auditor");
    let root = log.identity(3, "root");
    let content = ContentDigest::from_bytes(sha256(b"content"));
    let record = release(&mut log, &author, "1.0.0", content);
    log.push(&record).unwrap();
    log.push(&auditor.sign(&audit(content))).unwrap();
    log.push(&root.sign(&Body::Vouch(Vouch {
        organisation: auditor.id,
        scopes: [Scope::Audit].into(),
        depth: 0,
        expires: None,
    })))
    .unwrap();
    log.seal();
    Story {
        log,
        author,
        auditor,
        root,
        content,
    }
}

impl Story {
    fn reach(&self) -> Reach {
        Reach {
            roots: vec![self.root.id],
            max_depth: 8,
            max_organisations: 16,
        }
    }

    fn query(&self) -> Query {
        Query {
            publisher: self.author.name.clone(),
            skill: "weather".parse().unwrap(),
            version: None,
        }
    }

    fn collect(&self) -> Result<Evidence, EvidenceError> {
        let contact = self.log.first_contact(&[]);
        collect(&self.log, &contact, &self.reach(), &self.query())
    }

    fn code(&self) -> &'static str {
        self.collect().map_or_else(|e| e.code(), |_| "ok")
    }
}

#[test]
fn a_whole_story_is_proved() {
    let story = story();
    let evidence = story.collect().unwrap();
    assert_eq!(evidence.subject, story.content);
    assert_eq!(evidence.statements.len(), 1);
    assert_eq!(evidence.vouches.len(), 1);
    assert!(evidence.checkpoint.replayed);
    assert_eq!(evidence.release.log_time, evidence.checkpoint.log_time);
    assert_eq!(evidence.label(&story.auditor.id), "@auditor");
}

#[test]
fn a_bundle_gives_the_same_evidence_and_needs_every_part() {
    let story = story();
    let contact = story.log.first_contact(&[]);
    let recorder = Recorder::new(&story.log);
    let online = collect(&recorder, &contact, &story.reach(), &story.query()).unwrap();
    let bytes = recorder.into_bundle().bytes().unwrap();
    let bundle = Bundle::parse(&bytes).unwrap();
    assert_eq!(bundle.bytes().unwrap(), bytes);
    assert_eq!(
        collect(&bundle, &contact, &story.reach(), &story.query()),
        Ok(online)
    );

    // Leave out one node, list or leaf at a time: never a quieter verdict, always a refusal.
    let text = String::from_utf8(bytes).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for part in ["nodes", "lists", "leaves"] {
        for at in 0..value[part].as_array().unwrap().len() {
            let removed = value[part].as_array_mut().unwrap().remove(at);
            let bundle = Bundle::parse(&value_bytes(&value)).unwrap();
            let error = collect(&bundle, &contact, &story.reach(), &story.query()).unwrap_err();
            assert_eq!(error.code(), "evidence-withheld", "{part} {at}: {error}");
            value[part].as_array_mut().unwrap().insert(at, removed);
        }
    }
}

/// Prints with the fields in the order of the format.
fn value_bytes(value: &serde_json::Value) -> Vec<u8> {
    let mut out = String::from("{");
    for name in [
        "schema",
        "checkpoint",
        "nodes",
        "lists",
        "leaves",
        "paths",
        "states",
    ] {
        let comma = if out.len() > 1 { "," } else { "" };
        out += &format!("{comma}\"{name}\":{}", value[name]);
    }
    (out + "}").into_bytes()
}

#[test]
fn a_registry_that_leaves_the_veto_out() {
    let mut story = story();
    assert_eq!(story.code(), "ok");
    let before: Vec<_> = story.log.store_mut().lists.keys().copied().collect();
    story
        .log
        .push(&story.root.sign(&veto(story.content)))
        .unwrap();
    story.log.seal();
    let seen = story.collect().unwrap();
    assert!(
        seen.statements
            .iter()
            .any(|s| matches!(s.body, Body::Veto(_)))
    );
    story
        .log
        .store_mut()
        .lists
        .retain(|root, _| before.contains(root));
    assert_eq!(story.code(), "evidence-withheld");
}

#[test]
fn one_flipped_byte_in_a_leaf() {
    let mut story = story();
    let index = usize::try_from(story.collect().unwrap().release.index).unwrap();
    let at = story.log.leaves_mut()[index].len() - 20;
    // The registry signs a tree over the altered leaf, and every witness cosigns it.
    story.log.leaves_mut()[index][at] ^= 1;
    assert_eq!(story.code(), "leaf-altered");
}

#[test]
fn two_cosignatures_where_three_are_due() {
    let mut story = story();
    assert_eq!(story.code(), "ok");
    story.log.cosigners = vec![1, 2];
    assert_eq!(story.code(), "checkpoint-quorum");
}

#[test]
fn plain_cosignatures_where_replaying_ones_are_due() {
    let story = story();
    let replayed = |plain: &[u8]| {
        let contact = story.log.first_contact(plain);
        collect(&story.log, &contact, &story.reach(), &story.query())
            .unwrap()
            .checkpoint
            .replayed
    };
    assert!(replayed(&[4]));
    assert!(!replayed(&[1, 2, 3]));
}

#[test]
fn another_charter_is_another_log() {
    let story = story();
    let mut contact = story.log.first_contact(&[]);
    contact.charter = StatementId::from_bytes([0; 32]);
    let error = collect(&story.log, &contact, &story.reach(), &story.query()).unwrap_err();
    assert_eq!(error.code(), "charter-mismatch");
}

#[test]
fn old_releases_outlive_a_rotation() {
    let mut story = story();
    let old = story.collect().unwrap();
    story.log.rotate(&mut story.author);
    let now = story.collect().unwrap();
    assert_eq!(now.release, old.release);

    let content = ContentDigest::from_bytes(sha256(b"next"));
    let body = release(&mut story.log, &story.author, "1.1.0", content)
        .body()
        .clone();
    let stolen = story.author.sign_with(&body, 0);
    let refused = story.log.push(&stolen).unwrap_err();
    assert_eq!(refused.code(), "signature-not-in-force");
    story.log.push(&story.author.sign(&body)).unwrap();
    story.log.seal();
    assert_eq!(story.collect().unwrap().subject, content);
}

#[test]
fn the_operator_signs_a_release_in_the_authors_name() {
    let mut story = story();
    let content = ContentDigest::from_bytes(sha256(b"evil"));
    let record = release(&mut story.log, &story.author, "6.6.6", content);
    let key = story.log.operator().key();
    let forged = Record::sign(
        crate::testing::ORIGIN,
        Some(story.author.id),
        record.body(),
        &[&key],
    )
    .unwrap();
    assert_eq!(
        story.log.push(&forged).unwrap_err().code(),
        "signature-not-in-force"
    );
    assert!(story.log.push(&record).is_ok());
}

#[test]
fn a_record_copied_from_another_log() {
    let mut story = story();
    let content = ContentDigest::from_bytes(sha256(b"more"));
    let record = release(&mut story.log, &story.author, "2.0.0", content);
    let sign = |origin| {
        let key = story.author.key();
        Record::sign(origin, Some(story.author.id), record.body(), &[&key]).unwrap()
    };
    let copied = sign("other.example/log");
    assert_eq!(
        story.log.push(&copied).unwrap_err().code(),
        "record-other-log"
    );
    assert!(story.log.push(&record).is_ok());
}

#[test]
fn yanks_and_retractions_are_seen() {
    let mut story = story();
    let evidence = story.collect().unwrap();
    let audit_id = evidence.statements[0].id;
    let body = Body::Retract(Retract {
        statement: audit_id,
        reason: RetractReason::Error,
    });
    assert_eq!(
        story.log.push(&story.root.sign(&body)).unwrap_err().code(),
        "retract-not-issuer"
    );
    story.log.push(&story.auditor.sign(&body)).unwrap();
    let yank = Body::Yank(Yank {
        content: story.content,
        skill: "weather".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        release: evidence.release.id,
        reason: YankReason::Security,
    });
    story.log.push(&story.author.sign(&yank)).unwrap();
    story.log.seal();
    assert_eq!(story.code(), "version-unknown");
    let contact = story.log.first_contact(&[]);
    let query = Query {
        version: Some("1.0.0".parse().unwrap()),
        ..story.query()
    };
    let now = collect(&story.log, &contact, &story.reach(), &query).unwrap();
    assert!(now.yanked.is_some());
    assert!(now.retracted.contains_key(&audit_id));
}
