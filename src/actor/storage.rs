//! What an actor stores: a value for each key.
//!
//! A call sees its own changes at once, because they are made in place. Its [`Undo`] keeps what
//! they replace, and restores it if the call fails. The old values are moved, so they are not
//! copied.
//!
//! The number of entries slows nothing down but what is done to all of them. A call may change
//! thousands, so the work after it gives turns to others.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    mem,
    ops::Bound,
};

use bytes::Bytes;
use wit_core::host::{Page, Refusal, StorageError, Stored};

use super::meter::Meter;
use crate::limits::SharedLimits;

/// What an entry counts for beside its key and its value. It is the same on every board, so that a
/// limit means the same everywhere.
const OVERHEAD: usize = 64;
/// The most bytes of a page, counted as in `limits.storage`. It bounds what the host copies at
/// once, and the memory that the guest needs for it.
const PAGE: usize = 64 << 10;
/// What the work after a call counts for in a turn for each change, in bytes that the host moves.
const PER_CHANGE: usize = 16 << 10;

/// The entries of one actor.
#[derive(Debug)]
pub struct Storage {
    /// All entries.
    entries: Entries,
    /// Has the bytes of all entries, of a key and of a value.
    limits: SharedLimits,
}

/// Entries, with their size.
#[derive(Debug, Default, PartialEq, Eq)]
struct Entries {
    /// The value of each key.
    map: BTreeMap<Box<str>, Bytes>,
    /// The bytes of all of them, as `limits.storage` counts them.
    bytes: usize,
}

/// What the changes of the current call have replaced.
#[derive(Debug, Default)]
pub struct Undo {
    /// The values that the changed keys had before the call; `None` for a new key. Once all entries
    /// were deleted, no more are added: the deleted entries say the rest.
    before: BTreeMap<Box<str>, Option<Bytes>>,
    /// The entries that `delete-all` has deleted, from each time. The first are those of before the
    /// call, with the changes in `before`. The others are kept only because dropping many takes
    /// time. Their bytes are paid for: all but the first were put by this call.
    deleted: Vec<Entries>,
}

/// What a call has changed of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The value before the call; `None` if there was none.
    pub old: Option<Bytes>,
    /// The value after it; `None` if the key was deleted.
    pub new: Option<Bytes>,
}

/// The size of an entry, as `limits.storage` counts it.
fn size(key: &str, value: &[u8]) -> usize {
    key.len().saturating_add(value.len()).saturating_add(OVERHEAD)
}

impl Storage {
    /// Starts without entries.
    pub fn new(limits: SharedLimits) -> Self {
        Self { entries: Entries::default(), limits }
    }

    /// Replaces all entries. This is for entries from before a restart or a failure. They may
    /// exceed the limits, which may have been larger then.
    pub fn load(&mut self, entries: BTreeMap<Box<str>, Bytes>) {
        let bytes = entries.iter().map(|(key, value)| size(key, value)).sum();
        self.entries = Entries { map: entries, bytes };
    }

    /// The bytes of all entries, as `limits.storage` counts them.
    pub fn bytes(&self) -> usize {
        self.entries.bytes
    }

    /// The number of entries.
    pub fn count(&self) -> usize {
        self.entries.map.len()
    }

    /// All entries, in the order of their keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Box<str>, &Bytes)> {
        self.entries.map.iter()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Bytes> {
        self.entries.map.get(key)
    }

    /// Gives a key a value. The same value again is no change.
    ///
    /// # Errors
    /// The key, the value or all entries exceed a limit. An error of `pay`, which pays for the
    /// bytes of the key and the value.
    pub fn put(
        &mut self,
        key: &str,
        value: &[u8],
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), StorageError> {
        let (most, longest, largest) =
            self.limits.get(|limits| (limits.storage, limits.storage_key, limits.storage_value));
        if !(1..=longest).contains(&key.len()) {
            return Err(StorageError::InvalidKey);
        }
        if value.len() > largest {
            return Err(StorageError::TooLarge);
        }
        let (old, now) = (self.get(key), self.entries.bytes);
        if old.is_some_and(|old| old == value) {
            return Ok(());
        }
        let rest = now.saturating_sub(old.map_or(0, |old| size(key, old)));
        let then = rest.saturating_add(size(key, value));
        if then > most && then > now {
            return Err(StorageError::Full(u32::try_from(now).unwrap_or(u32::MAX)));
        }
        pay(key.len().saturating_add(value.len())).map_err(|_| StorageError::Limit)?;
        let old = self.entries.set(key.into(), Some(Bytes::copy_from_slice(value)));
        undo.note(key, old);
        Ok(())
    }

