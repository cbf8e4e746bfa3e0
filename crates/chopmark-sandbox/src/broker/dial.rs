//! From a granted name to a connected socket: resolve once, judge every address, dial just those.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;
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
    /// Connects to the first address that answers, in the resolver's order.
    ///
    /// # Errors
    ///
    /// [`Refusal::UpstreamUnreachable`] or [`Refusal::UpstreamTimeout`].
    pub(super) async fn connect(&self, limits: &Limits) -> Result<(TcpStream, IpAddr), Refusal> {
        let mut refusal = Refusal::UpstreamUnreachable(self.authority.to_string());
        for address in self.addresses.iter().take(MAX_ATTEMPTS) {
            let socket = SocketAddr::new(*address, self.authority.port);
            match timeout(limits.connect, TcpStream::connect(socket)).await {
                Ok(Ok(stream)) => {
                    // Without it small requests wait for acknowledgements; nothing breaks if not.
                    drop(stream.set_nodelay(true));
                    return Ok((stream, *address));
                }
                Ok(Err(_)) => {}
                Err(_) => refusal = Refusal::UpstreamTimeout(self.authority.to_string()),
            }
        }
        Err(refusal)
    }
}

const MAX_ATTEMPTS: usize = 4;
