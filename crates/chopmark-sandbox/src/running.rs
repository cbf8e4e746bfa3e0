//! From a plan to a running skill, and from that to its outcome.

mod changed;
mod error;
mod pump;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid,
};

use crate::broker::Entrances;
use crate::journal::{Header, LayerRecord, NetworkEvent, Sink, Summary, Writer};
use crate::known::Memory;
use crate::launch::control::{self, Message};
use crate::launch::inside::launch;
use crate::layer::{self, LayerState};
use crate::plan::{Plan, RunningBroker};
use crate::report::{Consumer, ring};
use crate::sys::process::{Forked, fork};
pub use error::{RunError, StartError};
use pump::Pump;

/// A skill that runs, confined and recorded. Dropping it ends every process of the run.
#[must_use]
pub struct Running {
    helper: OwnedFd,
    pump: Option<JoinHandle<Result<Outcome, RunError>>>,
}

/// How a run ended and what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How the skill's first process ended.
    pub end: RunEnd,
    /// Declared beside observed.
    pub summary: Summary,
    /// How long it ran, from the plan's start.
    pub elapsed: Duration,
}

/// How the skill's first process ended. Every other process ended with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// Its wall time was over.
    WallTime,
    /// All processes together held more memory than granted.
    Memory,
    /// The helper died, and the run with it.
    SupervisorLost,
    /// The caller stopped it.
    Stopped,
}

/// Starts `plan`.
///
/// When it returns, the journal's header is durable and the skill's first program may run.
///
/// # Errors
///
/// [`StartError`]; no process of the run is left, and no program of the skill was started.
pub fn start(plan: Plan) -> Result<Running, StartError> {
    let layers = layer::probe();
    if let Some(missing) = layers.iter().find(|layer| !layer.in_force()) {
        return Err(StartError::Layer(missing.clone()));
    }
    let Plan {
        mut setup,
        rules,
        options,
        arguments,
        memory,
        kept,
    } = plan;
    setup.started_ns = crate::supervisor::now_ns();
    let (started_ns, limits) = (setup.started_ns, setup.limits);
    let ways = setup.ways.clone();
    let failed = |doing| move |errno| StartError::System { doing, errno };
    let (producer, consumer) = ring(RING_BYTES).map_err(failed("make shared memory"))?;
    let (ours, theirs) = control::pair().map_err(failed("make a socket pair"))?;
    let launcher = match fork().map_err(failed("fork"))? {
        Forked::Child => launch(setup, theirs, producer),
        Forked::Parent(pid) => pid,
    };
    drop((theirs, producer, setup));
    let (sink, events) = Sink::channel();
    let header = header(&options.facts, &layers, &rules, arguments, &*options.signer);
    // While the helper builds its namespaces: to make it durable takes as long.
    let writer = Writer::create(&options.journal_path, header, options.signer);
    let (helper, early) = Helper::adopt(launcher, &ours)?;
    let writer = writer.map_err(StartError::Journal)?;
    let sockets = helper.ready(&ours, early)?;
    let entrances = ways.map(|ways| Entrances::of_sandbox(sockets, ways.stand_ins));
    let broker = match (entrances, options.broker) {
        (Some(Some(entrances)), Some(endpoint)) => Some(
            endpoint
                .start(entrances, sink)
                .map_err(StartError::Broker)?,
        ),
        (Some(_), _) => {
            return Err(StartError::System {
                doing: "listen",
                errno: Errno::NOTCONN,
            });
        }
        (None, _) => None,
    };
    let authority = broker
        .as_ref()
        .map(|broker| broker.ca_pem.clone())
        .unwrap_or_default();
    control::send(ours.as_fd(), &Message::Go(authority.into_bytes()), &[])
        .map_err(failed("tell the helper to go on"))?;
    helper.started(&ours)?;
    let pidfd = helper.pidfd.try_clone().map_err(|_| StartError::System {
        doing: "copy a descriptor",
        errno: Errno::MFILE,
    })?;
    let parts = RunParts {
        writer,
        consumer,
        events,
        broker,
        control: ours,
        rules,
        memory,
        kept,
        started_ns,
    };
    let pump = Pump::new(helper, parts, Duration::from_secs(limits.wall_seconds));
    let pump = std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || pump.run())
        .map_err(|_| StartError::System {
            doing: "start a thread",
            errno: Errno::AGAIN,
        })?;
    Ok(Running {
        helper: pidfd,
        pump: Some(pump),
    })
}

impl Running {
    /// Waits for the end; the journal is complete, signed and durable when it returns.
    ///
    /// # Errors
    ///
    /// [`RunError`] when the journal could not be written; the skill was stopped then.
    pub fn wait(mut self) -> Result<Outcome, RunError> {
        let pump = self.pump.take().ok_or(RunError::Lost)?;
        pump.join().map_err(|_| RunError::Lost)?
    }

