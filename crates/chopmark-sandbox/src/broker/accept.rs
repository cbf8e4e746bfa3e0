//! Starts a broker on a thread of its own, takes connections, and ends them all at the stop.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ca::{AuthorityError, RunAuthority};
use super::config::BrokerConfig;
use super::meter::Activity;
use super::policy::Policy;
use super::recorder::{Known, Origin, Recorder};
use super::redact::Patterns;
use super::refusal::Refusal;
use super::secret::SecretError;
use super::session::{Session, Shared, turned_away};
use super::upstream::Verifier;

/// The broker could not be started, or did not end as it should.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The listener could not be used, or no thread started.
    #[error("the broker could not {attempt}")]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates of the run could not be made.
    #[error("the broker has no certificates")]
    Authority(#[from] AuthorityError),
    /// A secret's header or format cannot be used.
    #[error("a secret cannot be placed")]
    Secret(#[from] SecretError),
    /// The broker's thread ended by a defect.
    #[error("the broker's thread ended by a defect")]
    Died,
}

/// A running broker; dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct BrokerHandle {
    ca_pem: String,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl BrokerHandle {
    /// The certificate that the sandbox has to trust, as PEM. Its key is gone already.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Ends all connections. When it returns, every event has been handed to the sink.
    ///
    /// # Errors
    ///
    /// [`BrokerError::Died`]; the connections are gone, events may be missing.
    pub fn stop(self) -> Result<(), BrokerError> {
        self.stop.send_replace(true);
        self.thread.join().map_err(|_| BrokerError::Died)
    }
}

/// Starts a broker that serves `listener` until it is stopped.
///
/// The listener is the only thing that the sandbox must be able to reach. Names are resolved and
/// servers dialled from the caller's own network namespace.
///
/// Spec: docs/spec/egress.md.
///
/// # Errors
///
/// A [`BrokerError`]; nothing is listening then.
pub fn spawn(listener: TcpListener, config: BrokerConfig) -> Result<BrokerHandle, BrokerError> {
    let io = |attempt| move |source| BrokerError::Io { attempt, source };
    listener
        .set_nonblocking(true)
        .map_err(io("prepare its listener"))?;
    let policy = Policy::new(&config.network, config.secrets, config.open_network)?;
    let authority = RunAuthority::new(policy.opened_hosts(), config.now)?;
    let patterns = Arc::new(Patterns::of(policy.secrets().map(|secret| &secret.value)));
    let ca_pem = authority.pem.clone();
    let shared = Arc::new(Shared {
        policy,
        authority,
        limits: config.limits,
        resolver: config.resolver,
        verifier: Verifier::new(config.upstream_roots),
        recorder: Arc::new(Recorder::new(config.sink, Arc::clone(&patterns))),
        patterns,
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(io("start its runtime"))?;
    let (stop, stopped) = watch::channel(false);
    let listener = {
        let _context = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(io("prepare its listener"))?
    };
    let thread = std::thread::Builder::new()
        .name("broker".to_owned())
        .spawn(move || {
            runtime.block_on(accept(listener, &shared, stopped));
            // A lookup may still hang in the system's resolver; it touches nothing of ours.
            runtime.shutdown_timeout(Duration::ZERO);
        })
        .map_err(io("start its thread"))?;
    Ok(BrokerHandle {
        ca_pem,
        stop,
        thread,
    })
}

/// Takes connections until the stop; then drops them all, which records their ends.
async fn accept(
    listener: tokio::net::TcpListener,
    shared: &Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, say: wait for a connection to end instead of spinning.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let origin = Origin {
            recorder: Arc::clone(&shared.recorder),
            peer,
        };
        let limit = shared.limits.connections;
        let refusal = if !shared.recorder.works() {
            Some(Refusal::JournalUnavailable)
        } else if connections.len() >= limit {
            origin.refuse(&Refusal::TooManyConnections, &Known::default());
            Some(Refusal::TooManyConnections)
        } else {
            None
        };
        match refusal {
            None => drop(connections.spawn(serve(stream, Arc::clone(shared), origin))),
            // Those turned away linger a moment; there must not be many of them either.
            Some(_) if connections.len() >= limit.saturating_mul(2) => {}
            Some(refusal) => drop(connections.spawn(turn_away(stream, refusal))),
        }
    }
    connections.shutdown().await;
}

/// Serves one connection within the limits on time.
async fn serve(stream: TcpStream, shared: Arc<Shared>, origin: Origin) {
    // Without it small answers wait for acknowledgements; nothing breaks if not.
    drop(stream.set_nodelay(true));
    let (idle, total) = (shared.limits.idle, shared.limits.total);
    let activity = Activity::new();
    let session = Session::new(shared, origin, Arc::clone(&activity));
    tokio::select! {
        () = session.serve(stream) => {}
        () = activity.quiet_for(idle) => {}
        () = tokio::time::sleep(total) => {}
    }
}

/// Says why, and takes what the client was saying, lest closing on unread bytes undo the answer.
async fn turn_away(mut stream: TcpStream, refusal: Refusal) {
    drop(stream.write_all(turned_away(&refusal).as_bytes()).await);
    drop(stream.shutdown().await);
    let mut rest = stream.take(LINGER_BYTES);
    drop(timeout(LINGER, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await);
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 * 1024;
