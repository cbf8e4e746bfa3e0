//! `journal export`: a run as OpenTelemetry logs.
//!
//! The form is OTLP in JSON, one `LogsData` a line, as collectors' file exporters write it and
//! their receivers read it. Names of attributes are those of the semantic conventions where there
//! is one, otherwise they begin with `chopmark.`.

use std::path::PathBuf;

use chopmark_client::durable::{self, Access as FileAccess};
use chopmark_core::digest::hex;
use chopmark_sandbox::journal::{Access, Event, Header, Line, NetworkEvent, Stage, Verdict};
use serde_json::{Value, json};

use super::line::{rule, shown, stage};
use super::locate::{broken, find, open};
use crate::error::CommandError;
use crate::ui::Ui;

/// Arguments of `journal export`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's id or its first characters; the newest without this
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Write to this file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the run.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<(), CommandError> {
    let path = find(args.run.as_deref(), ui)?;
    let mut reader = open(&path)?;
    let mut header: Option<Header> = None;
    let mut records = Vec::new();
    let mut lines = Vec::new();
    while let Some(entry) = reader.next_line().map_err(broken)? {
        if let Event::Header(found) = &entry.event {
            header = Some((**found).clone());
        }
        let Some(header) = &header else { continue };
        records.extend(record(&entry, header));
        if records.len() >= CHUNK {
            lines.push(logs_data(header, std::mem::take(&mut records)).to_string());
        }
    }
    if let Some(header) = header.filter(|_| !records.is_empty()) {
        lines.push(logs_data(&header, records).to_string());
    }
    let Some(out) = &args.out else {
        return lines.iter().try_for_each(|line| ui.out(line));
    };
    let mut text = lines.join("\n");
    text.push('\n');
    durable::write(out, text.as_bytes(), FileAccess::Private)?;
    ui.note(format_args!("written to {}", out.display()));
    Ok(())
}

fn logs_data(header: &Header, records: Vec<Value>) -> Value {
    let facts = &header.facts;
    let resource = [
        text("service.name", "chopmark"),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("service.instance.id", &facts.run),
        text("os.type", "linux"),
        text("os.version", &header.kernel),
        text("chopmark.run", &facts.run),
        text("chopmark.skill", &facts.skill),
        text("chopmark.skill.digest", &facts.skill_digest),
        text("chopmark.grant.digest", &facts.grant_digest),
    ];
    json!({ "resourceLogs": [{
        "resource": { "attributes": resource },
        "scopeLogs": [{ "scope": { "name": "chopmark.journal", "version": "1" }, "logRecords": records }],
    }] })
}

/// One event as a log record; none for signed heads.
fn record(entry: &Line, header: &Header) -> Option<Value> {
    let (time, name, is_denied, body, mut attributes) = match &entry.event {
        Event::Head(_) => return None,
        Event::Header(header) => {
            let call = header.arguments.join(" ");
            let attributes = vec![text("process.command_line", &call)];
            (
                0,
                "chopmark.run.start",
                false,
                format!("started {call}"),
                attributes,
            )
        }
        Event::Process(process) => {
            let attributes = vec![
                number("process.pid", process.pid.into()),
                number("process.parent_pid", process.parent.into()),
            ];
            let body = format!("process {} of {}", process.pid, process.parent);
            (process.time_ns, "chopmark.process", false, body, attributes)
        }
        Event::Program(program) => {
            let path = shown(&program.path);
            let attributes = vec![
                text("process.executable.path", &path),
                text("chopmark.program.sha256", &hex(&program.sha256)),
                number("file.size", program.size),
                number("chopmark.program", program.number.into()),
            ];
            (
                program.time_ns,
                "chopmark.program",
                false,
                format!("program {path}"),
                attributes,
            )
        }
        Event::Access(access) => {
            let denied = access.verdict == Verdict::Denied;
            let body = format!("{} {}", access.operation.word(), shown(&access.resolved));
            (
                access.time_ns,
                "chopmark.access",
                denied,
                body,
                access_attributes(access, header),
            )
        }
        Event::Network(at, network) => {
            let denied = network.verdict == Verdict::Denied;
            let body = format!("{} {}:{}", stage(network.stage), network.host, network.port);
            (
                *at,
                "chopmark.network",
                denied,
                body,
                network_attributes(network),
            )
        }
        Event::End(end) => {
            let attributes = vec![
                text("chopmark.cause", &end.cause),
                number("process.exit.code", u64::from(end.status.unsigned_abs())),
            ];
            let body = format!("{} {}", end.cause, end.status);
            (end.time_ns, "chopmark.run.end", false, body, attributes)
        }
    };
    attributes.push(number("chopmark.sequence", entry.sequence));
    let seconds = u128::from(header.facts.started_at);
    let nanoseconds = seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u128::from(time))
        .to_string();
    let (severity, word) = if is_denied { (13, "WARN") } else { (9, "INFO") };
    Some(json!({
        "timeUnixNano": nanoseconds, "observedTimeUnixNano": nanoseconds, "severityNumber": severity, "severityText": word,
        "eventName": name, "body": { "stringValue": body }, "attributes": attributes,
    }))
}

fn access_attributes(access: &Access, header: &Header) -> Vec<Value> {
    let mut list = vec![
        number("process.pid", access.pid.into()),
        number("chopmark.program", access.program.into()),
        text("chopmark.operation", access.operation.word()),
        text("file.path", &shown(&access.resolved)),
        text("chopmark.requested", &shown(&access.requested)),
        number("file.inode", access.inode),
        number("chopmark.flags", access.flags),
        text("chopmark.verdict", verdict(access.verdict)),
        text("chopmark.rule", rule(access.rule, &header.rules)),
    ];
    if !access.second.is_empty() {
        list.push(text("chopmark.second", &shown(&access.second)));
    }
    if access.errno != 0 {
        list.push(number(
            "chopmark.errno",
            u64::from(access.errno.unsigned_abs()),
        ));
    }
    list
}

fn network_attributes(network: &NetworkEvent) -> Vec<Value> {
    let mut list = vec![
        text("server.address", &network.host),
        number("server.port", network.port.into()),
        text("chopmark.stage", stage(network.stage)),
        text("chopmark.verdict", verdict(network.verdict)),
        text("chopmark.rule", &network.rule),
        number("chopmark.connection", network.connection),
    ];
    let optional = [
        (
            "network.peer.address",
            network.address.map(|a| a.to_string()),
        ),
        ("http.request.method", network.method.clone()),
        ("url.path", network.path.clone()),
        ("tls.client.server_name", network.sni.clone()),
        ("chopmark.reason", network.reason.clone()),
    ];
    for (name, value) in optional {
        list.extend(value.map(|value| text(name, &value)));
    }
    list.extend(
        network
            .status
            .map(|status| number("http.response.status_code", status.into())),
    );
    if network.stage == Stage::Closed {
        list.push(number("chopmark.bytes.sent", network.bytes_sent));
        list.push(number("chopmark.bytes.received", network.bytes_received));
    }
    if !network.secrets.is_empty() {
        list.push(text("chopmark.secrets", &network.secrets.join(",")));
    }
    list
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Denied => "denied",
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// OTLP in JSON writes 64-bit numbers as decimal strings.
fn number(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

/// Records in one line.
const CHUNK: usize = 512;
