//! The registry: a log, its files over HTTP, and the door for new records.
//!
//! Spec: docs/spec/registry.md.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use chopmark_core::{digest::StatementId, state::Position, tlog_policy::Policy};
use chopmark_log::{
    disk::{Disk, DiskError},
    log::{Log, LogError},
};
use thiserror::Error;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::{
    cosign::{CosignError, Witnesses},
    server::Lifetime,
};

mod files;
mod index;
mod sequencer;
mod submit;
mod upload;

/// How a registry is set up.
#[derive(Debug)]
pub struct Options {
    /// The folder of the log.
    pub folder: PathBuf,
    /// The log, open.
    pub log: Log,
    /// The registry's own witness policy: whom it asks, and how many must cosign before anything
    /// is public. It binds the registry alone.
    pub policy: Policy,
    /// How long an idle registry waits before it has its checkpoint cosigned again.
    pub refresh: Duration,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// What every request sees.
#[derive(Debug)]
struct Registry {
    origin: String,
    charter: StatementId,
    disk: Disk,
    incoming: PathBuf,
    /// Where the log stands, for judging before a body is read.
    position: watch::Receiver<Position>,
    queue: mpsc::Sender<sequencer::Submission>,
    uploads: Semaphore,
}

/// Records that may wait for the sequencer; one more is answered 429.
const QUEUE: usize = 1024;

/// Requests that may upload at once; one more is answered 429.
const UPLOADS: usize = 64;

/// Serves on `listener` until the lifetime is over; calls `ready` with the bound address once
/// files are answered.
///
/// # Errors
///
/// [`ServeError`]: the log is damaged, a commit is in doubt, or a witness holds a checkpoint of
/// ours that this log does not lead to. In the last two the process ends on purpose.
pub fn serve(
    options: Options,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()?;
    runtime.block_on(run(options, listener, || ready(address)))
}

async fn run(
    options: Options,
    listener: TcpListener,
    ready: impl FnOnce(),
) -> Result<(), ServeError> {
    let Options {
        folder,
        log,
        policy,
        refresh,
        lifetime,
    } = options;
    let disk = log.disk().clone();
    let origin = log.operator().origin.clone();
    index::bring_up_to_date(&log)?;
    let charter = index::write_well_known(&log)?;
    let incoming = folder.join("incoming");
    // What an earlier process was receiving is nobody's any more.
    let _ = std::fs::remove_dir_all(&incoming);
    std::fs::create_dir_all(&incoming)?;

    let policy = Arc::new(policy);
    let witnesses = Witnesses::new(crate::server::client()?, Arc::clone(&policy), disk.clone());
    let (queue, waiting) = mpsc::channel(QUEUE);
    let (moved, position) = watch::channel(log.head().position);
    let registry = Arc::new(Registry {
        origin,
        charter,
        disk,
        incoming,
        position,
        queue,
        uploads: Semaphore::new(UPLOADS),
    });
    let routes = Router::new()
        .route("/api/v1/records", post(submit::submit))
        .layer(DefaultBodyLimit::max(upload::MAX_REQUEST))
        .fallback(get(files::file))
        .with_state(registry);
    let listener = tokio::net::TcpListener::from_std(listener)?;
    // The witnesses read the log's files over HTTP, so files are served before anything is
    // published.
    ready();
    tokio::select! {
        served = axum::serve(listener, routes).into_future() => Ok(served?),
        ended = sequencer::run(log, policy, witnesses, refresh, waiting, moved) => ended,
        () = lifetime.over() => Ok(()),
    }
}

/// Why the registry could not start or went down.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The witnesses contradict this log.
    #[error(transparent)]
    Witness(#[from] CosignError),
    /// The HTTP client.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The network or the folder.
    #[error("the server could not start: {0}")]
    Io(#[from] io::Error),
    /// The sequencer's thread died.
    #[error("the sequencer ended unexpectedly")]
    Sequencer,
}

impl ServeError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Log(error) => error.code(),
            Self::Disk(_) => "log-storage",
            Self::Witness(_) => "witness-ahead",
            Self::Client(_) | Self::Io(_) => "server-start",
            Self::Sequencer => "log-in-doubt",
        }
    }
}
