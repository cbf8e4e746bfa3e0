//! The second floor: Landlock over helper and skill alike.

use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, NetPort,
    PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError,
    RulesetStatus, Scope,
};
use rustix::io::Errno;

use crate::setup::Right;

/// Restricts the calling thread and all it starts; only `ports` may be connected.
///
/// File rights up to ABI 2 are required, what newer kernels know is added.
pub(crate) fn restrict(rights: &[(PathBuf, Right)], ports: &[u16]) -> Result<(), Errno> {
    apply(rights, ports)
        .map_err(|_| Errno::NOSYS)?
        .then_some(())
        .ok_or(Errno::NOSYS)
}

fn apply(rights: &[(PathBuf, Right)], ports: &[u16]) -> Result<bool, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V2))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for (path, right) in rights {
        let Ok(file) = PathFd::new(path) else {
            continue;
        };
        let rule =
            PathBeneath::new(file, allowed(*right)).set_compatibility(CompatLevel::BestEffort);
        ruleset = ruleset.add_rule(rule)?;
    }
    for port in ports {
        ruleset = ruleset.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
    }
    let status = ruleset.restrict_self()?;
    Ok(status.no_new_privs && status.ruleset != RulesetStatus::NotEnforced)
}

fn allowed(right: Right) -> BitFlags<AccessFs> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    match right {
        Right::Read => read,
        Right::Execute => read | AccessFs::Execute,
        Right::ExecuteFile => AccessFs::ReadFile | AccessFs::Execute,
        Right::Write => AccessFs::from_all(NEWEST) & !BitFlags::from(AccessFs::Execute),
        Right::Device => read | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev,
    }
}

/// The Landlock ABI of the running kernel, 0 when there is none.
pub(crate) fn abi() -> u32 {
    // SAFETY: with a null attribute and the version flag the call reads nothing.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0,
            VERSION_FLAG,
        )
    };
    u32::try_from(version).unwrap_or(0)
}

const NEWEST: ABI = ABI::V7;
const VERSION_FLAG: u32 = 1;
