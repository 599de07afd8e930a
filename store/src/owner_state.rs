//! What the queue knows of one owner.

use std::{
    mem,
    sync::Arc,
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use crate::{
    changes::Changes,
    ticket::{Failed, Ticket},
};

/// How many changed keys may wait before deletions are looked through.
const CROWDED: usize = 1024;

/// When an owner's changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// At once. A ticket is reached when its changes are on the disk.
    Strict,
    /// `interval` after the first change that waits. Tickets are reached when they are handed out. A
    /// power cut loses the events of up to that long.
    Relaxed {
        /// The time in which there is at most one sync. Owners that are due together share it.
        interval: Duration,
    },
}

/// Changes that are part of the record that is being written.
#[derive(Debug)]
struct Writing {
    changes: Arc<Changes>,
    /// When the first of them came.
    since: Instant,
    /// The last ticket that they cover.
    up_to: Ticket,
}

/// An owner: what waits, what is being written, what is durable, who wants to know.
#[derive(Debug)]
pub(crate) struct OwnerState {
    pub(crate) name: Arc<str>,
    pub(crate) durability: Durability,
    /// Changes that are part of no record yet. Later events replace what earlier ones did. So this is
    /// bounded by what the owner may store, whatever the number of events.
    waiting: Changes,
    /// The number of changed keys at which deletions are looked through next.
    crowded: usize,
    /// When the first of `waiting` came. `None` if nothing waits.
    since: Option<Instant>,
    /// What the thread is busy with.
    writing: Option<Writing>,
    /// The last ticket that was handed out.
    last: Ticket,
    /// The last ticket whose changes are on the disk.
    durable: Ticket,
    /// Set from a failure until `poll_recovered` was ready. Commits are ignored meanwhile.
    failed: Option<Failed>,
    /// Who waits for `wanted`.
    waiter: Option<Waker>,
    /// The ticket for which `waiter` waits.
    wanted: Ticket,
    /// Who waits until the store can store again.
    recovery: Option<Waker>,
    /// How many handles there are. Without any, this can go once it has nothing to write.
    pub(crate) handles: usize,
    /// Where the queue has put it.
    pub(crate) place: Place,
}

/// Where an owner is in the queue. It is in one place only, so that it has one turn in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing waits.
    Nowhere,
    /// Waits for its interval to end.
    Timed,
    /// Waits for the next record.
    Due,
}

impl OwnerState {
    pub(crate) fn new(name: Arc<str>, durability: Durability) -> Self {
        Self {
            name,
            durability,
            waiting: Changes::default(),
            crowded: CROWDED,
            since: None,
            writing: None,
            last: Ticket::default(),
            durable: Ticket::default(),
            failed: None,
            waiter: None,
            wanted: Ticket::default(),
            recovery: None,
            handles: 1,
            place: Place::Nowhere,
        }
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.durability == Durability::Strict
    }

    /// What waits, in bytes, about.
    pub(crate) fn bytes(&self) -> usize {
        if self.since.is_some() { self.waiting.bytes() } else { 0 }
    }

    /// When the first of the changes came that wait for a record. `None` if nothing waits.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// How long changes may wait.
    pub(crate) fn interval(&self) -> Duration {
        match self.durability {
            Durability::Strict => Duration::ZERO,
            Durability::Relaxed { interval } => interval,
        }
    }

