//! Lines: JSON text of an event within the chain, and back.

use std::fmt::Write as _;

use super::{Access, End, Event, Head, Header, NetworkEvent, Process, Program, Summary, Verdict};

/// One line of a journal with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Sequence number, 0 for the header.
    pub sequence: u64,
    /// SHA-256 of the line before without its line feed; zeroes for the header.
    pub previous: [u8; 32],
    /// The content.
    pub event: Event,
}

/// Appends the text of an event, with its place in the chain and a line feed.
pub(super) fn write_line(out: &mut String, sequence: u64, previous: &[u8; 32], event: &Event) {
    out.push_str("{\"seq\":");
    number(out, sequence);
    out.push_str(",\"prev\":\"");
    hex(out, previous);
    out.push('"');
    match event {
        Event::Header(header) => write_header(out, header),
        Event::Access(access) => write_access(out, access),
        Event::Process(process) => write_process(out, process),
        Event::Program(program) => write_program(out, program),
        Event::Network(time, network) => write_network(out, *time, network),
        Event::Head(head) => write_head(out, head),
        Event::End(end) => write_end(out, end),
    }
    out.push_str("}\n");
}

fn write_access(out: &mut String, access: &Access) {
    text_field(out, "kind", access.operation.word());
    number_field(out, "t", access.time_ns);
    number_field(out, "pid", access.pid.into());
    number_field(out, "program", access.program.into());
    bytes_field(out, "requested", &access.requested);
    bytes_field(out, "resolved", &access.resolved);
    if !access.second.is_empty() {
        bytes_field(out, "second", &access.second);
    }
    number_field(out, "dev", access.device);
    number_field(out, "ino", access.inode);
    number_field(out, "flags", access.flags);
    text_field(out, "verdict", verdict_word(access.verdict));
    number_field(out, "rule", access.rule.into());
    number_field(out, "errno", access.errno.unsigned_abs().into());
}

fn write_process(out: &mut String, process: &Process) {
    text_field(out, "kind", "process");
    number_field(out, "t", process.time_ns);
    number_field(out, "pid", process.pid.into());
    number_field(out, "parent", process.parent.into());
}

fn write_program(out: &mut String, program: &Program) {
    text_field(out, "kind", "program");
    number_field(out, "t", program.time_ns);
    number_field(out, "program", program.number.into());
    bytes_field(out, "path", &program.path);
    number_field(out, "dev", program.device);
    number_field(out, "ino", program.inode);
    number_field(out, "size", program.size);
    hex_field(out, "sha256", &program.sha256);
}

fn write_network(out: &mut String, time_ns: u64, event: &NetworkEvent) {
    text_field(out, "kind", "network");
    number_field(out, "t", time_ns);
    text_field(out, "stage", super::network::stage_word(event.stage));
    number_field(out, "connection", event.connection);
    if let Some(peer) = event.peer {
        text_field(out, "peer", &peer.to_string());
    }
    text_field(out, "host", &event.host);
    number_field(out, "port", event.port.into());
    if let Some(address) = event.address {
        text_field(out, "address", &address.to_string());
    }
    let optional = [
        ("sni", &event.sni),
        ("method", &event.method),
        ("path", &event.path),
        ("reason", &event.reason),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            text_field(out, name, value);
        }
    }
    if let Some(status) = event.status {
        number_field(out, "status", status.into());
    }
    name_field(out, "opened");
    out.push_str(if event.opened { "true" } else { "false" });
    number_field(out, "sent", event.bytes_sent);
    number_field(out, "received", event.bytes_received);
    list_field(out, "secrets", &event.secrets);
    text_field(out, "verdict", verdict_word(event.verdict));
    text_field(out, "rule", &event.rule);
}

fn write_head(out: &mut String, head: &Head) {
    text_field(out, "kind", "head");
    hex_field(out, "signature", &head.signature);
}

