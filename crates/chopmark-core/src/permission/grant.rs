//! What a skill was granted.

use super::agent::{AgentPermission, ToolName};
use super::file::{Access, FilePermission, Root};
use super::item::Permission;
use super::manifest::{Manifest, ManifestParts};
use super::network::NetworkPermission;
use super::program::{Entrypoint, ExecPermission, ProgramName};
use super::resources::{Limits, Resource};
use super::secret::SecretPermission;

/// On what ground a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// A signed release with a manifest.
    Signed,
    /// An unsigned folder that the host adopted.
    Legacy,
}

/// What the host's policy lets any skill have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLimits {
    permissions: Vec<Permission>,
    limits: Limits,
}

impl PolicyLimits {
    /// These permissions, and `limits` of each resource at most.
    #[must_use]
    pub fn new(permissions: Vec<Permission>, limits: Limits) -> Self {
        Self {
            permissions,
            limits,
        }
    }

    /// All that `manifest` asks.
    #[must_use]
    pub fn all_of(manifest: &Manifest) -> Self {
        Self {
            permissions: manifest.permissions(),
            limits: Limits::new(Resource::cap),
        }
    }
}

/// What a person consented to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    permissions: Vec<Permission>,
}

impl Consent {
    /// To these permissions.
    #[must_use]
    pub fn to(permissions: Vec<Permission>) -> Self {
        Self { permissions }
    }

    /// To all that `manifest` asks, which the person was shown.
    #[must_use]
    pub fn to_all_of(manifest: &Manifest) -> Self {
        Self {
            permissions: manifest.permissions(),
        }
    }

    /// What was consented to.
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }
}

/// What a skill may do when it runs: manifest ∩ policy ∩ consent.
///
/// Spec: docs/spec/permissions.md §10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    profile: Profile,
    // INVARIANT: `parts.resources` is empty; `limits` holds the amounts. Each family sorted, nothing covered by another.
    parts: ManifestParts,
    limits: Limits,
}

impl Grant {
    /// What `manifest` asks as far as the policy and the consent both allow it.
    ///
    /// A secret whose host is no longer reachable and an entry point whose interpreter was not
    /// granted fall away with it.
    #[must_use]
    pub fn from_manifest(manifest: &Manifest, policy: &PolicyLimits, consent: &Consent) -> Self {
        let allowed = meet_all(&manifest.permissions(), &policy.permissions);
        let granted = meet_all(&allowed, &consent.permissions);
        let amount = |resource: Resource| {
            let asked = manifest.resources().effective(resource);
            let given = granted
                .iter()
                .find_map(|permission| amount_of(permission, resource));
            asked
                .min(given.unwrap_or_else(|| resource.default_amount()))
                .min(policy.limits.amount(resource))
        };
        Self::assemble(
            Profile::Signed,
            granted.clone(),
            manifest.entrypoints(),
            Limits::new(amount),
        )
    }

    /// What an adopted folder without a signed manifest gets: it reads the workspace and itself,
    /// writes temporary files and starts any program of the runtime; no network, no secrets.
    #[must_use]
    pub fn legacy() -> Self {
        let file = |access, text| FilePermission::parse(access, text).ok();
        let files = [
            (Access::Read, "workspace:."),
            (Access::Read, "skill:."),
            (Access::Write, "temp:."),
        ];
        let files = files
            .into_iter()
            .filter_map(|(access, text)| file(access, text));
        let granted = files.map(Permission::File).collect();
        Self::assemble(Profile::Legacy, granted, &[], Limits::defaults())
    }

    /// What a folder gets that its own author runs to learn what it needs: any program of the
    /// runtime, the workspace to read and write, and what `manifest` asks but secrets. Only for runs
    /// whose changes are thrown away.
    #[must_use]
    pub fn recording(manifest: &Manifest) -> Self {
        let mut granted = Self::legacy().permissions();
        granted.extend(FilePermission::parse(Access::Write, "workspace:.").map(Permission::File));
        granted.extend(manifest.permissions());
        granted.retain(|permission| !matches!(permission, Permission::Secret(_)));
        // Meeting the list with itself sorts it and drops what another entry covers.
        let granted = meet_all(&granted, &granted);
        let entrypoints = manifest.entrypoints();
        Self::assemble(Profile::Legacy, granted, entrypoints, Limits::defaults())
    }

