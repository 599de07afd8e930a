//! Who waits for the next record, in which order.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use crate::{
    changes::Changes,
    owner_state::{Durability, OwnerState, Place},
    owners::{OwnerId, Owners},
    ticket::{Failed, Ticket},
};

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
    owners: Owners,
    /// Those that are due, in the order of their arrival, each once. Who comes again queues behind the
    /// others, so one with many changes delays another by one turn.
    due: VecDeque<OwnerId>,
    /// Relaxed owners that have changes and are not due yet.
    timed: Vec<OwnerId>,
    /// When the first of these is due.
    next_timed: Option<Instant>,
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
        let Some(id) = self.owners.find(name) else {
            return self.owners.add(name, durability);
        };
        // What an earlier handle has left waits as the new one wants it to.
        self.leave(id);
        if let Some(owner) = self.owners.get_mut(id) {
            owner.handles += 1;
            owner.durability = durability;
        }
        self.put(id, self.hurry);
        id
    }

    /// A handle is gone. What it has handed over is still written. Returns the wakers that nobody needs
    /// any more.
    pub(crate) fn drop_handle(&mut self, id: OwnerId) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if let Some(owner) = self.owners.get_mut(id) {
            owner.handles = owner.handles.saturating_sub(1);
            if owner.handles == 0 {
                wakers.extend(owner.wakers());
            }
        }
        self.owners.forget_if_done(id);
        wakers
    }

    /// The owner's state. It exists as long as the owner's handle.
    pub(crate) fn owner(&mut self, id: OwnerId) -> Option<&mut OwnerState> {
        self.owners.get_mut(id)
    }

    /// Takes over what an event changes. Returns its ticket, and whether somebody waits that did not
    /// before. Ignores it if the owner has failed, or if the store has ended.
    pub(crate) fn commit(&mut self, id: OwnerId, changes: Changes, now: Instant) -> (Ticket, bool) {
        let Some(owner) = self.owners.get_mut(id) else {
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

    /// Puts an owner with changes into its place, if it is in none. In a `hurry` it is due now.
    fn put(&mut self, id: OwnerId, hurry: bool) {
        let Some(owner) = self.owners.get_mut(id).filter(|owner| owner.place == Place::Nowhere)
        else {
            return;
        };
        let Some(due) = owner.due() else { return };
        if hurry || owner.is_strict() {
            owner.place = Place::Due;
            self.due.push_back(id);
        } else {
            owner.place = Place::Timed;
            self.timed.push(id);
            self.next_timed = Some(self.next_timed.map_or(due, |next| next.min(due)));
        }
    }

    /// Queues the relaxed owners whose time has come. Those whose interval is no longer go along, to
    /// share the sync.
    pub(crate) fn make_due(&mut self, now: Instant) {
        if self.next_timed.is_none_or(|next| next > now) {
            return;
        }
        let arrived = self.timed.iter().filter_map(|id| self.owners.get(*id));
        let arrived = arrived.filter(|owner| owner.due().is_some_and(|due| due <= now));
        if let Some(longest) = arrived.map(OwnerState::interval).max() {
            self.move_to_due(longest);
        }
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
        self.timed.retain(|&id| {
            let owner = self.owners.get_mut(id).filter(|owner| owner.interval() <= longest);
            let Some(owner) = owner else { return true };
            owner.place = Place::Due;
            self.due.push_back(id);
            false
        });
        self.find_next_timed();
    }

    /// Looks for the relaxed owner that is due next.
    fn find_next_timed(&mut self) {
        let due = self.timed.iter().filter_map(|id| self.owners.get(*id)?.due());
        self.next_timed = due.min();
    }

    /// Since when the next record is due. `None` if nobody waits for it.
    pub(crate) fn due_since(&self) -> Option<Instant> {
        self.due.front().and_then(|id| self.owners.get(*id)).and_then(OwnerState::due)
    }

    /// When the next relaxed owner is due.
    pub(crate) fn next_timed(&self) -> Option<Instant> {
        self.next_timed
    }

    /// Takes the owners whose turn it is, at least one if any is due, and more while all come to at
    /// most `limit` bytes. An owner's changes stay together.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut bytes = 0_usize;
        while let Some(&id) = self.due.front() {
            if let Some(owner) = self.owners.get_mut(id) {
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

    /// Whether an owner is due whose changes come to at most `limit` bytes.
    pub(crate) fn has_small(&self, limit: usize) -> bool {
        self.due.iter().any(|id| self.is_small(*id, limit))
    }

    fn is_small(&self, id: OwnerId, limit: usize) -> bool {
        self.owners.get(id).is_some_and(|owner| owner.bytes() <= limit)
    }

    /// Takes the owners whose turn it is and whose changes come to at most `limit` bytes, while all of
    /// them do. The others keep their turn.
    pub(crate) fn take_small(&mut self, limit: usize) -> Vec<Part> {
        let due = std::mem::take(&mut self.due);
        let (small, large) = due.into_iter().partition(|id| self.is_small(*id, limit));
        self.due = small;
        let parts = self.take(limit);
        self.due.extend(large);
        parts
    }

    /// A record with these parts is on the disk.
    pub(crate) fn written(&mut self, parts: &[Part], wake: &mut Vec<Waker>) {
        for part in parts {
            if let Some(owner) = self.owners.get_mut(part.owner) {
                wake.extend(owner.written());
                if self.broken.is_none() {
                    wake.extend(owner.recovered());
                }
            }
            self.owners.forget_if_done(part.owner);
        }
    }

    /// These parts go into the next record, before all others.
    pub(crate) fn put_back(&mut self, parts: Vec<Part>) {
        for Part { owner: id, changes, .. } in parts.into_iter().rev() {
            // The owner gets its changes back, and should be the only one that has them.
            drop(changes);
            self.leave(id);
            if let Some(owner) = self.owners.get_mut(id) {
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
            if let Some(owner) = self.owners.get_mut(id) {
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
            self.owners.forget_if_done(id);
        }
    }

    /// Takes an owner out of its place.
    fn leave(&mut self, id: OwnerId) {
        let Some(owner) = self.owners.get_mut(id) else { return };
        match std::mem::replace(&mut owner.place, Place::Nowhere) {
            Place::Due => self.due.retain(|due| *due != id),
            Place::Timed => {
                self.timed.retain(|timed| *timed != id);
                self.find_next_timed();
            }
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
            if let Some(owner) = self.owners.get_mut(id) {
                wake.extend(owner.fail(&why));
            }
            self.leave(id);
            self.owners.forget_if_done(id);
        }
    }

    /// Since when the strict owner waits whose changes are the oldest. They queue in the order of their
    /// first changes.
    pub(crate) fn oldest_strict(&self) -> Option<(OwnerId, Instant)> {
        self.due.iter().find_map(|id| {
            let owner = self.owners.get(*id).filter(|owner| owner.is_strict())?;
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
        wake.extend(self.owners.iter_mut().filter_map(OwnerState::recovered));
    }

    /// Nothing will ever be stored again. What waits is lost.
    pub(crate) fn end(&mut self, why: Failed, wake: &mut Vec<Waker>) {
        self.over.get_or_insert(why);
        self.due.clear();
        self.timed.clear();
        for owner in self.owners.iter_mut() {
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
        self.owners.iter().map(OwnerState::bytes).sum()
    }
}

#[cfg(test)]
mod tests;
