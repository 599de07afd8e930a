#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod model;

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use smol::block_on;

use super::*;
use crate::{actor::effects::EffectBudget, limits::Limits};

/// Few enough keys that changes meet, some the beginning of another, and in no order.
const KEYS: [&str; 6] = ["b", "a", "b/1", "b/2", "ü", "b/"];

/// What a test needs beside the storage.
struct Stage {
    storage: Storage,
    undo: Undo,
    budget: EffectBudget,
    meter: Meter,
}

impl Stage {
    fn new(limits: Limits) -> Self {
        let limits = SharedLimits::from(&limits);
        Self {
            storage: Storage::new(limits.clone()),
            undo: Undo::default(),
            budget: EffectBudget::new(limits.clone()),
            meter: Meter::new(limits, Arc::default()),
        }
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), StorageError> {
        self.storage.put(key, value, &mut self.undo, |bytes| self.budget.pay(bytes))
    }

    fn delete(&mut self, key: &str) -> Result<bool, StorageError> {
        self.storage.delete(key, &mut self.undo, |bytes| self.budget.pay(bytes))
    }

    fn delete_all(&mut self) {
        self.storage.delete_all(&mut self.undo);
    }

    fn forget(&mut self) {
        self.budget.renew();
        block_on(self.undo.forget(&mut self.meter));
    }

    fn roll_back(&mut self) {
        self.budget.renew();
        block_on(self.undo.apply(&mut self.storage, &mut self.meter));
    }

    /// Commits, and gives the changes.
    fn changes(&mut self) -> BTreeMap<Box<str>, Change> {
        let changes = block_on(self.undo.changes(&self.storage, &mut self.meter));
        self.forget();
        let (count, changes) = (changes.len(), BTreeMap::from_iter(changes));
        assert_eq!(changes.len(), count, "a key is there twice");
        changes
    }

    /// The keys of the changes, each with its new value.
    fn changed(&mut self) -> Vec<(String, Option<String>)> {
        let text = |value: Bytes| String::from_utf8(value.to_vec()).unwrap();
        let changes = self.changes().into_iter();
        changes.map(|(key, change)| (String::from(key), change.new.map(text))).collect()
    }

    fn get(&self, key: &str) -> Option<&[u8]> {
        self.storage.get(key).map(|value| &**value)
    }
}

/// The keys of a page, and whether more follow.
fn keys(page: &Page) -> (Vec<&str>, bool) {
    (page.entries.iter().map(|entry| &*entry.key).collect(), page.more)
}

#[test]
fn a_call_sees_its_own_changes_until_they_are_taken_back() {
    let mut stage = Stage::new(Limits::default());
    stage.put("a", b"old").unwrap();
    stage.put("b", b"old").unwrap();
    stage.forget();
    stage.put("a", b"new").unwrap();
    stage.put("c", b"new").unwrap();
    assert_eq!((stage.delete("b"), stage.delete("b")), (Ok(true), Ok(false)));
    let now = ["a", "b", "c"].map(|key| stage.get(key));
    assert_eq!(now, [Some(&b"new"[..]), None, Some(b"new")]);
    stage.roll_back();
    let now = ["a", "b", "c"].map(|key| stage.get(key));
    assert_eq!(now, [Some(&b"old"[..]), Some(b"old"), None]);
    assert_eq!(stage.storage.bytes(), 2 * (1 + 3 + 64));
}

#[test]
fn a_key_and_a_value_may_be_as_long_as_their_limits_and_no_longer() {
    let mut stage = Stage::new(Limits { storage_key: 4, storage_value: 3, ..Limits::default() });
    assert_eq!(stage.put("", b""), Err(StorageError::InvalidKey));
    assert_eq!(stage.put("five5", b""), Err(StorageError::InvalidKey));
    // Bytes count, not characters.
    assert_eq!(stage.put("üüü", b""), Err(StorageError::InvalidKey));
    assert_eq!(stage.put("key", b"four"), Err(StorageError::TooLarge));
    assert_eq!((stage.put("four", b"abc"), stage.put("üü", b"")), (Ok(()), Ok(())));
    assert_eq!(keys(&stage.storage.list("", None, 9)), (vec!["four", "üü"], false));
}

