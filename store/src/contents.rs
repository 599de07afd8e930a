//! What is stored of one owner.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

/// The key of what a host stores beside the values of an actor. An actor has no such key, so it can
/// neither read nor change it.
pub const HOST_KEY: &str = "";

/// An alarm as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredAlarm {
    /// When it rings, in milliseconds since 1970.
    pub at: u64,
    /// How long that was from the moment of its record, in milliseconds. It bounds the wait on a board
    /// whose clock is wrong after a start.
    pub left: u64,
}

/// What is stored of one owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The state.
    pub state: Option<Bytes>,
    /// The alarm that is set.
    pub alarm: Option<StoredAlarm>,
    /// Values by key.
    pub keys: BTreeMap<Box<str>, Bytes>,
    /// Connections that opened and have not closed.
    pub open: BTreeSet<u64>,
}

impl Contents {
    /// Whether nothing is stored. Open connections alone do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_none() && self.alarm.is_none() && self.keys.is_empty()
    }
}
