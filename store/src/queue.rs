//! Who waits for the next record, in which order.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use crate::{
    changes::Changes,
    owner_state::{Durability, OwnerState, Place},
    ticket::{Failed, Ticket},
};

/// The number of an owner. It is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OwnerId(u64);

/// An owner's part of a record: all that waited.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) owner: OwnerId,
    pub(crate) name: Arc<str>,
    pub(crate) changes: Arc<Changes>,
}

/// All owners, and who of them waits. It knows neither threads nor files, and is told the time.
///
/// Whom to wake is always pushed into a list, because wakers must be called without a lock.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    owners: BTreeMap<OwnerId, OwnerState>,
    /// Their numbers by name, so that a record has an owner only once.
    names: BTreeMap<Arc<str>, OwnerId>,
    /// The next number to give.
    next_id: u64,
    /// Those that are due, in the order of their arrival, each once. Who comes again queues behind the
    /// others, so one with many changes delays another by one turn.
    due: VecDeque<OwnerId>,
    /// Relaxed owners that have changes and are not due yet, by the moment at which they are.
    timed: BTreeSet<(Instant, OwnerId)>,
    /// Everything is due at once, because the store is to be closed.
    hurry: bool,
    /// All is written, so nothing is taken over any more.
    sealed: bool,
    /// Why nothing can be stored at present.
    broken: Option<Failed>,
    /// Why nothing will ever be stored again.
    over: Option<Failed>,
}

