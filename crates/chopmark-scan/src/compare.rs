//! What a skill does beside what its `permissions.yaml` declares.

use chopmark_core::permission::{Access, FilePermission, Manifest, Root};
use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::fact::{Fact, FactKind};
use crate::finding::{Finding, Severity};

/// Whether the package declares its permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declared {
    /// `permissions.yaml` is there and valid.
    Valid,
    /// It is there and malformed: nothing could be compared.
    Malformed,
    /// There is none: nothing was compared.
    Absent,
}

/// Capabilities against declarations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Comparison {
    /// Whether there was anything to compare with.
    pub declared: Declared,
    /// What is declared and was not seen in the files, in the manifest's own words.
    pub unused: Vec<String>,
}

/// The id under which undeclared capabilities are reported.
pub(crate) const PACK: &str = "permissions";

/// Compares capabilities with the manifest; findings are what is done and not declared.
pub(crate) fn compare(
    manifest: Option<&[u8]>,
    capabilities: &[Capability],
) -> (Comparison, Vec<Finding>) {
    let nothing = |declared| Comparison {
        declared,
        unused: Vec::new(),
    };
    let Some(bytes) = manifest else {
        return (nothing(Declared::Absent), Vec::new());
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let Ok(manifest) = Manifest::parse(text) else {
        return (nothing(Declared::Malformed), Vec::new());
    };
    let findings = capabilities.iter().filter_map(|capability| {
        let rule = undeclared(capability, &manifest)?;
        finding(rule, capability)
    });
    let comparison = Comparison {
        declared: Declared::Valid,
        unused: unused(capabilities, &manifest),
    };
    (comparison, findings.collect())
}

/// Names native programs apart that the manifest declares as entry points: they are no surprise.
pub(crate) fn admit_entrypoints(manifest: Option<&[u8]>, facts: &mut [Fact]) {
    let text = manifest.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let Some(manifest) = text.and_then(|text| Manifest::parse(text).ok()) else {
        return;
    };
    for fact in facts {
        let declared = |fact: &Fact| {
            let mut entrypoints = manifest.entrypoints().iter();
            entrypoints.any(|entrypoint| entrypoint.path().as_str() == fact.file)
        };
        if fact.kind == FactKind::File && fact.value == "native" && declared(fact) {
            "native-declared".clone_into(&mut fact.value);
        }
    }
}

/// The rule that `capability` breaks, if the manifest does not cover it.
fn undeclared(capability: &Capability, manifest: &Manifest) -> Option<&'static str> {
    let value = capability.value.as_str();
    let declares = match capability.kind {
        FactKind::Host => {
            manifest.open_network()
                || manifest
                    .network()
                    .iter()
                    .any(|network| network.host().as_str() == value)
        }
        FactKind::Path => is_temp(value) || covers(manifest, value),
        FactKind::Env => {
            !names_secret(value)
                || manifest
                    .secrets()
                    .iter()
                    .any(|secret| secret.name().as_str() == value)
        }
        FactKind::Program => manifest
            .exec()
            .iter()
            .any(|exec| exec.program().as_str() == value),
        FactKind::RemoteInstruction => manifest.agent().remote_instructions(),
        FactKind::EnvAll | FactKind::Persistence => false,
        FactKind::Install
        | FactKind::Download
        | FactKind::DynamicCode
        | FactKind::Flow
        | FactKind::Unicode
        | FactKind::File
        | FactKind::Link
        | FactKind::Signal => true,
    };
    if declares {
        return None;
    }
    Some(match capability.kind {
        FactKind::Host => "undeclared-host",
        FactKind::Path => "undeclared-path",
        FactKind::Env => "undeclared-secret",
        FactKind::Program => "undeclared-program",
        FactKind::EnvAll => "undeclared-environment",
        FactKind::Persistence => "undeclared-persistence",
        FactKind::RemoteInstruction => "undeclared-remote-instruction",
        FactKind::Install
        | FactKind::Download
        | FactKind::DynamicCode
        | FactKind::Flow
        | FactKind::Unicode
        | FactKind::File
        | FactKind::Link
        | FactKind::Signal => return None,
    })
}

/// Code that does it weighs medium; a block of code that a reader may copy weighs low; prose nothing.
fn finding(rule: &str, capability: &Capability) -> Option<Finding> {
    let place = capability.places.first()?;
    let remote = capability.kind == FactKind::RemoteInstruction;
    let severity = match (
        capability.is_in_code() || remote,
        capability.is_in_code_or_fence(),
    ) {
        (true, _) => Severity::Medium,
        (false, true) => Severity::Low,
        (false, false) => return None,
    };
    Some(Finding {
        rule: rule.to_owned(),
        pack: PACK.to_owned(),
        severity,
        gate: false,
        file: place.file.clone(),
        line: place.line,
        end_line: place.line,
        role: place.role,
        via: Vec::new(),
        matched: crate::finding::printable(&capability.value),
        demoted: None,
        more: u64::try_from(capability.places.len().saturating_sub(1))
            .unwrap_or_default()
            .saturating_add(capability.more),
    })
}

fn unused(capabilities: &[Capability], manifest: &Manifest) -> Vec<String> {
    let seen = |kind: FactKind, value: &str| {
        capabilities
            .iter()
            .any(|c| c.kind == kind && c.value == value)
    };
    let hosts = manifest
        .network()
        .iter()
        .filter(|n| !seen(FactKind::Host, n.host().as_str()));
    let secrets = manifest
        .secrets()
        .iter()
        .filter(|s| !seen(FactKind::Env, s.name().as_str()));
    let interprets = |program: &str| {
        let starts = |entry: &chopmark_core::permission::Entrypoint| {
            entry
                .interpreter()
                .is_some_and(|name| name.as_str() == program)
        };
        manifest.entrypoints().iter().any(starts)
    };
    let programs = manifest.exec().iter().filter(|e| {
        let program = e.program().as_str();
        !seen(FactKind::Program, program) && !interprets(program)
    });
    hosts
        .map(|network| format!("network {}:{}", network.host(), network.port()))
        .chain(secrets.map(|secret| format!("secret {}", secret.name())))
        .chain(programs.map(|exec| format!("exec {}", exec.program())))
        .collect()
}

fn covers(manifest: &Manifest, path: &str) -> bool {
    [Access::Read, Access::Write].into_iter().any(|access| {
        let asked = FilePermission::parse(access, path);
        asked.is_ok_and(|asked| {
            asked.root() == Root::Absolute
                && manifest.files().iter().any(|file| file.covers(&asked))
        })
    })
}

fn is_temp(path: &str) -> bool {
    [
        "/tmp/",
        "/var/tmp/",
        "/dev/null",
        "/dev/stdin",
        "/dev/stdout",
        "/dev/stderr",
        "/usr/bin/env",
    ]
    .iter()
    .any(|prefix| path.starts_with(prefix))
}

fn names_secret(name: &str) -> bool {
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"]
        .iter()
        .any(|word| name.contains(word))
}
