//! From a payload's bytes to a body.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Audit, Body, Charter, Claim, Counts, Inception, KeySet, Kind, Limits, NextKeys, RecordError,
    Release, Retire, Retract, RoleKey, Rotate, Rules, Scan, State, Veto, VetoTarget, Vouch, Yank,
    fields::{Word, ascending, integer, key, optional_text, problem, text},
    wire,
};
use crate::{
    digest::{IdentityId, sha256},
    dsse::Envelope,
    json,
    key::Role,
};

/// The most keys that an identity holds, now or next.
const MAX_KEYS: usize = 16;
/// The most rule packs that one scan names.
const MAX_PACKS: usize = 32;

pub(crate) struct Statement {
    pub origin: String,
    pub issuer: Option<IdentityId>,
    pub body: Body,
}

pub(crate) fn statement(payload: &[u8]) -> Result<Statement, RecordError> {
    let head: wire::Head =
        serde_json::from_slice(payload).map_err(|e| RecordError::Statement(e.to_string()))?;
    let kind = Kind::from_predicate_type(&head.predicate_type)
        .ok_or(RecordError::UnknownKind(head.predicate_type))?;
    match kind {
        Kind::Charter => charter(payload),
        Kind::Inception => inception(payload),
        Kind::Rotate => rotate(payload),
        Kind::Retire => retire(payload),
        Kind::Claim => claim(payload),
        Kind::Release => release(payload),
        Kind::Yank => yank(payload),
        Kind::Scan => scan(payload),
        Kind::Audit => audit(payload),
        Kind::Vouch => vouch(payload),
        Kind::Veto => veto(payload),
        Kind::Retract => retract(payload),
        Kind::State => state(payload),
        Kind::Rules => rules(payload),
    }
}

/// Reads the frame: one subject of the expected name, canonical as a whole.
fn frame<P: Serialize + DeserializeOwned>(
    payload: &[u8],
    subject_names: &[&str],
) -> Result<(wire::Subject, P), RecordError> {
    let statement: wire::Statement<P> =
        json::from_canonical(payload).map_err(|e| RecordError::Statement(e.to_string()))?;
    if statement.statement_type != wire::STATEMENT_TYPE {
        return Err(problem(
            "_type",
            format!("`{}` is not in-toto v1", statement.statement_type),
        ));
    }
    let [subject] = <[wire::Subject; 1]>::try_from(statement.subject).map_err(|s| {
        problem(
            "subject",
            format!("{} subjects; exactly one is allowed", s.len()),
        )
    })?;
    if !subject_names.contains(&subject.name.as_str()) {
        return Err(problem(
            "subject.name",
            format!("`{}` is not expected here", subject.name),
        ));
    }
    Ok((subject, statement.predicate))
}

fn origin(log: String) -> Result<String, RecordError> {
    if log.is_empty() || log.len() > 255 || log.chars().any(|c| c.is_whitespace() || c == '+') {
        return Err(problem(
            "log",
            "an origin has 1 to 255 bytes without space or plus",
        ));
    }
    Ok(log)
}

fn issued(log: String, issuer: &str, body: Body) -> Result<Statement, RecordError> {
    Ok(Statement {
        origin: origin(log)?,
        issuer: Some(text("issuer", issuer)?),
        body,
    })
}

/// The subject of a record about the log itself is the SHA-256 of its origin.
fn about_origin(subject: &wire::Subject, log: &str) -> Result<(), RecordError> {
    let expected: IdentityId = IdentityId::from_bytes(sha256(log.as_bytes()));
    if subject.digest.sha256 != expected.to_string() {
        return Err(problem(
            "subject.digest",
            "not the SHA-256 of the log's origin",
        ));
    }
    Ok(())
}

/// The subject of an event of an identity is the identity itself.
fn about_issuer(subject: &wire::Subject, issuer: &str) -> Result<(), RecordError> {
    if subject.digest.sha256 != issuer {
        return Err(problem("subject.digest", "not the issuer's id"));
    }
    Ok(())
}

fn charter(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Charter) = frame(payload, &["log"])?;
    about_origin(&subject, &p.log)?;
    let operator = STANDARD
        .decode(&p.operator)
        .map_err(|e| problem("operator", e))?;
    let limits = Limits {
        leaf_bytes: integer("leafBytes", p.limits.leaf_bytes)?,
        identity_leaf_bytes: integer("identityLeafBytes", p.limits.identity_leaf_bytes)?,
        batch_records: integer("batchRecords", p.limits.batch_records)?,
    };
    let body = Body::Charter(Charter {
        operator: Envelope::parse(&operator)?,
        rules: integer("rules", p.rules)?,
        limits,
    });
    Ok(Statement {
        origin: origin(p.log)?,
        issuer: None,
        body,
    })
}

