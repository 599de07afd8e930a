//! The queue with a clock of its own.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::*;

mod failures;

const SECOND: Duration = Duration::from_secs(1);
const RELAXED: Durability = Durability::Relaxed { interval: Duration::from_secs(5) };
const STRICT: Durability = Durability::Strict;

/// A state of `len` bytes.
fn state(len: usize) -> Changes {
    Changes { state: Some(Some(Bytes::from(vec![1; len]))), ..Changes::default() }
}

fn failed() -> Failed {
    Failed::new("a test".into())
}

/// The names of a record's owners.
fn names(parts: &[Part]) -> Vec<&str> {
    parts.iter().map(|part| &*part.name).collect()
}

/// A queue with these owners.
fn queue<const N: usize>(owners: [(&str, Durability); N]) -> (Queue, [OwnerId; N]) {
    let mut queue = Queue::default();
    let ids = owners.map(|(name, durability)| queue.add_handle(name, durability));
    (queue, ids)
}

impl Queue {
    /// Takes a record and writes it.
    fn write(&mut self) -> Vec<String> {
        let parts = self.take(1000);
        self.written(&parts, &mut Vec::new());
        names(&parts).into_iter().map(str::to_owned).collect()
    }

    fn state(&self, name: &str) -> &OwnerState {
        self.owners.get(self.owners.find(name).unwrap()).unwrap()
    }

    fn poll(&mut self, id: OwnerId, wanted: Ticket) -> Poll<Result<Ticket, Failed>> {
        let waker = Context::from_waker(Waker::noop()).waker().clone();
        let over = self.over.clone();
        self.owner(id).unwrap().poll_durable(wanted, over.as_ref(), &mut Some(waker))
    }

    fn recover(&mut self, id: OwnerId) -> Poll<()> {
        let sound = self.trouble().is_none();
        self.owner(id).unwrap().poll_recovered(sound, &mut Some(Waker::noop().clone()))
    }
}

#[test]
fn owners_are_taken_in_the_order_of_their_first_changes() {
    let now = Instant::now();
    let (mut queue, [a, b, c]) = queue([("a", STRICT), ("b", STRICT), ("c", STRICT)]);
    for id in [c, a, c, b, a] {
        queue.commit(id, state(1), now);
    }
    assert_eq!(queue.write(), ["c", "a", "b"]);
    assert_eq!(queue.due_since(), None);
}

#[test]
fn a_record_takes_owners_while_they_fit_and_at_least_one() {
    let now = Instant::now();
    let (mut queue, [a, b, c]) = queue([("a", STRICT), ("b", STRICT), ("c", STRICT)]);
    queue.commit(a, state(2000), now);
    queue.commit(b, state(300), now);
    queue.commit(c, state(300), now);
    assert_eq!(queue.write(), ["a"]);
    queue.commit(a, state(2000), now);
    assert_eq!(queue.write(), ["b", "c"]);
    assert_eq!(queue.write(), ["a"]);
}

#[test]
fn a_ticket_is_reached_once_its_record_is_written() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", STRICT)]);
    let (first, new) = queue.commit(a, state(1), now);
    assert!(new);
    let (second, new) = queue.commit(a, state(2), now);
    assert!(!new && second > first);
    let parts = queue.take(1000);
    let (third, new) = queue.commit(a, state(3), now);
    assert!(new);
    assert_eq!(queue.poll(a, first), Poll::Pending);
    let mut wake = Vec::new();
    queue.written(&parts, &mut wake);
    assert_eq!(wake.len(), 1);
    assert_eq!(queue.poll(a, first), Poll::Ready(Ok(second)));
    assert_eq!(queue.poll(a, third), Poll::Pending);
    assert_eq!(queue.write(), ["a"]);
    assert_eq!(queue.poll(a, third), Poll::Ready(Ok(third)));
}

#[test]
fn a_waiter_is_not_woken_for_an_earlier_ticket() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", STRICT)]);
    queue.commit(a, state(1), now);
    let parts = queue.take(1000);
    let (second, _) = queue.commit(a, state(2), now);
    assert_eq!(queue.poll(a, second), Poll::Pending);
    let mut wake = Vec::new();
    queue.written(&parts, &mut wake);
    assert!(wake.is_empty());
}

