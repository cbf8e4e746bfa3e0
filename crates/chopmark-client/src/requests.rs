//! Requests for consent: what an agent asked for, and what a person answered.
//!
//! `requests/<id>.json` is the request; `requests/<id>.answer` the answer, signed by this host.
//! The id is derived from what is asked, so the same question is asked once.

use std::path::PathBuf;

use chopmark_core::digest::{hex, sha256};
use chopmark_core::key::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::durable::{self, Access, FileError};
use crate::home::Home;
use crate::signed::{self, Kind, SignedError};

/// What is asked of a person. All digests in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// `@publisher/skill`, or the folder's name for an adoption.
    pub skill: String,
    /// The version, if it has one.
    pub version: Option<String>,
    /// The publisher's identity id, if it has one.
    pub publisher: Option<String>,
    /// The bytes.
    pub content: String,
    /// Where it would be installed.
    pub root: String,
    /// Into which folder.
    pub folder: String,
    /// What it asks for, a line each.
    pub asks: Vec<String>,
    /// What it asks for that was not consented to before, a line each.
    pub grows: Vec<String>,
    /// Digest of what it asks for.
    pub permissions: String,
    /// The decision so far, in one sentence.
    pub decision: String,
    /// Why it is asked again although it was granted before; a new reason is a new question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
}

/// A person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// All that is asked may be granted.
    Approved,
    /// Nothing may.
    Denied,
}

/// How it is known that a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Typed at a terminal; a program of the same user could have typed it.
    TerminalUnattested,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnswerWire {
    schema: String,
    request: String,
    answer: Answer,
    class: Class,
    time: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<u64>,
}

/// How much of what is asked a person grants, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Lines of the request that are not granted.
    pub left_out: Vec<String>,
    /// Days for which the grant holds; without end without this.
    pub days: Option<u64>,
}

/// An answer that this host signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// How it is known.
    pub class: Class,
    /// When, in seconds since the Unix epoch by this host's clock.
    pub time: u64,
    /// How much was granted.
    pub extent: Extent,
    /// SHA-256 of the signed document, lower-case hex.
    pub digest: String,
}

