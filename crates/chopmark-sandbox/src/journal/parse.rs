//! Lines back from their text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::line::SCHEMA;
use super::network::stage_of;
use super::quick;
use super::{
    Access, ChangedFile, End, Event, Head, Header, LayerRecord, Line, NetworkEvent, Operation,
    Process, Program, RunFacts, Summary, Verdict,
};

/// The line of a text without its line feed; `None` when it is none.
pub(super) fn line(text: &[u8]) -> Option<Line> {
    quick::access(text).or_else(|| general(text))
}

/// A line in any form of JSON.
pub(super) fn general(text: &[u8]) -> Option<Line> {
    let fields = Fields(serde_json::from_slice(text).ok()?);
    let event = match fields.text("kind")? {
        "header" => Event::Header(Box::new(header(&fields)?)),
        "process" => Event::Process(Process {
            time_ns: fields.number("t")?,
            pid: fields.small("pid")?,
            parent: fields.small("parent")?,
        }),
        "program" => Event::Program(Program {
            time_ns: fields.number("t")?,
            number: fields.small("program")?,
            device: fields.number("dev")?,
            inode: fields.number("ino")?,
            size: fields.number("size")?,
            sha256: fields.hex("sha256")?,
            path: fields.bytes("path")?,
        }),
        "network" => Event::Network(fields.number("t")?, network(&fields)?),
        "head" => Event::Head(Head {
            signature: fields.hex("signature")?,
        }),
        "end" => Event::End(Box::new(End {
            time_ns: fields.number("t")?,
            cause: fields.string("cause")?,
            status: fields.small("status")?.cast_signed(),
            summary: summary(&fields)?,
        })),
        word => Event::Access(access(&fields, Operation::from_word(word)?)?),
    };
    Some(Line {
        sequence: fields.number("seq")?,
        previous: fields.hex("prev")?,
        event,
    })
}

fn access(fields: &Fields, operation: Operation) -> Option<Access> {
    Some(Access {
        time_ns: fields.number("t")?,
        pid: fields.small("pid")?,
        program: fields.small("program")?,
        operation,
        requested: fields.bytes("requested")?,
        resolved: fields.bytes("resolved")?,
        second: if fields.has("second") {
            fields.bytes("second")?
        } else {
            Vec::new()
        },
        device: fields.number("dev")?,
        inode: fields.number("ino")?,
        flags: fields.number("flags")?,
        verdict: fields.verdict()?,
        rule: fields.small("rule")?,
        errno: fields.small("errno")?.cast_signed(),
    })
}

fn network(fields: &Fields) -> Option<NetworkEvent> {
    let optional = |name: &str| fields.text(name).map(str::to_owned);
    Some(NetworkEvent {
        stage: stage_of(fields.text("stage")?)?,
        connection: fields.number("connection")?,
        peer: fields.text("peer").and_then(|peer| peer.parse().ok()),
        host: fields.string("host")?,
        port: u16::try_from(fields.number("port")?).ok()?,
        address: fields
            .text("address")
            .and_then(|address| address.parse().ok()),
        sni: optional("sni"),
        method: optional("method"),
        path: optional("path"),
        status: fields
            .number("status")
            .and_then(|status| u16::try_from(status).ok()),
        opened: fields.flag("opened")?,
        bytes_sent: fields.number("sent")?,
        bytes_received: fields.number("received")?,
        secrets: fields.list("secrets")?,
        verdict: fields.verdict()?,
        rule: fields.string("rule")?,
        reason: optional("reason"),
    })
}

fn header(fields: &Fields) -> Option<Header> {
    if fields.text("schema")? != SCHEMA {
        return None;
    }
    let layer = |(layer, state): (&String, &Value)| {
        let state = state.as_str()?.to_owned();
        Some(LayerRecord {
            layer: layer.clone(),
            state,
        })
    };
    Some(Header {
        facts: RunFacts {
            run: fields.string("run")?,
            skill: fields.string("skill")?,
            skill_digest: fields.string("skillDigest")?,
            manifest_digest: fields.string("manifestDigest")?,
            grant_digest: fields.string("grantDigest")?,
            policy_digest: fields.string("policyDigest")?,
            started_at: fields.number("startedAt")?,
        },
        kernel: fields.string("kernel")?,
        layers: fields
            .object("layers")?
            .iter()
            .map(layer)
            .collect::<Option<_>>()?,
        arguments: fields.list("arguments")?,
        rules: fields.list("rules")?,
        key: fields.hex("key")?,
        limits: fields.list("limits")?,
    })
}

fn summary(fields: &Fields) -> Option<Summary> {
    let counts = |name: &str| -> Option<BTreeMap<String, u64>> {
        let object = fields.object(name)?;
        object
            .iter()
            .map(|(key, count)| Some((key.clone(), count.as_u64()?)))
            .collect()
    };
    let host = |(host, bytes): (&String, &Value)| {
        Some((
            host.clone(),
            (
                bytes.get("sent")?.as_u64()?,
                bytes.get("received")?.as_u64()?,
            ),
        ))
    };
    let changed = |file: &Value| {
        let digest = |name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
        let path = file.get("path")?.as_str()?.to_owned();
        Some(ChangedFile {
            path,
            before: digest("before"),
            after: digest("after"),
        })
    };
    Some(Summary {
        unused: fields.list("unused")?,
        denied: counts("denied")?,
        changed: fields
            .0
            .get("changed")?
            .as_array()?
            .iter()
            .map(changed)
            .collect::<Option<_>>()?,
        hosts: fields
            .object("hosts")?
            .iter()
            .map(host)
            .collect::<Option<_>>()?,
        operations: counts("operations")?,
        truncated: fields.flag("truncated")?,
    })
}

struct Fields(Map<String, Value>);

impl Fields {
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    fn small(&self, name: &str) -> Option<u32> {
        u32::try_from(self.number(name)?).ok()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    fn list(&self, name: &str) -> Option<Vec<String>> {
        let items = self.0.get(name)?.as_array()?;
        items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect()
    }

    fn verdict(&self) -> Option<Verdict> {
        match self.text("verdict")? {
            "allowed" => Some(Verdict::Allowed),
            "denied" => Some(Verdict::Denied),
            _ => None,
        }
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.as_bytes().to_vec()),
            Value::Object(object) => from_hex(object.get("hex")?.as_str()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        }
    }

    fn hex<const N: usize>(&self, name: &str) -> Option<[u8; N]> {
        from_hex(self.text(name)?)?.try_into().ok()
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?))
        .collect()
}
