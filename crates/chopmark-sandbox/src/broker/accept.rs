//! Starts a broker on a thread of its own, takes connections, and ends them all at the stop.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;

use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ca::{AuthorityError, RunAuthority};
use super::config::BrokerConfig;
use super::entrances::Entrances;
use super::meter::Activity;
use super::names::{answer_datagrams, answer_streams};
use super::policy::Policy;
use super::recorder::{Known, Origin, Recorder};
use super::redact::Patterns;
use super::refusal::Refusal;
use super::secret::SecretError;
use super::session::{Session, Shared, linger, turned_away};
use super::stand_ins::StandIns;
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

/// Starts a broker that serves `entrances` until it is stopped.
///
/// They are the only things that the sandbox must be able to reach. Names are resolved and
/// servers dialled from the caller's own network namespace.
///
/// Spec: docs/spec/egress.md.
///
/// # Errors
///
/// A [`BrokerError`]; nothing is listening then.
pub fn spawn(
    entrances: impl Into<Entrances>,
    config: BrokerConfig,
) -> Result<BrokerHandle, BrokerError> {
    let Entrances { proxy, capture } = entrances.into();
    let io = |attempt| move |source| BrokerError::Io { attempt, source };
    let (stand_ins, names, direct) = match capture {
        Some(capture) => {
            let names = (capture.questions, capture.long_questions);
            (capture.stand_ins, Some(names), capture.direct)
        }
        None => (StandIns::default(), None, Vec::new()),
    };
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
        stand_ins: std::sync::Mutex::new(stand_ins),
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(io("start its runtime"))?;
    let (stop, stopped) = watch::channel(false);
    let doors = {
        let _context = runtime.enter();
        Doors::open(proxy, direct, names).map_err(io("prepare its listeners"))?
    };
    let thread = std::thread::Builder::new()
        .name("broker".to_owned())
        .spawn(move || {
            runtime.block_on(accept(doors, &shared, stopped));
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

/// For whom a connection is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// For a proxy.
    Proxy,
    /// For the server for which its own address stands.
    Direct,
}

/// The broker's sockets within its runtime.
struct Doors {
    listeners: Vec<(tokio::net::TcpListener, Door)>,
    names: Option<(tokio::net::UdpSocket, tokio::net::TcpListener)>,
}

impl Doors {
    fn open(
        proxy: TcpListener,
        direct: Vec<TcpListener>,
        names: Option<(UdpSocket, TcpListener)>,
    ) -> io::Result<Self> {
        let stream = |listener: TcpListener| {
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener)
        };
        let mut listeners = vec![(stream(proxy)?, Door::Proxy)];
        for listener in direct {
            listeners.push((stream(listener)?, Door::Direct));
        }
        let names = match names {
            Some((questions, long_questions)) => {
                questions.set_nonblocking(true)?;
                let questions = tokio::net::UdpSocket::from_std(questions)?;
                Some((questions, stream(long_questions)?))
            }
            None => None,
        };
        Ok(Self { listeners, names })
    }
}

/// The next connection at any door.
async fn next(
    listeners: &[(tokio::net::TcpListener, Door)],
) -> io::Result<(TcpStream, SocketAddr, Door)> {
    std::future::poll_fn(|context| {
        for (listener, door) in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(context) {
                return Poll::Ready(accepted.map(|(stream, peer)| (stream, peer, *door)));
            }
        }
        Poll::Pending
    })
    .await
}

/// Takes connections until the stop; then drops them all, which records their ends.
async fn accept(doors: Doors, shared: &Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let Doors { listeners, names } = doors;
    let mut connections = JoinSet::new();
    let mut resolver = JoinSet::new();
    if let Some((questions, long_questions)) = names {
        resolver.spawn(answer_datagrams(questions, Arc::clone(shared)));
        resolver.spawn(answer_streams(long_questions, Arc::clone(shared)));
    }
    loop {
        let accepted = tokio::select! {
            accepted = next(&listeners) => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, peer, door)) = accepted else {
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
            None => drop(connections.spawn(serve(stream, door, Arc::clone(shared), origin))),
            // Those turned away linger a moment; there must not be many of them either.
            Some(_) if connections.len() >= limit.saturating_mul(2) => {}
            Some(refusal) => drop(connections.spawn(turn_away(stream, refusal))),
        }
    }
    connections.shutdown().await;
    resolver.shutdown().await;
}

/// Serves one connection within the limits on time.
async fn serve(stream: TcpStream, door: Door, shared: Arc<Shared>, origin: Origin) {
    // Without it small answers wait for acknowledgements; nothing breaks if not.
    drop(stream.set_nodelay(true));
    let (idle, total) = (shared.limits.idle, shared.limits.total);
    let activity = Activity::new();
    let session = Session::new(shared, origin, Arc::clone(&activity));
    let serving = async {
        match door {
            Door::Proxy => session.serve(stream).await,
            Door::Direct => session.serve_direct(stream).await,
        }
    };
    tokio::select! {
        () = serving => {}
        () = activity.quiet_for(idle) => {}
        () = tokio::time::sleep(total) => {}
    }
}

/// Says why, and takes what the client was saying, lest closing on unread bytes undo the answer.
async fn turn_away(mut stream: TcpStream, refusal: Refusal) {
    drop(stream.write_all(turned_away(&refusal).as_bytes()).await);
    linger(stream).await;
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
