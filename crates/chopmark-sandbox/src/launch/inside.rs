//! The helper: first process of the sandbox. It builds the sandbox, starts the skill, supervises it.
//!
//! It is a fork of the supervising process in the skill's namespaces and Landlock domain, with one
//! capability (to look into processes of its own namespace) and none of the skill's reach into it.

use std::convert::Infallible;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{WaitOptions, WaitStatus, wait, waitpid};
use rustix::thread::CapabilitySet;

use super::control::{self, Message, Step};
use super::landlock::restrict;
use super::namespaces::{OuterIds, close_behind, open_ways};
use super::skill::{become_skill, drop_capabilities, seal_capabilities};
use super::{mounts, namespaces};
use crate::report::Producer;
use crate::setup::Setup;
use crate::supervisor::Crew;
use crate::sys::notify;
use crate::sys::process::{
    Forked, clone_process, close_between, exit_now, flag, kill_all, reset_signals,
};

/// Runs in a fork of the supervising process: clones the helper as its sibling and ends.
pub(crate) fn launch(setup: Setup, control: OwnedFd, reports: Producer) -> ! {
    let ids = OuterIds::current();
    match namespaces::enter() {
        Ok(Forked::Parent(pid)) => control::tell(&control, &Message::Helper(pid)),
        Ok(Forked::Child) => run(setup, ids, control, reports),
        Err(errno) => fail(&control, Step::Namespaces, errno),
    }
    exit_now(0)
}

fn run(setup: Setup, ids: OuterIds, control: OwnedFd, reports: Producer) -> ! {
    let Err((step, errno)) =
        build(&setup, ids, &control, &reports).and_then(|()| start_skill(setup, &control, reports));
    fail(&control, step, errno);
    exit_now(0)
}

fn fail(control: &OwnedFd, step: Step, errno: Errno) {
    control::tell(control, &Message::Failed(step, errno.raw_os_error()));
}

/// A step that failed, and why.
type Failure = (Step, Errno);

fn build(
    setup: &Setup,
    ids: OuterIds,
    control: &OwnedFd,
    reports: &Producer,
) -> Result<(), Failure> {
    let step = |step| move |errno| (step, errno);
    reset_signals();
    let [filled, drained] = reports.descriptors();
    keep_only(&[control.as_fd(), filled.as_fd(), drained.as_fd()])
        .map_err(step(Step::Namespaces))?;
    rustix::process::setsid().map_err(step(Step::Namespaces))?;
    ids.map().map_err(step(Step::Namespaces))?;
    let sockets = setup.ways.as_ref().map(open_ways).transpose();
    let sockets = sockets.map_err(step(Step::Network))?.unwrap_or_default();
    let handed: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
    control::send(control.as_fd(), &Message::Ready, &handed).map_err(step(Step::Network))?;
    drop(sockets);
    mounts::build(&setup.mounts).map_err(step(Step::Mounts))?;
    close_behind().map_err(step(Step::Namespaces))?;
    if setup.ways.is_some() {
        let certificates = await_go(control).map_err(step(Step::Network))?;
        trust(&certificates).map_err(step(Step::Network))?;
    }
    mounts::seal(&setup.mounts).map_err(step(Step::Mounts))?;
    seal_capabilities().map_err(step(Step::Capabilities))?;
    drop_capabilities(CapabilitySet::SYS_PTRACE).map_err(step(Step::Capabilities))?;
    let ports: Vec<u16> = setup.ways.iter().flat_map(|ways| ways.ports()).collect();
    restrict(&setup.rights, &ports).map_err(step(Step::Landlock))
}

/// Closes every descriptor but the standard three and `kept`.
fn keep_only(kept: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let mut kept: Vec<u32> = kept
        .iter()
        .map(|fd| fd.as_raw_fd().cast_unsigned())
        .collect();
    kept.sort_unstable();
    let mut from = 3_u32;
    for number in kept {
        if let Some(last) = number.checked_sub(1) {
            close_between(from, last)?;
        }
        from = number.saturating_add(1);
    }
    close_between(from, u32::MAX)
}

fn await_go(control: &OwnedFd) -> Result<Vec<u8>, Errno> {
    match control::receive(control.as_fd())? {
        Some((Message::Go(certificates), _)) => Ok(certificates),
        Some(_) => Err(Errno::BADMSG),
        None => exit_now(0),
    }
}

