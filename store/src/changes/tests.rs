use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

use super::{Changes, StoredAlarm};
use crate::image::Image;

/// Changes of few keys, so that later ones meet earlier ones. Each connection opens once.
pub(crate) fn sequence() -> impl Strategy<Value = Vec<Changes>> {
    let value = || proptest::option::of(vec(any::<u8>(), 0..80).prop_map(Bytes::from));
    let alarm = proptest::option::of(
        (any::<u64>(), any::<u64>()).prop_map(|(at, left)| StoredAlarm { at, left }),
    );
    let changes = (
        prop::bool::weighted(0.1),
        proptest::option::of(prop::array::uniform20(0..3u8)),
        proptest::option::of(value()),
        prop::collection::btree_map("[a-c]{0,2}".prop_map(String::into_boxed_str), value(), 0..4),
        proptest::option::of(alarm),
        0..3u64,
        vec(0..20u64, 0..3),
    );
    vec(changes, 0..6).prop_map(|all| {
        let mut last = 0;
        let changes = |(forget, origin, state, keys, alarm, opened, closed): (
            _,
            _,
            _,
            _,
            _,
            u64,
            Vec<u64>,
        )| {
            last += opened;
            let closed = closed.into_iter().filter(|connection| *connection < last).collect();
            let opened = (last - opened..last).collect();
            Changes { forget, origin, state, keys, alarm, opened, closed }
        };
        all.into_iter().map(changes).collect()
    })
}

proptest! {
    #[test]
    fn merged_changes_do_what_they_do_one_after_another(
        all in sequence(),
        first in 0..6usize,
    ) {
        let (before, all) = all.split_at(first.min(all.len()));
        let mut one_by_one = Image::default();
        before.iter().for_each(|changes| one_by_one.apply("a", changes));
        let mut merged_image = one_by_one.clone();
        let mut merged = Changes::default();
        for changes in all {
            one_by_one.apply("a", changes);
            merged.merge(changes.clone());
        }
        merged_image.apply("a", &merged);
        prop_assert_eq!(merged_image, one_by_one);
    }
}

#[test]
fn a_connection_that_opened_and_closed_cancels_out() {
    let mut changes = Changes { opened: vec![7, 8], ..Changes::default() };
    changes.merge(Changes { closed: vec![3, 8], ..Changes::default() });
    assert_eq!((&*changes.opened, &*changes.closed), (&[7][..], &[3][..]));
    assert!(!changes.is_empty());
    changes.merge(Changes { closed: vec![7], ..Changes::default() });
    assert!(changes.opened.is_empty());
}

#[test]
fn what_is_stored_already_is_no_change() {
    let changes = Changes {
        state: Some(Some(Bytes::from_static(b"same"))),
        keys: [("key".into(), Some(Bytes::from_static(b"value"))), ("none".into(), None)].into(),
        alarm: Some(Some(StoredAlarm { at: 1, left: 2 })),
        ..Changes::default()
    };
    let mut image = Image::default();
    image.apply("a", &changes);
    assert!(changes.operations(image.owner("a")).is_empty());
    assert_eq!(changes.operations(None).len(), 3);
}

#[test]
fn changes_are_counted_with_what_they_are_made_of() {
    let mut changes = Changes::default();
    assert!(changes.is_empty());
    let empty = changes.bytes();
    changes.state = Some(Some(Bytes::from(vec![0; 1000])));
    changes.keys.insert("k".repeat(100).into(), Some(Bytes::from(vec![0; 500])));
    changes.opened = vec![1; 10];
    assert!((empty + 1600..3000).contains(&changes.bytes()), "{}", changes.bytes());
}
