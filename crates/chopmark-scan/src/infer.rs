//! A draft of `permissions.yaml` from what a scan saw.

use std::fmt::Write as _;

use chopmark_core::permission::{Manifest, SCHEMA};

use crate::capability::{Capability, Place};
use crate::fact::FactKind;
use crate::result::ScanResult;

/// Drafts the text of a `permissions.yaml` for the skill of `result`.
///
/// What a script does is asked for; what only a block of code, running text or data names stands
/// there as a comment, for a person to take up or strike. Each line says where it comes from. The
/// text parses as a manifest whatever the result holds: what a manifest cannot say is a comment.
///
/// It is a draft: a scan sees neither computed names nor what a program does that is started.
#[must_use]
pub fn infer(result: &ScanResult) -> String {
    let mut draft = Draft {
        text: format!(
            "# A draft from what a scan saw; strike what the skill does not need.\nschema: {SCHEMA}\n"
        ),
    };
    let of = |kind: FactKind| -> Vec<&Capability> {
        let all = result.capabilities().iter();
        all.filter(|capability| capability.kind == kind).collect()
    };
    draft.section("files:\n  read:", "    ", &of(FactKind::Path), |path| {
        path.to_owned()
    });
    let hosts = of(FactKind::Host);
    draft.section("network:", "  ", &hosts, host);
    draft.secrets(&of(FactKind::Env), &hosts);
    draft.section("exec:", "  ", &of(FactKind::Program), quoted);
    draft.remarks(
        &of(FactKind::RemoteInstruction),
        "fetches instructions (`agent: {remoteInstructions: true}`)",
    );
    draft.remarks(
        &of(FactKind::EnvAll),
        "reads the whole environment, which no permission gives",
    );
    draft.remarks(
        &of(FactKind::Persistence),
        "outlives its run, which no permission gives",
    );
    draft.text
}

struct Draft {
    text: String,
}

impl Draft {
    /// One list; each entry is kept only if the draft with it is a manifest.
    fn section(
        &mut self,
        head: &str,
        indent: &str,
        capabilities: &[&Capability],
        entry: impl Fn(&str) -> String,
    ) {
        let (mut asked, mut named) = (String::new(), String::new());
        let mut count = 0_usize;
        for capability in capabilities {
            let origin = origin(&capability.places);
            let item = entry(&capability.value);
            let alone = format!("schema: {SCHEMA}\n{head}\n{indent}- {item}\n");
            let fits =
                capability.is_in_code() && count < MAX_ENTRIES && Manifest::parse(&alone).is_ok();
            if fits {
                count = count.saturating_add(1);
                let _ = writeln!(asked, "{indent}- {item} # {origin}");
            } else {
                let _ = writeln!(named, "{indent}# - {} # {origin}", printable(&item));
            }
        }
        if count > 0 {
            let _ = writeln!(self.text, "{head}");
        } else if !named.is_empty() {
            // A head without entries would be no list: it is a comment, too.
            for line in head.lines() {
                let _ = writeln!(self.text, "# {line}");
            }
        }
        self.text.push_str(&asked);
        self.text.push_str(&named);
    }

    /// A secret needs the host that may have it; that is known only where one host is spoken to.
    fn secrets(&mut self, variables: &[&Capability], hosts: &[&Capability]) {
        let asked = hosts.iter().filter(|host| host.is_in_code());
        let mut asked = asked.filter(|capability| fits_network(&capability.value));
        let only = asked.next().filter(|_| asked.next().is_none());
        let secrets = variables
            .iter()
            .filter(|variable| is_secret(&variable.value));
        let (mut listed, mut named) = (String::new(), String::new());
        let mut count = 0_usize;
        for secret in secrets {
            let origin = origin(&secret.places);
            let target = only.map_or("HOST", |host| host.value.as_str());
            let entry = format!(
                "{{name: {}, {}, header: Authorization, format: \"Bearer {{secret}}\"}}",
                secret.value,
                host_field(target)
            );
            let alone = format!(
                "schema: {SCHEMA}\nnetwork:\n  - {}\nsecrets:\n  - {entry}\n",
                host(target)
            );
            let fits = only.is_some()
                && secret.is_in_code()
                && count < MAX_ENTRIES
                && Manifest::parse(&alone).is_ok();
            if fits {
                count = count.saturating_add(1);
                let _ = writeln!(listed, "  - {entry} # {origin}; check the header");
            } else {
                let _ = writeln!(named, "  # - {} # {origin}", printable(&entry));
            }
        }
        if count > 0 {
            self.text.push_str("secrets:\n");
        } else if !named.is_empty() {
            self.text.push_str("# secrets:\n");
        }
        self.text.push_str(&listed);
        self.text.push_str(&named);
    }

    /// What a person should know and a draft does not ask for.
    fn remarks(&mut self, capabilities: &[&Capability], what: &str) {
        for capability in capabilities {
            let origin = origin(&capability.places);
            let _ = writeln!(
                self.text,
                "# {what}: {} # {origin}",
                printable(&capability.value)
            );
        }
    }
}

fn fits_network(value: &str) -> bool {
    Manifest::parse(&format!(
        "schema: {SCHEMA}\nnetwork:\n  - {}\n",
        host(value)
    ))
    .is_ok()
}

fn host(value: &str) -> String {
    format!("{{{}}}", host_field(value))
}

fn host_field(value: &str) -> String {
    if value.parse::<std::net::IpAddr>().is_ok() {
        return format!("address: {}", quoted(value));
    }
    format!("host: {}", quoted(value))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The first place, and how many more there are.
fn origin(places: &[Place]) -> String {
    let Some(first) = places.first() else {
        return "no place".to_owned();
    };
    let file = printable(&first.file);
    let more = places.len().saturating_sub(1);
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    format!("{file}:{} ({}){more}", first.line, first.role.word())
}

/// One line that ends no comment.
fn printable(text: &str) -> String {
    crate::finding::printable(text)
}

fn is_secret(name: &str) -> bool {
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"]
        .iter()
        .any(|word| name.contains(word))
}

/// Most entries that a manifest's list may have.
const MAX_ENTRIES: usize = 256;
