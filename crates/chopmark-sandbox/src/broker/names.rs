//! The sandbox's resolver: granted names have addresses inside, all others do not exist.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::authority::{Authority, Host};
use super::question::{Answer, Question, read};
use super::recorder::{Known, Origin};
use super::refusal::Refusal;
use super::session::Shared;
use crate::ways::NAMES_PORT;

/// Answers datagrams, until it is dropped.
pub(super) async fn answer_datagrams(socket: UdpSocket, shared: Arc<Shared>) {
    let mut message = [0_u8; MOST_BYTES];
    let mut slow = JoinSet::new();
    let socket = Arc::new(socket);
    loop {
        while slow.try_join_next().is_some() {}
        let Ok((length, peer)) = socket.recv_from(&mut message).await else {
            // An asker who is gone, told by an error of the next call; not more often than this.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let message = message.get(..length).unwrap_or_default().to_vec();
        if slow.len() >= MOST_AT_ONCE {
            continue;
        }
        let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
        slow.spawn(async move {
            let reply = answer(&message, peer, &shared).await;
            if !reply.is_empty() {
                // An asker who is gone needs no answer.
                drop(socket.send_to(&reply, peer).await);
            }
        });
    }
}

/// Answers over streams, until it is dropped.
pub(super) async fn answer_streams(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = open.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) if open.len() < MOST_AT_ONCE => {
                let shared = Arc::clone(&shared);
                open.spawn(timeout(LONGEST, serve(stream, peer, shared)));
            }
            Ok(_) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Messages with their lengths in front (RFC 1035 §4.2.2).
async fn serve(mut stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    while let Ok(length) = stream.read_u16().await {
        let mut message = vec![0_u8; length.into()];
        if message.len() > MOST_BYTES || stream.read_exact(&mut message).await.is_err() {
            return;
        }
        let reply = answer(&message, peer, &shared).await;
        let Ok(length) = u16::try_from(reply.len()) else {
            return;
        };
        let framed = [&length.to_be_bytes()[..], &reply].concat();
        if reply.is_empty() || stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}

async fn answer(message: &[u8], peer: SocketAddr, shared: &Shared) -> Vec<u8> {
    match read(message) {
        Ok(question) => question.reply(judge(&question, peer, shared).await),
        Err(reply) => reply,
    }
}

/// A granted name has addresses; under an open network every name that exists gets some.
async fn judge(question: &Question, peer: SocketAddr, shared: &Shared) -> Answer {
    let name = &question.name;
    let stand_ins = || {
        shared
            .stand_ins
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    };
    if !shared.recorder.works() {
        return Answer::Failed;
    }
    if !matches!(Host::parse(name), Some(Host::Name(_))) {
        return Answer::NoSuchName;
    }
    if let Some((four, six)) = stand_ins().of_name(name) {
        return Answer::Addresses(four, six);
    }
    let refusal = if shared.policy.grants_every_host() {
        let (resolver, wanted) = (shared.resolver.clone(), name.clone());
        let lookup = tokio::task::spawn_blocking(move || resolver.look_up(&wanted));
        match timeout(shared.limits.connect, lookup).await {
            Ok(Ok(Ok(addresses))) if !addresses.is_empty() => {
                return match stand_ins().add(name) {
                    Some((four, six)) => Answer::Addresses(four, six),
                    None => Answer::Failed,
                };
            }
            Ok(_) => Refusal::NameUnresolved(name.clone()),
            Err(_) => Refusal::UpstreamTimeout(name.clone()),
        }
    } else {
        Refusal::NameNotGranted(name.clone())
    };
    let origin = Origin {
        recorder: Arc::clone(&shared.recorder),
        peer,
    };
    let authority = Authority {
        host: Host::Name(name.clone()),
        port: NAMES_PORT,
    };
    let known = Known {
        authority: Some(&authority),
        ..Known::default()
    };
    origin.refuse(&refusal, &known);
    if matches!(refusal, Refusal::UpstreamTimeout(_)) {
        Answer::Failed
    } else {
        Answer::NoSuchName
    }
}

/// A question has at most some 300 bytes.
const MOST_BYTES: usize = 1024;
const MOST_AT_ONCE: usize = 64;
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(30);
