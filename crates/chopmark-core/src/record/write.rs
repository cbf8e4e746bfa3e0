//! From a body to a payload's bytes.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::{
    Audit, Body, Claim, Counts, NextKeys, RecordError, Release, Retire, Retract, RoleKey, Rotate,
    Rules, Scan, State, Veto, VetoTarget, Vouch, Yank,
    fields::{Word, words},
    wire,
};
use crate::{
    digest::{IdentityId, sha256},
    json,
    key::PublicKey,
};

struct Frame<'a> {
    log: &'a str,
    issuer: Option<IdentityId>,
    predicate_type: String,
}

/// Prints the in-toto statement of `body`.
pub(crate) fn payload(
    log: &str,
    issuer: Option<IdentityId>,
    body: &Body,
) -> Result<Vec<u8>, RecordError> {
    let frame = Frame {
        log,
        issuer,
        predicate_type: body.kind().predicate_type(),
    };
    let origin = IdentityId::from_bytes(sha256(log.as_bytes())).to_string();
    match body {
        Body::Charter(b) => frame.print("log", origin, charter(log, b)),
        Body::Inception(b) => frame.print("log", origin, inception(log, b)),
        Body::Rotate(b) => frame.print("identity", frame.issuer()?, rotate(&frame, b)?),
        Body::Retire(b) => frame.print("identity", frame.issuer()?, retire(&frame, b)?),
        Body::Claim(b) => frame.print("identity", frame.issuer()?, claim(&frame, b)?),
        Body::Release(b) => frame.print("content", b.content.to_string(), release(&frame, b)?),
        Body::Yank(b) => frame.print("content", b.content.to_string(), yank(&frame, b)?),
        Body::Scan(b) => frame.print("content", b.content.to_string(), scan(&frame, b)?),
        Body::Audit(b) => frame.print("content", b.content.to_string(), audit(&frame, b)?),
        Body::Vouch(b) => frame.print("identity", b.organisation.to_string(), vouch(&frame, b)?),
        Body::Veto(b) => veto(&frame, b),
        Body::Retract(b) => frame.print("statement", b.statement.to_string(), retract(&frame, b)?),
        Body::State(b) => frame.print("state", b.root.to_string(), state(&frame, b)?),
        Body::Rules(b) => frame.print(
            "specification",
            b.specification.to_string(),
            rules(&frame, b)?,
        ),
    }
}

impl Frame<'_> {
    fn log(&self) -> String {
        self.log.to_owned()
    }

    fn issuer(&self) -> Result<String, RecordError> {
        self.issuer
            .map(|id| id.to_string())
            .ok_or_else(|| RecordError::Field {
                field: "issuer",
                problem: "this kind of record needs one".to_owned(),
            })
    }

    fn print<P: Serialize>(
        &self,
        name: &str,
        digest: String,
        predicate: P,
    ) -> Result<Vec<u8>, RecordError> {
        let statement = wire::Statement {
            statement_type: wire::STATEMENT_TYPE.to_owned(),
            subject: vec![wire::Subject {
                name: name.to_owned(),
                digest: wire::DigestSet { sha256: digest },
            }],
            predicate_type: self.predicate_type.clone(),
            predicate,
        };
        json::to_canonical(&statement).map_err(|e| RecordError::Statement(e.to_string()))
    }
}

fn charter(log: &str, b: &super::Charter) -> wire::Charter {
    wire::Charter {
        log: log.to_owned(),
        rules: b.rules,
        limits: wire::Limits {
            leaf_bytes: b.limits.leaf_bytes,
            identity_leaf_bytes: b.limits.identity_leaf_bytes,
            batch_records: b.limits.batch_records,
        },
        operator: STANDARD.encode(b.operator.bytes()),
    }
}

fn inception(log: &str, b: &super::Inception) -> wire::Inception {
    wire::Inception {
        log: log.to_owned(),
        keys: role_keys(&b.keys.keys),
        threshold: b.keys.threshold,
        next: next_keys(&b.keys.next),
        rotation_days: b.keys.rotation_days,
        name_commitment: b.name.map(|c| c.to_string()),
    }
}

fn rotate(frame: &Frame<'_>, b: &Rotate) -> Result<wire::Rotate, RecordError> {
    Ok(wire::Rotate {
        log: frame.log(),
        issuer: frame.issuer()?,
        seq: b.seq,
        previous: b.previous.to_string(),
        keys: role_keys(&b.keys.keys),
        threshold: b.keys.threshold,
        next: next_keys(&b.keys.next),
        rotation_days: b.keys.rotation_days,
    })
}

fn retire(frame: &Frame<'_>, b: &Retire) -> Result<wire::Retire, RecordError> {
    Ok(wire::Retire {
        log: frame.log(),
        issuer: frame.issuer()?,
        seq: b.seq,
        previous: b.previous.to_string(),
        keys: b.keys.iter().map(PublicKey::to_base64).collect(),
    })
}

