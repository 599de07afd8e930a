//! Finds the addresses of a host's name. The system's resolver blocks its thread, so it runs on the
//! threads for blocking work. It can be stuck for a minute and more, so few lookups run at a time.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    sync::{Arc, LazyLock},
};

use smol::{lock::Semaphore, unblock};
use wit_core::host::HttpError;

use super::{failure::Failure, mdns, url::Host};

/// The most lookups of the whole process at a time. The others wait.
const LOOKUPS: usize = 8;
/// The most lookups of one actor at a time, so that it leaves some to others.
const OWN_LOOKUPS: usize = 2;
/// The most addresses of a name that are used.
const MAX_ADDRESSES: usize = 8;

/// The places for lookups. A lookup keeps its place until the system's resolver returns.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(LOOKUPS)));

/// The system's resolver, or a test's.
pub(super) type Lookup = fn(&str) -> io::Result<Vec<IpAddr>>;

/// Finds addresses for one actor.
#[derive(Debug)]
pub(crate) struct Resolver {
    /// Asks the system.
    pub(super) lookup: Lookup,
    /// Whom to ask for names that end with `.local`.
    pub(super) everybody: SocketAddr,
    /// The actor's places for lookups.
    pub(super) own: Arc<Semaphore>,
}

impl Default for Resolver {
    fn default() -> Self {
        let own = Arc::new(Semaphore::new(OWN_LOOKUPS));
        Self { lookup: ask_system, everybody: mdns::EVERYBODY, own }
    }
}

/// Asks the system.
fn ask_system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

impl Resolver {
    /// The addresses of a host, at least one. Nobody has checked whether the actor may use them.
    ///
    /// # Errors
    /// The name has none, or that can't be found out.
    pub(crate) async fn addresses(&self, host: &Host) -> Result<Vec<IpAddr>, Failure> {
        let name = match host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        // Such names never leave the machine (RFC 6761, section 6.3).
        if &**name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let mut found = Vec::new();
        if name.ends_with(".local") {
            // Without a network, the system may still know the name.
            found = mdns::addresses(name, self.everybody).await.unwrap_or_default();
        }
        if found.is_empty() {
            found = self.look_up(name).await?;
        }
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found.into_iter().map(|address| address.to_canonical()) {
            if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(unresolved(name, "it has no address"));
        }
        Ok(addresses)
    }

    /// Asks the system's resolver, once there is a place for that.
    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let places = (self.own.acquire_arc().await, PLACES.acquire_arc().await);
        let (lookup, owned) = (self.lookup, name.to_owned());
        let looked_up = unblock(move || {
            let found = lookup(&owned);
            drop(places);
            found
        });
        looked_up.await.map_err(|error| unresolved(name, &error.to_string()))
    }
}

/// The failure of a lookup.
fn unresolved(name: &str, why: &str) -> Failure {
    Failure(HttpError::Unresolved(format!("{name}: {why}")))
}
