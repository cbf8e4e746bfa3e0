//! A mirror that lies: it passes the registry's files on and changes some of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use chopmark_client::http::Http;

use super::stage::broken;
use crate::error::CommandError;

/// What a mirror makes of a file: other bytes, or none.
pub(super) type Lie = dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>> + Send + Sync;

/// A running mirror; its thread ends with the process.
#[derive(Debug)]
pub(super) struct Mirror {
    url: String,
}

impl Mirror {
    /// Serves the files of `registry` on loopback, each as `lie` returns it.
    pub(super) fn of(registry: &str, lie: Arc<Lie>) -> Result<Self, CommandError> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| broken("open a port", &e))?;
        let address = listener
            .local_addr()
            .map_err(|e| broken("open a port", &e))?;
        let registry = registry.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (registry, lie) = (registry.clone(), Arc::clone(&lie));
                thread::spawn(move || serve(&stream, &registry, lie.as_ref()));
            }
        });
        Ok(Self {
            url: format!("http://{address}"),
        })
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// Answers one request and closes.
fn serve(stream: &TcpStream, registry: &str, lie: &Lie) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut header = String::new();
    while reader.read_line(&mut header).ok()? > 2 {
        header.clear();
    }
    let path = request
        .split(' ')
        .nth(1)?
        .trim_start_matches('/')
        .to_owned();
    let found = Http::new()
        .file(&format!("{registry}/{path}"), MAX_BYTES)
        .ok()
        .flatten();
    let answer = found.and_then(|bytes| lie(&path, bytes));
    let (status, body) = match answer {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

const MAX_BYTES: u64 = 64 * 1024 * 1024;