fn claim(frame: &Frame<'_>, b: &Claim) -> Result<wire::Claim, RecordError> {
    Ok(wire::Claim {
        log: frame.log(),
        issuer: frame.issuer()?,
        name: b.name.to_string(),
        salt: IdentityId::from_bytes(b.salt).to_string(),
    })
}

fn release(frame: &Frame<'_>, b: &Release) -> Result<wire::Release, RecordError> {
    Ok(wire::Release {
        log: frame.log(),
        issuer: frame.issuer()?,
        skill: b.skill.to_string(),
        version: b.version.to_string(),
        previous: b.previous.map(|id| id.to_string()),
    })
}

fn yank(frame: &Frame<'_>, b: &Yank) -> Result<wire::Yank, RecordError> {
    Ok(wire::Yank {
        log: frame.log(),
        issuer: frame.issuer()?,
        skill: b.skill.to_string(),
        version: b.version.to_string(),
        release: b.release.to_string(),
        reason: b.reason.word().to_owned(),
    })
}

fn vouch(frame: &Frame<'_>, b: &Vouch) -> Result<wire::Vouch, RecordError> {
    Ok(wire::Vouch {
        log: frame.log(),
        issuer: frame.issuer()?,
        scopes: words(&b.scopes),
        depth: b.depth,
        expires: b.expires,
    })
}

fn retract(frame: &Frame<'_>, b: &Retract) -> Result<wire::Retract, RecordError> {
    Ok(wire::Retract {
        log: frame.log(),
        issuer: frame.issuer()?,
        reason: b.reason.word().to_owned(),
    })
}

fn rules(frame: &Frame<'_>, b: &Rules) -> Result<wire::Rules, RecordError> {
    Ok(wire::Rules {
        log: frame.log(),
        issuer: frame.issuer()?,
        version: b.version,
        not_before: b.not_before,
    })
}

fn scan(frame: &Frame<'_>, b: &Scan) -> Result<wire::Scan, RecordError> {
    Ok(wire::Scan {
        log: frame.log(),
        issuer: frame.issuer()?,
        engine: b.engine.to_string(),
        engine_version: b.engine_version.to_string(),
        packs: b.packs.iter().map(ToString::to_string).collect(),
        config: b.config.to_string(),
        outcome: b.outcome.word().to_owned(),
        counts: counts(b.counts),
        result: b.result.to_string(),
        report: b.report.to_string(),
    })
}

fn audit(frame: &Frame<'_>, b: &Audit) -> Result<wire::Audit, RecordError> {
    Ok(wire::Audit {
        log: frame.log(),
        issuer: frame.issuer()?,
        method: b.method.word().to_owned(),
        criteria: words(&b.criteria),
        files_examined: b.files_examined,
        files_total: b.files_total,
        minutes: b.minutes,
        relation: b.relation.word().to_owned(),
        delta_base: b.delta_base.map(|d| d.to_string()),
        counts: counts(b.counts),
        report: b.report.map(|d| d.to_string()),
    })
}

fn state(frame: &Frame<'_>, b: &State) -> Result<wire::State, RecordError> {
    Ok(wire::State {
        log: frame.log(),
        issuer: frame.issuer()?,
        index: b.index,
        previous_index: b.previous_index,
        previous_root: b.previous_root.to_string(),
        time: b.time,
    })
}

fn veto(frame: &Frame<'_>, b: &Veto) -> Result<Vec<u8>, RecordError> {
    let mut target = wire::VetoTarget {
        kind: String::new(),
        from_index: None,
        skill: None,
        versions: None,
    };
    let (kind, subject, digest) = match &b.target {
        VetoTarget::Content(content) => ("content", "content", content.to_string()),
        VetoTarget::Key { key, from_index } => {
            target.from_index = Some(*from_index);
            ("key", "key", key.to_string())
        }
        VetoTarget::Skill {
            publisher,
            skill,
            versions,
        } => {
            target.skill = Some(skill.to_string());
            target.versions = Some(versions.to_string());
            ("skill", "identity", publisher.to_string())
        }
    };
    kind.clone_into(&mut target.kind);
    let predicate = wire::Veto {
        log: frame.log(),
        issuer: frame.issuer()?,
        target,
        reason: b.reason.word().to_owned(),
        expires: b.expires,
        report: b.report.map(|d| d.to_string()),
    };
    frame.print(subject, digest, predicate)
}

fn counts(counts: Counts) -> wire::Counts {
    wire::Counts {
        high: counts.high,
        medium: counts.medium,
        low: counts.low,
    }
}

pub(crate) fn role_keys(keys: &[RoleKey]) -> Vec<wire::RoleKey> {
    keys.iter()
        .map(|k| wire::RoleKey {
            key: k.key.to_base64(),
            roles: words(&k.roles),
        })
        .collect()
}

pub(crate) fn next_keys(next: &NextKeys) -> wire::NextKeys {
    wire::NextKeys {
        keys: next.keys.iter().map(ToString::to_string).collect(),
        threshold: next.threshold,
    }
}
