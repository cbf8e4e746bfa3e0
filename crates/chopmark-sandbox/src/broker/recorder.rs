//! The broker's pen: numbers connections, scrubs texts, and stops everything when it fails.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::authority::{Authority, Host};
use super::meter::Traffic;
use super::redact::Patterns;
use super::refusal::Refusal;
use crate::journal::{NetworkEvent, Sink, Stage, Verdict};

/// Writes events to the journal.
pub(super) struct Recorder {
    sink: Sink,
    failed: AtomicBool,
    connections: AtomicU64,
    patterns: Arc<Patterns>,
}

impl Recorder {
    /// A recorder that masks `patterns` in every text.
    pub(super) fn new(sink: Sink, patterns: Arc<Patterns>) -> Self {
        let connections = AtomicU64::new(0);
        Self {
            sink,
            failed: AtomicBool::new(false),
            connections,
            patterns,
        }
    }

    /// Whether the journal still takes events; if not, nothing may be served.
    pub(super) fn works(&self) -> bool {
        !self.failed.load(Ordering::Acquire)
    }

    /// Records an event.
    ///
    /// # Errors
    ///
    /// [`Refusal::JournalUnavailable`], now and ever after.
    pub(super) fn record(&self, mut event: NetworkEvent) -> Result<(), Refusal> {
        event.path = event.path.map(|path| self.scrub(&path));
        event.reason = event.reason.map(|reason| self.scrub(&reason));
        event.method = event.method.map(|method| self.scrub(&method));
        event.sni = event.sni.map(|name| self.scrub(&name));
        event.host = self.scrub(&event.host);
        if self.works() && self.sink.record(event).is_ok() {
            return Ok(());
        }
        self.failed.store(true, Ordering::Release);
        Err(Refusal::JournalUnavailable)
    }

    /// Masks secrets, and shortens.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut text = self.patterns.mask_text(text);
        if text.len() > MAX_TEXT_BYTES {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
            text.push('…');
        }
        text
    }

    fn next_connection(&self) -> u64 {
        self.connections
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1)
    }
}

/// The facts about the connection from the sandbox that all its events share.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) recorder: Arc<Recorder>,
    pub(super) peer: SocketAddr,
}

/// What was known when something was refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Known<'a> {
    pub(super) authority: Option<&'a Authority>,
    pub(super) sni: Option<&'a str>,
    pub(super) method: Option<&'a str>,
    pub(super) path: Option<&'a str>,
    pub(super) opened: bool,
    pub(super) connection: u64,
}

impl Origin {
    /// Records a refusal; that the journal fails here is found by the next event.
    pub(super) fn refuse(&self, refusal: &Refusal, known: &Known<'_>) {
        let authority = known.authority;
        let event = NetworkEvent {
            stage: Stage::Refused,
            connection: known.connection,
            sni: known.sni.map(str::to_owned),
            method: known.method.map(str::to_owned),
            path: known.path.map(str::to_owned),
            opened: known.opened,
            verdict: if refusal.is_rule() {
                Verdict::Denied
            } else {
                Verdict::Allowed
            },
            rule: refusal.code().to_owned(),
            reason: Some(refusal.to_string()),
            ..self.blank(authority)
        };
        drop(self.recorder.record(event));
    }

    fn blank(&self, authority: Option<&Authority>) -> NetworkEvent {
        let host = authority.map(|authority| match &authority.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        });
        NetworkEvent {
            stage: Stage::Opened,
            connection: 0,
            peer: Some(self.peer),
            host: host.unwrap_or_default(),
            port: authority.map_or(0, |authority| authority.port),
            address: None,
            sni: None,
            method: None,
            path: None,
            status: None,
            opened: false,
            bytes_sent: 0,
            bytes_received: 0,
            secrets: Vec::new(),
            verdict: Verdict::Allowed,
            rule: GRANTED.to_owned(),
            reason: None,
        }
    }
}

/// A connection to a server, from the moment it stands; dropping it records its end.
pub(super) struct Link {
    origin: Origin,
    event: NetworkEvent,
    pub(super) traffic: Arc<Traffic>,
}

impl Link {
    /// Records that a connection stands.
    ///
    /// # Errors
    ///
    /// [`Refusal::JournalUnavailable`]; the connection must not be used.
    pub(super) fn open(
        origin: &Origin,
        authority: &Authority,
        address: IpAddr,
        sni: Option<&str>,
        opened: bool,
    ) -> Result<Self, Refusal> {
        let event = NetworkEvent {
            connection: origin.recorder.next_connection(),
            address: Some(address),
            sni: sni.map(str::to_owned),
            opened,
            ..origin.blank(Some(authority))
        };
        origin.recorder.record(event.clone())?;
        Ok(Self {
            origin: origin.clone(),
            event,
            traffic: Arc::default(),
        })
    }

    /// The connection's number within the run.
    pub(super) fn number(&self) -> u64 {
        self.event.connection
    }

    /// Records a request that is about to be sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::JournalUnavailable`]; the request must not be sent.
    pub(super) fn request(
        &self,
        method: &str,
        path: &str,
        secrets: Vec<String>,
    ) -> Result<Exchange, Refusal> {
        let event = NetworkEvent {
            stage: Stage::Request,
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            secrets,
            ..self.event.clone()
        };
        self.origin.recorder.record(event.clone())?;
        let recorder = Arc::clone(&self.origin.recorder);
        Ok(Exchange {
            recorder,
            event,
            sent: Arc::default(),
        })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let event = NetworkEvent {
            stage: Stage::Closed,
            bytes_sent: self.traffic.sent(),
            bytes_received: self.traffic.received(),
            ..self.event.clone()
        };
        drop(self.origin.recorder.record(event));
    }
}

/// A request under way; dropping it records how it ended.
pub(super) struct Exchange {
    recorder: Arc<Recorder>,
    event: NetworkEvent,
    sent: Arc<AtomicU64>,
}

impl Exchange {
    /// Notes the status of the answer.
    pub(super) fn answered(&mut self, status: u16) {
        self.event.status = Some(status);
    }

    /// The counter of body bytes from the skill.
    pub(super) fn sent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.sent)
    }

    /// Counts body bytes from the server.
    pub(super) fn received(&mut self, bytes: u64) {
        self.event.bytes_received = self.event.bytes_received.saturating_add(bytes);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.event.stage = Stage::Response;
        self.event.bytes_sent = self.sent.load(Ordering::Relaxed);
        drop(self.recorder.record(self.event.clone()));
    }
}

/// The rule by which everything allowed is allowed.
const GRANTED: &str = "granted";
const MAX_TEXT_BYTES: usize = 2048;
