//! Every operation of the disk fails once, and what was acknowledged is still there.

use std::time::Duration;

use footlight_store::{Durability, Owner, Store};

use crate::{
    disk::{Disk, EIO, ENOSPC, EROFS, Fault, How, Kind},
    people::{durable, number, recovered, state, wait_until},
};

const WAIT: Duration = Duration::from_secs(30);
const RELAXED: Durability = Durability::Relaxed { interval: Duration::from_millis(1) };

/// Large enough that the rounds of a test go through a turn-over.
const STATE: usize = 30_000;
const ROUNDS: u64 = 20;

/// An owner, and what it was told.
struct Person {
    owner: Owner,
    name: String,
    /// The number of the last state that was acknowledged.
    acknowledged: u64,
    /// How often it has failed.
    failures: u64,
}

fn people(store: &Store) -> Vec<Person> {
    let strict = (0..3).map(|index| (format!("strict {index}"), Durability::Strict));
    let relaxed = (0..2).map(|index| (format!("relaxed {index}"), RELAXED));
    let person = |(name, durability): (String, Durability)| Person {
        owner: store.owner(&name, durability),
        name,
        acknowledged: 0,
        failures: 0,
    };
    strict.chain(relaxed).map(person).collect()
}

/// Each hands over a state and waits until it is durable. Who fails goes on from what is on the disk.
fn round(people: &mut [Person], number_now: u64) {
    let tickets: Vec<_> =
        people.iter().map(|person| person.owner.commit(state(number_now, STATE))).collect();
    for (person, ticket) in people.iter_mut().zip(tickets) {
        match durable(&person.owner, ticket) {
            Ok(reached) => {
                assert!(reached >= ticket);
                person.acknowledged = number_now;
            }
            Err(_) => {
                person.failures += 1;
                // It stays failed, whatever it hands over.
                let ignored = person.owner.commit(state(u64::MAX, 10));
                assert!(durable(&person.owner, ignored).is_err());
                assert!(person.owner.durable().is_err());
                recovered(&person.owner);
                assert_eq!(
                    number(&person.owner.contents()),
                    person.acknowledged,
                    "{}",
                    person.name
                );
            }
        }
    }
}

/// Runs the rounds with one fault, and returns the store's people after them.
fn run(fault: Fault) -> (Disk, Store, Vec<Person>) {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    assert_eq!(store.next_block(), Some(0));
    disk.fail(fault);
    let mut people = people(&store);
    let mut known = 0;
    for number_now in 1..=ROUNDS {
        round(&mut people, number_now);
        // This is slow, so it is done only where it matters.
        let failures = people.iter().map(|person| person.failures).sum();
        if std::mem::replace(&mut known, failures) == failures {
            continue;
        }
        // What was acknowledged to strict ones survives a cut at any moment.
        let after = disk.cut().store(WAIT);
        for person in people.iter().filter(|person| person.name.starts_with("strict")) {
            let kept = number(&after.owner(&person.name, RELAXED).contents());
            assert!(kept >= person.acknowledged, "{} has {kept}", person.name);
        }
    }
    (disk, store, people)
}

/// Returns whether the fault has hit anything.
fn check(fault: Fault) -> bool {
    let (disk, store, people) = run(fault);
    let closed = store.close();
    let hit = disk.has_failed();
    // If only the note of the clean end is missing, all changes are there.
    let unclean = closed.is_err_and(|why| why.contains("the end of the log"));
    assert!(hit || !unclean, "{fault:?}");
    assert!(people[3..].iter().all(|person| person.failures == 0), "relaxed owners never fail");
    let after = disk.cut().store(WAIT);
    assert!(after.opened().clean || unclean, "{fault:?}");
    for person in &people {
        let kept = number(&after.owner(&person.name, RELAXED).contents());
        assert_eq!(kept, person.acknowledged, "{fault:?}: {}", person.name);
    }
    assert!(after.next_block().unwrap() > 0);
    hit
}

/// Lets operations of a kind fail, one after the other, until there are no more.
fn each(kind: Kind, times: usize, error: i32, step: usize) {
    let hits = |skip: &usize| {
        check(Fault { kind, skip: *skip, times, how: How::Error(error), file: None })
    };
    let operations = (0..).step_by(step).take_while(hits).count() * step;
    assert!(operations > 20, "only {operations} operations were there to fail");
}

#[test]
fn any_write_may_fail() {
    each(Kind::Write, 1, EIO, 1);
}

