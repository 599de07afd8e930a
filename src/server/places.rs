//! Limits how many requests, downloads and closing connections are in progress.
//!
//! # Eviction
//! As long as nobody waits, nobody is evicted. When somebody does, each place has a time credit. It
//! starts with [`Credit::initial`] and gains [`Credit::per_byte`] for each byte of progress, but
//! never more than [`Credit::max`] from the last progress on. Once the credit is used up, the
//! holder may be evicted, the longest overdue first. A holder with credit left is never evicted.
//!
//! For requests, the credit is one second, which is enough for a slow link between two packets. A
//! few bytes add almost nothing, and a packet restores the whole second. So a client that is silent
//! for a second gives way, and so does one that sends single bytes to look busy. A slow TLS
//! handshake goes on as long as its packets arrive. Progress counts from when the host has read the
//! bytes, so a slow host evicts nobody for its own delay. `limits.handshake` is the final deadline
//! in any case.
//!
//! # Shares
//! A network holds at most its share of the places ([`Rules::share`]). Its other clients wait until
//! one of its own places is free, and only its own places are evicted for them. So a network that
//! opens thousands of connections delays itself, and a whole office behind one address still gets
//! in. Silent clients from many networks hold a place for a second each, and honest clients get in
//! between.
//!
//! Waiting clients are served in order of arrival. Clients that wait only for their network's share
//! are overtaken by others.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use smol::{
    Timer,
    channel::{self, Receiver, Sender},
    future::FutureExt as _,
};

use super::addresses::Network;
use crate::{
    limits::{Limits, SharedLimits},
    lock::Lock,
};

/// How long a waiting client sleeps before it checks again, if it knows of no place whose credit
/// ends earlier.
const RECHECK: Duration = Duration::from_secs(1);

/// How many places there are, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How many may hold a place.
    pub(crate) limit: usize,
    /// The most places of one network. Clients without a network are limited only by `limit`.
    pub(crate) share: usize,
    /// The most clients that may wait. One more is refused.
    pub queue: usize,
    /// How long a place is safe while others wait.
    pub credit: Credit,
}

/// How long a place is safe from eviction while others wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Credit {
    /// The credit at the start.
    pub initial: Duration,
    /// Added for each byte of progress.
    pub per_byte: Duration,
    /// The most credit, counted from the last progress.
    pub max: Duration,
}

/// The places of one kind, at one actor.
#[derive(Debug)]
pub(crate) struct Places {
    /// Has the limits from which the rules follow.
    limits: SharedLimits,
    /// Computes the rules at each use, because limits may change.
    rules: fn(&Limits) -> Rules,
    inner: Lock<Inner>,
}

/// The places that are held, and the clients that wait.
#[derive(Debug, Default)]
struct Inner {
    /// The number of the next client. Numbers increase, so they give the order of arrival.
    next: u64,
    /// By number.
    held: BTreeMap<u64, Held>,
    /// By number, so the first is the one that came first.
    queue: BTreeMap<u64, Waiting>,
    /// How many places each network holds. Has no entry for networks without a place.
    per_network: BTreeMap<Network, usize>,
    /// How many holders were told to leave and have not left yet. Keeps more from being evicted
    /// than clients wait.
    evicting: usize,
}

/// A client that waits.
#[derive(Debug)]
struct Waiting {
    network: Option<Network>,
    /// Tells its task to look again.
    wake: Sender<()>,
}

/// A place that is held.
#[derive(Debug)]
struct Held {
    network: Option<Network>,
    /// Tells its task to look again.
    wake: Sender<()>,
    /// When its credit ends.
    until: Instant,
    /// Whether it was told to leave.
    evicting: bool,
}

/// A place, or a position in the queue for one. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct Place {
    list: Arc<Places>,
    /// Its key in both maps.
    number: u64,
    /// Receives a message when its state has changed.
    wake: Receiver<()>,
}

/// Whether a place is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceState {
    Acquired,
    /// All places are taken.
    Full,
    /// The network has its share.
    Share,
}

impl Credit {
    /// When the credit ends after this many bytes of progress, if it ended at `until` before.
    pub(crate) fn after(self, bytes: usize, until: Instant, now: Instant) -> Instant {
        let earned = self.per_byte.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX));
        (until.max(now) + earned.min(self.max)).min(now + self.max)
    }
}

impl Places {
    /// Free places, whose rules follow from the limits.
    pub(crate) fn new(limits: SharedLimits, rules: fn(&Limits) -> Rules) -> Arc<Self> {
        Arc::new(Self { limits, rules, inner: Lock::default() })
    }

    /// Takes a place, or a position in the queue. Returns `None` if the queue is full.
    pub(crate) fn enter(self: &Arc<Self>, network: Option<Network>) -> Option<Place> {
        let (send, wake) = channel::bounded(1);
        let rules = self.rules();
        let mut inner = self.inner.lock();
        let (number, now) = (inner.next, Instant::now());
        inner.next += 1;
        if inner.has_room(&rules, network) {
            inner.hold(number, Waiting { network, wake: send }, now + rules.credit.initial);
        } else if inner.queue.len() < rules.queue {
            inner.queue.insert(number, Waiting { network, wake: send });
            inner.check(&rules, number, now);
        } else {
            return None;
        }
        drop(inner);
        Some(Place { list: self.clone(), number, wake })
    }

    /// How many places there are now, and for whom.
    fn rules(&self) -> Rules {
        self.limits.get(self.rules)
    }

