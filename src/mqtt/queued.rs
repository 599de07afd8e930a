//! The publications of an outbox.

use std::{sync::Arc, task::Waker};

use bytes::Bytes;
use wit_core::host::Qos;

use super::{dedupe::Identity, publication::Publication, repeatable::Repeatable};

/// What waits, and who waits for it.
#[derive(Default)]
pub(super) struct Queued {
    /// The number of the next publication.
    pub(super) next: u64,
    /// How many of QoS 1 there were in this run, by which receivers know them again.
    pub(super) kept: u64,
    /// In the order of their numbers. They are few, so a list does.
    pub(super) entries: Vec<Entry>,
    /// The bytes of all of them.
    pub(super) bytes: usize,
    /// Those of QoS 1 as they are stored. `None` if they have changed since.
    pub(super) stored: Option<Bytes>,
    /// Which of QoS 1 may come again.
    pub(super) repeatable: Repeatable,
    /// How many of QoS 1 are done since that was recorded last.
    pub(super) less: usize,
    /// Whether those of QoS 1 are stored.
    pub(super) is_stored: bool,
    /// Whether the actor has ended.
    pub(super) has_ended: bool,
    /// Wakes the actor's task; `None` unless it waits for that.
    pub(super) actor: Option<Waker>,
    /// Wakes the connection's task; `None` unless it waits for a publication, or for the actor's end.
    pub(super) connection: Option<Waker>,
}

/// One publication.
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) identity: Option<Identity>,
    pub(super) publication: Arc<Publication>,
    pub(super) bytes: usize,
    pub(super) stage: Stage,
}

/// How far a publication is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its event is not committed, or not on the disk.
    Asked,
    /// It waits for the connection.
    Ready,
    /// The connection has it.
    Given,
}

impl Entry {
    /// Whether it is sent until it is acknowledged.
    pub(super) fn is_kept(&self) -> bool {
        self.publication.qos == Qos::AtLeastOnce
    }

    /// Whether it may be dropped to make room.
    pub(super) fn is_loose(&self) -> bool {
        !self.is_kept() && self.stage == Stage::Ready
    }
}

impl Queued {
    /// The place of a publication.
    pub(super) fn place(&self, number: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&number, |entry| entry.number).ok()
    }

    /// Takes the publication at a place out of the list.
    pub(super) fn remove(&mut self, place: usize) -> Entry {
        let entry = self.entries.remove(place);
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        if entry.is_kept() {
            self.stored = None;
        }
        entry
    }

    /// Whether a publication waits for the next start: the actor has ended, and it is stored.
    pub(super) fn stays(&self, entry: &Entry) -> bool {
        self.has_ended && self.is_stored && entry.is_kept()
    }

    /// Whether so many publications with so many bytes are within the limits.
    pub(super) fn fits(&self, (most, most_bytes): (usize, usize)) -> bool {
        self.entries.len() <= most && self.bytes <= most_bytes
    }
}
