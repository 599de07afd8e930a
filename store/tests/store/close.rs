//! The end of a store, and what is left afterwards.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::Context,
    time::Duration,
};

use footlight_store::{Durability, Offline, OpenErrorKind, Options, Owner, Store};

use crate::{
    disk::Disk,
    people::{durable, number, on_wake, state, wait_until},
};

const WAIT: Duration = Duration::from_secs(30);
const OPTIONS: Options = Options { wear: u64::MAX, wait: WAIT };

#[test]
fn a_folder_is_locked_until_the_store_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), OPTIONS).unwrap();
    assert!(store.opened().clean && store.opened().owners == 0);
    let owner = store.owner("one", Durability::Strict);
    let ticket = owner.commit(state(1, 10));
    assert_eq!(durable(&owner, ticket), Ok(ticket));
    let second = Store::open(dir.path(), OPTIONS).unwrap_err();
    assert!(matches!(second.kind, OpenErrorKind::Locked), "{second}");
    let clone = store.clone();
    drop(store);
    assert!(Store::open(dir.path(), OPTIONS).is_err());
    // The owner's handle does not keep it open.
    drop(clone);
    let again = Store::open(dir.path(), OPTIONS).unwrap();
    assert!(again.opened().clean);
    assert_eq!(number(&again.owner("one", Durability::Strict).contents()), 1);
}

#[test]
fn after_the_end_commits_fail_and_what_was_reached_stays() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let owner = store.owner("one", Durability::Strict);
    let relaxed = store.owner("two", Durability::Relaxed { interval: Duration::from_secs(3600) });
    let ticket = owner.commit(state(1, 10));
    let other = relaxed.commit(state(2, 10));
    store.close().unwrap();
    store.close().unwrap();
    assert_eq!(durable(&owner, ticket), Ok(ticket));
    assert_eq!(durable(&relaxed, other), Ok(other));
    assert_eq!(number(&owner.contents()), 1);
    for owner in [&owner, &relaxed] {
        let late = owner.commit(state(3, 10));
        let failed = durable(owner, late).unwrap_err();
        assert!(failed.to_string().contains("closed"), "{failed}");
    }
    assert!(store.health().unwrap_err().contains("closed"));
    assert_eq!(store.next_block(), Some(0), "it is reserved, so it may be handed out");
}

#[test]
fn a_store_whose_blocks_are_used_up_says_so_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut offline = Offline::open(dir.path()).unwrap();
    offline.reserve_blocks(1 << 33).unwrap();
    offline.close().unwrap();
    // It would wait for an hour.
    let options = Options { wait: Duration::from_secs(3600), ..OPTIONS };
    let store = Store::open(dir.path(), options).unwrap();
    assert_eq!(store.next_block(), None);
}

#[test]
fn blocks_are_never_handed_out_twice() {
    let mut disk = Disk::new();
    let mut last = None;
    for process in 0..5 {
        let store = disk.store(WAIT);
        for _ in 0..4 {
            wait_until(|| {
                let Some(block) = store.next_block() else { return false };
                assert!(last.is_none_or(|last| block > last));
                last = Some(block);
                true
            });
        }
        if process % 2 == 0 {
            store.close().unwrap();
        }
        disk = disk.cut();
    }
    assert!(last.unwrap() < 40);
}

#[test]
fn a_panic_in_the_thread_is_the_end_and_everybody_learns_of_it() {
    let disk = Disk::new();
    let store = disk.store(WAIT);
    let owner = store.owner("one", Durability::Strict);
    let other = store.owner("other", Durability::Strict);
    let relaxed = store.owner("relaxed", Durability::Relaxed { interval: Duration::ZERO });
    let ticket = owner.commit(state(1, 10));
    // A second panic, while the first one unwinds the thread, would abort the process.
    let has_panicked = AtomicBool::new(false);
    let waker = on_wake(move || {
        if !has_panicked.swap(true, Ordering::SeqCst) {
            std::panic::resume_unwind(Box::new(()));
        }
    });
    let _ = owner.poll_durable(ticket, &mut Context::from_waker(&waker));
    let mut number = 1;
    wait_until(|| {
        // In case the first one was reached before anybody waited.
        number += 1;
        let ticket = owner.commit(state(number, 10));
        let _ = owner.poll_durable(ticket, &mut Context::from_waker(&waker));
        store.health().is_err()
    });
    for owner in [&owner, &other, &relaxed] {
        let late = owner.commit(state(9, 10));
        assert!(durable(owner, late).unwrap_err().to_string().contains("panicked"));
    }
    assert!(store.close().unwrap_err().contains("panicked"));
}

#[test]
fn handles_can_be_used_on_all_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Owner>();
    shared::<Store>();
}
