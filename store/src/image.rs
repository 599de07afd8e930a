//! The live set: all that is durable, by owner.

use std::ops::Bound;

use bytes::Bytes;

use crate::{
    changes::Changes,
    contents::{Contents, Origin, StoredAlarm},
    operation::{Item, Operation, Slot},
};

/// The live set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// In the order of their names. They are few, so a map would only cost more code.
    owners: Vec<(Box<str>, Contents)>,
    blocks: u64,
    /// Kept up to date, because every append compares it with the sizes of the files.
    live: u64,
}

/// An operation that does not fit what it is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit;

/// The most bytes that an owner takes in a record besides its name.
const OWNER: u64 = 16;
/// The most bytes that a value takes in a record besides its key and itself.
const VALUE: u64 = 24;
/// The most bytes of an origin.
const ORIGIN: u64 = 21;
/// The most bytes of an alarm.
const ALARM: u64 = 24;
/// The most bytes of an open connection.
const OPEN: u64 = 11;

impl Contents {
    /// A value.
    pub(crate) fn value(&self, slot: Slot<'_>) -> Option<&Bytes> {
        match slot {
            Slot::State => self.state.as_ref(),
            Slot::Key(key) => self.keys.get(key),
        }
    }

    /// Sets or removes a value. Returns the one before.
    fn set(&mut self, slot: Slot<'_>, value: Option<Bytes>) -> Option<Bytes> {
        match (slot, value) {
            (Slot::State, value) => std::mem::replace(&mut self.state, value),
            (Slot::Key(key), None) => self.keys.remove(key),
            // An existing key stays, so that its text is not copied.
            (Slot::Key(key), Some(value)) => match self.keys.get_mut(key) {
                Some(old) => Some(std::mem::replace(old, value)),
                None => self.keys.insert(key.into(), value),
            },
        }
    }

    /// The first item after `last`, or the first one.
    fn after(&self, last: Option<Item<&str>>) -> Option<Item<&str>> {
        if last.is_none() && self.origin.is_some() {
            return Some(Item::Origin);
        }
        if last.is_none_or(|last| last < Item::Alarm) && self.alarm.is_some() {
            return Some(Item::Alarm);
        }
        let last = last.unwrap_or(Item::Alarm);
        let from = match last {
            Item::Origin | Item::Alarm => Some(0),
            Item::Open(connection) => connection.checked_add(1),
            Item::State | Item::Key(_) => None,
        };
        if let Some(connection) = from.and_then(|from| self.open.range(from..).next()) {
            return Some(Item::Open(*connection));
        }
        if last < Item::State && self.state.is_some() {
            return Some(Item::State);
        }
        let from = match last {
            Item::Key(key) => Bound::Excluded(key),
            _ => Bound::Unbounded,
        };
        let (key, _) = self.keys.range::<str, _>((from, Bound::Unbounded)).next()?;
        Some(Item::Key(key))
    }

    fn live(&self) -> u64 {
        let origin = self.origin.map_or(0, |_| ORIGIN);
        let alarm = self.alarm.map_or(0, |_| ALARM);
        let state = self.state.as_ref().map_or(0, |state| VALUE + state.len() as u64);
        let keys = self.keys.iter().map(|(key, value)| value_live(Slot::Key(key), value));
        origin + alarm + state + OPEN * self.open.len() as u64 + keys.sum::<u64>()
    }
}

fn value_live(slot: Slot<'_>, value: &Bytes) -> u64 {
    let key = match slot {
        Slot::State => 0,
        Slot::Key(key) => key.len() as u64,
    };
    VALUE + key + value.len() as u64
}

impl Image {
    /// The owners that have something stored or open connections, in the order of their names.
    pub fn owners(&self) -> impl Iterator<Item = (&Box<str>, &Contents)> {
        self.owners.iter().map(|(name, contents)| (name, contents))
    }

    /// What is stored of an owner.
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<&Contents> {
        let at = self.find(name).ok()?;
        self.owners.get(at).map(|(_, contents)| contents)
    }

    /// The number that was last recorded for blocks of connection numbers, 0 at first.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// How many bytes all of it takes in a record, at most.
    #[must_use]
    pub fn live(&self) -> u64 {
        self.live
    }

    /// The first item after `last` in the order of copying, or the first one.
    pub(crate) fn after(&self, last: Option<(&str, Item<&str>)>) -> Option<(&str, Item<&str>)> {
        let (owner, mut last) = last.unzip();
        let (Ok(at) | Err(at)) = owner.map_or(Ok(0), |owner| self.find(owner));
        for (name, contents) in self.owners.get(at..)? {
            // The last one may be gone.
            let last = last.take().filter(|_| owner == Some(name));
            if let Some(next) = contents.after(last) {
                return Some((name, next));
            }
        }
        None
    }