/// Writes the run's own authority, and the system's with it, where the environment points to.
fn trust(certificates: &[u8]) -> Result<(), Errno> {
    let system = rustix::fs::open(
        SYSTEM_BUNDLE,
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    );
    let mut bundle = Vec::new();
    if let Ok(system) = system {
        let mut part = vec![0_u8; 64 * 1024];
        loop {
            let count = rustix::io::read(&system, &mut part)?;
            if count == 0 {
                break;
            }
            bundle.extend_from_slice(part.get(..count).unwrap_or_default());
        }
        bundle.push(b'\n');
    }
    bundle.extend_from_slice(certificates);
    mounts::write_file(std::path::Path::new(RUN_AUTHORITY), certificates)?;
    mounts::write_file(std::path::Path::new(RUN_BUNDLE), &bundle)
}

/// Starts the skill's first process; its exec waits for us, and we for the word to go on.
fn start_skill(setup: Setup, control: &OwnedFd, reports: Producer) -> Result<Infallible, Failure> {
    let (from_skill, to_helper) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|errno| (Step::Filter, errno))?;
    let pid = match clone_process(flag(libc::CLONE_FILES)).map_err(|errno| (Step::Exec, errno))? {
        Forked::Child => {
            let (step, errno) = become_skill(&setup, &to_helper);
            fail(control, step, errno);
            exit_now(127)
        }
        Forked::Parent(pid) => pid,
    };
    let filter = |errno| (Step::Filter, errno);
    let crew = Crew::enlist(control, move || {
        let message = reap(pid);
        end_all_others();
        message
    })
    .map_err(filter)?;
    let listener = notify::adopt(await_listener(&from_skill, pid).map_err(filter)?);
    if setup.ways.is_none() {
        await_go(control).map_err(filter)?;
    }
    control::send(control.as_fd(), &Message::Started, &[]).map_err(|errno| (Step::Exec, errno))?;
    Err((Step::Filter, crew.supervise(setup, listener, reports)))
}

/// The number of the listener, which the skill's first process tells before its exec.
fn await_listener(from_skill: &OwnedFd, pid: u32) -> Result<RawFd, Errno> {
    let mut number = [0_u8; 4];
    // The pipe stays open on our side too, so a skill that failed before is noticed by its end.
    loop {
        match poll_number(from_skill, &mut number) {
            Ok(true) => return Ok(RawFd::from_ne_bytes(number)),
            Ok(false) if ended(pid) => exit_now(0),
            Ok(false) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Whether the number of the listener came within a short time.
fn poll_number(pipe: &OwnedFd, number: &mut [u8; 4]) -> Result<bool, Errno> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    let mut polled = [PollFd::new(pipe, PollFlags::IN)];
    match poll(&mut polled, Some(&wait)) {
        Ok(0) | Err(Errno::INTR) => Ok(false),
        Ok(_) => rustix::io::read(pipe, number).map(|count| count == 4),
        Err(errno) => Err(errno),
    }
}

fn ended(pid: u32) -> bool {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    matches!(waitpid(pid, WaitOptions::NOHANG), Ok(Some(_)) | Err(_))
}

/// Reaps every process until the skill's first one ends, and tells how.
fn reap(first: u32) -> Message {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get().cast_unsigned() == first => {
                return end_of(status);
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return Message::Signalled(libc::SIGKILL),
        }
    }
}

/// Ends what the first process left behind and waits until it is gone: nothing is done after the
/// last word.
fn end_all_others() {
    kill_all();
    while !matches!(wait(WaitOptions::empty()), Err(Errno::CHILD)) {}
}

fn end_of(status: WaitStatus) -> Message {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(status), _) => Message::Exited(status),
        (None, Some(signal)) => Message::Signalled(signal),
        (None, None) => Message::Signalled(libc::SIGKILL),
    }
}

/// The run's own authority, as PEM.
pub(crate) const RUN_AUTHORITY: &str = "/run/chopmark/authority.pem";
/// The system's authorities and the run's own, as PEM.
pub(crate) const RUN_BUNDLE: &str = "/run/chopmark/certificates.pem";
const SYSTEM_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