#[test]
fn any_sync_may_fail() {
    each(Kind::Sync, 1, EIO, 1);
}

#[test]
fn any_operation_may_find_the_disk_full() {
    each(Kind::Write, 1, ENOSPC, 1);
    each(Kind::Sync, 1, ENOSPC, 3);
}

#[test]
fn any_operation_may_find_the_disk_read_only() {
    each(Kind::Write, 2, EROFS, 3);
    each(Kind::Sync, 1, EROFS, 3);
}

#[test]
fn the_first_try_to_fail_over_may_fail_too() {
    each(Kind::Sync, 2, EIO, 2);
}

#[test]
fn a_disk_that_fails_for_a_while_is_unhealthy_for_as_long() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let owner = store.owner("one", Durability::Strict);
    let other = store.owner("other", Durability::Strict);
    let relaxed = store.owner("relaxed", RELAXED);
    let first = owner.commit(state(1, 10));
    assert_eq!(durable(&owner, first), Ok(first));
    disk.fail_all(Kind::Write, How::Error(EROFS));
    let lost = owner.commit(state(2, 10));
    let failed = durable(&owner, lost).unwrap_err();
    assert!(failed.to_string().contains("Read-only"), "{failed}");
    assert!(store.health().unwrap_err().contains("Read-only"));
    // Who had nothing in that record waits for the other file.
    let waits = other.commit(state(3, 10));
    relaxed.commit(state(4, 10));
    assert_eq!(store.next_block(), Some(0), "reserved blocks need no disk");
    disk.mend();
    assert_eq!(durable(&other, waits), Ok(waits));
    recovered(&owner);
    assert_eq!(number(&owner.contents()), 1);
    assert_eq!(store.health(), Ok(()));
    assert!(store.stats().failures > 0);
    let last = owner.commit(state(5, 10));
    assert!(last > lost);
    assert_eq!(durable(&owner, last), Ok(last));
    store.close().unwrap();
    let after = disk.cut().store(WAIT);
    let kept = ["one", "other", "relaxed"]
        .map(|name| number(&after.owner(name, Durability::Strict).contents()));
    assert_eq!(kept, [5, 3, 4]);
}

#[test]
fn closing_a_store_that_can_not_store_says_so() {
    let disk = Disk::new();
    let store = disk.store(Duration::from_millis(50));
    let relaxed = store.owner("relaxed", RELAXED);
    let strict = store.owner("strict", Durability::Strict);
    assert_eq!(store.next_block(), Some(0));
    disk.fail_all(Kind::Write, How::Error(EIO));
    relaxed.commit(state(1, 10));
    let lost = strict.commit(state(1, 10));
    store.close().unwrap_err();
    assert!(durable(&strict, lost).is_err());
    wait_until(|| store.health().is_err());
}

#[test]
fn without_room_to_grow_only_the_changes_that_need_it_fail() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let small = store.owner("small", Durability::Strict);
    let large = store.owner("large", Durability::Strict);
    assert_eq!(store.next_block(), Some(0));
    disk.fill();
    let grows = large.commit(state(1, 3 << 20));
    let fits = small.commit(state(2, 10));
    assert!(durable(&large, grows).is_err());
    assert_eq!(durable(&small, fits), Ok(fits));
    assert_eq!(store.health(), Ok(()), "the store can still store");
    recovered(&large);
    assert_eq!(number(&large.contents()), 0);
    disk.mend();
    let grows = large.commit(state(3, 3 << 20));
    assert_eq!(durable(&large, grows), Ok(grows));
    store.close().unwrap();
    let after = disk.cut().store(WAIT);
    assert_eq!(number(&after.owner("large", Durability::Strict).contents()), 3);
}

#[test]
fn relaxed_changes_without_room_wait_until_there_is_some() {
    for has_room_again in [true, false] {
        let disk = Disk::new();
        let store = disk.store(WAIT);
        let large = store.owner("large", RELAXED);
        disk.fill();
        let grows = large.commit(state(1, 3 << 20));
        assert_eq!(durable(&large, grows), Ok(grows));
        wait_until(|| store.stats().failures > 0);
        assert_eq!(store.health(), Ok(()));
        if has_room_again {
            disk.mend();
        }
        assert_eq!(store.close().is_ok(), has_room_again);
        let after = disk.cut().store(WAIT);
        let kept = number(&after.owner("large", RELAXED).contents());
        assert_eq!(kept, u64::from(has_room_again));
    }
}
