//! What both servers share: the life of the process, and the HTTP client.

use std::{io, time::Duration};

use reqwest::Client;

/// How long a server lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is interrupted or terminated.
    UntilSignal,
    /// As before, or until its standard input is closed: then it dies with whoever started it.
    UntilStdinCloses,
}

impl Lifetime {
    /// Resolves when the server is to stop.
    pub(crate) async fn over(self) {
        let stdin = async {
            match self {
                Self::UntilSignal => std::future::pending().await,
                Self::UntilStdinCloses => stdin_closed().await,
            }
        };
        tokio::select! {
            () = stdin => {}
            _ = tokio::signal::ctrl_c() => {}
            () = terminated() => {}
        }
    }
}

async fn stdin_closed() {
    let (closed, wait) = tokio::sync::oneshot::channel();
    // A thread of its own: a blocking read must not hold the runtime back when the server stops.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}

async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

/// A client with limits on time; redirects are not followed.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    // Refused only when one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(20))
        .no_proxy()
        .build()
}

/// Reads a body of at most `limit` bytes; `None` when more comes or the connection breaks.
pub(crate) async fn body(mut response: reqwest::Response, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if bytes.len().saturating_add(chunk.len()) > limit {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    Some(bytes)
}
