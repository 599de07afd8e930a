//! Who gets in.
//!
//! Everybody within `limits.connections` does, in the order in which they came. No more than
//! `limits.requests` are read at once: while they are, no further connection is accepted, and the
//! clients wait in the kernel's queue, where they cost the host nothing. What is being sent, and
//! who lingers after the last word, has bounds of its own and keeps nobody out.
//!
//! [`places`](super::places) says who has to make room, [`addresses`](super::addresses) what one
//! address may have.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use smol::future::FutureExt as _;

use super::{
    addresses::{Addresses, Counted, Network},
    error_response::ErrorResponse,
    places::{Patience, Place, Places, Rules, Standing},
};
use crate::{
    exchange::{Connections, connections::Reserved},
    limits::Limits,
};

/// A request is read for a second, and for 4 ms more with each byte that comes.
const READING: Patience = Patience {
    first: Duration::from_secs(1),
    byte: Duration::from_millis(4),
    most: Duration::from_secs(1),
};
/// A file is sent for 4 s, and for as long as the client takes 16 KiB in a second. What the kernel
/// has ready for a client (`static_files::SEND_BUFFER`) goes in steps that such a client takes less than
/// 4 s for.
const SENDING: Patience = Patience {
    first: Duration::from_secs(4),
    byte: Duration::from_nanos(61_035),
    most: Duration::from_secs(4),
};
/// Whoever lingers can be made to leave at any time.
const LINGERING: Patience =
    Patience { first: Duration::ZERO, byte: Duration::ZERO, most: Duration::ZERO };
/// How many files may wait for each that may be sent.
const WAITING: usize = 4;
/// What one network may have of the requests and files in progress: one part of so many.
const SHARE: usize = 4;

/// The bounds of what is open before and beside an actor's connections.
#[derive(Debug)]
pub struct Door {
    /// What each network has.
    addresses: Arc<Addresses>,
    /// The requests that are being read.
    pub requests: Arc<Places>,
    /// The files that are being sent.
    pub downloads: Arc<Places>,
    /// The connections after their last answer, whose clients may still be sending.
    pub lingering: Arc<Places>,
}

/// A connection that was accepted and let in.
#[derive(Debug)]
pub struct Admitted {
    /// Whose share it counts to.
    pub network: Option<Network>,
    /// Where it counts as long as it is there.
    pub counted: Counted,
    /// Its place among the requests, or its claim to one.
    pub place: Place,
    /// Where it waits for its network's share of these: the connection that it may become, so that
    /// those who wait are no more than could be let in.
    pub reserved: Option<Reserved>,
}

impl Door {
    /// That of an actor with these limits.
    pub fn new(limits: &Limits) -> Self {
        let places = |limit: usize, line, patience| {
            let share = (limit / SHARE).max(1);
            Places::new(Rules { limit, share, line, patience })
        };
        let line = limits.downloads.saturating_mul(WAITING);
        Self {
            addresses: Addresses::new(limits.per_address),
            requests: places(limits.requests, usize::MAX, READING),
            downloads: places(limits.downloads, line, SENDING),
            lingering: Places::new(Rules {
                limit: limits.requests,
                share: usize::MAX,
                line: usize::MAX,
                patience: LINGERING,
            }),
        }
    }

    /// Lets in a connection that was accepted.
    ///
    /// # Errors
    /// Its address has too many, or there are too many in all.
    pub fn admit(
        &self,
        peer: SocketAddr,
        connections: &Arc<Connections>,
    ) -> Result<Admitted, ErrorResponse> {
        let network = Network::of(peer.ip());
        let counted = self.addresses.count(network).ok_or(ErrorResponse::Address)?;
        let place = self.requests.enter(network).ok_or(ErrorResponse::Address)?;
        let reserved = match place.standing() {
            Standing::Begun | Standing::Full => None,
            Standing::Share => {
                let reserved = connections.reserve();
                Some(reserved.map_err(|full| ErrorResponse::Unavailable(full.reason()))?)
            }
        };
        Ok(Admitted { network, counted, place, reserved })
    }

    /// Waits for a connection's end. No more than `limits.requests` are waited for: one more takes
    /// the place of the oldest, or those that come only to stay would be as many as they like.
    pub async fn linger(&self, end: impl Future<Output = ()>) {
        if let Some(place) = self.lingering.enter(None) {
            end.or(place.lost()).await;
        }
    }
}

impl Admitted {
    /// Waits for as long as all places are taken. Whoever waits for its network's share only is not
    /// waited for.
    pub async fn passed_door(&self) {
        if self.reserved.is_none() {
            self.place.begun().await;
        }
    }
}
