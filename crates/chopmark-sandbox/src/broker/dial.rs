//! From a granted name to a connected socket: resolve once, judge every address, dial just those.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::address::{AddressClass, classify};
use super::authority::{Authority, Host};
use super::config::{Limits, Resolver};
use super::refusal::Refusal;

/// The addresses of a host, judged; nothing else is ever dialled for a connection.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    authority: Authority,
    addresses: Arc<[IpAddr]>,
}

/// Resolves a host once and judges what comes back.
///
/// A single forbidden address among several refuses them all: no honest name mixes public with
/// private ones, and a rebinding one does.
///
/// Spec: docs/spec/egress.md §4.
///
/// # Errors
///
/// [`Refusal::NameUnresolved`], [`Refusal::AddressMetadata`], [`Refusal::AddressPrivate`] or
/// [`Refusal::UpstreamTimeout`]; nothing was dialled.
pub(super) async fn resolve(
    authority: &Authority,
    private: bool,
    resolver: &Resolver,
    limits: &Limits,
) -> Result<Resolved, Refusal> {
    let host = || authority.host.to_string();
    let addresses = match &authority.host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => {
            let (resolver, name) = (resolver.clone(), name.clone());
            let lookup = tokio::task::spawn_blocking(move || resolver.look_up(&name));
            match timeout(limits.connect, lookup).await {
                Ok(Ok(Ok(addresses))) if !addresses.is_empty() => addresses,
                Ok(_) => return Err(Refusal::NameUnresolved(host())),
                Err(_) => return Err(Refusal::UpstreamTimeout(host())),
            }
        }
    };
    let classes = || addresses.iter().map(|address| classify(*address));
    if classes().any(|class| class == AddressClass::Metadata) {
        return Err(Refusal::AddressMetadata(host()));
    }
    if !private && classes().any(|class| class == AddressClass::Private) {
        return Err(Refusal::AddressPrivate(host()));
    }
    Ok(Resolved {
        authority: authority.clone(),
        addresses: addresses.into(),
    })
}

impl Resolved {
    /// Connects to the address that answers first; each further one gets its turn when those
    /// before it failed or were silent for a moment (RFC 8305 §5).
    ///
    /// # Errors
    ///
    /// [`Refusal::UpstreamUnreachable`] or [`Refusal::UpstreamTimeout`].
    pub(super) async fn connect(&self, limits: &Limits) -> Result<(TcpStream, IpAddr), Refusal> {
        match timeout(limits.connect, self.race()).await {
            Ok(Some(connected)) => Ok(connected),
            Ok(None) => Err(Refusal::UpstreamUnreachable(self.authority.to_string())),
            Err(_) => Err(Refusal::UpstreamTimeout(self.authority.to_string())),
        }
    }

    /// `None` when every address refused.
    async fn race(&self) -> Option<(TcpStream, IpAddr)> {
        let mut waiting = in_turns(&self.addresses)
            .into_iter()
            .take(MAX_ATTEMPTS)
            .peekable();
        let mut attempts = JoinSet::new();
        loop {
            if let Some(address) = waiting.next() {
                let socket = SocketAddr::new(address, self.authority.port);
                attempts.spawn(async move { (TcpStream::connect(socket).await, address) });
            }
            tokio::select! {
                ended = attempts.join_next() => match ended {
                    Some(Ok((Ok(stream), address))) => {
                        // Without it small requests wait for acknowledgements; nothing breaks if not.
                        drop(stream.set_nodelay(true));
                        return Some((stream, address));
                    }
                    Some(_) => {}
                    None => return None,
                },
                () = tokio::time::sleep(HEAD_START), if waiting.peek().is_some() => {}
            }
        }
    }
}

/// The addresses with the families in turns, so that one that is cut off does not stand before all
/// of the other; otherwise in the resolver's order.
fn in_turns(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let Some(first) = addresses.first() else {
        return Vec::new();
    };
    let (same, other): (Vec<IpAddr>, Vec<IpAddr>) = addresses
        .iter()
        .partition(|address| address.is_ipv6() == first.is_ipv6());
    let mut turns = Vec::with_capacity(addresses.len());
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    loop {
        let pair = [same.next(), other.next()];
        if pair == [None, None] {
            return turns;
        }
        turns.extend(pair.into_iter().flatten());
    }
}

const MAX_ATTEMPTS: usize = 4;
/// As RFC 8305 §8 recommends.
const HEAD_START: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests;
