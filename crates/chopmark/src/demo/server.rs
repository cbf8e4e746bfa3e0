//! The long-lived processes of the story: registry and witnesses, each the public binary.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::stage::{Actor, Stage, broken};
use crate::error::CommandError;

/// A running server; it ends when this goes out of scope.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts `chopmark ARGS` and waits for the line on stdout that names its URL.
    pub(super) fn start<I: IntoIterator<Item: Into<String>>>(
        stage: &Stage<'_>,
        actor: &Actor,
        args: I,
    ) -> Result<Self, CommandError> {
        let args: Vec<String> = args.into_iter().map(Into::into).collect();
        let mut command = stage.command(actor, &[]);
        command
            .args(&args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command
            .spawn()
            .map_err(|error| broken("start a server", &error))?;
        let stdout = child.stdout.take();
        let mut server = Self {
            child,
            url: String::new(),
        };
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let Some(stdout) = stdout else { return };
            // Reading on keeps the server from blocking on a full pipe.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(url) = url_in(&line) {
                    let _ = sender.send(url);
                }
            }
        });
        server.url = receiver.recv_timeout(START_TIMEOUT).map_err(|_| {
            broken(
                "start a server",
                &format_args!("`chopmark {}` did not say where it listens", args.join(" ")),
            )
        })?;
        Ok(server)
    }

    /// Where it listens, without a final slash.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn url_in(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let rest = line.get(start..)?;
    let end = rest
        .find(|c: char| c.is_whitespace() || c == '"' || c == ',')
        .unwrap_or(rest.len());
    Some(rest.get(..end)?.trim_end_matches('/').to_owned())
}

const START_TIMEOUT: Duration = Duration::from_secs(20);
