//! The open connections of one actor.

use std::{collections::BTreeMap, sync::Arc};

use super::{Client, ConnectionId, OnOverflow, Session};
use crate::lock::Lock;

/// The open connections of one actor, by their number.
#[derive(Debug)]
pub struct Connections {
    /// The most that may be open at once.
    limit: usize,
    /// The limit of each one's outbox, in bytes.
    outbox: usize,
    /// What is behind the lock. It is never held while anything waits.
    inner: Lock<Inner>,
}

/// The connections themselves.
#[derive(Debug, Default)]
struct Inner {
    /// Those that are open.
    open: BTreeMap<ConnectionId, Arc<Session>>,
    /// For how many more a place is kept.
    reserved: usize,
    /// The number of the last one.
    last: u64,
    /// Whether the host is stopping.
    stopping: bool,
    /// Whether the actor can't be started at the moment.
    failing: bool,
}

/// Why a connection can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// As many are open as may be.
    Limit(usize),
    /// The actor can't be started at the moment.
    Failing,
    /// The host is stopping.
    Stopping,
}

impl Full {
    /// For the client.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Limit(_) => "too many connections",
            Self::Failing => "the actor can't be started at the moment",
            Self::Stopping => "the host is stopping",
        }
    }
}

/// An open connection; dropping this takes it off the list.
#[derive(Debug)]
pub struct Open {
    /// The list.
    list: Arc<Connections>,
    /// The connection.
    pub session: Arc<Session>,
}

/// A place that is kept for a connection that is still to be opened; dropping this gives it up.
#[derive(Debug)]
pub struct Reserved(Arc<Connections>);

impl Connections {
    /// An empty list of at most `limit` connections, each with an outbox of `outbox` bytes.
    pub fn new(limit: usize, outbox: usize) -> Arc<Self> {
        Arc::new(Self { limit, outbox, inner: Lock::default() })
    }

    /// Opens a connection, under the next number. `on_overflow` is what becomes of it when its
    /// client does not read; `client` is asked for once it is known that there is room.
    ///
    /// # Errors
    /// There are too many, or the host is stopping.
    pub fn open(
        self: &Arc<Self>,
        on_overflow: OnOverflow,
        client: impl FnOnce() -> Client,
    ) -> Result<Open, Full> {
        let mut inner = self.inner.lock();
        if inner.stopping {
            return Err(Full::Stopping);
        }
        if inner.failing {
            return Err(Full::Failing);
        }
        if inner.open.len().saturating_add(inner.reserved) >= self.limit {
            return Err(Full::Limit(self.limit));
        }
        inner.last += 1;
        let id = ConnectionId(inner.last);
        let session = Arc::new(Session::new(id, client(), self.outbox, on_overflow));
        inner.open.insert(id, session.clone());
        Ok(Open { list: self.clone(), session })
    }

    /// Keeps a place for one that is still to be opened.
    ///
    /// # Errors
    /// There are too many.
    pub fn reserve(self: &Arc<Self>) -> Result<Reserved, Full> {
        let mut inner = self.inner.lock();
        if inner.open.len().saturating_add(inner.reserved) >= self.limit {
            return Err(Full::Limit(self.limit));
        }
        inner.reserved += 1;
        Ok(Reserved(self.clone()))
    }

    /// Opens no more connections, and gives those that are open: each is to be asked to close.
    pub fn stop(&self) -> Vec<Arc<Session>> {
        let mut inner = self.inner.lock();
        inner.stopping = true;
        inner.open.values().cloned().collect()
    }

    /// Says whether the actor can be started. While it can't, no connection is opened.
    pub fn set_failing(&self, failing: bool) {
        self.inner.lock().failing = failing;
    }

    /// Why no connection could be opened now, however few there are.
    pub fn trouble(&self) -> Option<&'static str> {
        let inner = self.inner.lock();
        match (inner.stopping, inner.failing) {
            (true, _) => Some(Full::Stopping.reason()),
            (false, true) => Some(Full::Failing.reason()),
            (false, false) => None,
        }
    }

    /// The bytes of messages that wait for clients, all connections together.
    pub fn queued_bytes(&self) -> usize {
        self.inner.lock().open.values().map(|session| session.bytes()).sum()
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.inner.lock().open.len()
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

    #[test]
    fn a_place_that_is_kept_counts_like_a_connection_until_it_is_given_up() {
        let connections = Connections::new(2, 1);
        let (first, _second) = (connections.reserve().unwrap(), connections.reserve().unwrap());
        assert_eq!(connections.reserve().unwrap_err(), Full::Limit(2));
        let nobody = || unreachable!("nobody asks for a client that has no place");
        assert_eq!(connections.open(OnOverflow::Close, nobody).unwrap_err(), Full::Limit(2));
        drop(first);
        connections.reserve().unwrap();
    }
}
