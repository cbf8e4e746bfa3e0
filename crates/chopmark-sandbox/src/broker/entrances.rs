//! Where the broker listens.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use super::stand_ins::StandIns;

/// The sockets that a broker serves; a proxy's listener alone will do.
#[derive(Debug)]
pub struct Entrances {
    pub(super) proxy: TcpListener,
    pub(super) capture: Option<Capture>,
}

/// What catches programs that use no proxy.
#[derive(Debug)]
pub(super) struct Capture {
    /// Questions for names, as datagrams.
    pub(super) questions: UdpSocket,
    /// Questions for names, as streams.
    pub(super) long_questions: TcpListener,
    /// Connections that were meant for servers.
    pub(super) direct: Vec<TcpListener>,
    pub(super) stand_ins: StandIns,
}

impl From<TcpListener> for Entrances {
    fn from(proxy: TcpListener) -> Self {
        Self {
            proxy,
            capture: None,
        }
    }
}

impl Entrances {
    /// Takes over what the helper opened inside: proxy, resolver twice, direct ports.
    ///
    /// `None` when some are missing.
    pub(crate) fn of_sandbox(sockets: Vec<OwnedFd>, stand_ins: StandIns) -> Option<Self> {
        let mut sockets = sockets.into_iter();
        let (proxy, questions, long_questions) =
            (sockets.next()?, sockets.next()?, sockets.next()?);
        Some(Self {
            proxy: proxy.into(),
            capture: Some(Capture {
                questions: questions.into(),
                long_questions: long_questions.into(),
                direct: sockets.map(TcpListener::from).collect(),
                stand_ins,
            }),
        })
    }
}
