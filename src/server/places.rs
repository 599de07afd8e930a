//! Places of which there is a bounded number, and those who wait for one: for requests that are
//! being read, for downloads, and for connections after their last word.
//!
//! # Who has to leave
//! Nobody, as long as nobody waits. Else a place has to be earned. Each is good for a while at
//! first ([`Credit::initial`]), and for a little longer with each byte that makes progress
//! ([`Credit::per_byte`]), counted from then on and never beyond a bound ([`Credit::max`]). Who
//! has used up this time leaves, the longest overdue first; who has not cannot be made to.
//!
//! For requests this means: a second, which is enough for a slow link between its packets; a
//! handful of bytes gives next to nothing, a packet gives back the whole second. So whoever is
//! silent for a second makes room, and so does whoever sends a byte now and then to look busy,
//! while a slow TLS handshake goes on for as long as its packets come. Time is counted from when
//! the host has read what came: a host that is slow itself gives nobody up for that. Whatever
//! comes, `limits.handshake` is the end.
//!
//! One network has no more than its share of the places ([`Rules::share`]); what else comes from
//! it waits in line until one of its own leaves, and only its own are asked to. So a network that
//! opens thousands of connections delays itself, while a whole office behind one address still
//! gets in. A distributed crowd of silent clients holds a place for a second each, and honest
//! ones pass in between.
//!
//! Those who wait come in the order in which they came, except that whoever only waits for its
//! own network's share is passed by others.

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
use crate::lock::Lock;

/// How long one who waits goes without looking whether somebody has to leave, where nobody is
/// known to be overdue by then.
const RECHECK: Duration = Duration::from_secs(1);

/// How many places there are, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many.
    pub limit: usize,
    /// The most that one network may have. Those who belong to none are bounded by `limit` alone.
    pub share: usize,
    /// The most that may wait.
    pub queue: usize,
    /// How long a place is good for while others wait.
    pub credit: Credit,
}

/// How long a place is good for while others wait.
#[derive(Clone, Copy, Debug)]
pub struct Credit {
    /// At first.
    pub initial: Duration,
    /// Longer for each byte of progress.
    pub per_byte: Duration,
    /// But never longer than this from the last progress on.
    pub max: Duration,
}

/// Places of one kind, at one actor.
#[derive(Debug)]
pub struct Places {
    /// How many there are, and for whom.
    rules: Rules,
    /// What is behind the lock. It is never held while anything waits.
    inner: Lock<Inner>,
}

/// Who has a place, and who waits for one.
#[derive(Debug, Default)]
struct Inner {
    /// The number of the next who comes.
    next: u64,
    /// Who has a place.
    held: BTreeMap<u64, Held>,
    /// Who waits.
    queue: BTreeMap<u64, Waiting>,
    /// How many places each network has. Those without one are not in it.
    per_network: BTreeMap<Network, usize>,
    /// How many were asked to leave and have not left yet.
    evicting: usize,
}

/// One who waits.
#[derive(Debug)]
struct Waiting {
    /// Whose share it counts to.
    network: Option<Network>,
    /// Makes it look again.
    wake: Sender<()>,
}

/// One who has a place.
#[derive(Debug)]
struct Held {
    /// Whose share it counts to.
    network: Option<Network>,
    /// Makes it look again.
    wake: Sender<()>,
    /// Until when it can't be made to leave.
    until: Instant,
    /// Whether it was asked to leave.
    evicting: bool,
}

/// A place, or a claim to one; dropping this leaves it to others.
#[derive(Debug)]
pub struct Place {
    /// The places that it is one of.
    list: Arc<Places>,
    /// Its number.
    number: u64,
    /// Says that something about it has changed.
    wake: Receiver<()>,
}

/// How it stands with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceState {
    /// It has its place.
    Acquired,
    /// All places are taken.
    Full,
    /// Its network has its share.
    Share,
}

impl Credit {
    /// Until when a place is good after so many bytes of progress, if it was until then.
    fn after(self, bytes: usize, until: Instant, now: Instant) -> Instant {
        let earned = self.per_byte.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX));
        (until.max(now) + earned.min(self.max)).min(now + self.max)
    }
}

impl Places {
    /// Places that nobody has yet.
    pub fn new(rules: Rules) -> Arc<Self> {
        Arc::new(Self { rules, inner: Lock::default() })
    }

