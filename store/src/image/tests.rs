use bytes::Bytes;
use proptest::prelude::*;

use super::{Image, Unfit, spliced};
use crate::{
    changes::{Changes, tests::sequence},
    operation::{Item, Operation, Slot},
    record::{Body, HEADER},
};

/// How many bytes the live set takes, encoded.
fn encoded(image: &Image) -> u64 {
    let mut body = Body::default();
    for (name, contents) in image.owners() {
        let all = Changes {
            origin: contents.origin,
            state: contents.state.clone().map(Some),
            keys: contents
                .keys
                .clone()
                .into_iter()
                .map(|(key, value)| (key, Some(value)))
                .collect(),
            alarm: contents.alarm.map(Some),
            opened: contents.open.iter().copied().collect(),
            ..Changes::default()
        };
        all.operations(None).iter().for_each(|operation| body.push_of(name, operation));
    }
    (body.len() - HEADER) as u64
}

proptest! {
    #[test]
    fn a_replay_of_records_makes_the_same_image(all in prop::collection::vec(sequence(), 2)) {
        let mut image = Image::default();
        let mut replayed = Image::default();
        for (owner, sequence) in ["a", "b"].into_iter().zip(&all) {
            for changes in sequence {
                for operation in changes.operations(image.owner(owner)) {
                    prop_assert_eq!(replayed.replay(owner, &operation), Ok(()));
                }
                image.apply(owner, changes);
                prop_assert_eq!(&replayed, &image);
                prop_assert!(image.live() >= encoded(&image));
            }
        }
        replayed.shrink();
        prop_assert_eq!(&replayed, &image);
        for owner in ["a", "b"] {
            image.apply(owner, &Changes { forget: true, ..Changes::default() });
        }
        prop_assert_eq!(image, Image::default());
    }

    #[test]
    fn the_order_of_copying_has_each_item_once(sequence in sequence()) {
        let mut image = Image::default();
        for (changes, owner) in sequence.iter().zip(["a", "b", "a", "c", "c", "c"]) {
            image.apply(owner, changes);
        }
        let mut copy = Image::default();
        let mut last: Option<(&str, Item<&str>)> = None;
        while let Some((owner, item)) = image.after(last) {
            prop_assert!(last < Some((owner, item)));
            last = Some((owner, item));
            let contents = image.owner(owner).unwrap();
            let operation = match item {
                Item::Origin => Operation::Origin(contents.origin.as_ref().unwrap()),
                Item::Alarm => Operation::Alarm(contents.alarm),
                Item::Open(connection) => Operation::Opened(connection),
                Item::State => Operation::Put(Slot::State, contents.state.as_ref().unwrap()),
                Item::Key(key) => Operation::Put(Slot::Key(key), &contents.keys[key]),
            };
            prop_assert_eq!(copy.replay(owner, &operation), Ok(()));
        }
        prop_assert_eq!(copy, image);
    }
}

#[test]
fn a_splice_that_does_not_fit_is_refused() {
    let splice = |at, removed| Operation::Splice { slot: Slot::State, at, removed, inserted: b"x" };
    let mut image = Image::default();
    assert_eq!(image.replay("a", &splice(0, 0)), Err(Unfit));
    for (at, removed) in [(4, 0), (3, 1), (0, 4), (u64::MAX, 1), (1, u64::MAX)] {
        let mut image = Image::default();
        image.replay("a", &Operation::Put(Slot::State, b"abc")).unwrap();
        assert_eq!(image.replay("a", &splice(at, removed)), Err(Unfit), "{at} {removed}");
    }
    image.replay("a", &Operation::Put(Slot::State, b"abc")).unwrap();
    assert_eq!(image.replay("a", &splice(3, 0)), Ok(()));
    assert_eq!(image.replay("a", &splice(0, 4)), Ok(()));
    assert_eq!(image.owner("a").unwrap().state.as_deref(), Some(&b"x"[..]));
}

#[test]
fn a_value_that_others_hold_is_not_changed_by_a_splice() {
    let value = Bytes::from(vec![1, 2, 3]);
    let held = value.clone();
    assert_eq!(spliced(value, 1, 1, &[9, 9]), Some(Bytes::from(vec![1, 9, 9, 3])));
    assert_eq!(held, &[1, 2, 3][..]);
}

#[test]
fn values_keep_no_more_memory_than_they_have_bytes_after_a_replay() {
    let mut image = Image::default();
    image.replay("a", &Operation::Put(Slot::State, &[1; 1000])).unwrap();
    for round in 1..100 {
        let inserted = &[1; 1000];
        let splice =
            Operation::Splice { slot: Slot::State, at: round * 1000, removed: 0, inserted };
        image.replay("a", &splice).unwrap();
    }
    image.shrink();
    let value = image.owners[0].1.state.take().unwrap();
    assert_eq!(Vec::from(value).capacity(), 100_000);
}
