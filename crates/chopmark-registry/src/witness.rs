//! The witness server: tlog-witness, with full replay.
//!
//! Spec: C2SP tlog-witness; docs/spec/registry.md §5.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chopmark_core::{
    digest::{hex, sha256},
    key::SecretKey,
    note::NoteError,
    tlog_policy::{Policy, PolicyError},
};
use chopmark_log::witness::{WitnessStore, WitnessStoreError};
use reqwest::Client;
use thiserror::Error;
use tokio::sync::Mutex;

use crate::server::Lifetime;

mod add;
mod fetch;
mod request;

/// What a witness does before it cosigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Consistency alone. Its key must not stand in a replay group.
    Plain,
    /// Consistency, and every new leaf judged.
    Replay,
}

/// How a witness is set up.
#[derive(Debug)]
pub struct Options {
    /// The folder of its state.
    pub folder: PathBuf,
    /// Its name, as in its verifier key.
    pub name: String,
    /// Its key, used for nothing else.
    pub key: SecretKey,
    /// A file in tlog-policy format whose `log` lines name the logs that it cosigns and, for
    /// replay, their URLs. It is read again for each request.
    pub logs: PathBuf,
    /// What it does before it cosigns.
    pub mode: Mode,
    /// How long it lives.
    pub lifetime: Lifetime,
}

#[derive(Debug)]
struct Witness {
    store: WitnessStore,
    options: Options,
    client: Client,
    /// One request at a time: replay of the next waits for the commit of the one before.
    turn: Mutex<()>,
}

/// Serves on `listener` until the lifetime is over; calls `ready` with the bound address once
/// requests are answered.
///
/// # Errors
///
/// [`ServeError`] when the state, the list of logs or the listener cannot be used.
pub fn serve(
    options: Options,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    read_logs(&options.logs)?;
    let store = WitnessStore::open(&options.folder)?;
    let lifetime = options.lifetime;
    let witness = Arc::new(Witness {
        store,
        options,
        client: crate::server::client()?,
        turn: Mutex::new(()),
    });
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let routes = Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .route("/{hash}/checkpoint", get(checkpoint))
            .layer(DefaultBodyLimit::max(request::MAX_BYTES))
            .with_state(witness);
        ready(address);
        tokio::select! {
            served = axum::serve(listener, routes).into_future() => served?,
            () = lifetime.over() => {}
        }
        Ok(())
    })
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    match add::add(witness, body.to_vec()).await {
        Ok(lines) => (StatusCode::OK, lines).into_response(),
        Err(add::Refusal::Stands(size)) => (
            StatusCode::CONFLICT,
            [(header::CONTENT_TYPE, "text/x.tlog.size")],
            format!("{size}\n"),
        )
            .into_response(),
        Err(add::Refusal::Answer(status, text)) => {
            tracing::warn!(%status, %text, "refused to cosign");
            (status, format!("{text}\n")).into_response()
        }
    }
}

async fn checkpoint(
    State(witness): State<Arc<Witness>>,
    axum::extract::Path(hash): axum::extract::Path<String>,
) -> Response {
    let note = read_logs(&witness.options.logs).ok().and_then(|policy| {
        let log = policy
            .logs()
            .iter()
            .find(|log| hex(&sha256(log.key.name().as_bytes())) == hash)?;
        witness.store.standing(log.key.name()).ok()
    });
    match note {
        Some(standing) if !standing.note.is_empty() => (
            StatusCode::OK,
            [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            standing.note,
        )
            .into_response(),
        Some(_) | None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn read_logs(path: &Path) -> Result<Policy, ServeError> {
    let bytes = std::fs::read(path).map_err(|source| ServeError::Logs {
        path: path.to_owned(),
        source,
    })?;
    Ok(Policy::parse(&bytes)?)
}

/// Why a server could not start or went down.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The witness's state.
    #[error(transparent)]
    Store(#[from] WitnessStoreError),
    /// The list of logs could not be read.
    #[error("the list of logs {} could not be read: {source}", .path.display())]
    Logs {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// The list of logs is malformed.
    #[error("the list of logs is malformed: {0}")]
    Policy(#[from] PolicyError),
    /// The witness's name.
    #[error(transparent)]
    Name(#[from] NoteError),
    /// The HTTP client.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The network.
    #[error("the server could not listen: {0}")]
    Io(#[from] io::Error),
}

impl ServeError {
    /// Returns the stable code, as listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "log-storage",
            Self::Logs { .. } | Self::Policy(_) => "witness-logs",
            Self::Name(_) => "server-name",
            Self::Client(_) | Self::Io(_) => "server-start",
        }
    }
}
