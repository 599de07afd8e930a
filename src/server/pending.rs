//! The requests in progress: handshakes, pages and files.
//!
//! There are at most `limits.requests` of them. One more takes the place of the one that has
//! been there for longest, which is told so and ends. A client that means well is done within
//! a few packets, so that those who only hold on to their place are the first to lose it, and
//! nobody who connects has to wait for them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use smol::channel::{self, Receiver, Sender};

/// The requests in progress at one actor, or its connections that are about to end.
#[derive(Debug)]
pub struct Pending {
    /// The most that may be.
    limit: usize,
    /// What is behind the lock. It is never held while anything waits.
    inner: Mutex<Inner>,
}

/// The requests themselves.
#[derive(Debug, Default)]
struct Inner {
    /// The number of the next.
    next: u64,
    /// Those in progress, in the order in which they came. Dropping a sender ends its request.
    places: BTreeMap<u64, Sender<()>>,
}

/// A request's place among those in progress; dropping this frees it.
#[derive(Debug)]
pub struct Place {
    /// The list.
    list: Arc<Pending>,
    /// The request's number.
    number: u64,
    /// Ends when the place is lost to another.
    lost: Receiver<()>,
}

impl Pending {
    /// No requests yet, and at most `limit` of them.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, inner: Mutex::default() })
    }

    /// A place for one more. If there are too many, the oldest loses its own.
    pub fn enter(self: &Arc<Self>) -> Place {
        let (keep, lost) = channel::bounded(1);
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        inner.places.insert(number, keep);
        let oldest = if inner.places.len() > self.limit { inner.places.pop_first() } else { None };
        drop(inner);
        drop(oldest);
        Place { list: self.clone(), number, lost }
    }

    /// How many are in progress.
    pub fn count(&self) -> usize {
        self.lock().places.len()
    }

    /// Locks. The lock can't be poisoned in a way that matters: nothing panics under it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until the place is lost to another.
    pub async fn lost(&self) {
        let _ = self.lost.recv().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.list.lock().places.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use smol::future::{self, block_on};

    use super::*;

    #[test]
    fn the_oldest_loses_its_place_to_one_past_the_limit() {
        let pending = Pending::new(2);
        let places = [pending.enter(), pending.enter()];
        let is_lost = |place: &Place| block_on(future::poll_once(place.lost())).is_some();
        assert!(!is_lost(&places[0]) && !is_lost(&places[1]));
        let third = pending.enter();
        assert!(is_lost(&places[0]) && !is_lost(&places[1]) && !is_lost(&third));
        assert_eq!(pending.count(), 2);
        drop(places);
        assert_eq!(pending.count(), 1);
        let fourth = pending.enter();
        assert!(!is_lost(&third) && !is_lost(&fourth));
    }
}