fn inception(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Inception) = frame(payload, &["log"])?;
    about_origin(&subject, &p.log)?;
    let keys = key_set(&p.keys, p.threshold, &p.next, p.rotation_days)?;
    let name = optional_text("nameCommitment", p.name_commitment.as_ref())?;
    let body = Body::Inception(Inception { keys, name });
    Ok(Statement {
        origin: origin(p.log)?,
        issuer: None,
        body,
    })
}

fn rotate(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Rotate) = frame(payload, &["identity"])?;
    about_issuer(&subject, &p.issuer)?;
    let body = Body::Rotate(Rotate {
        seq: integer("seq", p.seq)?,
        previous: text("previous", &p.previous)?,
        keys: key_set(&p.keys, p.threshold, &p.next, p.rotation_days)?,
    });
    issued(p.log, &p.issuer, body)
}

fn retire(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Retire) = frame(payload, &["identity"])?;
    about_issuer(&subject, &p.issuer)?;
    let keys = ascending("keys", &p.keys, 1..=MAX_KEYS, |t| key("keys", t))?;
    let body = Body::Retire(Retire {
        seq: integer("seq", p.seq)?,
        previous: text("previous", &p.previous)?,
        keys: keys.into_iter().collect(),
    });
    issued(p.log, &p.issuer, body)
}

fn claim(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Claim) = frame(payload, &["identity"])?;
    about_issuer(&subject, &p.issuer)?;
    let salt: IdentityId = text("salt", &p.salt)?;
    let body = Body::Claim(Claim {
        name: text("name", &p.name)?,
        salt: *salt.as_bytes(),
    });
    issued(p.log, &p.issuer, body)
}

fn release(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Release) = frame(payload, &["content"])?;
    let body = Body::Release(Release {
        content: text("subject.digest", &subject.digest.sha256)?,
        skill: text("skill", &p.skill)?,
        version: text("version", &p.version)?,
        previous: optional_text("previous", p.previous.as_ref())?,
    });
    issued(p.log, &p.issuer, body)
}

fn yank(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Yank) = frame(payload, &["content"])?;
    let body = Body::Yank(Yank {
        content: text("subject.digest", &subject.digest.sha256)?,
        skill: text("skill", &p.skill)?,
        version: text("version", &p.version)?,
        release: text("release", &p.release)?,
        reason: Word::read("reason", &p.reason)?,
    });
    issued(p.log, &p.issuer, body)
}

fn scan(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Scan) = frame(payload, &["content"])?;
    let packs = ascending("packs", &p.packs, 0..=MAX_PACKS, |t| text("packs", t))?;
    let body = Body::Scan(Scan {
        content: text("subject.digest", &subject.digest.sha256)?,
        engine: text("engine", &p.engine)?,
        engine_version: text("engineVersion", &p.engine_version)?,
        packs: packs.into_iter().collect(),
        config: text("config", &p.config)?,
        outcome: Word::read("outcome", &p.outcome)?,
        counts: counts(&p.counts)?,
        result: text("result", &p.result)?,
        report: text("report", &p.report)?,
    });
    issued(p.log, &p.issuer, body)
}

fn audit(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Audit) = frame(payload, &["content"])?;
    let files_examined = integer("filesExamined", p.files_examined)?;
    let files_total = integer("filesTotal", p.files_total)?;
    if files_examined > files_total {
        return Err(problem("filesExamined", "more than filesTotal"));
    }
    let body = Body::Audit(Audit {
        content: text("subject.digest", &subject.digest.sha256)?,
        method: Word::read("method", &p.method)?,
        criteria: ascending("criteria", &p.criteria, 0..=3, |t| {
            Word::read("criteria", t)
        })?,
        files_examined,
        files_total,
        minutes: integer("minutes", p.minutes)?,
        relation: Word::read("relation", &p.relation)?,
        delta_base: optional_text("deltaBase", p.delta_base.as_ref())?,
        counts: counts(&p.counts)?,
        report: optional_text("report", p.report.as_ref())?,
    });
    issued(p.log, &p.issuer, body)
}