    /// A place for one more, or a claim to one. `None` if too many wait already.
    pub fn enter(self: &Arc<Self>, network: Option<Network>) -> Option<Place> {
        let (send, wake) = channel::bounded(1);
        let mut inner = self.inner.lock();
        let (number, now) = (inner.next, Instant::now());
        inner.next += 1;
        if inner.has_room(&self.rules, network) {
            inner.hold(number, Waiting { network, wake: send }, now + self.rules.credit.initial);
        } else if inner.queue.len() < self.rules.queue {
            inner.queue.insert(number, Waiting { network, wake: send });
            inner.check(&self.rules, number, now);
        } else {
            return None;
        }
        drop(inner);
        Some(Place { list: self.clone(), number, wake })
    }

    /// How many are taken.
    pub fn count(&self) -> usize {
        self.inner.lock().held.len()
    }
}

impl Inner {
    /// Whether a network has as many places as it may have.
    fn has_share(&self, rules: &Rules, network: Option<Network>) -> bool {
        let has = network.and_then(|network| self.per_network.get(&network));
        has.is_some_and(|has| *has >= rules.share)
    }

    /// Whether there is a place for one more of this network.
    fn has_room(&self, rules: &Rules, network: Option<Network>) -> bool {
        self.held.len() < rules.limit && !self.has_share(rules, network)
    }

    /// Gives a place.
    fn hold(&mut self, number: u64, waiting: Waiting, until: Instant) {
        let Waiting { network, wake } = waiting;
        if let Some(network) = network {
            *self.per_network.entry(network).or_default() += 1;
        }
        self.held.insert(number, Held { network, wake, until, evicting: false });
    }

    /// Looks after one who waits: asks whoever is longest overdue to leave, of those whose leaving
    /// would help. Gives the time to look again; `None` if it does not wait any more.
    fn check(&mut self, rules: &Rules, number: u64, now: Instant) -> Option<Instant> {
        let network = self.queue.get(&number)?.network;
        let only_own = self.has_share(rules, network);
        // As many as wait, and no more: they have not left before their tasks have seen it.
        let may_ask = self.evicting < self.queue.len();
        let mut first = self.next_to_expire(network, only_own);
        if let Some(overdue) = first.take_if(|held| may_ask && held.until <= now) {
            overdue.evicting = true;
            // If there is a word already, it will look at this too.
            let _ = overdue.wake.try_send(());
            self.evicting += 1;
            first = self.next_to_expire(network, only_own);
        }
        let next = first.map(|held| held.until).filter(|until| *until > now);
        Some(next.unwrap_or(now + RECHECK))
    }

    /// Who is the first to be overdue, of those who were not asked to leave: of all, or of this
    /// network.
    fn next_to_expire(&mut self, network: Option<Network>, only_own: bool) -> Option<&mut Held> {
        let others = self.held.values_mut().filter(|held| !held.evicting);
        let helpful = others.filter(|held| !only_own || held.network == network);
        helpful.min_by_key(|held| held.until)
    }

    /// Gives places that are free to those who wait for them.
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
    /// How it stands with it now.
    pub fn state(&self) -> PlaceState {
        let inner = self.list.inner.lock();
        match inner.queue.get(&self.number) {
            None => PlaceState::Acquired,
            Some(waiting) if inner.has_share(&self.list.rules, waiting.network) => {
                PlaceState::Share
            }
            Some(_) => PlaceState::Full,
        }
    }

    /// Waits until it is a place, and lets those who are overdue know of it meanwhile.
    pub async fn acquired(&self) {
        loop {
            let next = self.list.inner.lock().check(&self.list.rules, self.number, Instant::now());
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

    /// Says that so many bytes of progress were made.
    pub fn progress(&self, bytes: usize) {
        let mut inner = self.list.inner.lock();
        if let Some(held) = inner.held.get_mut(&self.number) {
            held.until = self.list.rules.credit.after(bytes, held.until, Instant::now());
        }
    }

    /// Waits until it has to be left to another. Whoever has made progress just now keeps it.
    pub async fn evicted(&self) {
        loop {
            let _ = self.wake.recv().await;
            let mut guard = self.list.inner.lock();
            let inner = &mut *guard;
            let Some(held) = inner.held.get_mut(&self.number).filter(|held| held.evicting) else {
                continue;
            };
            if held.until <= Instant::now() {
                return;
            }
            held.evicting = false;
            inner.evicting = inner.evicting.saturating_sub(1);
        }
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
        inner.grant_free(&self.list.rules);
    }
}

#[cfg(test)]
mod tests;
