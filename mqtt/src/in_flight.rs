//! Publications with QoS 1 that the broker has not acknowledged.
//!
//! A broker may end the connection for a publication that it can't take, and not say which one. It is the
//! first one without an acknowledgement, because brokers take them in order. Sent again with each connection,
//! it would block all that follow. So one with which connections have ended is sent alone, and given up in the end.

use std::collections::{BTreeMap, VecDeque};

use crate::publication::Publication;

/// From so many ends of connections on, a publication is sent alone.
const SUSPECT: u32 = 2;
/// A publication is given up after so many ends of connections.
const MAX_ENDS: u32 = 12;
/// An end for which the broker blames a packet counts as so many.
const BLAMED: u32 = 4;

/// A publication that the broker has not acknowledged.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its packet identifier, also on the connections that follow.
    pub(crate) id: u16,
    pub(crate) publication: Publication,
    /// Whether the broker may have it, in the session that it has now.
    pub(crate) was_sent: bool,
    /// How many connections the broker has ended while it was the first one without an acknowledgement.
    ends: u32,
}

/// All of them, in the order in which they were published.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    entries: VecDeque<Entry>,
    /// What the caller calls each, by its packet identifier.
    keys: BTreeMap<u16, u64>,
    /// How many of them have left on this connection. They are the first ones.
    open: usize,
    /// Their memory, in bytes.
    bytes: usize,
    last_id: u16,
}

impl InFlight {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Their memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether all have left on this connection.
    pub(crate) fn all_sent(&self) -> bool {
        self.open == self.entries.len()
    }

    /// A packet identifier that neither a publication nor one of these subscriptions has.
    pub(crate) fn free_id(&mut self, subscriptions: &[(u16, usize)]) -> Option<u16> {
        for _ in 0..u16::MAX {
            let id = self.last_id.checked_add(1).unwrap_or(1);
            self.last_id = id;
            if !self.keys.contains_key(&id) && subscriptions.iter().all(|(used, _)| *used != id) {
                return Some(id);
            }
        }
        None
    }

    /// Adds one that has not left yet.
    pub(crate) fn add(&mut self, key: u64, id: u16, publication: Publication) {
        self.bytes += publication.size();
        self.keys.insert(id, key);
        self.entries.push_back(Entry { id, publication, was_sent: false, ends: 0 });
    }

    /// The next one that has not left on this connection, if the broker takes one more.
    pub(crate) fn next(&self, receive_maximum: u16) -> Option<&Entry> {
        let most = if self.is_suspected() { 1 } else { receive_maximum };
        if self.open >= usize::from(most) { None } else { self.entries.get(self.open) }
    }

    /// Whether the first one is sent alone.
    pub(crate) fn is_suspected(&self) -> bool {
        self.suspected().is_some()
    }

    /// The first one, if it is sent alone.
    pub(crate) fn suspected(&self) -> Option<&Publication> {
        let first = self.entries.front().filter(|entry| entry.ends >= SUSPECT);
        first.map(|entry| &entry.publication)
    }

    /// The broker has ended the connection, perhaps because of a packet. Returns the key of a publication that
    /// is given up.
    pub(crate) fn ended(&mut self, is_blamed: bool) -> Option<u64> {
        let first = self.entries.front_mut().filter(|_| self.open > 0)?;
        first.ends += if is_blamed { BLAMED } else { 1 };
        if first.ends < MAX_ENDS {
            return None;
        }
        self.open -= 1;
        self.remove(0)
    }

    /// That one has left.
    pub(crate) fn sent(&mut self) {
        if let Some(entry) = self.entries.get_mut(self.open) {
            entry.was_sent = true;
            self.open += 1;
        }
    }

    /// That one can't be sent. Returns its key.
    pub(crate) fn refuse(&mut self) -> Option<u64> {
        self.remove(self.open)
    }

    /// The broker has acknowledged one. Returns its key, or nothing if none with this identifier has
    /// left on this connection.
    pub(crate) fn acknowledged(&mut self, id: u16) -> Option<u64> {
        let index = self.entries.iter().take(self.open).position(|entry| entry.id == id)?;
        self.open -= 1;
        self.remove(index)
    }

    /// The connection is another one. Without a session, the broker has none of them.
    pub(crate) fn reconnected(&mut self, session_present: bool) {
        self.open = 0;
        for entry in &mut self.entries {
            entry.was_sent &= session_present;
        }
    }

    fn remove(&mut self, index: usize) -> Option<u64> {
        let entry = self.entries.remove(index)?;
        self.bytes -= entry.publication.size();
        self.keys.remove(&entry.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publication::Qos;

    fn publication() -> Publication {
        Publication {
            topic: "t".into(),
            payload: "p".into(),
            qos: Qos::AtLeastOnce,
            retain: false,
            properties: Default::default(),
        }
    }

    #[test]
    fn all_65535_packet_identifiers_are_used_and_none_twice() {
        let mut all = InFlight::default();
        for key in 0..u64::from(u16::MAX) - 2 {
            all.add(key, u16::try_from(key + 1).unwrap(), publication());
            all.sent();
        }
        let subscriptions = [(u16::MAX, 0)];
        assert_eq!(all.free_id(&subscriptions), Some(u16::MAX - 1));
        all.add(0, u16::MAX - 1, publication());
        assert_eq!(all.free_id(&subscriptions), None);
        assert_eq!(all.acknowledged(7), Some(6));
        assert_eq!(all.free_id(&subscriptions), Some(7));
    }

    #[test]
    fn a_publication_with_which_connections_end_is_sent_alone_and_given_up_in_the_end() {
        let mut all = InFlight::default();
        for id in [1, 2] {
            all.add(u64::from(id), id, publication());
        }
        assert!((0..MAX_ENDS).all(|_| all.ended(false).is_none()), "nothing has left");
        for end in 1..MAX_ENDS {
            all.sent();
            assert_eq!(all.next(9).is_none(), end > SUSPECT, "{end}");
            assert_eq!(all.ended(false), None, "{end}");
            all.reconnected(true);
        }
        assert!(all.is_suspected());
        all.sent();
        assert_eq!(all.ended(false), Some(1));
        assert!(!all.is_suspected() && all.len() == 1);
    }

    #[test]
    fn only_what_has_left_on_this_connection_is_acknowledged() {
        let mut all = InFlight::default();
        for id in [1, 2, 3] {
            all.add(u64::from(id), id, publication());
        }
        assert_eq!(all.next(2).unwrap().id, 1);
        all.sent();
        all.sent();
        assert!(all.next(2).is_none());
        assert_eq!(all.acknowledged(3), None);
        assert_eq!(all.acknowledged(2), Some(2));
        assert_eq!(all.acknowledged(2), None);
        assert_eq!(all.next(2).unwrap().id, 3);
        all.reconnected(true);
        assert_eq!(all.acknowledged(1), None);
        assert!(all.next(2).unwrap().was_sent);
        all.reconnected(false);
        assert!(!all.next(2).unwrap().was_sent);
        assert_eq!(all.refuse(), Some(1));
        assert_eq!(all.refuse(), Some(3));
        assert_eq!((all.len(), all.bytes()), (0, 0));
    }
}
