//! Connections that were meant for a server: the address they were made to tells which one.

use std::sync::PoisonError;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::authority::{Authority, Host};
use super::recorder::Known;
use super::refusal::Refusal;
use super::session::{Session, linger, turned_away};
use super::tunnel;

/// What the first byte of a connection says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Tls,
    Plainly,
}

impl Session {
    /// Serves a connection whose own end has an address that stands for a server.
    ///
    /// The rules are those of tunnels when TLS begins it, and of plain requests otherwise.
    ///
    /// Spec: docs/spec/egress.md §10.
    pub(super) async fn serve_direct(mut self, stream: TcpStream) {
        let Ok(meant) = stream.local_addr() else {
            return;
        };
        let authority = {
            let stand_ins = self.shared.stand_ins.lock();
            let stand_ins = stand_ins.unwrap_or_else(PoisonError::into_inner);
            let address = meant.ip().to_canonical();
            let host = match stand_ins.name_of(address) {
                Some(name) => Host::Name(name.to_owned()),
                None => Host::Address(address),
            };
            Authority {
                host,
                port: meant.port(),
            }
        };
        let mut first = [0_u8; 1];
        let speaks = match timeout(self.shared.limits.head, stream.peek(&mut first)).await {
            Ok(Ok(1)) if first == [HANDSHAKE] => Speaks::Tls,
            Ok(Ok(1)) => Speaks::Plainly,
            Ok(_) => return,
            Err(_) => {
                return self
                    .turn_down(stream, &Refusal::HeadTimeout, &authority)
                    .await;
            }
        };
        self.activity.touch();
        match (self.shared.policy.target(&authority), speaks) {
            (Ok(target), Speaks::Tls) => match tunnel::prepare(&authority, target, &self).await {
                Ok(tunnel) => tunnel.run(stream, Vec::new(), &self).await,
                Err(refusal) => tunnel::reject(stream, &refusal, &authority, &self).await,
            },
            (Err(refusal), Speaks::Tls) => {
                tunnel::reject(stream, &refusal, &authority, &self).await;
            }
            (Ok(_), Speaks::Plainly) => {
                self.meant = Some(authority);
                self.serve(stream).await;
            }
            (Err(refusal), Speaks::Plainly) => self.turn_down(stream, &refusal, &authority).await,
        }
    }

    /// Records a refusal and says it in HTTP.
    async fn turn_down(&self, mut stream: TcpStream, refusal: &Refusal, authority: &Authority) {
        let known = Known {
            authority: Some(authority),
            ..Known::default()
        };
        self.origin.refuse(refusal, &known);
        drop(stream.write_all(turned_away(refusal).as_bytes()).await);
        linger(stream).await;
    }
}

/// The first byte of every TLS connection.
const HANDSHAKE: u8 = 22;
