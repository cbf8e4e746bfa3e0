//! From permissions to asks.

use super::{
    Ask, Condition,
    outside::{controls_host, controls_workspace},
};
use crate::permission::{Access, Manifest, Root};

/// What holds the agent that reads the skill's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// A hook of this name, in the agent's own configuration, confines what the text leads to.
    Hook(String),
    /// Nothing does.
    None,
}

/// What is known of what is installed here already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The release is signed by another key than the one installed.
    pub new_publisher_key: bool,
    /// What is installed had stronger provenance.
    pub weaker_provenance: bool,
    /// It asks for more than what is installed.
    pub growth: bool,
    /// The popular name that it is close to.
    pub close_name: Option<String>,
}

/// Lists what a request asks for, combinations included.
///
/// Spec: docs/spec/decision.md §2.
#[must_use]
pub fn asks(manifest: &Manifest, confinement: &Confinement, lineage: &Lineage) -> Vec<Ask> {
    let mut asks = vec![match confinement {
        Confinement::Hook(name) => Ask::new(Condition::TextConfined, name),
        Confinement::None => Ask::new(Condition::TextUnconfined, ""),
    }];
    for program in manifest.exec() {
        asks.push(Ask::new(Condition::Scripts, program.program().as_str()));
    }
    for file in manifest.files() {
        let condition = match (file.root(), file.access()) {
            (Root::Skill | Root::Temp, _) => continue,
            (Root::Workspace, _) if controls_workspace(file.path()) => Condition::HostControl,
            (Root::Workspace, Access::Read) => Condition::WorkspaceRead,
            (Root::Workspace, Access::Write) => Condition::WorkspaceWrite,
            (Root::Absolute, _) if controls_host(file.path()) => Condition::HostControl,
            (Root::Absolute, _) => Condition::OutsideFiles,
        };
        asks.push(Ask::new(
            condition,
            format!("{} {file}", file.access().as_str()),
        ));
    }
    for network in manifest.network() {
        let place = format!("{}:{}", network.host().in_url(), network.port());
        if network.private() {
            asks.push(Ask::new(Condition::PrivateNetwork, place.clone()));
        }
        asks.push(Ask::new(Condition::ListedHost, place));
    }
    if manifest.open_network() {
        asks.push(Ask::new(Condition::OpenNetwork, ""));
    }
    for secret in manifest.secrets() {
        let detail = format!(
            "{} → {}:{}",
            secret.name(),
            secret.host().in_url(),
            secret.port()
        );
        let condition = if manifest.open_network() {
            Condition::SecretOpenEgress
        } else {
            Condition::SecretListedHost
        };
        asks.push(Ask::new(condition, detail));
    }
    let confined = matches!(confinement, Confinement::Hook(_));
    for tool in manifest.agent().tools() {
        let condition = if confined {
            Condition::AgentToolsConfined
        } else {
            Condition::AgentToolsUnconfined
        };
        asks.push(Ask::new(condition, tool.as_str()));
    }
    if manifest.agent().remote_instructions() {
        asks.push(Ask::new(Condition::RemoteInstructions, ""));
    }
    of_lineage(lineage, &mut asks);
    asks
}

fn of_lineage(lineage: &Lineage, asks: &mut Vec<Ask>) {
    let flags = [
        (lineage.new_publisher_key, Condition::NewPublisherKey),
        (lineage.weaker_provenance, Condition::WeakerProvenance),
        (lineage.growth, Condition::ManifestGrowth),
    ];
    asks.extend(
        flags
            .into_iter()
            .filter(|(set, _)| *set)
            .map(|(_, c)| Ask::new(c, "")),
    );
    if let Some(name) = &lineage.close_name {
        asks.push(Ask::new(Condition::CloseName, name));
    }
}
