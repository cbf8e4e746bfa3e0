//! One event of a journal, for a person and for a program.

use chopmark_sandbox::journal::{Access, Event, Line, NetworkEvent, Operation, Stage, Verdict};

use crate::ui::{CYAN, DIM, RED, Ui};

/// An event in a line of words; none for what only holds the chain together.
pub(super) fn words(event: &Event, rules: &[String], ui: &Ui) -> Option<String> {
    match event {
        Event::Header(_) | Event::Head(_) => None,
        Event::Process(process) => Some(ui.paint(
            DIM,
            &format!(
                "{} {:<9} {:>3} started by {}",
                time(process.time_ns),
                "process",
                process.pid,
                process.parent
            ),
        )),
        Event::Program(program) => {
            let digest: String = chopmark_core::digest::hex(&program.sha256)
                .chars()
                .take(12)
                .collect();
            let path = shown(&program.path);
            Some(ui.paint(
                DIM,
                &format!(
                    "{} {:<9}     {path} sha256 {digest}…",
                    time(program.time_ns),
                    "program"
                ),
            ))
        }
        Event::Access(access) => Some(access_words(access, rules, ui)),
        Event::Network(at, network) => Some(network_words(*at, network, ui)),
        Event::End(end) => Some(format!(
            "{} {:<9}     {} {}",
            time(end.time_ns),
            "end",
            end.cause,
            end.status
        )),
    }
}

fn access_words(access: &Access, rules: &[String], ui: &Ui) -> String {
    let mut text = shown(&access.resolved);
    if text.is_empty() {
        text = shown(&access.requested);
    }
    if !access.second.is_empty() {
        text = format!("{text} → {}", shown(&access.second));
    }
    let how = match (access.verdict, access.operation) {
        (Verdict::Denied, _) => ui.paint(RED, &format!("denied ({})", rule(access.rule, rules))),
        (Verdict::Allowed, _) if access.errno != 0 => {
            let error = std::io::Error::from_raw_os_error(access.errno).to_string();
            let error = error
                .split(" (os error")
                .next()
                .unwrap_or_default()
                .to_lowercase();
            ui.paint(DIM, &error)
        }
        (Verdict::Allowed, Operation::Open) if access.flags & WRITES != 0 => {
            "for writing".to_owned()
        }
        (Verdict::Allowed, _) => String::new(),
    };
    format!(
        "{} {:<9} {:>3} {text} {how}",
        time(access.time_ns),
        access.operation.word(),
        access.pid
    )
    .trim_end()
    .to_owned()
}

fn network_words(at: u64, network: &NetworkEvent, ui: &Ui) -> String {
    let place = format!("{}:{}", network.host, network.port);
    let what = match (&network.method, &network.path) {
        (Some(method), Some(path)) => format!("{method} {place}{path}"),
        _ => place,
    };
    let tail = match network.stage {
        Stage::Refused => {
            let why = network.reason.as_deref().unwrap_or(&network.rule);
            ui.paint(RED, &format!("refused ({why})"))
        }
        Stage::Opened => network
            .address
            .map_or_else(String::new, |address| format!("at {address}")),
        Stage::Request if network.secrets.is_empty() => String::new(),
        Stage::Request => ui.paint(CYAN, &format!("with secret {}", network.secrets.join(", "))),
        Stage::Response => network
            .status
            .map_or_else(String::new, |status| format!("status {status}")),
        Stage::Closed => format!(
            "{} bytes out, {} in",
            network.bytes_sent, network.bytes_received
        ),
    };
    format!("{} {:<9}     {what} {tail}", time(at), stage(network.stage))
        .trim_end()
        .to_owned()
}

/// An event for `--json`; none for signed heads.
pub(super) fn to_json(line: &Line, rules: &[String]) -> Option<serde_json::Value> {
    let verdict = |verdict| match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Denied => "denied",
    };
    let sequence = line.sequence;
    Some(match &line.event {
        Event::Head(_) => return None,
        Event::Header(header) => serde_json::json!({
            "sequence": sequence, "event": "header", "run": header.facts.run, "skill": header.facts.skill,
            "arguments": header.arguments, "kernel": header.kernel, "limits": header.limits,
            "layers": header.layers.iter().map(|l| serde_json::json!({ "layer": l.layer, "state": l.state })).collect::<Vec<_>>(),
        }),
        Event::Access(a) => serde_json::json!({
            "sequence": sequence, "event": "access", "timeNs": a.time_ns, "pid": a.pid, "operation": a.operation.word(),
            "requested": shown(&a.requested), "resolved": shown(&a.resolved), "second": shown(&a.second),
            "flags": a.flags, "verdict": verdict(a.verdict), "rule": rule(a.rule, rules), "errno": a.errno,
        }),
        Event::Process(p) => {
            serde_json::json!({ "sequence": sequence, "event": "process", "timeNs": p.time_ns, "pid": p.pid, "parent": p.parent })
        }
        Event::Program(p) => serde_json::json!({
            "sequence": sequence, "event": "program", "timeNs": p.time_ns, "number": p.number,
            "path": shown(&p.path), "sha256": chopmark_core::digest::hex(&p.sha256), "size": p.size,
        }),
        Event::Network(at, n) => serde_json::json!({
            "sequence": sequence, "event": "network", "timeNs": at, "stage": stage(n.stage), "connection": n.connection,
            "host": n.host, "port": n.port, "address": n.address.map(|a| a.to_string()), "method": n.method, "path": n.path,
            "status": n.status, "bytesSent": n.bytes_sent, "bytesReceived": n.bytes_received, "secrets": n.secrets,
            "opened": n.opened, "verdict": verdict(n.verdict), "rule": n.rule, "reason": n.reason,
        }),
        Event::End(end) => serde_json::json!({
            "sequence": sequence, "event": "end", "timeNs": end.time_ns, "cause": end.cause, "status": end.status,
        }),
    })
}

pub(super) fn rule(index: u32, rules: &[String]) -> &str {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    rules.get(index).map_or("-", String::as_str)
}

pub(super) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Opened => "opened",
        Stage::Request => "request",
        Stage::Response => "response",
        Stage::Closed => "closed",
        Stage::Refused => "refused",
    }
}

/// Milliseconds since the start.
fn time(nanoseconds: u64) -> String {
    format!(
        "{:>8}.{:03}",
        nanoseconds / 1_000_000,
        nanoseconds / 1000 % 1000
    )
}

/// A path without what a terminal would obey.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(plain).collect()
}

/// `O_WRONLY | O_RDWR`.
const WRITES: u64 = 3;
