//! Disks that do not answer.

use std::time::{Duration, Instant};

use footlight_store::Durability;

use crate::{
    disk::{Disk, Fault, How, Kind},
    people::{durable, number, recovered, state, wait_until},
};

/// How long an operation may take in these tests.
const WAIT: Duration = Duration::from_millis(50);

/// Hits one operation, wherever it is.
fn hang(kind: Kind, skip: usize) -> Fault {
    Fault { kind, skip, times: 1, how: How::Hang, file: None }
}

#[test]
fn an_overdue_operation_moves_the_store_to_its_other_file() {
    for kind in [Kind::Write, Kind::Sync] {
        let disk = Disk::new();
        let store = disk.store(WAIT);
        assert_eq!(store.next_block(), Some(0));
        let owner = store.owner("one", Durability::Strict);
        let first = owner.commit(state(1, 10));
        assert_eq!(durable(&owner, first), Ok(first));
        disk.fail(hang(kind, 0));
        let lost = owner.commit(state(2, 10));
        let failed = durable(&owner, lost).unwrap_err();
        assert!(failed.to_string().contains("50 ms"), "{failed}");
        recovered(&owner);
        assert_eq!(number(&owner.contents()), 1);
        assert_eq!(store.health(), Ok(()));
        let next = owner.commit(state(3, 10));
        assert_eq!(durable(&owner, next), Ok(next));
        // The overdue operation happens now, and hurts nobody.
        disk.mend();
        let last = owner.commit(state(4, 10));
        assert_eq!(durable(&owner, last), Ok(last));
        let after = disk.cut().store(WAIT);
        assert_eq!(number(&after.owner("one", Durability::Strict).contents()), 4);
        store.close().unwrap();
    }
}

/// After a power cut there must be at least what was acknowledged.
fn check(disk: &Disk, acknowledged: u64) {
    let after = disk.cut().store(Duration::from_secs(30));
    let kept = number(&after.owner("one", Durability::Strict).contents());
    assert!(kept >= acknowledged);
}

#[test]
fn any_operation_may_hang() {
    let mut hits = 0;
    for kind in [Kind::Write, Kind::Sync] {
        for skip in 0.. {
            let disk = Disk::new();
            let store = disk.store(WAIT);
            let owner = store.owner("one", Durability::Strict);
            disk.fail(hang(kind, skip));
            let mut acknowledged = 0;
            for round in 1..=20 {
                let ticket = owner.commit(state(round, 60_000));
                if durable(&owner, ticket).is_ok() {
                    acknowledged = round;
                    assert_eq!(number(&owner.contents()), acknowledged);
                } else {
                    check(&disk, acknowledged);
                    disk.mend();
                    recovered(&owner);
                    assert_eq!(number(&owner.contents()), acknowledged);
                }
            }
            check(&disk, acknowledged);
            let hit = disk.has_failed();
            disk.mend();
            drop(store);
            if !hit {
                break;
            }
            hits += 1;
        }
    }
    assert!(hits > 30, "only {hits} operations were hit");
}

#[test]
fn changes_that_wait_while_both_files_hang_fail_after_the_wait() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let first = store.owner("first", Durability::Strict);
    let second = store.owner("second", Durability::Strict);
    let relaxed = store.owner("relaxed", Durability::Relaxed { interval: Duration::ZERO });
    assert_eq!(store.next_block(), Some(0));
    disk.fail_all(Kind::Sync, How::Hang);
    let lost = first.commit(state(1, 10));
    disk.wait_for_hang();
    // This one never gets into a record.
    let waits = second.commit(state(2, 10));
    relaxed.commit(state(3, 10));
    assert!(durable(&second, waits).is_err());
    assert!(durable(&first, lost).is_err());
    wait_until(|| store.health().is_err());
    disk.mend();
    recovered(&first);
    recovered(&second);
    let [one, two] = [first.commit(state(4, 10)), second.commit(state(5, 10))];
    assert_eq!(durable(&first, one), Ok(one));
    assert_eq!(durable(&second, two), Ok(two));
    store.close().unwrap();
    let after = disk.cut().store(WAIT);
    let kept = ["first", "second", "relaxed"]
        .map(|name| number(&after.owner(name, Durability::Strict).contents()));
    assert_eq!(kept, [4, 5, 3]);
}

#[test]
fn nothing_but_waiting_for_durability_waits_for_a_disk_that_hangs() {
    let disk = Disk::new();
    // So long that the test would not end if anything waited for the disk.
    let store = disk.store(Duration::from_secs(3600));
    assert_eq!(store.next_block(), Some(0));
    let owner = store.owner("one", Durability::Strict);
    let first = owner.commit(state(1, 10));
    assert_eq!(durable(&owner, first), Ok(first));
    disk.fail_all(Kind::Sync, How::Hang);
    owner.commit(state(2, 10));
    disk.wait_for_hang();
    owner.commit(state(3, 10));
    assert_eq!(owner.durable(), Ok(first));
    assert_eq!(number(&owner.contents()), 1);
    assert_eq!(number(&store.owner("another", Durability::Strict).contents()), 0);
    assert_eq!(store.owners(), ["one"]);
    assert_eq!(store.health(), Ok(()));
    assert_eq!(store.next_block(), Some(1));
    assert_eq!(store.next_block(), None, "no more are reserved");
    assert_eq!(store.stats().records, 2);
    disk.mend();
    store.close().unwrap();
}

#[test]
fn closing_and_dropping_do_not_wait_for_longer_than_they_may() {
    for close in [true, false] {
        let disk = Disk::new();
        let store = disk.store(WAIT);
        let owner = store.owner("one", Durability::Strict);
        disk.fail_all(Kind::Sync, How::Hang);
        let lost = owner.commit(state(1, 10));
        disk.wait_for_hang();
        let start = Instant::now();
        if close {
            assert!(store.close().is_err());
        }
        drop(store);
        assert!(start.elapsed() < Duration::from_secs(30), "it did not wait for the disk");
        assert!(durable(&owner, lost).is_err());
        disk.mend();
    }
}
