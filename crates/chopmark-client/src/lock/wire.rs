//! The lock file's JSON.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Lock, LockError, Locked, Released, Source};
use crate::scope::Agent;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    skills: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    folder: String,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<Log>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adopted: Option<Adopted>,
    grant: String,
    receipt: String,
    agents: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Log {
    origin: String,
    registry: String,
    publisher: String,
    publisher_name: String,
    skill: String,
    version: String,
    release: String,
    index: u64,
    keys: Vec<String>,
    checkpoint_size: u64,
    checkpoint_root: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adopted {
    adoption: String,
    expires: u64,
}

pub(super) fn write(lock: &Lock) -> Result<Vec<u8>, LockError> {
    let skills = lock.skills.iter().map(|(folder, locked)| Entry {
        folder: folder.to_string(),
        content: locked.content.to_hex(),
        log: match &locked.source {
            Source::Log(released) => Some(Log {
                origin: released.origin.clone(),
                registry: released.registry.clone(),
                publisher: released.publisher.to_hex(),
                publisher_name: released.publisher_name.to_string(),
                skill: released.skill.to_string(),
                version: released.version.to_string(),
                release: released.release.to_hex(),
                index: released.index,
                keys: released.keys.iter().map(ToString::to_string).collect(),
                checkpoint_size: released.checkpoint_size,
                checkpoint_root: released.checkpoint_root.to_hex(),
            }),
            Source::Adopted { .. } => None,
        },
        adopted: match &locked.source {
            Source::Adopted { adoption, expires } => Some(Adopted {
                adoption: adoption.clone(),
                expires: *expires,
            }),
            Source::Log(_) => None,
        },
        grant: locked.grant.to_hex(),
        receipt: locked.receipt.clone(),
        agents: locked
            .agents
            .iter()
            .map(|agent| agent.name().to_owned())
            .collect(),
    });
    let file = File {
        schema: SCHEMA.to_owned(),
        skills: skills.collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&file).map_err(malformed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(super) fn read(bytes: &[u8]) -> Result<Lock, LockError> {
    let file: File = serde_json::from_slice(bytes).map_err(malformed)?;
    if file.schema != SCHEMA {
        return Err(malformed(format_args!("unknown schema `{}`", file.schema)));
    }
    let mut lock = Lock::default();
    for entry in file.skills {
        let folder = field(&entry.folder)?;
        if lock.skills.insert(folder, locked(entry)?).is_some() {
            return Err(LockError::NotCanonical);
        }
    }
    Ok(lock)
}

fn locked(entry: Entry) -> Result<Locked, LockError> {
    let source = match (entry.log, entry.adopted) {
        (Some(log), None) => Source::Log(Box::new(Released {
            publisher: field(&log.publisher)?,
            publisher_name: field(&log.publisher_name)?,
            skill: field(&log.skill)?,
            version: field(&log.version)?,
            release: field(&log.release)?,
            keys: log
                .keys
                .iter()
                .map(|key| field(key))
                .collect::<Result<_, _>>()?,
            checkpoint_root: field(&log.checkpoint_root)?,
            origin: log.origin,
            registry: log.registry,
            index: log.index,
            checkpoint_size: log.checkpoint_size,
        })),
        (None, Some(adopted)) => Source::Adopted {
            adoption: adopted.adoption,
            expires: adopted.expires,
        },
        (Some(_), Some(_)) | (None, None) => {
            return Err(malformed("an entry has exactly one of `log` and `adopted`"));
        }
    };
    let agents = entry.agents.iter().map(|name| {
        Agent::from_name(name).ok_or_else(|| malformed(format_args!("unknown agent `{name}`")))
    });
    let agents = agents.collect::<Result<Vec<_>, _>>()?;
    if agents.is_empty() {
        return Err(malformed("an entry names no agent"));
    }
    Ok(Locked {
        content: field(&entry.content)?,
        source,
        grant: field(&entry.grant)?,
        receipt: entry.receipt,
        agents,
    })
}

fn field<T: FromStr<Err: Display>>(text: &str) -> Result<T, LockError> {
    text.parse().map_err(malformed)
}

fn malformed(problem: impl Display) -> LockError {
    LockError::Malformed(problem.to_string())
}

const SCHEMA: &str = "https://chopmark.dev/schema/lock/v1";
