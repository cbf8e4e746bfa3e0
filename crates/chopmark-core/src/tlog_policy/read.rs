//! The grammar of policy files.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Endpoint, Group, MAX_POLICY_BYTES, Policy};
use crate::{
    key::PublicKey,
    note::{KeyKind, VerifierKey},
};

/// The most logs, witnesses or groups that one policy defines.
const MAX_NAMES: usize = 256;

/// Why a file is no policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct PolicyError {
    /// The line's number, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

#[derive(Default)]
struct Reader {
    logs: Vec<Endpoint>,
    log_keys: BTreeSet<PublicKey>,
    witness_keys: BTreeSet<PublicKey>,
    witnesses: std::collections::BTreeMap<String, Endpoint>,
    groups: std::collections::BTreeMap<String, Group>,
    members: BTreeSet<String>,
    quorum: Option<Option<String>>,
}

pub(super) fn policy(bytes: &[u8]) -> Result<Policy, PolicyError> {
    let whole = |problem: &str| PolicyError {
        line: 0,
        problem: problem.to_owned(),
    };
    if bytes.len() > MAX_POLICY_BYTES {
        return Err(whole("the file is larger than 256 KiB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole("the file is not UTF-8"))?;
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(whole("the file holds control characters"));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(whole("the last line does not end in a newline"));
    }
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split([' ', '\t']).filter(|w| !w.is_empty()).collect();
        if words.first().is_none_or(|w| w.starts_with('#')) {
            continue;
        }
        reader.line(&words).map_err(|problem| PolicyError {
            line: number.saturating_add(1),
            problem,
        })?;
    }
    let quorum = reader
        .quorum
        .ok_or_else(|| whole("there is no quorum line"))?;
    let Reader {
        logs,
        witnesses,
        groups,
        ..
    } = reader;
    Ok(Policy {
        logs,
        witnesses,
        groups,
        quorum,
    })
}

impl Reader {
    fn line(&mut self, words: &[&str]) -> Result<(), String> {
        if self
            .logs
            .len()
            .max(self.witnesses.len())
            .max(self.groups.len())
            > MAX_NAMES
        {
            return Err(format!("more than {MAX_NAMES} definitions of one kind"));
        }
        match words {
            ["log", vkey] => self.log(vkey, None),
            ["log", vkey, url] => self.log(vkey, Some(url)),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => self.quorum(name),
            [keyword, ..] => Err(format!("`{keyword}` is not a well-formed line of a policy")),
            [] => Ok(()),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&&str>) -> Result<(), String> {
        let endpoint = endpoint(vkey, url, KeyKind::Log)?;
        if !self.log_keys.insert(endpoint.key.key().clone()) {
            return Err("this log key is listed twice".to_owned());
        }
        self.logs.push(endpoint);
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&&str>) -> Result<(), String> {
        self.fresh(name)?;
        let endpoint = endpoint(vkey, url, KeyKind::Cosigner)?;
        if !self.witness_keys.insert(endpoint.key.key().clone()) {
            return Err("this witness key is listed twice".to_owned());
        }
        self.witnesses.insert(name.to_owned(), endpoint);
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), String> {
        self.fresh(name)?;
        for member in members {
            if !self.witnesses.contains_key(*member) && !self.groups.contains_key(*member) {
                return Err(format!("`{member}` is not defined above"));
            }
            if !self.members.insert((*member).to_owned()) {
                return Err(format!("`{member}` is already a member of a group"));
            }
        }
        let threshold = match threshold {
            "all" => members.len(),
            "any" => 1,
            number => number
                .parse()
                .ok()
                .filter(|k: &usize| k.to_string() == number)
                .ok_or_else(|| format!("`{number}` is no threshold"))?,
        };
        if threshold == 0 || threshold > members.len() {
            return Err(format!("{threshold} of {} members", members.len()));
        }
        let members = members.iter().map(|m| (*m).to_owned()).collect();
        self.groups
            .insert(name.to_owned(), Group { threshold, members });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("a second quorum line".to_owned());
        }
        if name != "none" && !self.witnesses.contains_key(name) && !self.groups.contains_key(name) {
            return Err(format!("`{name}` is not defined above"));
        }
        self.quorum = Some((name != "none").then(|| name.to_owned()));
        Ok(())
    }

    fn fresh(&self, name: &str) -> Result<(), String> {
        if name == "none" || self.witnesses.contains_key(name) || self.groups.contains_key(name) {
            return Err(format!("the name `{name}` is taken"));
        }
        Ok(())
    }
}

fn endpoint(vkey: &str, url: Option<&&str>, kind: KeyKind) -> Result<Endpoint, String> {
    let key: VerifierKey = vkey.parse().map_err(|e| format!("{e}"))?;
    if key.kind() != kind {
        return Err("the key is of another signature type than this line takes".to_owned());
    }
    Ok(Endpoint {
        key,
        url: url.map(|u| (*u).to_owned()),
    })
}
