//! The open connections of one actor.

use std::{collections::BTreeMap, fmt, sync::Arc};

use footlight_store::{BLOCK_SIZE, Store};

use super::{Client, ConnectionId, OnOverflow, Session};
use crate::{limits::SharedLimits, lock::Lock};

/// The open connections of one actor, by number.
#[derive(Debug)]
pub struct Connections {
    /// Has the most connections that may be open or reserved: `limits.connections`.
    limits: SharedLimits,
    /// Gives out blocks of numbers that no run of the host has used.
    store: Option<Store>,
    /// Behind a lock that is never held across a wait.
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    /// Those whose handshake is complete, until their task ends.
    open: BTreeMap<ConnectionId, Arc<Session>>,
    /// How many connections are reserved.
    reserved: usize,
    /// The last number that was given out. Numbers are never used twice.
    last: u64,
    /// How many numbers of the block are left. Not used without a store.
    left: u64,
    /// Whether the host is stopping, so that no connection may be opened.
    stopping: bool,
    /// Why the actor takes no clients at the moment.
    unavailable: Option<Unavailable>,
}

/// Why a connection can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The limit is reached.
    Limit(usize),
    /// The actor takes no clients at the moment.
    Unavailable(Unavailable),
    /// No numbers for connections could be reserved in the store.
    Numbers,
    /// The host is stopping.
    Stopping,
}

/// Why an actor takes no clients at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// No instance can be made.
    Instance,
    /// Its state can't be stored.
    Storage,
}

impl OpenError {
    /// The reason, as the client gets it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Limit(_) => "too many connections",
            Self::Unavailable(Unavailable::Instance) => "the actor can't be started at the moment",
            Self::Unavailable(Unavailable::Storage) | Self::Numbers => {
                "nothing can be stored at the moment"
            }
            Self::Stopping => "the host is stopping",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for OpenError {}

/// An open connection. Dropping it removes it from the list.
#[derive(Debug)]
pub struct Open {
    /// The list that it is removed from.
    list: Arc<Connections>,
    /// The connection.
    pub session: Arc<Session>,
}

/// A reservation for a connection. Dropping it releases it.
#[derive(Debug)]
pub(crate) struct Reserved(Arc<Connections>);

impl Connections {
    /// An empty list of at most `limits.connections`.
    pub fn new(limits: impl Into<SharedLimits>) -> Arc<Self> {
        Self::with_store(limits, None, 0)
    }

    /// The same. With a store, no number is used twice, even after a restart: `first` is the block
    /// that this run of the host begins with.
    pub(crate) fn with_store(
        limits: impl Into<SharedLimits>,
        store: Option<Store>,
        first: u64,
    ) -> Arc<Self> {
        let mut inner = Inner::default();
        inner.use_block(first);
        Arc::new(Self { limits: limits.into(), store, inner: Lock::new(inner) })
    }

    /// Opens a connection with the next number. `on_overflow` says what happens if its client does
    /// not read. `client` is only called if there is room.
    ///
    /// # Errors
    /// There are too many connections, the actor can't be started, or the host is stopping.
    pub fn open(
        self: &Arc<Self>,
        on_overflow: OnOverflow,
        client: impl FnOnce() -> Client,
    ) -> Result<Open, OpenError> {
        let mut inner = self.inner.lock();
        if inner.stopping {
            return Err(OpenError::Stopping);
        }
        if let Some(why) = inner.unavailable {
            return Err(OpenError::Unavailable(why));
        }
        self.check_room(&inner)?;
        let id = self.next_id(&mut inner)?;
        let session = Arc::new(Session::new(id, client(), self.limits.clone(), on_overflow));
        inner.open.insert(id, session.clone());
        Ok(Open { list: self.clone(), session })
    }

    /// The next connection's number. With a store, numbers come in blocks, each of which is given out
    /// once for all time.
    fn next_id(&self, inner: &mut Inner) -> Result<ConnectionId, OpenError> {
        if let Some(store) = &self.store {
            if inner.left == 0 {
                inner.use_block(store.next_block().ok_or(OpenError::Numbers)?);
            }
            inner.left -= 1;
        }
        inner.last += 1;
        Ok(ConnectionId(inner.last))
    }

    /// Reserves a place for a connection.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn reserve(self: &Arc<Self>) -> Result<Reserved, OpenError> {
        let mut inner = self.inner.lock();
        self.check_room(&inner)?;
        inner.reserved += 1;
        Ok(Reserved(self.clone()))
    }

    /// Checks that one more connection may be open or reserved.
    fn check_room(&self, inner: &Inner) -> Result<(), OpenError> {
        let limit = self.limits.get(|limits| limits.connections);
        let has_room = inner.open.len().saturating_add(inner.reserved) < limit;
        if has_room { Ok(()) } else { Err(OpenError::Limit(limit)) }
    }

    /// Lets no more connections open. Returns the open ones, which the caller should close.
    pub fn stop(&self) -> Vec<Arc<Session>> {
        let mut inner = self.inner.lock();
        inner.stopping = true;
        inner.open.values().cloned().collect()
    }

    /// Sets why no connection can be opened at the moment.
    pub(crate) fn set_unavailable(&self, why: Option<Unavailable>) {
        self.inner.lock().unavailable = why;
    }

    /// Why no connection can be opened now, apart from the limit.
    pub(crate) fn unavailable(&self) -> Option<&'static str> {
        let inner = self.inner.lock();
        if inner.stopping {
            return Some(OpenError::Stopping.reason());
        }
        inner.unavailable.map(|why| OpenError::Unavailable(why).reason())
    }

    /// The bytes in all outboxes.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.inner.lock().open.values().map(|session| session.bytes()).sum()
    }

    /// How many connections are open.
    pub fn count(&self) -> usize {
        self.inner.lock().open.len()
    }
}

impl Inner {
    /// Gives out the numbers of this block from now on. The first one of the first block would be 0,
    /// so no block's first number is used.
    fn use_block(&mut self, block: u64) {
        (self.last, self.left) = (block * BLOCK_SIZE, BLOCK_SIZE - 1);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.list.inner.lock().open.remove(&self.session.id());
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut inner = self.0.inner.lock();
        inner.reserved = inner.reserved.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn a_reservation_counts_like_a_connection_until_it_is_dropped() {
        let limits = SharedLimits::from(Limits { connections: 2, ..Limits::default() });
        let connections = Connections::new(limits.clone());
        let (first, _second) = (connections.reserve().unwrap(), connections.reserve().unwrap());
        assert_eq!(connections.reserve().unwrap_err(), OpenError::Limit(2));
        let nobody = || unreachable!("nobody asks for a client that has no place");
        assert_eq!(connections.open(OnOverflow::Close, nobody).unwrap_err(), OpenError::Limit(2));
        drop(first);
        let third = connections.reserve().unwrap();
        // A higher limit holds at once.
        limits.set(Limits { connections: 3, ..Limits::default() });
        let fourth = connections.reserve().unwrap();
        assert_eq!(connections.reserve().unwrap_err(), OpenError::Limit(3));
        drop((third, fourth));
    }
}
