//! Which connections get in, and when.
//!
//! All connections within `limits.connections` get in, in order of arrival. At most
//! `limits.requests` requests are read at once. While that many are, no connection is accepted:
//! clients wait in the kernel's queue, where they cost the host nothing. Downloads, closing
//! connections and those that stay open for further requests have limits of their own, so they keep
//! no client out.
//!
//! [`places`](super::places) decides which connection has to give way, and
//! [`addresses`](super::addresses) limits the connections of one address.

use std::{future::Future, sync::Arc, time::Duration};

use smol::future::FutureExt as _;

use super::{
    addresses::{Addresses, Counted, Network},
    error_response::ErrorResponse,
    places::{Credit, Place, PlaceState, Places, Rules},
};
use crate::{
    exchange::{Connections, connections::Reserved},
    limits::SharedLimits,
};

/// A request may take a second to read, and 4 ms more for each byte that arrives.
const READ_CREDIT: Credit = Credit {
    initial: Duration::from_secs(1),
    per_byte: Duration::from_millis(4),
    max: Duration::from_secs(1),
};
/// A file may take 4 s to send, and longer as long as the client reads 16 KiB a second. The
/// kernel's buffer (`static_files::SEND_BUFFER`) drains in steps; at this rate, each step takes
/// less than 4 s.
const SEND_CREDIT: Credit = Credit {
    initial: Duration::from_secs(4),
    per_byte: Duration::from_nanos(61_035),
    max: Duration::from_secs(4),
};
/// A request for the actor may take a second, and longer as long as 4 KiB of its content arrive in a
/// second, or as much of its response is taken. A response that has just begun may take 4 s.
const ASK_CREDIT: Credit = Credit {
    initial: Duration::from_secs(1),
    per_byte: Duration::from_nanos(244_141),
    max: Duration::from_secs(4),
};
/// A closing connection can be evicted at any time.
const LINGER_CREDIT: Credit =
    Credit { initial: Duration::ZERO, per_byte: Duration::ZERO, max: Duration::ZERO };
/// How many downloads may wait for each one that may run.
const QUEUED_PER_DOWNLOAD: usize = 4;
/// One network may have this fraction of the requests and downloads in progress, and of the
/// connections that stay open for further requests: a quarter.
const SHARE: usize = 4;

/// The limits of what is open before and beside an actor's connections.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Keeps one network from taking all connections.
    addresses: Arc<Addresses>,
    /// How many requests may be read at once: `limits.requests`.
    pub(crate) requests: Arc<Places>,
    /// How many files may be sent at once: `limits.downloads`.
    pub(crate) downloads: Arc<Places>,
    /// How many requests the actor may answer at once, from their heads until their responses are
    /// sent: `limits.requests`. As many may wait.
    pub(crate) asked: Arc<Places>,
    /// The connections after their last answer, whose clients may still be sending.
    pub(crate) lingering: Arc<Places>,
    /// How many connections may stay open for further requests: `limits.idle_connections`. One more
    /// closes after its answer.
    pub(crate) kept: Arc<Places>,
}

/// A connection that was accepted and let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The network whose share it uses. `None` for local clients, which have no limit.
    pub(crate) network: Option<Network>,
    /// Counts the connection for its address until it is dropped.
    pub(crate) counted: Counted,
    /// Its place among the requests. It may have to wait for it.
    pub(crate) place: Place,
    /// Reserved while it waits for its network's share. So no more connections wait than could be
    /// let in afterwards.
    pub(crate) reserved: Option<Reserved>,
}

/// The places that one network may have, of so many.
fn share(places: usize) -> usize {
    (places / SHARE).max(1)
}

impl Admission {
    /// The limits of an actor.
    pub(crate) fn new(limits: &SharedLimits) -> Self {
        Self {
            addresses: Addresses::new(limits.clone()),
            requests: Places::new(limits.clone(), |limits| Rules {
                limit: limits.requests,
                share: share(limits.requests),
                queue: usize::MAX,
                credit: READ_CREDIT,
            }),
            downloads: Places::new(limits.clone(), |limits| Rules {
                limit: limits.downloads,
                share: share(limits.downloads),
                queue: limits.downloads.saturating_mul(QUEUED_PER_DOWNLOAD),
                credit: SEND_CREDIT,
            }),
            asked: Places::new(limits.clone(), |limits| Rules {
                limit: limits.requests,
                share: share(limits.requests),
                queue: limits.requests,
                credit: ASK_CREDIT,
            }),
            lingering: Places::new(limits.clone(), |limits| Rules {
                limit: limits.requests,
                share: usize::MAX,
                queue: usize::MAX,
                credit: LINGER_CREDIT,
            }),
            kept: Places::new(limits.clone(), |limits| Rules {
                limit: limits.idle_connections,
                share: share(limits.idle_connections),
                queue: 0,
                credit: LINGER_CREDIT,
            }),
        }
    }

    /// Counts a connection for its network. `None` if it has too many.
    pub(crate) fn count(&self, network: Option<Network>) -> Option<Counted> {
        self.addresses.count(network)
    }

    /// Lets the next request of an open connection in. It may have to wait for its place. Until then
    /// it is reserved, so no more wait than could be let in.
    ///
    /// # Errors
    /// There are too many connections.
    pub(crate) fn admit_next(
        &self,
        network: Option<Network>,
        connections: &Arc<Connections>,
    ) -> Result<(Place, Option<Reserved>), ErrorResponse> {
        let place = self.requests.enter(network).ok_or(ErrorResponse::Address)?;
        let reserved = match place.state() {
            PlaceState::Acquired => None,
            PlaceState::Full | PlaceState::Share => {
                let reserved = connections.reserve();
                Some(reserved.map_err(|full| ErrorResponse::Unavailable(full.reason()))?)
            }
        };
        Ok((place, reserved))
    }

    /// Lets in a connection that was accepted.
    ///
    /// # Errors
    /// Its address has too many connections, or there are too many in all.
    pub(crate) fn admit(
        &self,
        network: Option<Network>,
        connections: &Arc<Connections>,
    ) -> Result<Admitted, ErrorResponse> {
        let counted = self.addresses.count(network).ok_or(ErrorResponse::Address)?;
        let place = self.requests.enter(network).ok_or(ErrorResponse::Address)?;
        let reserved = match place.state() {
            PlaceState::Acquired | PlaceState::Full => None,
            PlaceState::Share => {
                let reserved = connections.reserve();
                Some(reserved.map_err(|full| ErrorResponse::Unavailable(full.reason()))?)
            }
        };
        Ok(Admitted { network, counted, place, reserved })
    }

    /// Waits for a connection's end. At most `limits.requests` connections can be ending: one more
    /// evicts the oldest. Otherwise clients that never close could pile up.
    pub(crate) async fn linger(&self, end: impl Future<Output = ()>) {
        if let Some(place) = self.lingering.enter(None) {
            end.or(place.lost()).await;
        }
    }
}

impl Admitted {
    /// Waits until the next connection may be accepted: when this one has its place. If it only
    /// waits for its network's share, the next one may be accepted at once.
    pub(crate) async fn until_accepting(&self) {
        if self.reserved.is_none() {
            self.place.acquired().await;
        }
    }
}