fn vouch(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Vouch) = frame(payload, &["identity"])?;
    if p.depth > 7 {
        return Err(problem("depth", "more than 7"));
    }
    let body = Body::Vouch(Vouch {
        organisation: text("subject.digest", &subject.digest.sha256)?,
        scopes: ascending("scopes", &p.scopes, 1..=2, |t| Word::read("scopes", t))?,
        depth: p.depth,
        expires: p.expires.map(|t| integer("expires", t)).transpose()?,
    });
    issued(p.log, &p.issuer, body)
}

fn veto(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Veto) = frame(payload, &["content", "key", "identity"])?;
    let t = &p.target;
    let digest = &subject.digest.sha256;
    let target = match (
        t.kind.as_str(),
        subject.name.as_str(),
        t.from_index,
        &t.skill,
        &t.versions,
    ) {
        ("content", "content", None, None, None) => {
            VetoTarget::Content(text("subject.digest", digest)?)
        }
        ("key", "key", Some(from_index), None, None) => VetoTarget::Key {
            key: text("subject.digest", digest)?,
            from_index: integer("fromIndex", from_index)?,
        },
        ("skill", "identity", None, Some(skill), Some(versions)) => VetoTarget::Skill {
            publisher: text("subject.digest", digest)?,
            skill: text("skill", skill)?,
            versions: text("versions", versions)?,
        },
        (kind, ..) => {
            return Err(problem(
                "target",
                format!("not a well-formed target `{kind}`"),
            ));
        }
    };
    let body = Body::Veto(Veto {
        target,
        reason: Word::read("reason", &p.reason)?,
        expires: p.expires.map(|t| integer("expires", t)).transpose()?,
        report: optional_text("report", p.report.as_ref())?,
    });
    issued(p.log, &p.issuer, body)
}

fn retract(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Retract) = frame(payload, &["statement"])?;
    let body = Body::Retract(Retract {
        statement: text("subject.digest", &subject.digest.sha256)?,
        reason: Word::read("reason", &p.reason)?,
    });
    issued(p.log, &p.issuer, body)
}

fn state(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::State) = frame(payload, &["state"])?;
    let body = Body::State(State {
        index: integer("index", p.index)?,
        previous_index: p
            .previous_index
            .map(|i| integer("previousIndex", i))
            .transpose()?,
        previous_root: text("previousRoot", &p.previous_root)?,
        root: text("subject.digest", &subject.digest.sha256)?,
        time: integer("time", p.time)?,
    });
    issued(p.log, &p.issuer, body)
}

fn rules(payload: &[u8]) -> Result<Statement, RecordError> {
    let (subject, p): (_, wire::Rules) = frame(payload, &["specification"])?;
    let body = Body::Rules(Rules {
        version: integer("version", p.version)?,
        specification: text("subject.digest", &subject.digest.sha256)?,
        not_before: integer("notBefore", p.not_before)?,
    });
    issued(p.log, &p.issuer, body)
}

fn counts(wire: &wire::Counts) -> Result<Counts, RecordError> {
    Ok(Counts {
        high: integer("counts", wire.high)?,
        medium: integer("counts", wire.medium)?,
        low: integer("counts", wire.low)?,
    })
}

pub(crate) fn key_set(
    keys: &[wire::RoleKey],
    threshold: u64,
    next: &wire::NextKeys,
    rotation_days: u64,
) -> Result<KeySet, RecordError> {
    let names: Vec<String> = keys.iter().map(|k| k.key.clone()).collect();
    let distinct = ascending("keys", &names, 1..=MAX_KEYS, |t| key("keys", t))?;
    let keys = distinct
        .into_iter()
        .zip(keys)
        .map(|(key, wire)| {
            let roles = ascending("roles", &wire.roles, 1..=5, |t| Role::read("roles", t))?;
            Ok(RoleKey { key, roles })
        })
        .collect::<Result<Vec<_>, RecordError>>()?;
    check_threshold("threshold", threshold, keys.len())?;
    let next = NextKeys {
        keys: ascending("next.keys", &next.keys, 1..=MAX_KEYS, |t| {
            text("next.keys", t)
        })?,
        threshold: next.threshold,
    };
    check_threshold("next.threshold", next.threshold, next.keys.len())?;
    Ok(KeySet {
        keys,
        threshold,
        next,
        rotation_days: integer("rotationDays", rotation_days)?,
    })
}

fn check_threshold(field: &'static str, threshold: u64, keys: usize) -> Result<(), RecordError> {
    if threshold == 0 || threshold > u64::try_from(keys).unwrap_or(u64::MAX) {
        return Err(problem(field, format!("{threshold} of {keys} keys")));
    }
    Ok(())
}
