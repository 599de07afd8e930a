//! Messages with QoS 1 that the caller has not acknowledged.

use std::collections::BTreeMap;

/// With what a message is acknowledged. One of an earlier connection is ignored: the broker sends that
/// message again.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the broker sends the message again until it is acknowledged"]
pub struct Ack {
    id: u16,
    serial: u64,
}

/// The messages of this connection, by their packet identifiers. There are 65,535 at most.
#[derive(Debug, Default)]
pub(crate) struct Unacknowledged {
    /// The serial number of the last message with each identifier.
    open: BTreeMap<u16, u64>,
    /// The last number, which goes on from connection to connection.
    serial: u64,
}

impl Unacknowledged {
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn contains(&self, id: u16) -> bool {
        self.open.contains_key(&id)
    }

    /// A message has come. If it is one that had come before, the new token stands for both.
    pub(crate) fn add(&mut self, id: u16) -> Ack {
        self.serial += 1;
        self.open.insert(id, self.serial);
        Ack { id, serial: self.serial }
    }

    /// The message's packet identifier, if the broker still waits for it on this connection.
    pub(crate) fn acknowledge(&mut self, ack: Ack) -> Option<u16> {
        if self.open.get(&ack.id) != Some(&ack.serial) {
            return None;
        }
        self.open.remove(&ack.id);
        Some(ack.id)
    }

    /// The connection is another one.
    pub(crate) fn clear(&mut self) {
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_once_and_on_its_connection_only() {
        let mut all = Unacknowledged::default();
        let (first, second) = (all.add(1), all.add(2));
        assert_eq!(all.acknowledge(second), Some(2));
        let again = all.add(1);
        assert_eq!(all.acknowledge(first), None);
        assert_eq!(all.acknowledge(again), Some(1));
        let old = all.add(3);
        all.clear();
        let _new = all.add(3);
        assert_eq!(all.acknowledge(old), None);
        assert_eq!(all.len(), 1);
    }
}