impl Request {
    /// The request's id: the first 12 hex digits of the SHA-256 of its bytes.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&sha256(&self.bytes()))
            .chars()
            .take(ID_DIGITS)
            .collect()
    }

    fn bytes(&self) -> Vec<u8> {
        // Strings and lists of strings always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Leaves a request, durably. Leaving it again changes nothing.
///
/// # Errors
///
/// [`RequestError::File`].
pub fn leave(home: &Home, request: &Request) -> Result<String, RequestError> {
    let id = request.id();
    durable::private_folder(&home.requests())?;
    durable::write(&request_file(home, &id)?, &request.bytes(), Access::Private)?;
    Ok(id)
}

/// Reads a request.
///
/// # Errors
///
/// [`RequestError::Unknown`] when there is none of this id.
pub fn read(home: &Home, id: &str) -> Result<Request, RequestError> {
    let bytes = durable::read(&request_file(home, id)?, MAX_BYTES)?
        .ok_or_else(|| RequestError::Unknown(id.to_owned()))?;
    let request: Option<Request> = serde_json::from_slice(&bytes).ok();
    request
        .filter(|request| request.id() == id)
        .ok_or_else(|| RequestError::Damaged(id.to_owned()))
}

/// All requests that nobody has answered, sorted by id.
///
/// # Errors
///
/// [`RequestError::File`].
pub fn open(home: &Home) -> Result<Vec<(String, Request)>, RequestError> {
    let folder = home.requests();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::at("list", &folder)(error).into()),
    };
    let mut found = Vec::new();
    for name in entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
    {
        let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        if !answer_file(home, id)?.exists() {
            found.push((id.to_owned(), read(home, id)?));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Answers a request, durably, in this host's name.
///
/// # Errors
///
/// [`RequestError`].
pub fn answer(
    home: &Home,
    request: &Request,
    answer: Answer,
    class: Class,
    extent: &Extent,
    time: u64,
    key: &SecretKey,
) -> Result<(), RequestError> {
    if let Some(line) = extent.left_out.iter().find(|l| !request.asks.contains(l)) {
        return Err(RequestError::NotAsked(line.clone()));
    }
    let wire = AnswerWire {
        schema: SCHEMA.to_owned(),
        request: hex(&sha256(&request.bytes())),
        answer,
        class,
        time,
        left_out: extent.left_out.clone(),
        days: extent.days,
    };
    let payload = serde_json::to_vec(&wire).map_err(|_| RequestError::Damaged(request.id()))?;
    let bytes = signed::sign(Kind::Consent, &payload, key)?;
    Ok(durable::write(
        &answer_file(home, &request.id())?,
        &bytes,
        Access::Private,
    )?)
}

/// The answer to a request, if a person gave one and this host signed it.
///
/// # Errors
///
/// [`RequestError`] when there is an answer that does not hold.
pub fn answered(
    home: &Home,
    request: &Request,
    key: &PublicKey,
) -> Result<Option<Answered>, RequestError> {
    let id = request.id();
    let Some(bytes) = durable::read(&answer_file(home, &id)?, MAX_BYTES)? else {
        return Ok(None);
    };
    let payload = signed::open(Kind::Consent, &bytes, key)?;
    let wire: AnswerWire =
        serde_json::from_slice(&payload).map_err(|_| RequestError::Damaged(id.clone()))?;
    if wire.schema != SCHEMA || wire.request != hex(&sha256(&request.bytes())) {
        return Err(RequestError::Damaged(id));
    }
    Ok(Some(Answered {
        answer: wire.answer,
        class: wire.class,
        time: wire.time,
        extent: Extent {
            left_out: wire.left_out,
            days: wire.days,
        },
        digest: hex(&sha256(&bytes)),
    }))
}

fn request_file(home: &Home, id: &str) -> Result<PathBuf, RequestError> {
    check_id(id)?;
    Ok(home.requests().join(format!("{id}.json")))
}

fn answer_file(home: &Home, id: &str) -> Result<PathBuf, RequestError> {
    check_id(id)?;
    Ok(home.requests().join(format!("{id}.answer")))
}

fn check_id(id: &str) -> Result<(), RequestError> {
    let fits = id.len() == ID_DIGITS
        && id
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if fits {
        Ok(())
    } else {
        Err(RequestError::Unknown(id.chars().take(40).collect()))
    }
}

/// Why a request could not be left, read or answered.
#[derive(Debug, Error)]
pub enum RequestError {
    /// No request of this id.
    #[error("there is no request `{0}`")]
    Unknown(String),
    /// The request or its answer is not what was written.
    #[error("the request `{0}` is damaged")]
    Damaged(String),
    /// An answer leaves out what was never asked.
    #[error("the request does not ask for `{0}`")]
    NotAsked(String),
    /// The answer's signature.
    #[error(transparent)]
    Signed(#[from] SignedError),
    /// The disk.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RequestError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "request-unknown",
            Self::Damaged(_) => "request-damaged",
            Self::NotAsked(_) => "request-not-asked",
            Self::Signed(error) => error.code(),
            Self::File(error) => error.code(),
        }
    }
}

const SCHEMA: &str = "https://chopmark.dev/schema/consent/v1";
const ID_DIGITS: usize = 12;
const MAX_BYTES: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            skill: "@author/weather".to_owned(),
            version: Some("1.0.0".to_owned()),
            publisher: None,
            content: "00".to_owned(),
            root: "/p".to_owned(),
            folder: "weather".to_owned(),
            asks: vec!["may read your workspace".to_owned()],
            grows: Vec::new(),
            permissions: "00".to_owned(),
            decision: "needs L2; has L3".to_owned(),
            again: None,
        }
    }

    #[test]
    fn an_answer_counts_only_under_the_hosts_key_and_for_this_request() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::below(folder.path());
        let key = SecretKey::from_seed(&[1; 32]);
        let id = leave(&home, &request()).unwrap();
        assert_eq!(read(&home, &id).unwrap(), request());
        assert_eq!(answered(&home, &request(), &key.public()).unwrap(), None);
        assert_eq!(open(&home).unwrap().len(), 1);

        answer(
            &home,
            &request(),
            Answer::Approved,
            Class::TerminalUnattested,
            &Extent::default(),
            7,
            &key,
        )
        .unwrap();
        let found = answered(&home, &request(), &key.public()).unwrap().unwrap();
        assert_eq!((found.answer, found.time), (Answer::Approved, 7));
        assert!(open(&home).unwrap().is_empty());

        let other = SecretKey::from_seed(&[2; 32]).public();
        let error = answered(&home, &request(), &other).unwrap_err();
        assert_eq!(error.code(), "host-document-signature");

        let wider = Request {
            asks: vec!["may reach ANY host".to_owned()],
            ..request()
        };
        let wider_id = leave(&home, &wider).unwrap();
        std::fs::copy(
            answer_file(&home, &id).unwrap(),
            answer_file(&home, &wider_id).unwrap(),
        )
        .unwrap();
        let error = answered(&home, &wider, &key.public()).unwrap_err();
        assert_eq!(error.code(), "request-damaged");
    }

    #[test]
    fn an_answer_may_grant_less_but_not_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::below(folder.path());
        let key = SecretKey::from_seed(&[1; 32]);
        let give = |left_out: &str| {
            let extent = Extent {
                left_out: vec![left_out.to_owned()],
                days: Some(30),
            };
            let class = Class::TerminalUnattested;
            leave(&home, &request()).unwrap();
            answer(&home, &request(), Answer::Approved, class, &extent, 7, &key)
        };
        let error = give("may reach ANY host").unwrap_err();
        assert_eq!(error.code(), "request-not-asked");
        give("may read your workspace").unwrap();
        let found = answered(&home, &request(), &key.public()).unwrap().unwrap();
        assert_eq!(found.extent.left_out, ["may read your workspace"]);
        assert_eq!(found.extent.days, Some(30));
        let again = Request {
            again: Some("it was revoked".to_owned()),
            ..request()
        };
        assert_eq!(answered(&home, &again, &key.public()).unwrap(), None);
    }

    #[test]
    fn an_id_is_never_a_path() {
        let home = Home::below(std::path::Path::new("/nonexistent"));
        for id in ["../../etc/pass", "", "0123456789AB"] {
            assert_eq!(read(&home, id).unwrap_err().code(), "request-unknown");
        }
    }
}