#[test]
fn all_entries_may_take_as_much_as_the_limit_and_no_more() {
    let entry = 1 + 10 + 64;
    let mut stage = Stage::new(Limits { storage: 2 * entry, ..Limits::default() });
    let full = |used: usize| Err(StorageError::Full(used as u32));
    stage.put("a", &[0; 10]).unwrap();
    assert_eq!(stage.put("b", &[0; 11]), full(entry));
    stage.put("b", &[0; 10]).unwrap();
    assert_eq!((stage.put("c", b""), stage.put("a", &[1; 11])), (full(2 * entry), full(2 * entry)));
    // The old value makes room for the new one.
    assert_eq!((stage.put("a", &[1; 10]), stage.put("a", &[1; 9])), (Ok(()), Ok(())));
    assert_eq!(stage.put("b", &[0; 11]), Ok(()));
    assert_eq!(stage.delete("b"), Ok(true));
    assert_eq!(stage.storage.bytes(), entry - 1);
}

#[test]
fn entries_from_before_may_exceed_the_limits_and_then_only_shrink() {
    let mut stage = Stage::new(Limits { storage: 200, ..Limits::default() });
    let entries = ["a", "b", "c"].map(|key| (Box::from(key), Bytes::from_static(&[0; 35])));
    stage.storage.load(BTreeMap::from(entries));
    assert_eq!((stage.storage.bytes(), stage.storage.count()), (300, 3));
    assert_eq!(stage.put("a", &[1; 36]), Err(StorageError::Full(300)));
    assert_eq!((stage.put("a", &[1; 35]), stage.put("a", &[1; 34])), (Ok(()), Ok(())));
    assert_eq!(stage.put("d", &[]), Err(StorageError::Full(299)));
    stage.forget();
    stage.storage.load(BTreeMap::new());
    assert_eq!((stage.storage.bytes(), stage.get("a")), (0, None));
}

#[test]
fn changes_are_paid_for_and_what_changes_nothing_costs_nothing() {
    let mut stage = Stage::new(Limits { effects: 3 * 64 + 4 + 10, ..Limits::default() });
    stage.put("a", &[0; 10]).unwrap();
    stage.put("a", &[0; 10]).unwrap();
    assert_eq!(stage.delete("b"), Ok(false));
    stage.put("b", &[0; 1]).unwrap();
    assert_eq!(stage.put("c", b""), Ok(()));
    assert_eq!(
        (stage.put("d", b""), stage.delete("a")),
        (Err(StorageError::Limit), Err(StorageError::Limit))
    );
    assert_eq!(keys(&stage.storage.list("", None, 9)), (vec!["a", "b", "c"], false));
    // All entries may always be deleted, and a new call may change as much again.
    stage.delete_all();
    assert_eq!(stage.put("d", b""), Err(StorageError::Limit));
    stage.forget();
    assert_eq!(stage.put("d", &[0; 3 * 64 - 64 + 4 + 10 - 1]), Ok(()));
}

#[test]
fn only_what_is_different_at_the_end_of_a_call_is_a_change() {
    let mut stage = Stage::new(Limits::default());
    for key in ["same", "back", "other", "gone"] {
        stage.put(key, b"old").unwrap();
    }
    assert_eq!(stage.changed().len(), 4);
    assert_eq!(stage.changed(), []);
    stage.put("same", b"old").unwrap();
    stage.put("back", b"new").unwrap();
    stage.put("back", b"old").unwrap();
    stage.put("other", b"new").unwrap();
    stage.delete("gone").unwrap();
    stage.put("brief", b"new").unwrap();
    stage.delete("brief").unwrap();
    let changes = [("gone".into(), None), ("other".into(), Some("new".into()))];
    assert_eq!(stage.changed(), changes);
    assert_eq!(stage.changed(), []);
}

#[test]
fn deleting_everything_changes_what_does_not_come_back() {
    let mut stage = Stage::new(Limits::default());
    for key in ["back", "other", "gone"] {
        stage.put(key, b"old").unwrap();
    }
    stage.delete_all();
    stage.delete_all();
    assert_eq!(stage.changed(), []);
    for key in ["back", "other", "gone"] {
        stage.put(key, b"old").unwrap();
    }
    stage.forget();
    stage.put("brief", b"new").unwrap();
    stage.put("other", b"between").unwrap();
    stage.delete_all();
    stage.put("between", b"new").unwrap();
    stage.delete_all();
    stage.put("back", b"old").unwrap();
    stage.put("other", b"new").unwrap();
    stage.put("new", b"new").unwrap();
    let new = || Some("new".into());
    let changes = [("gone".into(), None), ("new".into(), new()), ("other".into(), new())];
    assert_eq!(stage.changed(), changes);
}