#[test]
fn a_relaxed_owner_is_due_an_interval_after_its_first_change() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", RELAXED)]);
    let (ticket, _) = queue.commit(a, state(1), now);
    assert_eq!(queue.poll(a, ticket), Poll::Ready(Ok(ticket)));
    queue.commit(a, state(2), now + 4 * SECOND);
    assert_eq!(queue.next_timed(), Some(now + 5 * SECOND));
    queue.make_due(now + 4 * SECOND);
    assert_eq!(queue.due_since(), None);
    queue.make_due(now + 5 * SECOND);
    assert_eq!(queue.due_since(), Some(now + 5 * SECOND));
    assert_eq!(queue.write(), ["a"]);
}

#[test]
fn relaxed_owners_share_the_sync_of_the_first_that_is_due() {
    let now = Instant::now();
    let slow = Durability::Relaxed { interval: 60 * SECOND };
    let (mut queue, [a, b, c]) = queue([("a", RELAXED), ("b", RELAXED), ("c", slow)]);
    queue.commit(c, state(1), now);
    queue.commit(a, state(1), now);
    queue.commit(b, state(1), now + 4 * SECOND);
    queue.make_due(now + 5 * SECOND);
    assert_eq!(queue.write(), ["a", "b"]);
    queue.commit(a, state(1), now + 59 * SECOND);
    queue.make_due(now + 60 * SECOND);
    assert_eq!(queue.write(), ["c", "a"]);
    assert_eq!(queue.next_timed(), None);
}

#[test]
fn what_does_not_fit_is_first_in_the_next_record() {
    let now = Instant::now();
    let (mut queue, [a, b, c]) = queue([("a", STRICT), ("b", STRICT), ("c", STRICT)]);
    for id in [a, b, c] {
        queue.commit(id, state(1), now);
    }
    let mut parts = queue.take(1000);
    let rest = parts.split_off(1);
    let last = [a, c].map(|id| queue.commit(id, state(2), now + SECOND).0);
    queue.put_back(rest);
    assert_eq!(queue.due_since(), Some(now));
    queue.written(&parts, &mut Vec::new());
    let parts = queue.take(1000);
    assert_eq!(names(&parts), ["b", "c", "a"]);
    assert_eq!(*parts[1].changes, state(2));
    queue.written(&parts, &mut Vec::new());
    assert_eq!(queue.poll(c, last[1]), Poll::Ready(Ok(last[1])));
    assert_eq!(queue.poll(a, last[0]), Poll::Ready(Ok(last[0])));
}

#[test]
fn what_a_dropped_handle_has_handed_over_is_still_written() {
    let now = Instant::now();
    let (mut queue, [a, b]) = queue([("a", STRICT), ("b", STRICT)]);
    queue.commit(a, state(1), now);
    queue.drop_handle(a);
    queue.drop_handle(b);
    assert_eq!(queue.owners.iter().count(), 1);
    assert_eq!(queue.write(), ["a"]);
    assert_eq!(queue.owners.iter().count(), 0);
}

#[test]
fn a_new_handle_goes_on_where_an_old_one_ended() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", RELAXED)]);
    let (old, _) = queue.commit(a, state(1), now);
    queue.drop_handle(a);
    let a = queue.add_handle("a", STRICT);
    let (new, _) = queue.commit(a, state(2), now);
    assert!(new > old);
    assert_eq!(queue.next_timed(), None);
    assert_eq!(queue.write(), ["a"]);
    assert_eq!(queue.poll(a, new), Poll::Ready(Ok(new)));
}

#[test]
fn deletions_of_unknown_keys_do_not_pile_up() {
    let now = Instant::now();
    let (mut queue, [a]) = queue([("a", RELAXED)]);
    let change = |key: String, value| {
        let keys = [(key.into(), value)].into();
        Changes { keys, ..Changes::default() }
    };
    queue.commit(a, change("in record".into(), Some(Bytes::new())), now);
    queue.hurry();
    let _record = queue.take(1000);
    for key in ["in record", "stored"] {
        queue.commit(a, change(key.into(), None), now);
    }
    for number in 0..100_000 {
        queue.commit(a, change(format!("{number:06}"), Some(Bytes::new())), now);
        queue.commit(a, change(format!("{number:06}"), None), now);
        let owner = queue.owner(a).unwrap();
        if owner.is_crowded() {
            owner.prune(|key| key == "stored");
        }
        assert!(queue.state("a").keys() < 2100);
    }
    queue.owner(a).unwrap().prune(|key| key == "stored");
    assert_eq!(queue.state("a").keys(), 2);
}
