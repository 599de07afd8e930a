//! Which publications of QoS 1 may come again after a restart, and so how many may leave.
//!
//! A receiver knows at least the last [`NUMBERS`] of a sender. So from the oldest on that may come again, at
//! most as many leave. One may come again until the broker has acknowledged it, and until the store knows
//! that.

use std::collections::VecDeque;

use super::dedupe::NUMBERS;

/// Publications that have left, from the oldest on that may come again.
#[derive(Default)]
pub(super) struct Repeatable {
    /// In the order of their numbers, in which they left first.
    left: VecDeque<Left>,
    /// How often the outbox was looked at for a record.
    looks: u64,
}

/// A publication that has left.
struct Left {
    number: u64,
    /// How many looks there were when the broker was done with it. Later ones do not see it.
    done: Option<u64>,
}

impl Repeatable {
    /// Whether a publication may leave. It counts from now on, if it is a new one.
    pub(super) fn leaves(&mut self, number: u64) -> bool {
        let is_known = self.left.binary_search_by_key(&number, |left| left.number).is_ok();
        if is_known {
            return true;
        }
        let has_room = self.left.len() < NUMBERS;
        if has_room {
            self.left.push_back(Left { number, done: None });
        }
        has_room
    }

    /// The broker is done with a publication. It does not come again if nothing is stored.
    pub(super) fn done(&mut self, number: u64, is_stored: bool) {
        let found = self.left.binary_search_by_key(&number, |left| left.number);
        if let Some(left) = found.ok().and_then(|place| self.left.get_mut(place)) {
            left.done = Some(self.looks);
        }
        if !is_stored {
            self.recorded(u64::MAX);
        }
    }

    /// The outbox is looked at for a record.
    pub(super) fn look(&mut self) {
        self.looks += 1;
    }

    /// How many looks there were, if a record of what the last one has seen makes a difference.
    pub(super) fn last_look(&self) -> Option<u64> {
        let is_news = self.left.iter().any(|left| left.done.is_some_and(|done| done < self.looks));
        is_news.then_some(self.looks)
    }

    /// What this look has seen is stored. Returns whether more may leave now.
    pub(super) fn recorded(&mut self, look: u64) -> bool {
        let before = self.left.len();
        while self.left.front().is_some_and(|left| left.done.is_some_and(|done| done < look)) {
            self.left.pop_front();
        }
        self.left.len() < before
    }

    /// The publications are those that are stored.
    pub(super) fn restored(&mut self, is_there: impl Fn(u64) -> bool) {
        self.left.retain(|left| is_there(left.number));
        self.left.iter_mut().for_each(|left| left.done = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With this many that have left.
    fn of(count: u64) -> Repeatable {
        let mut all = Repeatable::default();
        assert!((0..count).all(|number| all.leaves(number)));
        all
    }

    #[test]
    fn as_many_leave_as_a_receiver_knows_and_no_more_before_the_oldest_is_recorded() {
        let mut all = of(64);
        assert!(!all.leaves(64) && all.leaves(0), "one that has left may come again");
        // The broker need not keep the order.
        (1..64).for_each(|number| all.done(number, true));
        all.look();
        assert!(!all.recorded(1) && !all.leaves(64), "the oldest one may come again");
        all.done(0, true);
        assert!(!all.recorded(1) && !all.leaves(64), "the look did not see that");
        all.look();
        assert_eq!(all.last_look(), Some(2));
        assert!(all.recorded(2));
        assert_eq!(all.last_look(), None);
        assert!((64..128).all(|number| all.leaves(number)) && !all.leaves(128));
    }

    #[test]
    fn without_a_store_the_acknowledgement_is_enough() {
        let mut all = of(64);
        all.done(0, false);
        assert!(all.leaves(64) && !all.leaves(65));
    }

    #[test]
    fn after_a_failed_record_those_that_are_stored_may_come_again() {
        let mut all = of(64);
        (0..64).for_each(|number| all.done(number, true));
        all.restored(|number| number >= 10);
        all.look();
        assert!(!all.recorded(1));
        assert!((64..74).all(|number| all.leaves(number)) && !all.leaves(74));
    }
}