    /// Deletes an entry. Returns whether there was one.
    ///
    /// # Errors
    /// An error of `pay`, which pays for the bytes of the key.
    pub fn delete(
        &mut self,
        key: &str,
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<bool, StorageError> {
        if self.get(key).is_none() {
            return Ok(false);
        }
        pay(key.len()).map_err(|_| StorageError::Limit)?;
        let old = self.entries.remove(key);
        undo.note(key, old);
        Ok(true)
    }

    /// The entries whose keys begin with `prefix` and come after `after`: at most `limit`, and at
    /// most 64 KiB if there is more than one.
    pub fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Page {
        let after = after.filter(|after| *after >= prefix);
        let first = after.map_or(Bound::Included(prefix), Bound::Excluded);
        let found = self.entries.map.range::<str, _>((first, Bound::Unbounded));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut page, mut bytes) = (Page::default(), 0_usize);
        for (key, value) in found.take_while(|(key, _)| key.starts_with(prefix)) {
            bytes = bytes.saturating_add(size(key, value));
            let fits = page.entries.is_empty() || bytes <= PAGE;
            if page.entries.len() >= limit || !fits {
                page.more = true;
                break;
            }
            page.entries.push(Stored { key: String::from(&**key), value: value.to_vec() });
        }
        page
    }

    /// Deletes all entries. They stay in memory until the call ends.
    pub fn delete_all(&mut self, undo: &mut Undo) {
        if !self.entries.map.is_empty() {
            undo.deleted.push(mem::take(&mut self.entries));
        }
    }
}

impl Entries {
    /// Gives a key a value or none. Returns the old one.
    fn set(&mut self, key: Box<str>, value: Option<Bytes>) -> Option<Bytes> {
        let Some(value) = value else { return self.remove(&key) };
        let new = size(&key, &value);
        let old = match self.map.entry(key) {
            Entry::Vacant(free) => {
                free.insert(value);
                None
            }
            Entry::Occupied(mut entry) => {
                let old = entry.insert(value);
                self.bytes = self.bytes.saturating_sub(size(entry.key(), &old));
                Some(old)
            }
        };
        self.bytes = self.bytes.saturating_add(new);
        old
    }

    /// Removes a key. Returns its value.
    fn remove(&mut self, key: &str) -> Option<Bytes> {
        let old = self.map.remove(key)?;
        self.bytes = self.bytes.saturating_sub(size(key, &old));
        Some(old)
    }
}

impl Undo {
    /// Keeps the value that a key had before its first change.
    fn note(&mut self, key: &str, old: Option<Bytes>) {
        if self.deleted.is_empty() && !self.before.contains_key(key) {
            self.before.insert(key.into(), old);
        }
    }

    /// Whether the call has changed nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.deleted.is_empty()
    }

    /// Keeps the changes. The time depends only on their number.
    pub async fn forget(&mut self, meter: &mut Meter) {
        meter.renew();
        for _ in mem::take(&mut self.before) {
            give_turns(meter).await;
        }
        self.drop_deleted(meter).await;
    }

    /// Takes the changes back. The time depends only on their number.
    pub async fn apply(&mut self, storage: &mut Storage, meter: &mut Meter) {
        meter.renew();
        if let Some(first) = self.deleted.first_mut() {
            // The entries of after the call are dropped with the others.
            mem::swap(first, &mut storage.entries);
        }
        for (key, old) in mem::take(&mut self.before) {
            storage.entries.set(key, old);
            give_turns(meter).await;
        }
        self.drop_deleted(meter).await;
    }

    /// What the changes have changed so far. A key that has its old value again is not among them.
    /// The time depends only on the number of the changes.
    pub async fn changes(&self, storage: &Storage, meter: &mut Meter) -> Vec<(Box<str>, Change)> {
        meter.renew();
        let mut changes = Vec::new();
        for key in self.before.keys() {
            changes.extend(self.change(key, storage));
            give_turns(meter).await;
        }
        let Some(Entries { map: deleted, .. }) = self.deleted.first() else { return changes };
        for key in deleted.keys() {
            if !self.before.contains_key(key) {
                changes.extend(self.change(key, storage));
            }
            give_turns(meter).await;
        }
        // Those that were put after all others were deleted.
        for key in storage.entries.map.keys() {
            if !self.before.contains_key(key) && !deleted.contains_key(key) {
                changes.extend(self.change(key, storage));
            }
            give_turns(meter).await;
        }
        changes
    }

    /// What has changed of one key.
    fn change(&self, key: &str, storage: &Storage) -> Option<(Box<str>, Change)> {
        let deleted = || self.deleted.first()?.map.get(key).cloned();
        let old = self.before.get(key).cloned().unwrap_or_else(deleted);
        let new = storage.get(key).cloned();
        (new != old).then(|| (key.into(), Change { old, new }))
    }

    /// Drops the deleted entries.
    async fn drop_deleted(&mut self, meter: &mut Meter) {
        for entries in mem::take(&mut self.deleted) {
            for _ in entries.map {
                give_turns(meter).await;
            }
        }
    }
}

/// Counts the work on one change, and gives turns to others. The call is over, so its time no
/// longer counts.
async fn give_turns(meter: &mut Meter) {
    meter.moved(PER_CHANGE);
    let _ = meter.yield_if_due().await;
}

#[cfg(test)]
mod tests;
