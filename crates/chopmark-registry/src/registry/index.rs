//! Indices for finding: lines that say what the log holds. A client believes none of it; it says
//! where to look, and the map proves what is there.

use std::collections::BTreeMap;

use chopmark_core::{
    digest::{IdentityId, StatementId},
    entry::{EntryState, MapKey},
    record::{Body, Record},
    state::read_entry,
};
use chopmark_log::{
    disk::Disk,
    log::{Log, LogError},
    reader::Reader,
};
use serde_json::{Value, json};

/// The size up to which the indices are written; in the public folder, so that a copy goes on.
const MARK: &str = "index/size";

/// The index of all skills.
const ALL: &str = "index/skills.jsonl";

/// Writes index lines for all public leaves that have none.
///
/// A crash in between repeats lines of the last batch at most; they carry the log index, and are
/// left out when it is there already.
///
/// # Errors
///
/// [`LogError`] when the files cannot be read or written.
pub(super) fn bring_up_to_date(log: &Log) -> Result<(), LogError> {
    let disk = log.disk();
    let public = log
        .published()?
        .map_or(0, |(checkpoint, _)| checkpoint.size);
    let done = disk
        .read(MARK)?
        .and_then(|bytes| std::str::from_utf8(&bytes).ok()?.trim_end().parse().ok())
        .unwrap_or(0u64);
    if done >= public {
        return Ok(());
    }
    let reader = Reader::new(disk.clone(), public);
    let mut lines: BTreeMap<String, Vec<(u64, Value)>> = BTreeMap::new();
    for index in done..public {
        let leaf = reader.leaf(index)?;
        let Ok(record) = Record::parse(&leaf) else {
            continue;
        };
        if let Some((skill, line)) = line(log, index, &record) {
            let publisher = record.issuer();
            let mut folders = vec![publisher.to_hex()];
            folders.extend(name_of(log, publisher));
            for folder in folders {
                lines
                    .entry(format!("index/{folder}/{skill}.jsonl"))
                    .or_default()
                    .push((index, line.clone()));
            }
            lines.entry(ALL.to_owned()).or_default().push((index, line));
        }
    }
    for (path, new) in lines {
        append(disk, &path, new)?;
    }
    Ok(disk.replace(MARK, format!("{public}\n").as_bytes())?)
}

fn append(disk: &Disk, path: &str, new: Vec<(u64, Value)>) -> Result<(), LogError> {
    let mut bytes = disk.read(path)?.unwrap_or_default();
    let last = bytes
        .rsplit(|b| *b == b'\n')
        .find(|line| !line.is_empty())
        .and_then(|line| {
            serde_json::from_slice::<Value>(line)
                .ok()?
                .get("index")?
                .as_u64()
        });
    for (index, line) in new {
        if last.is_none_or(|last| last < index) {
            bytes.extend_from_slice(line.to_string().as_bytes());
            bytes.push(b'\n');
        }
    }
    Ok(disk.replace(path, &bytes)?)
}

/// Returns a release's or yank's skill and its line.
fn line(log: &Log, index: u64, record: &Record) -> Option<(String, Value)> {
    let (kind, skill, version, content) = match record.body() {
        Body::Release(b) => ("release", &b.skill, &b.version, b.content),
        Body::Yank(b) => ("yank", &b.skill, &b.version, b.content),
        Body::Charter(_)
        | Body::Inception(_)
        | Body::Rotate(_)
        | Body::Retire(_)
        | Body::Claim(_)
        | Body::Scan(_)
        | Body::Audit(_)
        | Body::Vouch(_)
        | Body::Veto(_)
        | Body::Retract(_)
        | Body::State(_)
        | Body::Rules(_) => return None,
    };
    let line = json!({
        "index": index,
        "kind": kind,
        "statementId": record.id().to_hex(),
        "publisher": record.issuer().to_hex(),
        "publisherName": name_of(log, record.issuer()),
        "skill": skill.as_str(),
        "version": version.to_string(),
        "content": content.to_hex(),
    });
    Some((skill.as_str().to_owned(), line))
}

fn name_of(log: &Log, identity: IdentityId) -> Option<String> {
    let root = log.head().position.root;
    let key = MapKey::Identity(identity).path();
    match read_entry(log.disk(), &root, &key).ok()??.state {
        EntryState::Identity(state) => state.name.map(|name| name.as_str().to_owned()),
        EntryState::Content
        | EntryState::Key(_)
        | EntryState::Log(_)
        | EntryState::Name { .. }
        | EntryState::Skeleton(_)
        | EntryState::Skill(_)
        | EntryState::Statement(_)
        | EntryState::Version(_) => None,
    }
}

/// Writes `/.well-known/chopmark.json`; returns the charter's statement id.
///
/// # Errors
///
/// [`LogError`] when leaf 0 is no charter, or the file cannot be written.
pub(super) fn write_well_known(log: &Log) -> Result<StatementId, LogError> {
    let reader = Reader::new(log.disk().clone(), log.head().position.size);
    let charter = Record::parse(&reader.leaf(0)?)?;
    let document = json!({
        "schema": "https://chopmark.dev/schema/registry/v1",
        "origin": log.operator().origin,
        "logKey": log.operator().verifier()?.to_string(),
        "charter": charter.id().to_hex(),
        "operator": log.operator().identity.to_hex(),
        "records": "/api/v1/records",
        "maxRequestBytes": super::upload::MAX_TOTAL,
    });
    let bytes = format!("{document}\n");
    log.disk()
        .replace(".well-known/chopmark.json", bytes.as_bytes())?;
    Ok(charter.id())
}
