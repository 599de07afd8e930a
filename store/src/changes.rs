//! What one owner changes, merged over any number of its events.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    contents::{Contents, Origin, StoredAlarm},
    operation::{Operation, Slot},
};

/// What one owner changes. The last change of a value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Everything that the owner had goes first: state, alarm, keys and open connections.
    pub forget: bool,
    /// The new origin. It alone is no reason for a record.
    pub origin: Option<Origin>,
    /// The new state, or `Some(None)` if there is none any more.
    pub state: Option<Option<Bytes>>,
    /// New values by key. `None` deletes the key.
    pub keys: BTreeMap<Box<str>, Option<Bytes>>,
    /// The new alarm, or `Some(None)` if there is none any more.
    pub alarm: Option<Option<StoredAlarm>>,
    /// Connections that opened. Those alone are no reason for a record.
    pub opened: Vec<u64>,
    /// Connections that closed. Those alone are no reason for a record.
    pub closed: Vec<u64>,
}

/// What a key, a connection or an alarm takes besides its bytes, about. Bounds on waiting changes
/// count it.
const EACH: usize = 32;

impl Changes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.forget
            && self.origin.is_none()
            && self.state.is_none()
            && self.keys.is_empty()
            && self.alarm.is_none()
            && self.opened.is_empty()
            && self.closed.is_empty()
    }

    /// How many bytes a record of them takes at most, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let len = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
        let state = self.state.as_ref().map_or(0, |state| EACH + len(state));
        let keys = self.keys.iter().map(|(key, value)| EACH + key.len() + len(value));
        let numbers = self.opened.len().saturating_add(self.closed.len()).saturating_mul(EACH);
        let all = keys.fold(state, usize::saturating_add).saturating_add(numbers);
        all.saturating_add(EACH)
    }

    /// Adds the changes of a later event. A connection that opened and closed is left out.
    pub fn merge(&mut self, newer: Self) {
        if newer.forget {
            *self = newer;
            return;
        }
        self.origin = newer.origin.or(self.origin);
        if newer.state.is_some() {
            self.state = newer.state;
        }
        self.keys.extend(newer.keys);
        if newer.alarm.is_some() {
            self.alarm = newer.alarm;
        }
        self.opened.extend(newer.opened);
        for connection in newer.closed {
            match self.opened.iter().rposition(|opened| *opened == connection) {
                Some(at) => drop(self.opened.remove(at)),
                None => self.closed.push(connection),
            }
        }
    }

    /// The operations that make them of what is stored. What is stored already is left out.
    pub(crate) fn operations<'a>(&'a self, stored: Option<&Contents>) -> Vec<Operation<'a>> {
        let stored = stored.filter(|_| !self.forget);
        let mut all = Vec::new();
        if self.forget {
            all.push(Operation::Forget);
        }
        if let Some(origin) = &self.origin
            && stored.and_then(|stored| stored.origin.as_ref()) != Some(origin)
        {
            all.push(Operation::Origin(origin));
        }
        if let Some(alarm) = self.alarm
            && stored.and_then(|stored| stored.alarm) != alarm
        {
            all.push(Operation::Alarm(alarm));
        }
        let state = self.state.iter().map(|state| (Slot::State, state));
        let keys = self.keys.iter().map(|(key, value)| (Slot::Key(key), value));
        for (slot, new) in state.chain(keys) {
            let old = stored.and_then(|stored| stored.value(slot));
            all.extend(match new {
                Some(new) => Operation::update(slot, old.map(|old| &**old), new),
                None => old.map(|_| Operation::Delete(slot)),
            });
        }
        all.extend(self.opened.iter().map(|connection| Operation::Opened(*connection)));
        all.extend(self.closed.iter().map(|connection| Operation::Closed(*connection)));
        all
    }
}

#[cfg(test)]
pub(crate) mod tests;
