//! What a run of exactly these bytes was seen to do, as a report that may be published.
//!
//! A journal names folders and files of the host on which it was made. The report names none of
//! them: rules of the grant, hosts, and counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use chopmark_client::durable::FileError;
use chopmark_core::digest::{ContentDigest, hex};
use chopmark_sandbox::journal;
use serde_json::json;

use crate::cmd::journal::locate::{broken, find, open};
use crate::cmd::journal::summary::granted;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// The report of `run`, which must be whole and of `content`.
pub(super) fn report(run: &str, content: ContentDigest, ui: &Ui) -> Result<Vec<u8>, CommandError> {
    let path = find(Some(run), ui)?;
    let (mut header, mut end) = (None, None);
    let mut reader = open(&path)?;
    while let Some(line) = reader.next_line().map_err(broken)? {
        match line.event {
            journal::Event::Header(found) => header = Some(*found),
            journal::Event::End(found) => end = Some(*found),
            journal::Event::Access(_)
            | journal::Event::Process(_)
            | journal::Event::Program(_)
            | journal::Event::Network(..)
            | journal::Event::Head(_) => {}
        }
    }
    let (Some(header), Some(end)) = (header, end) else {
        return Err(unfit("observed-unfinished", "the run has no end"));
    };
    if header.facts.skill_digest != content.to_hex() {
        return Err(unfit(
            "observed-other-content",
            format_args!(
                "the run was of the content {}, the release is {content}",
                header.facts.skill_digest
            ),
        ));
    }
    let file = File::open(&path).map_err(|error| FileError::at("open", &path)(error))?;
    let found = journal::verify(BufReader::new(file), &header.key).map_err(broken)?;
    if !found.complete {
        return Err(unfit("observed-unfinished", "the run has no signed end"));
    }
    let summary = &end.summary;
    let mut denied: BTreeMap<&str, u64> = BTreeMap::new();
    for (what, times) in &summary.denied {
        let operation = what.split(' ').next().unwrap_or_default();
        let count = denied.entry(operation).or_default();
        *count = count.saturating_add(*times);
    }
    let hosts: BTreeMap<&String, _> = summary
        .hosts
        .iter()
        .map(|(host, (sent, received))| (host, json!({ "sent": sent, "received": received })))
        .collect();
    let layers: BTreeMap<&String, &String> =
        header.layers.iter().map(|l| (&l.layer, &l.state)).collect();
    let document = json!({
        "schema": "https://chopmark.dev/schema/observed/v1",
        "content": content.to_hex(), "grant": header.facts.grant_digest, "subject": header.facts.skill,
        "kernel": header.kernel, "layers": layers, "limits": header.limits,
        "journal": { "lines": found.lines, "lastLine": hex(&found.last), "key": hex(&header.key) },
        "end": { "cause": end.cause, "status": end.status },
        "granted": granted(&header), "unused": summary.unused, "denied": denied, "hosts": hosts,
        "changedFiles": summary.changed.len(), "operations": summary.operations, "truncated": summary.truncated,
    });
    Ok(format!("{document}\n").into_bytes())
}

fn unfit(code: &'static str, what: impl std::fmt::Display) -> CommandError {
    CommandError::new(Exit::Failed, code, what).hint("chopmark journal list shows the runs")
}
