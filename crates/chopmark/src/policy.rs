//! The host's Cedar policy: its own files, or the one that comes with Chopmark.

use chopmark_client::cedar::{CedarPolicy, MAX_POLICY_BYTES, SCHEMA, SHIPPED};
use chopmark_client::durable;
use chopmark_client::home::Home;
use chopmark_core::policy::Policy;

use crate::error::CommandError;
use crate::exit::Exit;

/// A policy with the bytes that its digest is of.
#[derive(Debug)]
pub(crate) struct Loaded {
    policy: CedarPolicy,
    bytes: Vec<u8>,
}

impl Loaded {
    /// The policy.
    pub(crate) fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    /// Schema and text, as the digest covers them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Loads the policy in force: all `*.cedar` files of the policy folder, sorted by name.
pub(crate) fn load(home: &Home) -> Result<Loaded, CommandError> {
    let folder = home.policy();
    let mut files: Vec<_> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "cedar"))
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(durable::FileError::at("list", &folder)(error).into()),
    };
    files.sort();
    if files.is_empty() {
        return of_text(SHIPPED);
    }
    let limit = u64::try_from(MAX_POLICY_BYTES).unwrap_or(u64::MAX);
    let mut text = String::new();
    for path in files {
        let bytes = durable::read_existing(&path, limit)?;
        let part = String::from_utf8(bytes).map_err(|_| {
            CommandError::new(
                Exit::Failed,
                "policy-not-utf8",
                format_args!("`{}` is not UTF-8", path.display()),
            )
        })?;
        text.push_str(&part);
        text.push('\n');
    }
    of_text(&text)
}

/// Loads a policy from bytes that a receipt names.
pub(crate) fn parse(bytes: &[u8]) -> Result<Loaded, CommandError> {
    let text = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.strip_prefix(SCHEMA)?.strip_prefix('\n'));
    let text = text.ok_or_else(|| {
        CommandError::new(
            Exit::Failed,
            "policy-other-schema",
            "the kept policy was written for another schema",
        )
        .hint("replay it with the version of Chopmark that wrote the receipt")
    })?;
    of_text(text)
}

fn of_text(text: &str) -> Result<Loaded, CommandError> {
    let policy = CedarPolicy::load(text).map_err(|error| {
        CommandError::new(
            Exit::Denied,
            error.code(),
            format_args!("the policy is not loaded: {error}"),
        )
        .blame("this host")
    })?;
    Ok(Loaded {
        policy,
        bytes: format!("{SCHEMA}\n{text}").into_bytes(),
    })
}