fn write_header(out: &mut String, header: &Header) {
    text_field(out, "kind", "header");
    text_field(out, "schema", SCHEMA);
    let facts = &header.facts;
    text_field(out, "run", &facts.run);
    text_field(out, "skill", &facts.skill);
    text_field(out, "skillDigest", &facts.skill_digest);
    text_field(out, "manifestDigest", &facts.manifest_digest);
    text_field(out, "grantDigest", &facts.grant_digest);
    text_field(out, "policyDigest", &facts.policy_digest);
    number_field(out, "startedAt", facts.started_at);
    text_field(out, "kernel", &header.kernel);
    name_field(out, "layers");
    out.push('{');
    for (index, layer) in header.layers.iter().enumerate() {
        separate(out, index);
        string(out, &layer.layer);
        out.push(':');
        string(out, &layer.state);
    }
    out.push('}');
    list_field(out, "arguments", &header.arguments);
    list_field(out, "rules", &header.rules);
    hex_field(out, "key", &header.key);
    list_field(out, "limits", &header.limits);
}

fn write_end(out: &mut String, end: &End) {
    text_field(out, "kind", "end");
    number_field(out, "t", end.time_ns);
    text_field(out, "cause", &end.cause);
    number_field(out, "status", end.status.unsigned_abs().into());
    write_summary(out, &end.summary);
}

fn write_summary(out: &mut String, summary: &Summary) {
    list_field(out, "unused", &summary.unused);
    name_field(out, "denied");
    counts(out, summary.denied.iter());
    name_field(out, "changed");
    out.push('[');
    for (index, file) in summary.changed.iter().enumerate() {
        separate(out, index);
        out.push_str("{\"path\":");
        string(out, &file.path);
        for (name, digest) in [("before", &file.before), ("after", &file.after)] {
            if let Some(digest) = digest {
                text_field(out, name, digest);
            }
        }
        out.push('}');
    }
    out.push(']');
    name_field(out, "hosts");
    out.push('{');
    for (index, (host, (sent, received))) in summary.hosts.iter().enumerate() {
        separate(out, index);
        string(out, host);
        out.push_str(":{\"sent\":");
        number(out, *sent);
        number_field(out, "received", *received);
        out.push('}');
    }
    out.push('}');
    name_field(out, "operations");
    counts(out, summary.operations.iter());
    name_field(out, "truncated");
    out.push_str(if summary.truncated { "true" } else { "false" });
}

fn counts<'a>(out: &mut String, entries: impl Iterator<Item = (&'a String, &'a u64)>) {
    out.push('{');
    for (index, (name, count)) in entries.enumerate() {
        separate(out, index);
        string(out, name);
        out.push(':');
        number(out, *count);
    }
    out.push('}');
}

fn list_field(out: &mut String, name: &str, values: &[String]) {
    name_field(out, name);
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        separate(out, index);
        string(out, value);
    }
    out.push(']');
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

fn name_field(out: &mut String, name: &str) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
}

fn text_field(out: &mut String, name: &str, value: &str) {
    name_field(out, name);
    string(out, value);
}

fn number_field(out: &mut String, name: &str, value: u64) {
    name_field(out, name);
    number(out, value);
}

fn hex_field(out: &mut String, name: &str, value: &[u8]) {
    name_field(out, name);
    out.push('"');
    hex(out, value);
    out.push('"');
}

/// UTF-8 as a string, other bytes as `{"hex":"…"}`.
fn bytes_field(out: &mut String, name: &str, value: &[u8]) {
    name_field(out, name);
    if let Ok(text) = std::str::from_utf8(value) {
        string(out, text);
    } else {
        out.push_str("{\"hex\":\"");
        hex(out, value);
        out.push_str("\"}");
    }
}

fn number(out: &mut String, value: u64) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

pub(crate) fn hex(out: &mut String, value: &[u8]) {
    for byte in value {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
}

fn string(out: &mut String, value: &str) {
    out.push('"');
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if value.bytes().all(plain) {
        out.push_str(value);
    } else {
        for character in value.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c if u32::from(c) < 0x20 => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
    }
    out.push('"');
}

pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Denied => "denied",
    }
}

/// Names the format in the header.
pub(super) const SCHEMA: &str = "https://chopmark.dev/schema/journal/v1";
