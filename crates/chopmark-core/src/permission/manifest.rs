//! What a skill asks for.

use super::agent::AgentPermission;
use super::error::PermissionError;
use super::file::FilePermission;
use super::item::Permission;
use super::network::NetworkPermission;
use super::program::{Entrypoint, ExecPermission};
use super::resources::{Resource, Resources};
use super::secret::SecretPermission;

/// The parts of a manifest before they are checked against each other. The default asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    missing_docs,
    reason = "each field is documented at the accessor of its name in `Manifest`"
)]
pub struct ManifestParts {
    pub files: Vec<FilePermission>,
    pub network: Vec<NetworkPermission>,
    pub open_network: bool,
    pub secrets: Vec<SecretPermission>,
    pub exec: Vec<ExecPermission>,
    pub agent: AgentPermission,
    pub resources: Resources,
    pub entrypoints: Vec<Entrypoint>,
}

/// What a skill asks for; each family sorted and without repetition.
///
/// Spec: docs/spec/permissions.md §2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    parts: ManifestParts,
}

impl Manifest {
    /// The manifest that asks nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            parts: ManifestParts::default(),
        }
    }

    /// Checks parts against each other.
    ///
    /// # Errors
    ///
    /// [`PermissionError`]: a secret that no network permission lets out or that is declared twice, an interpreter
    /// that `exec` does not name, or too many entries.
    pub fn new(mut parts: ManifestParts) -> Result<Self, PermissionError> {
        sort(&mut parts.files);
        sort(&mut parts.network);
        sort(&mut parts.secrets);
        sort(&mut parts.exec);
        sort(&mut parts.entrypoints);
        check_counts(&parts)?;
        check_secrets(&parts)?;
        check_interpreters(&parts)?;
        Ok(Self { parts })
    }

    pub(super) fn unchecked(parts: ManifestParts) -> Self {
        Self { parts }
    }

    /// Files that may be read or written.
    #[must_use]
    pub fn files(&self) -> &[FilePermission] {
        &self.parts.files
    }

    /// Hosts that may be reached.
    #[must_use]
    pub fn network(&self) -> &[NetworkPermission] {
        &self.parts.network
    }

    /// Whether any public host may be reached.
    #[must_use]
    pub fn open_network(&self) -> bool {
        self.parts.open_network
    }

    /// Secrets that the broker may place.
    #[must_use]
    pub fn secrets(&self) -> &[SecretPermission] {
        &self.parts.secrets
    }

    /// Programs that may be started.
    #[must_use]
    pub fn exec(&self) -> &[ExecPermission] {
        &self.parts.exec
    }

    /// What the text asks of the agent.
    #[must_use]
    pub fn agent(&self) -> &AgentPermission {
        &self.parts.agent
    }

    /// Amounts of memory, time, processes and output.
    #[must_use]
    pub fn resources(&self) -> &Resources {
        &self.parts.resources
    }

    /// Files of the skill that a run may begin with.
    #[must_use]
    pub fn entrypoints(&self) -> &[Entrypoint] {
        &self.parts.entrypoints
    }

    /// Everything asked, family by family. Of resources those alone that are above their default.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        let parts = &self.parts;
        let above = |resource: Resource| {
            let amount = parts.resources.asked(resource)?;
            (amount > resource.default_amount()).then_some(Permission::Resource(resource, amount))
        };
        let mut all = Vec::new();
        all.extend(parts.files.iter().cloned().map(Permission::File));
        all.extend(parts.open_network.then_some(Permission::OpenNetwork));
        all.extend(parts.network.iter().cloned().map(Permission::Network));
        all.extend(parts.secrets.iter().cloned().map(Permission::Secret));
        all.extend(parts.exec.iter().cloned().map(Permission::Exec));
        all.extend(
            parts
                .agent
                .tools()
                .iter()
                .cloned()
                .map(Permission::AgentTool),
        );
        all.extend(
            parts
                .agent
                .remote_instructions()
                .then_some(Permission::RemoteInstructions),
        );
        all.extend(Resource::ALL.into_iter().filter_map(above));
        all
    }
}

fn sort<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
}

fn check_counts(parts: &ManifestParts) -> Result<(), PermissionError> {
    let counts = [
        ("files", parts.files.len()),
        ("network", parts.network.len()),
        ("secrets", parts.secrets.len()),
        ("exec", parts.exec.len()),
        ("agent.tools", parts.agent.tools().len()),
        ("entrypoints", parts.entrypoints.len()),
    ];
    match counts.into_iter().find(|&(_, count)| count > MAX_ENTRIES) {
        Some((family, _)) => Err(PermissionError::TooMany {
            family,
            most: MAX_ENTRIES,
        }),
        None => Ok(()),
    }
}

fn check_secrets(parts: &ManifestParts) -> Result<(), PermissionError> {
    let place = |secret: &SecretPermission| format!("{}:{}", secret.host().in_url(), secret.port());
    for (at, secret) in parts.secrets.iter().enumerate() {
        let (name, host) = (secret.name().to_string(), place(secret));
        let reachable = parts
            .network
            .iter()
            .any(|network| secret.is_reachable_by(network));
        if !reachable && !parts.open_network {
            return Err(PermissionError::SecretUnreachable { name, host });
        }
        let earlier = parts.secrets.iter().take(at);
        if earlier
            .into_iter()
            .any(|other| (other.name(), place(other)) == (secret.name(), host.clone()))
        {
            return Err(PermissionError::SecretTwice { name, host });
        }
    }
    Ok(())
}

fn check_interpreters(parts: &ManifestParts) -> Result<(), PermissionError> {
    for entrypoint in &parts.entrypoints {
        let Some(interpreter) = entrypoint.interpreter() else {
            continue;
        };
        if !parts.exec.iter().any(|exec| exec.program() == interpreter) {
            let (path, interpreter) = (entrypoint.path().to_string(), interpreter.to_string());
            return Err(PermissionError::InterpreterUndeclared { path, interpreter });
        }
    }
    Ok(())
}

/// Most entries in one family.
const MAX_ENTRIES: usize = 256;
