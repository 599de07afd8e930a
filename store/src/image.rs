//! The live set: all that is durable, by owner.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use bytes::Bytes;

use crate::changes::StoredAlarm;

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

/// The live set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    owners: BTreeMap<Box<str>, Contents>,
    blocks: u64,
}

impl Image {
    /// The owners that have something stored or open connections, in the order of their names.
    pub fn owners(&self) -> btree_map::Iter<'_, Box<str>, Contents> {
        self.owners.iter()
    }

    /// What is stored of an owner.
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<&Contents> {
        self.owners.get(name)
    }

    /// The number that was last recorded for blocks of connection numbers, 0 at first.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// How many bytes all of it takes in a file, at most.
    #[must_use]
    pub fn live(&self) -> u64 {
        0
    }
}
