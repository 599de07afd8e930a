//! Relaxed owners: few syncs, and nothing lost at a clean end.

use std::time::Duration;

use footlight_store::{Changes, Durability};

use crate::{
    disk::Disk,
    people::{durable, number, state, wait_until},
};

const WAIT: Duration = Duration::from_secs(30);
const NEVER: Durability = Durability::Relaxed { interval: Duration::from_secs(3600) };

#[test]
fn within_an_interval_nothing_is_written_and_the_end_writes_it() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    assert_eq!(store.next_block(), Some(0));
    let owners = ["a", "b"].map(|name| store.owner(name, NEVER));
    let before = disk.syncs();
    for round in 1..=1000 {
        for owner in &owners {
            let ticket = owner.commit(state(round, 50));
            assert_eq!(durable(owner, ticket), Ok(ticket));
            assert_eq!(owner.durable(), Ok(ticket));
        }
    }
    // A strict owner's record does not take them along.
    let strict = store.owner("strict", Durability::Strict);
    let ticket = strict.commit(state(1, 50));
    assert_eq!(durable(&strict, ticket), Ok(ticket));
    assert_eq!(disk.syncs() - before, 1);
    assert!(store.stats().pending > 100);
    store.close().unwrap();
    assert_eq!(store.stats().pending, 0);
    let after = disk.cut().store(WAIT);
    assert!(after.opened().clean);
    assert_eq!(after.opened().owners, 3);
    for name in ["a", "b"] {
        assert_eq!(number(&after.owner(name, NEVER).contents()), 1000);
    }
}

#[test]
fn after_the_interval_all_of_it_is_in_one_record() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    assert_eq!(store.next_block(), Some(0));
    let before = store.stats().records;
    let soon = Durability::Relaxed { interval: Duration::from_millis(300) };
    let owners: Vec<_> = (0..8).map(|index| store.owner(&index.to_string(), soon)).collect();
    for owner in &owners {
        owner.commit(state(1, 50));
    }
    wait_until(|| owners.iter().all(|owner| number(&owner.contents()) == 1));
    // On a machine that stops for longer than the interval it may take a second one.
    assert!(store.stats().records - before <= 2);
    drop(owners);
    store.close().unwrap();
}

#[test]
fn what_is_handed_over_and_dropped_is_written() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    for name in ["strict", "relaxed"] {
        let durability = if name == "strict" { Durability::Strict } else { NEVER };
        store.owner(name, durability).commit(state(7, 50));
    }
    drop(store);
    let after = disk.cut().store(WAIT);
    assert_eq!(after.owners(), ["relaxed", "strict"]);
}

#[test]
fn a_connection_that_comes_and_goes_leaves_nothing() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let owner = store.owner("one", NEVER);
    owner.commit(Changes { opened: vec![1, 2, 3], ..state(1, 10) });
    owner.commit(Changes { closed: vec![1, 3], ..state(2, 10) });
    store.close().unwrap();
    let after = disk.cut().store(WAIT);
    assert_eq!(after.owner("one", NEVER).contents().open, [2].into());
}