    /// Applies an owner's changes.
    pub(crate) fn apply(&mut self, owner: &str, changes: &Changes) {
        if changes.forget {
            self.forget(owner);
        }
        self.with(owner, &mut |contents, live| {
            if let Some(origin) = &changes.origin {
                set_origin(contents, live, origin);
            }
            if let Some(state) = &changes.state {
                set(contents, live, Slot::State, state.clone());
            }
            if let Some(alarm) = changes.alarm {
                set_alarm(contents, live, alarm);
            }
            for (key, value) in &changes.keys {
                set(contents, live, Slot::Key(key), value.clone());
            }
            for connection in &changes.opened {
                *live += OPEN * u64::from(contents.open.insert(*connection));
            }
            for connection in &changes.closed {
                *live -= OPEN * u64::from(contents.open.remove(connection));
            }
        });
    }

    /// Sets the number for blocks.
    pub(crate) fn set_blocks(&mut self, blocks: u64) {
        self.blocks = blocks;
    }

    /// Applies an operation of a record. `owner` is the one that the record named last.
    pub(crate) fn replay(&mut self, owner: &str, operation: &Operation<'_>) -> Result<(), Unfit> {
        if matches!(operation, Operation::Forget) {
            self.forget(owner);
            return Ok(());
        }
        let mut done = Ok(());
        self.with(owner, &mut |contents, live| match *operation {
            Operation::Put(slot, value) => {
                set(contents, live, slot, Some(Bytes::copy_from_slice(value)));
            }
            Operation::Splice { slot, at, removed, inserted } => {
                let old = contents.set(slot, None);
                *live -= old.as_ref().map_or(0, |old| value_live(slot, old));
                let new = old.and_then(|old| spliced(old, at, removed, inserted));
                done = if new.is_some() { Ok(()) } else { Err(Unfit) };
                set(contents, live, slot, new);
            }
            Operation::Delete(slot) => set(contents, live, slot, None),
            Operation::Origin(origin) => set_origin(contents, live, origin),
            Operation::Alarm(alarm) => set_alarm(contents, live, alarm),
            Operation::Opened(connection) => {
                *live += OPEN * u64::from(contents.open.insert(connection));
            }
            Operation::Closed(connection) => {
                *live -= OPEN * u64::from(contents.open.remove(&connection));
            }
            // Those are the chain's, not an owner's.
            Operation::Owner(_)
            | Operation::Forget
            | Operation::Blocks(_)
            | Operation::Begin(_)
            | Operation::End => {}
        });
        done
    }

    /// Frees what values have allocated for growing, after a replay.
    pub(crate) fn shrink(&mut self) {
        for (_, contents) in &mut self.owners {
            for value in contents.state.iter_mut().chain(contents.keys.values_mut()) {
                *value = Vec::from(std::mem::take(value)).into_boxed_slice().into();
            }
        }
    }

    /// Where an owner is, or would be.
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.owners.binary_search_by(|(owner, _)| (**owner).cmp(name))
    }

    fn forget(&mut self, owner: &str) {
        if let Ok(at) = self.find(owner) {
            let (_, contents) = self.owners.remove(at);
            self.live -= contents.live() + OWNER + owner.len() as u64;
        }
    }

    /// Changes an owner, who is there only as long as it has something.
    fn with(&mut self, owner: &str, change: &mut dyn FnMut(&mut Contents, &mut u64)) {
        let cost = OWNER + owner.len() as u64;
        let at = self.find(owner).unwrap_or_else(|at| {
            self.owners.insert(at, (owner.into(), Contents::default()));
            self.live += cost;
            at
        });
        let Some((_, contents)) = self.owners.get_mut(at) else { return };
        change(contents, &mut self.live);
        if contents.is_empty() && contents.open.is_empty() && contents.origin.is_none() {
            self.owners.remove(at);
            self.live -= cost;
        }
    }
}

fn set(contents: &mut Contents, live: &mut u64, slot: Slot<'_>, value: Option<Bytes>) {
    *live += value.as_ref().map_or(0, |value| value_live(slot, value));
    let old = contents.set(slot, value);
    *live -= old.map_or(0, |old| value_live(slot, &old));
}

fn set_origin(contents: &mut Contents, live: &mut u64, origin: &Origin) {
    *live += ORIGIN * u64::from(contents.origin.replace(*origin).is_none());
}

fn set_alarm(contents: &mut Contents, live: &mut u64, alarm: Option<StoredAlarm>) {
    *live += alarm.map_or(0, |_| ALARM);
    let old = std::mem::replace(&mut contents.alarm, alarm);
    *live -= old.map_or(0, |_| ALARM);
}

/// Replaces a part of a value. It grows in place, because a file may have many splices of a large value.
fn spliced(value: Bytes, at: u64, removed: u64, inserted: &[u8]) -> Option<Bytes> {
    let (at, removed) = (usize::try_from(at).ok()?, usize::try_from(removed).ok()?);
    let (old_end, new_end) = (at.checked_add(removed)?, at.checked_add(inserted.len())?);
    let old_len = value.len();
    let new_len = old_len.checked_sub(removed)?.checked_add(inserted.len())?;
    if old_end > old_len {
        return None;
    }
    // This copies only what others hold too.
    let mut value = Vec::from(value);
    value.resize(old_len.max(new_len), 0);
    value.copy_within(old_end..old_len, new_end);
    value.get_mut(at..new_end)?.copy_from_slice(inserted);
    value.truncate(new_len);
    Some(value.into())
}

#[cfg(test)]
mod tests;
