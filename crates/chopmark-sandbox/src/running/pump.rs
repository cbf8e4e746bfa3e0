//! Moves reports from helper and broker into the journal, and ends the run in time.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::changed::changed_files;
use super::{Helper, Outcome, RunEnd, RunError, RunParts};
use crate::journal::{End, Event, Tally};
use crate::known::Known;
use crate::launch::control::{self, Message};
use crate::report::{Report, decode};
use crate::setup::rule;
use crate::sys::schedule::{Yields, answer_soon};

/// The recording side of a run.
pub(super) struct Pump {
    helper: Helper,
    parts: RunParts,
    tally: Tally,
    learnt: Vec<Known>,
    deadline: Instant,
    last_head: Instant,
}

impl Pump {
    pub(super) fn new(helper: Helper, parts: RunParts, wall: Duration) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(wall).unwrap_or(now);
        Self {
            helper,
            parts,
            tally: Tally::default(),
            learnt: Vec::new(),
            deadline,
            last_head: now,
        }
    }

    /// Runs until the helper is gone; the journal is then whole and durable.
    pub(super) fn run(mut self) -> Result<Outcome, RunError> {
        answer_soon(Yields::No);
        let end = self.until_end();
        match end {
            // The helper says so when no other process is left; it ends while the journal does.
            Ok(RunEnd::Exited(_) | RunEnd::Signalled(_)) => {}
            // The helper has nothing more to say, or must not: its namespace ends with it.
            Ok(RunEnd::WallTime | RunEnd::Memory | RunEnd::SupervisorLost | RunEnd::Stopped)
            | Err(_) => self.helper.end(),
        }
        let end = end?;
        if let Some(broker) = self.parts.broker.take() {
            (broker.stop)();
        }
        self.drain()?;
        self.finish(end)
    }

    fn until_end(&mut self) -> Result<RunEnd, RunError> {
        loop {
            let now = Instant::now();
            if now >= self.deadline {
                return Ok(RunEnd::WallTime);
            }
            let wait = self.deadline.saturating_duration_since(now).min(INTERVAL);
            let said = self.wait_for_word(wait);
            self.drain()?;
            self.keep_heads()?;
            if let Some(end) = said {
                return Ok(end);
            }
        }
    }

    /// Waits for reports or for the helper's last word.
    fn wait_for_word(&self, wait: Duration) -> Option<RunEnd> {
        let wait = Timespec {
            tv_sec: i64::try_from(wait.as_secs()).unwrap_or(0),
            tv_nsec: i64::from(wait.subsec_nanos()),
        };
        let mut polled = [
            PollFd::new(self.parts.consumer.filled(), PollFlags::IN),
            PollFd::new(&self.parts.control, PollFlags::IN),
        ];
        // An interrupted wait is a short one.
        let _ = poll(&mut polled, Some(&wait));
        let [_, control] = polled;
        if control.revents().is_empty() {
            return None;
        }
        match control::receive(self.parts.control.as_fd()) {
            Ok(Some((Message::Exited(status), _))) => Some(RunEnd::Exited(status)),
            Ok(Some((Message::Signalled(signal), _))) => Some(RunEnd::Signalled(signal)),
            Ok(Some((Message::MemoryExceeded, _))) => Some(RunEnd::Memory),
            Ok(Some((Message::Failed(..), _))) => None,
            Ok(Some((
                Message::Helper(_) | Message::Ready | Message::Go(_) | Message::Started,
                _,
            ))) => Some(RunEnd::SupervisorLost),
            Ok(None) | Err(_) => Some(RunEnd::SupervisorLost),
        }
    }

    fn drain(&mut self) -> Result<(), RunError> {
        let Self {
            parts,
            tally,
            learnt,
            ..
        } = self;
        let writer = &mut parts.writer;
        parts.consumer.drain(|frame| {
            let event = match decode(frame).ok_or(RunError::Report)? {
                Report::Access(access) => {
                    tally.access(&access);
                    Event::Access(access)
                }
                Report::Process(process) => Event::Process(process),
                Report::Program(program) => Event::Program(program),
                Report::Known(known) => {
                    learnt.push(known);
                    return Ok(());
                }
            };
            writer.append(&event);
            if writer.pending() > WRITE_BYTES {
                writer.flush().map_err(RunError::Journal)?;
            }
            Ok(())
        })?;
        let time_ns = crate::supervisor::now_ns().saturating_sub(parts.started_ns);
        for event in parts.events.try_iter() {
            tally.network(&event);
            writer.append(&Event::Network(time_ns, event));
        }
        if writer.pending() > 0 {
            writer.flush().map_err(RunError::Journal)
        } else {
            Ok(())
        }
    }

    fn keep_heads(&mut self) -> Result<(), RunError> {
        let writer = &mut self.parts.writer;
        let due = self.last_head.elapsed() >= HEAD_INTERVAL && writer.since_head() > 0;
        if due || writer.since_head() >= HEAD_EVENTS {
            writer.sign_head();
            self.last_head = Instant::now();
            writer.flush().map_err(RunError::Journal)?;
        }
        Ok(())
    }

    fn finish(self, end: RunEnd) -> Result<Outcome, RunError> {
        let Self {
            mut parts,
            tally,
            learnt,
            ..
        } = self;
        let changed = changed_files(&tally, &parts.kept);
        let grants: Vec<(u32, String)> = (0_u32..)
            .zip(parts.rules)
            .filter(|(index, _)| *index >= rule::FIRST_GRANTED)
            .collect();
        let summary = tally.finish(&grants, changed);
        let time_ns = crate::supervisor::now_ns().saturating_sub(parts.started_ns);
        let (cause, status) = words(end);
        let end_event = End {
            time_ns,
            cause: cause.to_owned(),
            status,
            summary: summary.clone(),
        };
        parts.writer.append(&Event::End(Box::new(end_event)));
        parts.writer.sign_head();
        // COMMIT: the journal is whole and durable.
        parts.writer.sync().map_err(RunError::Journal)?;
        if let Some(memory) = parts.memory {
            memory.add(learnt);
        }
        Ok(Outcome {
            end,
            summary,
            elapsed: Duration::from_nanos(time_ns),
        })
    }
}

fn words(end: RunEnd) -> (&'static str, i32) {
    match end {
        RunEnd::Exited(status) => ("exited", status),
        RunEnd::Signalled(signal) => ("signalled", signal),
        RunEnd::WallTime => ("wall-time", 0),
        RunEnd::Memory => ("memory", 0),
        RunEnd::SupervisorLost => ("supervisor-lost", 0),
        RunEnd::Stopped => ("stopped", 0),
    }
}

const INTERVAL: Duration = Duration::from_millis(50);
const HEAD_INTERVAL: Duration = Duration::from_secs(1);
const HEAD_EVENTS: u64 = 8192;
const WRITE_BYTES: usize = 256 * 1024;