impl Queue {
    /// The number for a new handle of the owner called `name`. Handles of one name share their
    /// tickets.
    pub(crate) fn add_handle(&mut self, name: &str, durability: Durability) -> OwnerId {
        if let Some(&id) = self.names.get(name) {
            // What an earlier handle has left waits as the new one wants it to.
            self.leave(id);
            if let Some(owner) = self.owners.get_mut(&id) {
                owner.handles += 1;
                owner.durability = durability;
            }
            self.put(id, self.hurry);
            return id;
        }
        let id = OwnerId(self.next_id);
        self.next_id += 1;
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name), id);
        self.owners.insert(id, OwnerState::new(name, durability));
        id
    }

    /// A handle is gone. What it has handed over is still written. Returns the wakers that nobody needs
    /// any more.
    pub(crate) fn drop_handle(&mut self, id: OwnerId) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if let Some(owner) = self.owners.get_mut(&id) {
            owner.handles = owner.handles.saturating_sub(1);
            if owner.handles == 0 {
                wakers.extend(owner.wakers());
            }
        }
        self.forget_if_done(id);
        wakers
    }

    /// The owner's state. It exists as long as the owner's handle.
    pub(crate) fn owner(&mut self, id: OwnerId) -> Option<&mut OwnerState> {
        self.owners.get_mut(&id)
    }

    /// Takes over what an event changes. Returns its ticket, and whether somebody waits that did not
    /// before. Ignores it if the owner has failed, or if the store has ended.
    pub(crate) fn commit(&mut self, id: OwnerId, changes: Changes, now: Instant) -> (Ticket, bool) {
        let Some(owner) = self.owners.get_mut(&id) else {
            return (Ticket::default(), false);
        };
        let ticket = owner.next_ticket();
        if owner.has_failed() || self.sealed || self.over.is_some() {
            return (ticket, false);
        }
        let first = owner.add(changes, now);
        if first {
            self.put(id, self.hurry);
        }
        (ticket, first)
    }

    /// Puts an owner with changes into its place. In a `hurry` it is due now.
    fn put(&mut self, id: OwnerId, hurry: bool) {
        let Some(owner) = self.owners.get_mut(&id) else { return };
        let Some(due) = owner.due() else { return };
        match owner.place {
            Place::Due => return,
            // Changes that come back after a failure are due earlier.
            Place::Timed(moment) => drop(self.timed.remove(&(moment, id))),
            Place::Nowhere => {}
        }
        if hurry || owner.is_strict() {
            owner.place = Place::Due;
            self.due.push_back(id);
        } else {
            owner.place = Place::Timed(due);
            self.timed.insert((due, id));
        }
    }

    /// Queues the relaxed owners whose time has come. Those whose interval is no longer go along, to
    /// share the sync.
    pub(crate) fn make_due(&mut self, now: Instant) {
        let arrived = self.timed.iter().take_while(|(due, _)| *due <= now);
        let Some(longest) = arrived.map(|(_, id)| self.interval(*id)).max() else { return };
        self.move_to_due(longest);
    }

    /// From now on nobody waits for an interval.
    pub(crate) fn hurry(&mut self) {
        if !std::mem::replace(&mut self.hurry, true) {
            self.move_to_due(Duration::MAX);
        }
    }

    /// From now on nothing is taken over.
    pub(crate) fn seal(&mut self) {
        self.sealed = true;
    }

    /// Queues the owners that wait for an interval of at most `longest`.
    fn move_to_due(&mut self, longest: Duration) {
        for (moment, id) in std::mem::take(&mut self.timed) {
            if self.interval(id) > longest {
                self.timed.insert((moment, id));
            } else if let Some(owner) = self.owners.get_mut(&id) {
                owner.place = Place::Due;
                self.due.push_back(id);
            }
        }
    }

    /// The interval of a relaxed owner.
    fn interval(&self, id: OwnerId) -> Duration {
        match self.owners.get(&id).map(|owner| owner.durability) {
            Some(Durability::Relaxed { interval }) => interval,
            Some(Durability::Strict) | None => Duration::ZERO,
        }
    }

    /// Since when the next record is due. `None` if nobody waits for it.
    pub(crate) fn due_since(&self) -> Option<Instant> {
        self.due.front().and_then(|id| self.owners.get(id)).and_then(OwnerState::due)
    }

    /// When the next relaxed owner is due.
    pub(crate) fn next_timed(&self) -> Option<Instant> {
        self.timed.first().map(|(moment, _)| *moment)
    }

    /// Takes the owners whose turn it is, at least one if any is due, and more while all come to at
    /// most `limit` bytes. An owner's changes stay together.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut bytes = 0_usize;
        while let Some(&id) = self.due.front() {
            if let Some(owner) = self.owners.get_mut(&id) {
                bytes = bytes.saturating_add(owner.bytes());
                if !parts.is_empty() && bytes > limit {
                    break;
                }
                owner.place = Place::Nowhere;
                let changes = owner.take();
                let name = Arc::clone(&owner.name);
                parts.extend(changes.map(|changes| Part { owner: id, name, changes }));
            }
            self.due.pop_front();
        }
        parts
    }

    /// A record with these parts is on the disk.
    pub(crate) fn written(&mut self, parts: &[Part], wake: &mut Vec<Waker>) {
        for part in parts {
            if let Some(owner) = self.owners.get_mut(&part.owner) {
                wake.extend(owner.written());
                if self.broken.is_none() {
                    wake.extend(owner.recovered());
                }
            }
            self.forget_if_done(part.owner);
        }
    }

    /// These parts go into the next record, before all others.
    pub(crate) fn put_back(&mut self, parts: Vec<Part>) {
        for Part { owner: id, changes, .. } in parts.into_iter().rev() {
            // The owner gets its changes back, and should be the only one that has them.
            drop(changes);
            self.leave(id);
            if let Some(owner) = self.owners.get_mut(&id) {
                owner.put_back(None);
                owner.place = Place::Due;
                self.due.push_front(id);
            }
        }
    }

    /// A record with these parts could not be written. Strict owners fail. Relaxed ones try again, but
    /// not before `not_before`.
    pub(crate) fn not_written(
        &mut self,
        parts: Vec<Part>,
        why: &Failed,
        not_before: Option<Instant>,
        wake: &mut Vec<Waker>,
    ) {
        for Part { owner: id, changes, .. } in parts {
            drop(changes);
            self.leave(id);
            if let Some(owner) = self.owners.get_mut(&id) {
                if owner.is_strict() {
                    wake.extend(owner.lose(why));
                } else {
                    owner.put_back(not_before);
                }
                if self.broken.is_none() {
                    wake.extend(owner.recovered());
                }
                self.put(id, self.hurry && not_before.is_none());
            }
            self.forget_if_done(id);
        }
    }

    /// Takes an owner out of its place.
    fn leave(&mut self, id: OwnerId) {
        let Some(owner) = self.owners.get_mut(&id) else { return };
        match std::mem::replace(&mut owner.place, Place::Nowhere) {
            Place::Due => self.due.retain(|due| *due != id),
            Place::Timed(moment) => drop(self.timed.remove(&(moment, id))),
            Place::Nowhere => {}
        }
    }

    /// Fails the strict owners whose changes have waited for `wait`.
    pub(crate) fn expire(&mut self, now: Instant, wait: Duration, wake: &mut Vec<Waker>) {
        while let Some((id, since)) = self.oldest_strict() {
            if now.saturating_duration_since(since) < wait {
                return;
            }
            let why = match &self.broken {
                Some(broken) => broken.clone(),
                None => Failed::new(format!("not written within {} ms", wait.as_millis()).into()),
            };
            if let Some(owner) = self.owners.get_mut(&id) {
                wake.extend(owner.fail(&why));
            }
            self.leave(id);
            self.forget_if_done(id);
        }
    }

    /// Since when the strict owner waits whose changes are the oldest. They queue in the order of their
    /// first changes.
    pub(crate) fn oldest_strict(&self) -> Option<(OwnerId, Instant)> {
        self.due.iter().find_map(|id| {
            let owner = self.owners.get(id).filter(|owner| owner.is_strict())?;
            Some((*id, owner.since()?))
        })
    }

    /// Nothing can be stored, until `mended`.
    pub(crate) fn broken(&mut self, why: Failed) {
        self.broken = Some(why);
    }

    /// The store can store again.
    pub(crate) fn mended(&mut self, wake: &mut Vec<Waker>) {
        self.broken = None;
        wake.extend(self.owners.values_mut().filter_map(OwnerState::recovered));
    }

    /// Nothing will ever be stored again. What waits is lost.
    pub(crate) fn end(&mut self, why: Failed, wake: &mut Vec<Waker>) {
        self.over.get_or_insert(why);
        self.due.clear();
        self.timed.clear();
        for owner in self.owners.values_mut() {
            owner.place = Place::Nowhere;
            wake.extend(owner.wakers());
        }
    }

    /// Why nothing can be stored. `None` if all is well.
    pub(crate) fn trouble(&self) -> Option<&Failed> {
        self.over.as_ref().or(self.broken.as_ref())
    }

    /// Why the store has ended. `None` while it has not.
    pub(crate) fn over(&self) -> Option<&Failed> {
        self.over.as_ref()
    }

    /// What waits, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.owners.values().map(OwnerState::bytes).sum()
    }

    /// Forgets an owner without a handle, once nothing of it has to be written.
    fn forget_if_done(&mut self, id: OwnerId) {
        let done = self.owners.get(&id).filter(|owner| owner.handles == 0 && owner.is_idle());
        if let Some(owner) = done {
            self.names.remove(&owner.name);
            self.owners.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests;