    /// What a session gets in which several skills are used: what each of `skills` was granted, and
    /// any program of the runtime. Each skill's own files are read at `folder`, an absolute path.
    #[must_use]
    pub fn session(skills: &[(Self, String)]) -> Self {
        let mut granted = Vec::new();
        for (grant, folder) in skills {
            let own = |permission: &Permission| matches!(permission, Permission::File(file) if file.root() == Root::Skill);
            let permissions = grant.permissions().into_iter();
            granted.extend(permissions.filter(|permission| !own(permission)));
            granted.extend(FilePermission::parse(Access::Read, folder).map(Permission::File));
        }
        // Meeting the list with itself sorts it and drops what another entry covers.
        let granted = meet_all(&granted, &granted);
        let limits = Limits::new(|resource| {
            let amounts = skills
                .iter()
                .map(|(grant, _)| grant.limits.amount(resource));
            amounts.max().unwrap_or_else(|| resource.default_amount())
        });
        Self::assemble(Profile::Legacy, granted, &[], limits)
    }

    /// This grant as far as `permissions` also allow it; resources stay as they are.
    #[must_use]
    pub fn narrow(&self, permissions: &[Permission]) -> Self {
        let granted = meet_all(&self.permissions(), permissions);
        Self::assemble(self.profile, granted, &self.parts.entrypoints, self.limits)
    }

    /// This grant with `limits` where they are lower.
    #[must_use]
    pub fn with_lower_limits(&self, limits: Limits) -> Self {
        let limits =
            Limits::new(|resource| self.limits.amount(resource).min(limits.amount(resource)));
        Self {
            limits,
            ..self.clone()
        }
    }

    /// On what ground it stands.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
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

    /// Programs that may be started; see [`Self::any_program`].
    #[must_use]
    pub fn exec(&self) -> &[ExecPermission] {
        &self.parts.exec
    }

    /// Whether every program of the runtime may be started, for an adopted folder names none.
    #[must_use]
    pub fn any_program(&self) -> bool {
        match self.profile {
            Profile::Signed => false,
            Profile::Legacy => true,
        }
    }

    /// What the text may ask of the agent.
    #[must_use]
    pub fn agent(&self) -> &AgentPermission {
        &self.parts.agent
    }

    /// Amounts of memory, time, processes and output.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Files of the skill that a run may begin with.
    #[must_use]
    pub fn entrypoints(&self) -> &[Entrypoint] {
        &self.parts.entrypoints
    }

    /// Everything granted but resources, family by family.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        let asked = Manifest::unchecked(self.parts.clone());
        asked.permissions()
    }

    /// What was granted, in the form of a manifest; resources are in [`Self::limits`].
    #[must_use]
    pub fn as_manifest(&self) -> Manifest {
        Manifest::unchecked(self.parts.clone())
    }

    fn assemble(
        profile: Profile,
        granted: Vec<Permission>,
        entrypoints: &[Entrypoint],
        limits: Limits,
    ) -> Self {
        let mut parts = ManifestParts::default();
        let (mut tools, mut remote_instructions) = (Vec::<ToolName>::new(), false);
        for permission in granted {
            match permission {
                Permission::File(file) => parts.files.push(file),
                Permission::Network(network) => parts.network.push(network),
                Permission::OpenNetwork => parts.open_network = true,
                Permission::Secret(secret) => parts.secrets.push(secret),
                Permission::Exec(exec) => parts.exec.push(exec),
                Permission::AgentTool(tool) => tools.push(tool),
                Permission::RemoteInstructions => remote_instructions = true,
                Permission::Resource(..) => {}
            }
        }
        parts.agent = AgentPermission::new(tools, remote_instructions);
        let (network, open) = (&parts.network, parts.open_network);
        parts.secrets.retain(|secret| {
            open || network
                .iter()
                .any(|network| secret.is_reachable_by(network))
        });
        let any_program = profile == Profile::Legacy;
        let exec = parts.exec.clone();
        let startable = |program: &ProgramName| {
            any_program || exec.iter().any(|exec| exec.program() == program)
        };
        parts.entrypoints = entrypoints.to_vec();
        parts
            .entrypoints
            .retain(|entrypoint| entrypoint.interpreter().is_none_or(&startable));
        Self {
            profile,
            parts,
            limits,
        }
    }
}

fn amount_of(permission: &Permission, wanted: Resource) -> Option<u64> {
    if let Permission::Resource(resource, amount) = permission
        && *resource == wanted
    {
        return Some(*amount);
    }
    None
}

/// Every meeting of one list with the other, sorted, without what another entry covers.
fn meet_all(one: &[Permission], other: &[Permission]) -> Vec<Permission> {
    let meet = |permission: &Permission| {
        other
            .iter()
            .filter_map(|limit| permission.meet(limit))
            .collect::<Vec<_>>()
    };
    let mut met = one.iter().flat_map(meet).collect::<Vec<_>>();
    met.sort_unstable();
    met.dedup();
    let covered = |permission: &Permission| {
        met.iter()
            .any(|wide| wide != permission && wide.covers(permission))
    };
    met.iter()
        .filter(|permission| !covered(permission))
        .cloned()
        .collect()
}