    /// When the changes that wait should be written, wear aside. `None` if nothing waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.since.map(|since| later(since, self.interval()))
    }

    /// Whether nothing is left to do for this owner.
    pub(crate) fn is_idle(&self) -> bool {
        self.since.is_none() && self.writing.is_none()
    }

    /// The ticket for the next changes. Whoever has it may find that it fails.
    pub(crate) fn next_ticket(&mut self) -> Ticket {
        self.last = Ticket(self.last.0.saturating_add(1));
        self.last
    }

    /// Whether changes are ignored, because earlier ones failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Lets `changes` wait. Returns whether they are the first that do.
    pub(crate) fn add(&mut self, changes: Changes, now: Instant) -> bool {
        self.waiting.merge(changes);
        let first = self.since.is_none();
        self.since.get_or_insert(now);
        first
    }

    /// How many changed keys wait.
    pub(crate) fn keys(&self) -> usize {
        self.waiting.keys.len()
    }

    /// Whether so many keys wait that they should be pruned.
    pub(crate) fn is_crowded(&self) -> bool {
        self.keys() >= self.crowded
    }

    /// Removes deletions of keys of which neither the disk nor the record that is being written knows.
    /// Without this an owner that makes and deletes ever new keys would fill the memory until the next
    /// record.
    pub(crate) fn prune(&mut self, is_stored: impl Fn(&str) -> bool) {
        let writing = self.writing.as_ref();
        let in_record =
            |key: &str| writing.is_some_and(|writing| writing.changes.keys.contains_key(key));
        self.waiting.keys.retain(|key, value| value.is_some() || is_stored(key) || in_record(key));
        // Doubling keeps the cost for each key small.
        self.crowded = self.waiting.keys.len().saturating_mul(2).max(CROWDED);
    }

    /// Takes what waits for a record. `None` if nothing does.
    pub(crate) fn take(&mut self) -> Option<Arc<Changes>> {
        let since = self.since.take()?;
        let changes = Arc::new(mem::take(&mut self.waiting));
        let up_to = self.last;
        self.writing = Some(Writing { changes: Arc::clone(&changes), since, up_to });
        Some(changes)
    }

    /// The record is on the disk. Returns whom to wake.
    pub(crate) fn written(&mut self) -> Option<Waker> {
        let writing = self.writing.take()?;
        self.durable = self.durable.max(writing.up_to);
        if self.wanted <= self.durable { self.waiter.take() } else { None }
    }

    /// What was taken waits again, beneath what came meanwhile, as if its first change had come at
    /// `since`, or else when it did.
    pub(crate) fn put_back(&mut self, since: Option<Instant>) {
        let Some(writing) = self.writing.take() else { return };
        // The record is over, so usually nobody else shares the changes.
        let changes = Arc::try_unwrap(writing.changes).unwrap_or_else(|shared| (*shared).clone());
        let newer = mem::replace(&mut self.waiting, changes);
        self.waiting.merge(newer);
        self.since = Some(since.unwrap_or(writing.since));
    }

    /// The record was not written, so a strict owner fails. Returns whom to wake.
    pub(crate) fn lose(&mut self, reason: &Failed) -> Option<Waker> {
        self.writing = None;
        self.fail(reason)
    }

    /// Drops what waits. Further changes are ignored until the owner has recovered. Returns whom to
    /// wake.
    pub(crate) fn fail(&mut self, reason: &Failed) -> Option<Waker> {
        self.waiting = Changes::default();
        self.since = None;
        // The first reason is the one that explains it.
        self.failed.get_or_insert_with(|| reason.clone());
        self.waiter.take()
    }

    /// The highest ticket that is reached, or why no more are. `over` is why the store has ended.
    pub(crate) fn durable(&self, over: Option<&Failed>) -> Result<Ticket, Failed> {
        match (&self.failed, over) {
            (Some(failed), _) => Err(failed.clone()),
            (None, Some(over)) if self.durable < self.last => Err(over.clone()),
            (None, None) if !self.is_strict() => Ok(self.last),
            (None, _) => Ok(self.durable),
        }
    }

    /// Waits for a ticket. If it has to wait, it keeps `waker` and leaves the one that it had: wakers
    /// are code of others, and must be dropped without a lock.
    pub(crate) fn poll_durable(
        &mut self,
        wanted: Ticket,
        over: Option<&Failed>,
        waker: &mut Option<Waker>,
    ) -> Poll<Result<Ticket, Failed>> {
        // What is on the disk stays there, also after a failure.
        if wanted <= self.durable {
            return Poll::Ready(Ok(self.durable));
        }
        match self.durable(over) {
            Ok(reached) if reached < wanted => {
                mem::swap(&mut self.waiter, waker);
                self.wanted = wanted;
                Poll::Pending
            }
            outcome => Poll::Ready(outcome),
        }
    }

    /// Waits until the store can store, where `can_store` says whether it can now. Treats `waker` as
    /// `poll_durable` does.
    pub(crate) fn poll_recovered(
        &mut self,
        can_store: bool,
        waker: &mut Option<Waker>,
    ) -> Poll<()> {
        if self.failed.is_none() {
            return Poll::Ready(());
        }
        // While a record of this owner is being written, nobody knows what it will go on from.
        if can_store && self.writing.is_none() {
            self.failed = None;
            return Poll::Ready(());
        }
        mem::swap(&mut self.recovery, waker);
        Poll::Pending
    }

    /// Whom to wake because the store can store again.
    pub(crate) fn recovered(&mut self) -> Option<Waker> {
        if self.writing.is_none() { self.recovery.take() } else { None }
    }

    /// Everybody who waits for anything, for the end of the store.
    pub(crate) fn wakers(&mut self) -> impl Iterator<Item = Waker> {
        self.waiter.take().into_iter().chain(self.recovery.take())
    }
}

/// `since + interval`, or a moment far away if that does not exist.
fn later(since: Instant, interval: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 86_400);
    since.checked_add(interval.min(FAR)).unwrap_or(since)
}