#[test]
fn a_page_has_at_most_the_limit_and_says_whether_more_follow() {
    let mut stage = Stage::new(Limits::default());
    for key in KEYS {
        stage.put(key, b"").unwrap();
    }
    for (prefix, after, limit, expected) in [
        ("", None, 9, (vec!["a", "b", "b/", "b/1", "b/2", "ü"], false)),
        ("", None, 6, (vec!["a", "b", "b/", "b/1", "b/2", "ü"], false)),
        ("", None, 5, (vec!["a", "b", "b/", "b/1", "b/2"], true)),
        ("", Some("b/2"), 1, (vec!["ü"], false)),
        ("", Some("ü"), 1, (vec![], false)),
        ("b/", None, 2, (vec!["b/", "b/1"], true)),
        ("b/", Some("b/1"), 2, (vec!["b/2"], false)),
        // `after` need not be a key, nor begin with the prefix.
        ("b", Some("b/10"), 9, (vec!["b/2"], false)),
        ("b/", Some("a"), 1, (vec!["b/"], true)),
        ("b/", Some("c"), 9, (vec![], false)),
        ("b/", Some("b/"), 9, (vec!["b/1", "b/2"], false)),
        ("", Some(""), 1, (vec!["a"], true)),
        ("c", None, 9, (vec![], false)),
        ("", None, 0, (vec![], true)),
        ("c", None, 0, (vec![], false)),
        ("", None, u32::MAX, (vec!["a", "b", "b/", "b/1", "b/2", "ü"], false)),
    ] {
        let page = stage.storage.list(prefix, after, limit);
        assert_eq!(keys(&page), expected, "{prefix} {after:?} {limit}");
    }
}

#[test]
fn a_page_has_at_most_64_kib_but_always_an_entry() {
    let limits = Limits { storage_value: 1 << 20, effects: 4 << 20, ..Limits::default() };
    let mut stage = Stage::new(limits);
    let half = (32 << 10) - 64 - 1;
    stage.put("a", &vec![0; half]).unwrap();
    stage.put("b", &vec![0; half]).unwrap();
    assert_eq!(keys(&stage.storage.list("", None, 9)), (vec!["a", "b"], false));
    stage.put("b", &vec![0; half + 1]).unwrap();
    assert_eq!(keys(&stage.storage.list("", None, 9)), (vec!["a"], true));
    stage.put("c", &vec![1; 1 << 20]).unwrap();
    let page = stage.storage.list("", Some("b"), 9);
    assert_eq!((keys(&page), page.entries[0].value.len()), ((vec!["c"], false), 1 << 20));
}

#[test]
fn the_work_after_a_call_with_many_changes_gives_turns_to_others() {
    let most = 1 << 30;
    let mut stage = Stage::new(Limits { storage: most, effects: most, ..Limits::default() });
    let fill = |stage: &mut Stage, value: &[u8]| {
        (0..20_000).for_each(|key| stage.put(&key.to_string(), value).unwrap());
    };
    fill(&mut stage, b"old");
    let Stage { undo, meter, .. } = &mut stage;
    let forget = polls(undo.forget(meter));
    fill(&mut stage, b"new");
    let Stage { storage, undo, meter, .. } = &mut stage;
    let changes = polls(undo.changes(storage, meter));
    stage.forget();
    fill(&mut stage, b"other");
    stage.delete_all();
    let Stage { storage, undo, meter, .. } = &mut stage;
    let apply = polls(undo.apply(storage, meter));
    for polls in [forget, changes, apply] {
        assert!(polls > 2, "{forget} {changes} {apply}");
    }
    assert_eq!(stage.get("7"), Some(&b"new"[..]));
}

/// How often this has to be polled until it is ready.
fn polls<T>(work: impl Future<Output = T>) -> usize {
    let (mut work, mut context) = (pin!(work), Context::from_waker(Waker::noop()));
    (1..).find(|_| work.as_mut().poll(&mut context).is_ready()).unwrap()
}