    /// Ends every process of the run; [`Self::wait`] then returns.
    pub fn stop(&self) {
        // It may have ended already.
        let _ = pidfd_send_signal(&self.helper, Signal::KILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pump) = self.pump.take() {
            self.stop();
            // Nobody is left to hear of an error.
            let _ = pump.join();
        }
    }
}

/// What the pump works with.
struct RunParts {
    writer: Writer,
    consumer: Consumer,
    events: Receiver<NetworkEvent>,
    broker: Option<RunningBroker>,
    control: OwnedFd,
    rules: Vec<String>,
    memory: Option<Memory>,
    kept: Vec<crate::plan::Kept>,
    started_ns: u64,
}

/// The helper as a child process; killed and reaped when dropped.
struct Helper {
    pid: Pid,
    pidfd: OwnedFd,
    gone: bool,
}

impl Helper {
    /// Learns the helper's id from the launcher, which ends; what the helper itself said before
    /// the launcher came to it is kept.
    fn adopt(launcher: u32, control: &OwnedFd) -> Result<(Self, Option<Received>), StartError> {
        let launcher = i32::try_from(launcher).ok().and_then(Pid::from_raw);
        // It is our child and ends at once.
        let _ = waitpid(launcher, WaitOptions::empty());
        let mut early: Option<Received> = None;
        loop {
            match next(control) {
                Ok((Message::Helper(pid), _)) => return Ok((Self::new(pid)?, early)),
                Ok(received) if early.is_none() => early = Some(received),
                Ok((message, _)) => return Err(unexpected(message)),
                Err(error) => return Err(early.map_or(error, |(message, _)| unexpected(message))),
            }
        }
    }

    fn new(pid: u32) -> Result<Self, StartError> {
        let pid = i32::try_from(pid)
            .ok()
            .and_then(Pid::from_raw)
            .ok_or(StartError::Lost)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| StartError::System {
            doing: "watch the helper",
            errno,
        })?;
        Ok(Self {
            pid,
            pidfd,
            gone: false,
        })
    }

    fn ready(
        &self,
        control: &OwnedFd,
        early: Option<Received>,
    ) -> Result<Vec<OwnedFd>, StartError> {
        match early.map_or_else(|| next(control), Ok)? {
            (Message::Ready, sockets) => Ok(sockets),
            (message, _) => Err(unexpected(message)),
        }
    }

    fn started(&self, control: &OwnedFd) -> Result<(), StartError> {
        let (message, _) = next(control)?;
        if matches!(message, Message::Started) {
            Ok(())
        } else {
            Err(unexpected(message))
        }
    }
}

impl Helper {
    /// Ends it and every process of its namespace; when this returns they are gone.
    fn end(&mut self) {
        // It may have ended already; as our child its id is not given to another before this.
        if !std::mem::replace(&mut self.gone, true) {
            let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
            let _ = waitpid(Some(self.pid), WaitOptions::empty());
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.end();
    }
}

/// A message, with the descriptors that came with it.
type Received = (Message, Vec<OwnedFd>);

/// The next message; the helper must be quick.
fn next(control: &OwnedFd) -> Result<Received, StartError> {
    let deadline = Timespec {
        tv_sec: START_SECONDS,
        tv_nsec: 0,
    };
    let mut polled = [PollFd::new(control, PollFlags::IN)];
    match poll(&mut polled, Some(&deadline)) {
        Ok(0) => return Err(StartError::Lost),
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => {
            return Err(StartError::System {
                doing: "wait for the helper",
                errno,
            });
        }
    }
    let received = control::receive(control.as_fd()).map_err(|errno| StartError::System {
        doing: "hear the helper",
        errno,
    })?;
    received.ok_or(StartError::Lost)
}

fn unexpected(message: Message) -> StartError {
    match message {
        Message::Failed(step, errno) => StartError::Step {
            step,
            errno: Errno::from_raw_os_error(errno),
        },
        Message::Helper(_)
        | Message::Ready
        | Message::Go(_)
        | Message::Started
        | Message::Exited(_)
        | Message::Signalled(_)
        | Message::MemoryExceeded => StartError::Lost,
    }
}

fn header(
    facts: &crate::journal::RunFacts,
    layers: &[LayerState],
    rules: &[String],
    arguments: Vec<String>,
    signer: &dyn crate::journal::HeadSigner,
) -> Header {
    Header {
        facts: facts.clone(),
        kernel: rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned(),
        layers: layers
            .iter()
            .map(|layer| LayerRecord {
                layer: layer.layer.word().to_owned(),
                state: layer.detail(),
            })
            .collect(),
        arguments,
        rules: rules.to_vec(),
        key: signer.public_key(),
        limits: LIMITS.iter().map(|&limit| limit.to_owned()).collect(),
    }
}

const LIMITS: [&str; 4] = [
    "an open is recorded, the bytes read and written after it are not",
    "tunnels that the broker does not open are recorded by host and size only",
    "information may leave to an allowed host by covert means",
    "a fault of the kernel itself is outside what this sandbox can hold",
];
const RING_BYTES: usize = 4 * 1024 * 1024;
const START_SECONDS: i64 = 20;
