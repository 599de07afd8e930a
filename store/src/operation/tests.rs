use proptest::{collection::vec, option, prelude::*};

use super::{Operation, Slot, Wrong, number, take_number};
use crate::contents::StoredAlarm;

/// The parts of any operation.
type Parts = (usize, Option<String>, u64, u64, Vec<u8>, [u8; 20]);

fn parts() -> impl Strategy<Value = Parts> {
    let origin = prop::array::uniform20(any::<u8>());
    (
        0usize..13,
        option::of(".{0,40}"),
        any::<u64>(),
        any::<u64>(),
        vec(any::<u8>(), 0..200),
        origin,
    )
}

fn operation((kind, key, a, b, bytes, origin): &Parts) -> Operation<'_> {
    let slot = key.as_deref().map_or(Slot::State, Slot::Key);
    match kind {
        0 => Operation::Owner(key.as_deref().unwrap_or_default()),
        1 => Operation::Put(slot, bytes),
        2 => Operation::Splice { slot, at: *a, removed: *b, inserted: bytes },
        3 => Operation::Delete(slot),
        4 => Operation::Alarm(Some(StoredAlarm { at: *a, left: *b })),
        5 => Operation::Alarm(None),
        6 => Operation::Opened(*a),
        7 => Operation::Closed(*a),
        8 => Operation::Forget,
        9 => Operation::Blocks(*a),
        10 => Operation::Begin(*a),
        11 => Operation::Origin(origin),
        _ => Operation::End,
    }
}

proptest! {
    #[test]
    fn operations_come_back_as_they_were_encoded(all in vec(parts(), 0..8)) {
        let operations: Vec<_> = all.iter().map(operation).collect();
        let mut body = Vec::new();
        operations.iter().for_each(|operation| operation.encode(&mut body));
        let mut rest = body.as_slice();
        for operation in operations {
            prop_assert_eq!(Operation::decode(&mut rest), Ok(Some(operation)));
        }
        prop_assert_eq!(Operation::decode(&mut rest), Ok(None));
    }

    #[test]
    fn a_body_that_ends_early_is_malformed_and_never_wrong(parts in parts()) {
        let mut body = Vec::new();
        operation(&parts).encode(&mut body);
        for end in 1..body.len() {
            prop_assert_eq!(Operation::decode(&mut &body[..end]), Err(Wrong::Malformed));
        }
    }

    #[test]
    fn any_bytes_are_operations_or_refused(body in vec(any::<u8>(), 0..64)) {
        let mut rest = body.as_slice();
        while let Ok(Some(_)) = Operation::decode(&mut rest) {}
    }

    #[test]
    fn an_update_makes_the_new_value_of_the_old_one(
        parts in [vec(0u8..3, 0..200), vec(0u8..3, 0..60), vec(0u8..3, 0..60), vec(0u8..3, 0..200)],
    ) {
        let [start, removed, inserted, end] = parts;
        let (old, new) = ([&*start, &*removed, &*end].concat(), [&*start, &*inserted, &*end].concat());
        match Operation::update(Slot::State, Some(&old), &new) {
            None => prop_assert_eq!(&old, &new),
            Some(Operation::Put(_, value)) => prop_assert_eq!(value, &*new),
            Some(Operation::Splice { at, removed, inserted, .. }) => {
                let mut made = old.clone();
                let at = usize::try_from(at).unwrap();
                let removed = usize::try_from(removed).unwrap();
                made.splice(at..at + removed, inserted.iter().copied());
                prop_assert_eq!(&made, &new);
                prop_assert!(inserted.len() < new.len());
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn numbers_have_no_more_bits_than_fit() {
    for value in [0, 1, 127, 128, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
        let mut bytes = Vec::new();
        number(&mut bytes, value);
        assert_eq!(take_number(&mut bytes.as_slice()), Some(value));
    }
    let eleven_bytes = [0x80; 11];
    assert_eq!(take_number(&mut eleven_bytes.as_slice()), None);
    let bit_64 = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
    assert_eq!(take_number(&mut bit_64.as_slice()), None);
}

#[test]
fn a_small_change_of_a_large_value_is_a_small_operation() {
    let old = vec![7; 36_000];
    let mut new = old.clone();
    new.splice(17_000..17_004, [1, 2, 3]);
    let mut body = Vec::new();
    Operation::update(Slot::State, Some(&old), &new).unwrap().encode(&mut body);
    assert!(body.len() < 20, "{} bytes", body.len());
}