    /// How many places are held.
    pub(crate) fn count(&self) -> usize {
        self.inner.lock().held.len()
    }
}

impl Inner {
    /// Whether a network holds its share.
    fn has_share(&self, rules: &Rules, network: Option<Network>) -> bool {
        let has = network.and_then(|network| self.per_network.get(&network));
        has.is_some_and(|has| *has >= rules.share)
    }

    /// Whether a client of this network can have a place now.
    fn has_room(&self, rules: &Rules, network: Option<Network>) -> bool {
        self.held.len() < rules.limit && !self.has_share(rules, network)
    }

    /// Gives out a place.
    fn hold(&mut self, number: u64, waiting: Waiting, until: Instant) {
        let Waiting { network, wake } = waiting;
        if let Some(network) = network {
            *self.per_network.entry(network).or_default() += 1;
        }
        self.held.insert(number, Held { network, wake, until, evicting: false });
    }

    /// Acts for a waiting client: evicts the longest overdue holder whose place would help it.
    /// Returns when to check again, or `None` if the client no longer waits.
    fn check(&mut self, rules: &Rules, number: u64, now: Instant) -> Option<Instant> {
        let network = self.queue.get(&number)?.network;
        let only_own = self.has_share(rules, network);
        // Evicts no more holders than there are waiting clients. Those that were told to leave take
        // a moment to do so.
        let may_ask = self.evicting < self.queue.len();
        let mut first = self.next_to_expire(network, only_own);
        if let Some(overdue) = first.take_if(|held| may_ask && held.until <= now) {
            overdue.evicting = true;
            // If the channel is full, the task is about to check anyway.
            let _ = overdue.wake.try_send(());
            self.evicting += 1;
            first = self.next_to_expire(network, only_own);
        }
        let next = first.map(|held| held.until).filter(|until| *until > now);
        Some(next.unwrap_or(now + RECHECK))
    }

    /// The holder whose credit ends first and that was not told to leave: of all, or only of this
    /// network.
    fn next_to_expire(&mut self, network: Option<Network>, only_own: bool) -> Option<&mut Held> {
        let others = self.held.values_mut().filter(|held| !held.evicting);
        let helpful = others.filter(|held| !only_own || held.network == network);
        helpful.min_by_key(|held| held.until)
    }

    /// Gives free places to waiting clients.
    fn grant_free(&mut self, rules: &Rules) {
        while self.held.len() < rules.limit {
            let mut queue = self.queue.iter();
            let next = queue.find(|(_, waiting)| self.has_room(rules, waiting.network));
            let Some(number) = next.map(|(number, _)| *number) else { return };
            let Some(waiting) = self.queue.remove(&number) else { return };
            let _ = waiting.wake.try_send(());
            self.hold(number, waiting, Instant::now() + rules.credit.initial);
        }
    }
}

impl Place {
    /// Whether the place is held now.
    pub(crate) fn state(&self) -> PlaceState {
        let inner = self.list.inner.lock();
        match inner.queue.get(&self.number) {
            None => PlaceState::Acquired,
            Some(waiting) if inner.has_share(&self.list.rules(), waiting.network) => {
                PlaceState::Share
            }
            Some(_) => PlaceState::Full,
        }
    }

    /// Waits until the place is held. Evicts overdue holders meanwhile.
    pub(crate) async fn acquired(&self) {
        loop {
            let next =
                self.list.inner.lock().check(&self.list.rules(), self.number, Instant::now());
            let Some(next) = next else { return };
            let woken = async {
                let _ = self.wake.recv().await;
            };
            let late = async {
                Timer::at(next).await;
            };
            woken.or(late).await;
        }
    }

    /// Adds credit for this many bytes of progress.
    pub(crate) fn progress(&self, bytes: usize) {
        let mut inner = self.list.inner.lock();
        if let Some(held) = inner.held.get_mut(&self.number) {
            held.until = self.list.rules().credit.after(bytes, held.until, Instant::now());
        }
    }

    /// Waits until the holder has to leave. Progress in the last moment saves the place.
    pub(crate) async fn evicted(&self) {
        // Looks before it waits: who was told to leave just after it had got the place has only one
        // message for both.
        while !self.has_to_leave() {
            let _ = self.wake.recv().await;
        }
    }

    /// Waits for the place if it is not held yet, and then until the holder has to leave.
    pub(crate) async fn lost(&self) {
        self.acquired().await;
        self.evicted().await;
    }

    /// Whether the holder was told to leave and has made no progress since.
    fn has_to_leave(&self) -> bool {
        let mut guard = self.list.inner.lock();
        let inner = &mut *guard;
        let Some(held) = inner.held.get_mut(&self.number).filter(|held| held.evicting) else {
            return false;
        };
        if held.until <= Instant::now() {
            return true;
        }
        held.evicting = false;
        inner.evicting = inner.evicting.saturating_sub(1);
        false
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.list.inner.lock();
        if inner.queue.remove(&self.number).is_some() {
            return;
        }
        let Some(held) = inner.held.remove(&self.number) else { return };
        if held.evicting {
            inner.evicting = inner.evicting.saturating_sub(1);
        }
        if let Some(network) = held.network {
            let has = inner.per_network.get_mut(&network);
            let left = has.map_or(0, |has| {
                *has = has.saturating_sub(1);
                *has
            });
            if left == 0 {
                inner.per_network.remove(&network);
            }
        }
        inner.grant_free(&self.list.rules());
    }
}

#[cfg(test)]
mod tests;
