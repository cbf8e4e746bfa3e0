//! The last steps of the process that becomes the skill.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_capabilities_secure_bits,
    set_no_new_privs,
};

use super::control::Step;
use crate::seccomp::filter;
use crate::setup::{Amounts, Setup};
use crate::sys::notify::install_listener;
use crate::sys::process::{close_on_exec_from, exec};

/// Runs in the process that becomes the skill; returns only when a step failed.
///
/// The number of the listener goes through `report` as four bytes before exec.
pub(crate) fn become_skill(setup: &Setup, report: &OwnedFd) -> (Step, Errno) {
    match prepare(setup, report) {
        Ok(()) => {
            let errno = exec(&setup.program, &setup.arguments, &setup.environment);
            (Step::Exec, errno)
        }
        Err(failure) => failure,
    }
}

fn prepare(setup: &Setup, report: &OwnedFd) -> Result<(), (Step, Errno)> {
    let step = |step| move |errno| (step, errno);
    rustix::process::setsid().map_err(step(Step::Exec))?;
    rustix::process::chdir(&setup.directory).map_err(step(Step::Mounts))?;
    limit(setup.limits).map_err(step(Step::Limits))?;
    drop_capabilities(CapabilitySet::empty()).map_err(step(Step::Capabilities))?;
    close_on_exec_from(3).map_err(step(Step::Exec))?;
    // Until exec the helper must be able to read the program's path; exec decides anew.
    set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(step(Step::Exec))?;
    let listener = install_listener(&filter()).map_err(step(Step::Filter))?;
    rustix::io::write(report.as_fd(), &listener.to_ne_bytes()).map_err(step(Step::Filter))?;
    Ok(())
}

/// Keeps `kept`, gives up every other capability for good and everything that could give one back.
pub(crate) fn drop_capabilities(kept: CapabilitySet) -> Result<(), Errno> {
    set_no_new_privs(true)?;
    clear_ambient_capability_set()?;
    let sets = CapabilitySets {
        effective: kept,
        permitted: kept,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, sets)
}

/// Empties the bounding set, while the capability to do so is still there.
pub(crate) fn seal_capabilities() -> Result<(), Errno> {
    for capability in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(capability) {
            Ok(()) | Err(Errno::INVAL) => {}
            Err(errno) => return Err(errno),
        }
    }
    set_capabilities_secure_bits(
        CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED,
    )
}

fn limit(amounts: Amounts) -> Result<(), Errno> {
    let limits = [
        (Resource::Core, 0),
        (Resource::Cpu, amounts.cpu_seconds),
        (Resource::Data, amounts.memory_bytes),
        (Resource::Fsize, amounts.output_bytes),
        (Resource::Nofile, OPEN_FILES),
        (
            Resource::Nproc,
            amounts.processes.saturating_add(HELPER_THREADS),
        ),
        (Resource::Memlock, 0),
    ];
    for (resource, most) in limits {
        let present = rustix::process::getrlimit(resource)
            .maximum
            .unwrap_or(u64::MAX);
        let most = Some(most.min(present));
        setrlimit(
            resource,
            Rlimit {
                current: most,
                maximum: most,
            },
        )?;
    }
    Ok(())
}

const OPEN_FILES: u64 = 4096;
/// The kernel counts the helper's own threads with the skill's.
const HELPER_THREADS: u64 = 16;
