//! Permissions in words that a person understands, and how two manifests differ.

use super::{Access, Manifest, Method, NetworkPermission, Permission, Resource, Root};

impl Permission {
    /// Returns one line of plain English: `may reach https://api.example.com/v1/ (GET)`.
    pub fn words(&self) -> String {
        match self {
            Self::File(file) => {
                let verb = match file.access() {
                    Access::Read => "may read",
                    Access::Write => "may change",
                };
                let whole = file.path() == ".";
                match file.root() {
                    Root::Workspace if whole => format!("{verb} your workspace"),
                    Root::Workspace => format!("{verb} `{}` in your workspace", file.path()),
                    Root::Skill if whole => format!("{verb} its own files"),
                    Root::Skill => format!("{verb} its own `{}`", file.path()),
                    Root::Temp => format!("{verb} temporary files of the run"),
                    Root::Absolute => format!("{verb} `{}` on this machine", file.path()),
                }
            }
            Self::Network(network) => format!("may reach {}", address(network)),
            Self::OpenNetwork => "may reach ANY host on the internet".to_owned(),
            Self::Secret(secret) => format!(
                "may use your secret {} at {}{}",
                secret.name(),
                secret.host().in_url(),
                path_and_methods(secret.path_prefix().map(|p| p.as_str()), secret.methods())
            ),
            Self::Exec(exec) => format!("may start `{}`", exec.program()),
            Self::AgentTool(tool) => format!("asks your agent to use its tool `{}`", tool.as_str()),
            Self::RemoteInstructions => {
                "asks your agent to follow instructions from the internet".to_owned()
            }
            Self::Resource(resource, amount) => {
                let amount = amount.checked_div(resource.field_unit()).unwrap_or(0);
                match resource {
                    Resource::Memory => format!("may use {amount} MiB of memory"),
                    Resource::Cpu => format!("may use {amount} s of processor time"),
                    Resource::Processes => format!("may start {amount} processes at a time"),
                    Resource::Wall => format!("may run for {amount} s"),
                    Resource::Output => format!("may print {amount} MiB"),
                }
            }
        }
    }
}

impl Manifest {
    /// Returns what is asked, a line each; one line that says so when nothing is asked.
    pub fn words(&self) -> Vec<String> {
        let lines: Vec<String> = self.permissions().iter().map(Permission::words).collect();
        if lines.is_empty() {
            vec!["asks for nothing".to_owned()]
        } else {
            lines
        }
    }
}

fn address(network: &NetworkPermission) -> String {
    let scheme = if network.port() == 80 {
        "http"
    } else {
        "https"
    };
    let port = match network.port() {
        80 | 443 => String::new(),
        port => format!(":{port}"),
    };
    let rest = path_and_methods(network.path_prefix().map(|p| p.as_str()), network.methods());
    let private = if network.private() {
        ", which may be on your own network"
    } else {
        ""
    };
    format!(
        "{scheme}://{}{port}{rest}{private}",
        network.host().in_url()
    )
}

fn path_and_methods(path: Option<&str>, methods: Option<&[Method]>) -> String {
    let path = path.unwrap_or_default();
    match methods {
        Some(methods) => {
            let words: Vec<&str> = methods.iter().map(|m| m.as_str()).collect();
            format!("{path} ({})", words.join(", "))
        }
        None => path.to_owned(),
    }
}

/// How what is asked changed from one version to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    added: Vec<Permission>,
    removed: Vec<Permission>,
}

impl Diff {
    /// Compares two lists of permissions; what another one covers is no change.
    pub fn between(old: &[Permission], new: &[Permission]) -> Self {
        let missing = |of: &[Permission], from: &[Permission]| {
            of.iter()
                .filter(|one| !from.iter().any(|other| other.covers(one)))
                .cloned()
                .collect()
        };
        Self {
            added: missing(new, old),
            removed: missing(old, new),
        }
    }

    /// Returns what the new list allows and the old did not.
    pub fn added(&self) -> &[Permission] {
        &self.added
    }

    /// Returns what the old list allowed and the new does not.
    pub fn removed(&self) -> &[Permission] {
        &self.removed
    }

    /// Tells whether consent must be asked.
    pub fn grows(&self) -> bool {
        !self.added.is_empty()
    }
}
