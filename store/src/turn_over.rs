//! A turn-over: the live set is copied to the other file in pieces, beside commits.
//!
//! Items are copied in their order. A commit's change of an item that was copied is repeated in the
//! other file. A change of a later item is not, because the item is copied with its new value. A large
//! value is copied in several pieces as it was at its beginning; its changes follow when that is done.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    image::Image,
    operation::{Item, Operation, Slot},
    record::Body,
};

/// The least part of a value that is worth a splice of its own.
const PART: usize = 512;

/// The progress of a turn-over.
#[derive(Debug, Default)]
pub(crate) struct TurnOver {
    /// The last item that is in the other file.
    passed: Option<(Box<str>, Item<Box<str>>)>,
    /// The value that is copied in several pieces, the next after `passed`.
    partial: Option<Partial>,
    /// Changes of commits that the other file does not have yet.
    repeated: VecDeque<Body>,
    /// How many bytes must be written before the next commit, so that the copy comes to its end.
    owed: u64,
}

#[derive(Debug)]
struct Partial {
    owner: Box<str>,
    item: Item<Box<str>>,
    /// The value at its beginning.
    value: Bytes,
    done: usize,
    /// What changed it since.
    changes: Vec<Body>,
}

/// The part of a commit that concerns the other file.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    /// Changes of items that were copied.
    passed: Body,
    /// Changes of the value that is being copied.
    partial: Body,
    /// The owner of that value was forgotten, so there is nothing more to copy of it. From there on it
    /// counts as copied.
    interrupts: bool,
}

impl Repeated {
    /// Adds an operation that is no owner's.
    pub(crate) fn push(&mut self, operation: &Operation<'_>) {
        self.passed.push(operation);
    }
}

impl TurnOver {
    /// Whether something must be written before the next commit.
    pub(crate) fn is_behind(&self) -> bool {
        self.owed > 0
    }

    /// Says how much was written.
    pub(crate) fn pay(&mut self, bytes: u64) {
        self.owed = self.owed.saturating_sub(bytes);
    }

    /// Adds an owner's operation to what is repeated, if it must be.
    pub(crate) fn repeat(&self, into: &mut Repeated, owner: &str, operation: &Operation<'_>) {
        let passed = self.passed.as_ref().map(|(owner, item)| (&**owner, item.borrow()));
        let partial = self.partial.as_ref().map(|at| (&*at.owner, at.item.borrow()));
        // Whatever comes before the value that is being copied is not looked at again.
        let Some(last) = partial.or(passed) else { return };
        let changes_partial = partial.is_some() && !into.interrupts;
        match operation.item().map(|item| (owner, item)) {
            Some(item) if item == last && changes_partial => into.partial.push_of(owner, operation),
            Some(item) if item <= last => into.passed.push_of(owner, operation),
            Some(_) => {}
            // It forgets the owner.
            None if owner <= last.0 => {
                into.interrupts |= partial.is_some() && owner == last.0;
                into.passed.push_of(owner, operation);
            }
            None => {}
        }
    }

    /// Takes over what a commit repeats, once it is on the disk. So many bytes must be written before
    /// the next one.
    pub(crate) fn committed(&mut self, repeated: Repeated, owed: u64) {
        if repeated.interrupts
            && let Some(Partial { owner, item, .. }) = self.partial.take()
        {
            self.passed = Some((owner, item));
        }
        if !repeated.passed.is_empty() {
            self.repeated.push_back(repeated.passed);
        }
        if let Some(partial) = &mut self.partial
            && !repeated.partial.is_empty()
        {
            partial.changes.push(repeated.partial);
        }
        self.owed = self.owed.saturating_add(owed);
    }

    /// Fills a piece of at most `limit` bytes, except if one commit changed more. Returns whether
    /// nothing is left after it.
    pub(crate) fn fill(&mut self, image: &Image, body: &mut Body, limit: usize) -> bool {
        loop {
            while let Some(next) = self.repeated.front() {
                if body.len() + next.len() > limit && !body.is_empty() {
                    return false;
                }
                body.extend(next);
                self.repeated.pop_front();
            }
            if let Some(partial) = &mut self.partial {
                if !partial.copy(body, limit) {
                    return false;
                }
                let Some(Partial { owner, item, changes, .. }) = self.partial.take() else {
                    continue;
                };
                self.passed = Some((owner, item));
                self.repeated.extend(changes);
                continue;
            }
            let passed = self.passed.as_ref().map(|(owner, item)| (&**owner, item.borrow()));
            let Some((owner, item)) = image.after(passed) else { return true };
            let slot = match item {
                Item::Origin | Item::Alarm | Item::Open(_) => {
                    if body.len() + owner.len() + 64 > limit && !body.is_empty() {
                        return false;
                    }
                    let contents = image.owner(owner);
                    let origin = contents.and_then(|contents| contents.origin.as_ref());
                    let operation = match (item, origin) {
                        (Item::Open(connection), _) => Operation::Opened(connection),
                        (Item::Origin, Some(origin)) => Operation::Origin(origin),
                        _ => Operation::Alarm(contents.and_then(|contents| contents.alarm)),
                    };
                    body.push_of(owner, &operation);
                    self.passed = Some((owner.into(), item.own()));
                    continue;
                }
                Item::State => Slot::State,
                Item::Key(key) => Slot::Key(key),
            };
            let value = image.owner(owner).and_then(|contents| contents.value(slot));
            self.partial = Some(Partial {
                owner: owner.into(),
                item: item.own(),
                value: value.cloned().unwrap_or_default(),
                done: 0,
                changes: Vec::new(),
            });
        }
    }
}

impl Partial {
    /// Adds as much of the value as there is room for. Returns whether that was all of it.
    fn copy(&mut self, body: &mut Body, limit: usize) -> bool {
        let (slot, key) = match &self.item {
            Item::Key(key) => (Slot::Key(key), key.len()),
            _ => (Slot::State, 0),
        };
        let rest = self.value.get(self.done..).unwrap_or_default();
        let taken = body.len() + self.owner.len() + key + 64;
        let mut room = limit.saturating_sub(taken);
        if body.is_empty() {
            // A name may be longer than a piece.
            room = room.max(PART);
        } else if taken > limit || room < rest.len().min(PART) {
            return false;
        }
        let part = rest.get(..room).unwrap_or(rest);
        let at = self.done as u64;
        let operation = match at {
            0 => Operation::Put(slot, part),
            _ => Operation::Splice { slot, at, removed: 0, inserted: part },
        };
        body.push_of(&self.owner, &operation);
        self.done += part.len();
        part.len() == rest.len()
    }
}
