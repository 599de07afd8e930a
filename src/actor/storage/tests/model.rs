//! Any calls, compared with a map.

use proptest::{collection::vec, prelude::*};

use super::*;

/// What a call does.
#[derive(Clone, Debug)]
enum Step {
    Put(usize, Vec<u8>),
    Delete(usize),
    DeleteAll,
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Forget,
    Changes,
    RollBack,
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    // Short values of few letters, so that some are the same, and one that is too large.
    let value = prop_oneof![9 => vec(0..2_u8, 0..3), 1 => Just(vec![0; 50])];
    prop_oneof![
        6 => (key(), value).prop_map(|(key, value)| Step::Put(key, value)),
        3 => key().prop_map(Step::Delete),
        1 => Just(Step::DeleteAll),
    ]
}

fn end() -> impl Strategy<Value = End> {
    proptest::sample::select(vec![End::Forget, End::Changes, End::RollBack])
}

type Model = BTreeMap<Box<str>, Bytes>;

/// The bytes of a model.
fn bytes(model: &Model) -> usize {
    model.iter().map(|(key, value)| key.len() + value.len() + 64).sum()
}

/// Everything, read page by page.
fn all(storage: &Storage, limit: u32) -> Model {
    let (mut all, mut after, mut more) = (Model::new(), None::<String>, true);
    while more {
        let page = storage.list("", after.as_deref(), limit);
        after = page.entries.last().map(|entry| entry.key.clone());
        all.extend(page.entries.into_iter().map(|it| (it.key.into(), it.value.into())));
        more = page.more;
    }
    all
}

proptest! {
    #[test]
    fn a_storage_does_what_a_map_does(
        calls in vec((vec(step(), 0..12), end()), 0..8),
        limit in 1..4_u32,
    ) {
        let limits =
            Limits { storage: 280, storage_value: 40, effects: 500, ..Limits::default() };
        let mut stage = Stage::new(limits);
        let mut committed = Model::new();
        for (steps, end) in calls {
            let (mut now, mut left) = (committed.clone(), 500_usize);
            for step in steps {
                match step {
                    Step::Put(key, value) => {
                        let (key, value) = (KEYS[key], Bytes::from(value));
                        let mut then = now.clone();
                        then.insert(key.into(), value.clone());
                        let cost = key.len() + value.len() + 64;
                        let expected = match () {
                            () if value.len() > 40 => Err(StorageError::TooLarge),
                            () if then == now => Ok(()),
                            () if bytes(&then) > 280 => {
                                Err(StorageError::Full(bytes(&now) as u32))
                            }
                            () if left < cost => Err(StorageError::Limit),
                            () => {
                                (now, left) = (then, left - cost);
                                Ok(())
                            }
                        };
                        prop_assert_eq!(stage.put(key, &value), expected);
                    }
                    Step::Delete(key) => {
                        let key = KEYS[key];
                        let expected = match () {
                            () if !now.contains_key(key) => Ok(false),
                            () if left < key.len() + 64 => Err(StorageError::Limit),
                            () => {
                                now.remove(key);
                                left -= key.len() + 64;
                                Ok(true)
                            }
                        };
                        prop_assert_eq!(stage.delete(key), expected);
                    }
                    Step::DeleteAll => {
                        now.clear();
                        stage.delete_all();
                    }
                }
                prop_assert_eq!(stage.storage.bytes(), bytes(&now));
                prop_assert_eq!(&stage.storage.entries.map, &now);
            }
            match end {
                End::Forget => {
                    committed = now;
                    stage.forget();
                }
                End::Changes => {
                    let changes = stage.changes();
                    for (key, Change { old, new }) in &changes {
                        prop_assert_eq!(committed.get(key), old.as_ref());
                        prop_assert_ne!(old, new);
                        match new {
                            Some(value) => committed.insert(key.clone(), value.clone()),
                            None => committed.remove(key),
                        };
                    }
                    prop_assert_eq!(&committed, &now);
                }
                End::RollBack => stage.roll_back(),
            }
            prop_assert_eq!(all(&stage.storage, limit), committed.clone());
            prop_assert_eq!(stage.storage.bytes(), bytes(&committed));
            prop_assert!(stage.undo.before.is_empty() && stage.undo.deleted.is_empty());
        }
    }
}
