//! Owners share records fairly.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Context,
    thread,
    time::Duration,
};

use footlight_store::{Changes, Durability, Options, Owner, Ticket};

use crate::{
    disk::{Disk, Fault, How, Kind},
    people::{durable, number, on_wake, state, wait_until},
};

const WAIT: Duration = Duration::from_secs(30);

#[test]
fn owners_that_wait_at_once_share_a_sync() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let owners: Vec<_> =
        (0..64).map(|index| store.owner(&index.to_string(), Durability::Strict)).collect();
    assert_eq!(store.next_block(), Some(0));
    // All of them commit while the disk is busy with a first one.
    disk.fail_all(Kind::Sync, How::Hang);
    let busy = store.owner("busy", Durability::Strict);
    busy.commit(state(1, 10));
    disk.wait_for_hang();
    let before = store.stats();
    for round in 1..=10 {
        for owner in &owners {
            owner.commit(state(round, 1000));
        }
    }
    let last: Vec<_> = owners.iter().map(|owner| owner.commit(state(11, 1000))).collect();
    disk.mend();
    for (owner, ticket) in owners.iter().zip(last) {
        assert_eq!(durable(owner, ticket), Ok(ticket));
        assert_eq!(number(&owner.contents()), 11);
    }
    let after = store.stats();
    assert_eq!(after.commits - before.commits, 64 * 11);
    assert_eq!(after.records - before.records, 2, "the busy one's, and one for all");
    store.close().unwrap();
}

#[test]
fn only_what_differs_counts_for_the_size_of_a_record() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let owners: Vec<_> =
        (0..64).map(|index| store.owner(&index.to_string(), Durability::Strict)).collect();
    assert_eq!(store.next_block(), Some(0));
    let commit = |end: &'static [u8]| -> Vec<_> {
        let large = |owner: &Owner| {
            let state = [&[1; 36_000], end].concat();
            owner.commit(Changes { state: Some(Some(state.into())), ..Changes::default() })
        };
        owners.iter().map(large).collect()
    };
    let wait = |tickets: Vec<Ticket>| {
        for (owner, ticket) in owners.iter().zip(tickets) {
            assert_eq!(durable(owner, ticket), Ok(ticket));
        }
    };
    wait(commit(b"first"));
    disk.fail_all(Kind::Sync, How::Hang);
    store.owner("busy", Durability::Strict).commit(state(1, 10));
    disk.wait_for_hang();
    let before = store.stats();
    let tickets = commit(b"second");
    disk.mend();
    wait(tickets);
    assert_eq!(store.stats().records - before.records, 2, "the busy one's, and one for all");
    store.close().unwrap();
}

#[test]
fn owners_on_many_threads_need_fewer_syncs_than_commits() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    thread::scope(|scope| {
        for index in 0..16 {
            let owner = store.owner(&index.to_string(), Durability::Strict);
            scope.spawn(move || {
                for round in 1..=50 {
                    let ticket = owner.commit(state(round, 100));
                    assert!(durable(&owner, ticket).unwrap() >= ticket);
                }
            });
        }
    });
    let stats = store.stats();
    assert_eq!(stats.commits, 800);
    assert!(stats.records <= 801);
    store.close().unwrap();
    let after = disk.cut().store(WAIT);
    for index in 0..16 {
        let owner = after.owner(&index.to_string(), Durability::Strict);
        assert_eq!(number(&owner.contents()), 50);
    }
}

#[test]
fn an_owner_with_large_changes_delays_another_by_one_of_its_records() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let large = store.owner("large", Durability::Strict);
    let small = store.owner("small", Durability::Strict);
    for round in 1..8 {
        // The large one waits again each time before its last record is written.
        large.commit(state(2 * round, 1 << 20));
        let last = large.commit(state(2 * round + 1, 1 << 20));
        let ticket = small.commit(state(round, 10));
        let before = store.stats().records;
        assert_eq!(durable(&small, ticket), Ok(ticket));
        assert!(store.stats().records - before <= 3, "one under way, one of each");
        assert_eq!(durable(&large, last), Ok(last));
    }
    store.close().unwrap();
}

#[test]
fn a_turn_over_for_large_changes_delays_small_ones_by_one_piece_at_a_time() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let large: Vec<_> =
        (0..8).map(|index| store.owner(&format!("large {index}"), Durability::Strict)).collect();
    let small = store.owner("small", Durability::Strict);
    let busy = store.owner("busy", Durability::Strict);
    let mut longest = 0;
    for round in 1..=40 {
        for (index, owner) in (0..).zip(&large) {
            // What is stored already would not be written.
            let number = 8 * round + index;
            let [much, little] = [1 << 20, 10].map(|len| state(number, len));
            // Both come while the disk is busy.
            disk.fail(Fault { kind: Kind::Sync, skip: 0, times: 1, how: How::Hang, file: None });
            busy.commit(state(number, 10));
            disk.wait_for_hang();
            let ticket = owner.commit(much);
            let quick = small.commit(little);
            let before = disk.syncs();
            let (count, syncs) = (disk.clone(), Arc::new(AtomicU64::new(0)));
            let seen = Arc::clone(&syncs);
            let waker = on_wake(move || seen.store(count.syncs(), Ordering::SeqCst));
            assert!(small.poll_durable(quick, &mut Context::from_waker(&waker)).is_pending());
            disk.mend();
            wait_until(|| syncs.load(Ordering::SeqCst) > 0);
            // The files grow at first.
            if round > 10 {
                longest = longest.max(syncs.load(Ordering::SeqCst) - before);
            }
            assert_eq!(durable(owner, ticket), Ok(ticket));
        }
    }
    // The busy one's record, pieces around the large record, the large one, and its own.
    assert!(longest <= 6, "{longest} syncs for a small change");
    store.close().unwrap();
}

#[test]
fn a_spent_budget_gathers_commits_into_one_record() {
    let disk = Disk::new();
    // One block a day: after the first record the next waits a second.
    let store = disk.store_with(Options { wear: 4096, wait: WAIT });
    let owner = store.owner("one", Durability::Strict);
    assert_eq!(store.next_block(), Some(0));
    let before = store.stats();
    for round in 1..=100 {
        owner.commit(state(round, 100));
    }
    let ticket = owner.commit(state(101, 100));
    assert_eq!(durable(&owner, ticket), Ok(ticket));
    let after = store.stats();
    assert_eq!(after.records - before.records, 1);
    assert_eq!(after.gathered, 1);
    // The end does not wait for a budget.
    owner.commit(state(102, 100));
    store.close().unwrap();
    assert_eq!(number(&disk.cut().store(WAIT).owner("one", Durability::Strict).contents()), 102);
}
