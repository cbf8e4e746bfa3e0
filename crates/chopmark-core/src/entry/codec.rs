//! The canonical JSON of entries.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Entry, EntryError, EntryState, LogFacts, Raise, StatementFacts, VersionFacts};
use crate::{
    identity::{IdentityState, Standing},
    json,
    map::Path,
    record::{Kind, Limits, RecordError, fields, read, wire as record_wire, write as record_write},
};

#[derive(Deserialize)]
struct Head {
    kind: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame<S> {
    kind: String,
    docket: Option<String>,
    state: S,
}

macro_rules! states {
    ($($name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct $name { $($field: $ty),* }
    )*};
}

states! {
    Identity {
        id: String, seq: u64, last_event: String, last_index: u64, since: u64,
        keys: Vec<record_wire::RoleKey>, threshold: u64, next: record_wire::NextKeys,
        rotation_days: u64, commitment: Option<String>, name: Option<String>, retired: bool,
    }
    Log { operator: String, rules: u64, raise: Option<WireRaise>, limits: record_wire::Limits }
    WireRaise { version: u64, specification: String, not_before: u64 }
    WireName { identity: String, index: u64 }
    Statement {
        index: u64, issuer: String, kind: String, filed: Vec<String>, retracted: Option<u64>,
    }
    Version { release: String, index: u64, content: String, yanked: Option<u64> }
}

impl From<RecordError> for EntryError {
    fn from(error: RecordError) -> Self {
        Self::Malformed(error.to_string())
    }
}

pub(super) fn write(entry: &Entry) -> Result<Vec<u8>, EntryError> {
    let frame = |kind: &str| (kind.to_owned(), entry.docket.map(|d| d.to_string()));
    match &entry.state {
        EntryState::Content => print(frame("content"), ()),
        EntryState::Identity(s) => print(frame("identity"), identity(s)),
        EntryState::Key(owner) => print(frame("key"), owner.map(|id| id.to_string())),
        EntryState::Log(s) => print(frame("log"), log(s)),
        EntryState::Name { identity, index } => print(
            frame("name"),
            WireName {
                identity: identity.to_string(),
                index: *index,
            },
        ),
        EntryState::Skeleton(name) => print(frame("skeleton"), name.to_string()),
        EntryState::Skill(last) => print(frame("skill"), last.map(|id| id.to_string())),
        EntryState::Statement(s) => print(
            frame("statement"),
            Statement {
                index: s.index,
                issuer: s.issuer.to_string(),
                kind: s.kind.as_str().to_owned(),
                filed: s.filed.iter().map(|p| crate::digest::hex(p)).collect(),
                retracted: s.retracted,
            },
        ),
        EntryState::Version(s) => print(
            frame("version"),
            Version {
                release: s.release.to_string(),
                index: s.index,
                content: s.content.to_string(),
                yanked: s.yanked,
            },
        ),
    }
}

fn print<S: Serialize>(
    (kind, docket): (String, Option<String>),
    state: S,
) -> Result<Vec<u8>, EntryError> {
    json::to_canonical(&Frame {
        kind,
        docket,
        state,
    })
    .map_err(|e| EntryError::Malformed(e.to_string()))
}

fn identity(s: &IdentityState) -> Identity {
    Identity {
        id: s.id.to_string(),
        seq: s.seq,
        last_event: s.last_event.to_string(),
        last_index: s.last_index,
        since: s.since,
        keys: record_write::role_keys(&s.keys.keys),
        threshold: s.keys.threshold,
        next: record_write::next_keys(&s.keys.next),
        rotation_days: s.keys.rotation_days,
        commitment: s.commitment.map(|c| c.to_string()),
        name: s.name.as_ref().map(ToString::to_string),
        retired: s.standing == Standing::Retired,
    }
}

fn log(s: &LogFacts) -> Log {
    Log {
        operator: s.operator.to_string(),
        rules: s.rules,
        raise: s.raise.as_ref().map(|r| WireRaise {
            version: r.version,
            specification: r.specification.to_string(),
            not_before: r.not_before,
        }),
        limits: record_wire::Limits {
            leaf_bytes: s.limits.leaf_bytes,
            identity_leaf_bytes: s.limits.identity_leaf_bytes,
            batch_records: s.limits.batch_records,
        },
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Entry, EntryError> {
    let head: Head =
        serde_json::from_slice(bytes).map_err(|e| EntryError::Malformed(e.to_string()))?;
    match head.kind.as_str() {
        "content" => entry(bytes, |(): ()| Ok(EntryState::Content)),
        "identity" => entry(bytes, read_identity),
        "key" => entry(bytes, |owner: Option<String>| {
            Ok(EntryState::Key(fields::optional_text(
                "state",
                owner.as_ref(),
            )?))
        }),
        "log" => entry(bytes, read_log),
        "name" => entry(bytes, |s: WireName| {
            Ok(EntryState::Name {
                identity: fields::text("identity", &s.identity)?,
                index: s.index,
            })
        }),
        "skeleton" => entry(bytes, |name: String| {
            Ok(EntryState::Skeleton(fields::text("state", &name)?))
        }),
        "skill" => entry(bytes, |last: Option<String>| {
            Ok(EntryState::Skill(fields::optional_text(
                "state",
                last.as_ref(),
            )?))
        }),
        "statement" => entry(bytes, read_statement),
        "version" => entry(bytes, |s: Version| {
            Ok(EntryState::Version(VersionFacts {
                release: fields::text("release", &s.release)?,
                index: s.index,
                content: fields::text("content", &s.content)?,
                yanked: s.yanked,
            }))
        }),
        other => Err(EntryError::Malformed(format!(
            "`{other}` is no kind of entry"
        ))),
    }
}

fn entry<S: Serialize + DeserializeOwned>(
    bytes: &[u8],
    state: impl FnOnce(S) -> Result<EntryState, EntryError>,
) -> Result<Entry, EntryError> {
    let frame: Frame<S> =
        json::from_canonical(bytes).map_err(|e| EntryError::Malformed(e.to_string()))?;
    let docket = fields::optional_text("docket", frame.docket.as_ref())?;
    Ok(Entry {
        docket,
        state: state(frame.state)?,
    })
}

fn read_identity(s: Identity) -> Result<EntryState, EntryError> {
    Ok(EntryState::Identity(Box::new(IdentityState {
        id: fields::text("id", &s.id)?,
        seq: s.seq,
        last_event: fields::text("lastEvent", &s.last_event)?,
        last_index: s.last_index,
        since: s.since,
        keys: read::key_set(&s.keys, s.threshold, &s.next, s.rotation_days)?,
        commitment: fields::optional_text("commitment", s.commitment.as_ref())?,
        name: fields::optional_text("name", s.name.as_ref())?,
        standing: if s.retired {
            Standing::Retired
        } else {
            Standing::Active
        },
    })))
}

fn read_log(s: Log) -> Result<EntryState, EntryError> {
    let raise = s
        .raise
        .map(|r| -> Result<Raise, EntryError> {
            Ok(Raise {
                version: r.version,
                specification: fields::text("specification", &r.specification)?,
                not_before: r.not_before,
            })
        })
        .transpose()?;
    let limits = Limits {
        leaf_bytes: s.limits.leaf_bytes,
        identity_leaf_bytes: s.limits.identity_leaf_bytes,
        batch_records: s.limits.batch_records,
    };
    let operator = fields::text("operator", &s.operator)?;
    Ok(EntryState::Log(LogFacts {
        operator,
        rules: s.rules,
        raise,
        limits,
    }))
}

fn read_statement(s: Statement) -> Result<EntryState, EntryError> {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == s.kind)
        .ok_or_else(|| EntryError::Malformed(format!("`{}` is no kind of record", s.kind)))?;
    let filed = s
        .filed
        .iter()
        .map(|text| Ok(*fields::text::<crate::digest::NodeHash>("filed", text)?.as_bytes()))
        .collect::<Result<Vec<Path>, EntryError>>()?;
    Ok(EntryState::Statement(StatementFacts {
        index: s.index,
        issuer: fields::text("issuer", &s.issuer)?,
        kind,
        filed,
        retracted: s.retracted,
    }))
}
