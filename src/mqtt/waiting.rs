//! The events of one broker that wait, and the one that the actor has.

use std::{collections::VecDeque, task::Waker};

use bytes::Bytes;
use wit_core::host::MqttStatus;

use super::dedupe::{Identity, Windows};
use crate::exchange::EventKind;

/// What a broker has sent and the actor has not handled, with what the broker is told of it.
pub(super) struct Waiting {
    /// The number of the next event.
    pub(super) next: u64,
    /// In the order in which they came.
    pub(super) waiting: VecDeque<Entry>,
    /// The one that is in the mailbox, or that the actor handles.
    pub(super) offered: Option<Entry>,
    /// How many of both wait to be acknowledged.
    pub(super) unacknowledged: usize,
    /// The bytes of those that wait and are not to be acknowledged.
    pub(super) bytes: usize,
    /// The bytes of those that wait and are.
    pub(super) kept_bytes: usize,
    /// By what the broker learns what is done, in order.
    pub(super) acknowledged: VecDeque<u64>,
    /// Wakes the connection's task; `None` unless it waits for that.
    pub(super) connection: Option<Waker>,
    /// What must not come again.
    pub(super) windows: Windows,
    /// The same, as it is stored. `None` if it has changed since.
    pub(super) seen: Option<Bytes>,
    pub(super) status: MqttStatus,
    /// Whether there has been a connection.
    pub(super) was_up: bool,
    /// How many messages were dropped, to say so at times.
    pub(super) dropped: u64,
}

/// One event.
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) kind: EventKind,
    pub(super) bytes: usize,
    /// By what it is acknowledged.
    pub(super) ack: Option<u64>,
    /// Whether it is dropped if it was not handled: the broker sends it again.
    pub(super) comes_again: bool,
    /// Which message it is, if it must come once only.
    pub(super) identity: Option<Identity>,
}

/// Messages that were dropped.
#[derive(Default)]
pub(super) struct Dropped {
    pub(super) number: u64,
    pub(super) bytes: usize,
}

impl Waiting {
    /// Nothing, and no connection.
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            waiting: VecDeque::new(),
            offered: None,
            unacknowledged: 0,
            bytes: 0,
            kept_bytes: 0,
            acknowledged: VecDeque::new(),
            connection: None,
            windows: Windows::default(),
            seen: None,
            status: MqttStatus::Down("there has been no connection yet".into()),
            was_up: false,
            dropped: 0,
        }
    }

    /// Adds an event.
    pub(super) fn add(
        &mut self,
        kind: EventKind,
        bytes: usize,
        ack: Option<u64>,
        identity: Option<Identity>,
    ) {
        let number = self.next;
        self.next += 1;
        let entry = Entry { number, kind, bytes, ack, comes_again: false, identity };
        *self.bytes_of(&entry) += bytes;
        self.waiting.push_back(entry);
    }

    /// The bytes of those that wait as this one does.
    fn bytes_of(&mut self, entry: &Entry) -> &mut usize {
        if entry.ack.is_none() { &mut self.bytes } else { &mut self.kept_bytes }
    }

    /// Whether a message to acknowledge is among so many, or fits into so many bytes.
    pub(super) fn has_room(&self, bytes: usize, (most, most_bytes): (usize, usize)) -> bool {
        self.unacknowledged < most || self.kept_bytes.saturating_add(bytes) <= most_bytes
    }

    /// Takes the first event that waits.
    pub(super) fn take_first(&mut self) -> Option<Entry> {
        let entry = self.waiting.pop_front()?;
        *self.bytes_of(&entry) -= entry.bytes;
        Some(entry)
    }

    /// Adds an event about the connection. An earlier one of its kind that waits is out of date.
    pub(super) fn add_last(&mut self, kind: EventKind) {
        self.waiting.retain(|entry| entry.kind != kind);
        self.add(kind, 0, None, None);
    }

    /// Drops the oldest messages that nobody wants to be acknowledged until the others fit. The last
    /// event stays.
    pub(super) fn trim(&mut self, most: usize) -> Dropped {
        let mut dropped = Dropped::default();
        while self.bytes > most {
            let is_loose =
                |entry: &Entry| entry.ack.is_none() && matches!(entry.kind, EventKind::Mqtt(_));
            let place = self.waiting.iter().position(is_loose);
            let place = place.filter(|place| place + 1 < self.waiting.len());
            let Some(entry) = place.and_then(|place| self.waiting.remove(place)) else { break };
            self.bytes -= entry.bytes;
            dropped.number += 1;
            dropped.bytes += entry.bytes;
        }
        self.dropped += dropped.number;
        dropped
    }

    /// Forgets by what messages of the last connection would be acknowledged. Drops those that the broker
    /// sends again, and returns their bytes.
    pub(super) fn forget_acknowledgements(&mut self, comes_again: bool) -> usize {
        let mut gone = 0;
        if comes_again {
            self.waiting.retain(|entry| {
                gone += if entry.ack.is_some() { entry.bytes } else { 0 };
                entry.ack.is_none()
            });
        }
        for entry in &mut self.waiting {
            if entry.ack.take().is_some() {
                self.bytes += entry.bytes;
            }
        }
        self.kept_bytes = 0;
        if let Some(entry) = &mut self.offered {
            let waits = entry.ack.take().is_some();
            entry.comes_again = comes_again && waits;
        }
        self.unacknowledged = 0;
        gone
    }

    /// Takes the offered event back, to be offered again. Returns its bytes if it is dropped instead.
    pub(super) fn take_back(&mut self) -> usize {
        let Some(entry) = self.offered.take() else { return 0 };
        if entry.comes_again {
            return entry.bytes;
        }
        *self.bytes_of(&entry) += entry.bytes;
        self.waiting.push_front(entry);
        0
    }
}
