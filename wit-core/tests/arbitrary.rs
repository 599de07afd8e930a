//! Lifts memories with any content. Lifting ends without a panic and within the budget, and has the
//! same outcome as in the reference. `PROPTEST_CASES` sets the number of cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use proptest::{collection::vec, prelude::*, sample::Index};
use reference::{Trap, interface, load_result, store_result, strategies};
use wit_core::{
    Budget, LiftError, MessageType, Shape,
    error::LiftErrorKind,
    lift::{self, Reply},
};

/// No limits, because the reference has none.
const UNLIMITED: Budget = Budget { state: usize::MAX, messages: usize::MAX, bytes: usize::MAX };

/// The most words of a memory.
const WORDS: u32 = 160;

/// A pointer to a word of the memory.
fn aligned() -> impl Strategy<Value = u32> {
    (0..WORDS).prop_map(|word| word * 4)
}

/// A word of memory. Mostly a discriminant, a short length or a pointer into the memory, because
/// few other words are part of a value.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        12 => 0..2u32,
        4 => 2..8u32,
        8 => aligned(),
        2 => 0..WORDS * 4,
        1 => any::<u32>(),
        1 => (u32::MAX - 64)..=u32::MAX,
    ]
}

/// A memory, and a pointer that mostly points into it.
fn memory_and_pointer() -> impl Strategy<Value = (Vec<u8>, u32)> {
    let words = prop_oneof![9 => vec(word(), WORDS as usize), 1 => vec(word(), 0..WORDS as usize)];
    let ptr = prop_oneof![9 => aligned(), 1 => word()];
    (words, 0..4usize, ptr).prop_map(|(words, cut, ptr)| {
        let mut memory: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        memory.truncate(memory.len().saturating_sub(cut));
        (memory, ptr)
    })
}

/// A valid result with some of its bytes changed.
fn damaged() -> impl Strategy<Value = (Shape, Vec<u8>, u32)> {
    let changes = vec((any::<Index>(), any::<Index>(), word()), 0..4);
    (strategies::reply(), strategies::arena(), changes).prop_map(|(reply, mut arena, changes)| {
        let (shape, outcome) = reply;
        let function = interface::handle_message(shape);
        let value = interface::reply_value(shape, &outcome);
        let ptr = store_result(&mut arena, function.result(), &value);
        // Change only bytes of the result, because nothing reads the others.
        let blocks: Vec<_> = arena.blocks.iter().copied().filter(|(_, len)| *len > 0).collect();
        for (block, offset, word) in changes {
            let (block, len) = blocks[block.index(blocks.len())];
            let offset = offset.index(len as usize) as u32;
            // Replace a whole word if one is there, and otherwise a byte.
            match (block % 4, len % 4) {
                (0, 0) => arena.write(block + offset / 4 * 4, &word.to_le_bytes()),
                _ => arena.write(block + offset, &[word as u8]),
            }
        }
        (shape, arena.memory, ptr)
    })
}

/// A result that a guest may return: any bytes, or a nearly valid result.
fn result() -> impl Strategy<Value = (Shape, Vec<u8>, u32)> {
    let anything = (strategies::shape(), memory_and_pointer());
    prop_oneof![anything.prop_map(|(shape, (memory, ptr))| (shape, memory, ptr)), damaged()]
}

/// A budget that small memories can exceed.
fn budget() -> impl Strategy<Value = Budget> {
    (0..64usize, 0..4usize, 0..64usize).prop_map(|(state, messages, bytes)| Budget {
        state,
        messages,
        bytes,
    })
}

/// The reason, as the reference names it.
fn trap(error: LiftError) -> Trap {
    match error.kind {
        LiftErrorKind::Misaligned { .. } => Trap::Misaligned,
        LiftErrorKind::OutOfBounds { .. } => Trap::OutOfBounds,
        LiftErrorKind::Discriminant { .. } => Trap::Discriminant,
        LiftErrorKind::Utf8 { .. } => Trap::Utf8,
        kind => panic!("{kind:?} without a limit"),
    }
}

/// The bytes of all messages of a reply. The host holds a copy of each.
fn bytes(reply: &Reply) -> usize {
    let messages = reply.messages.iter().map(|message| {
        let ty = match &message.ty {
            MessageType::Other(name) => name.len(),
            _ => 0,
        };
        let data = message.data.as_ref().map_or(0, Vec::len);
        ty + data + message.text.as_ref().map_or(0, String::len)
    });
    messages.sum()
}

fn state_fits(state: Option<&Vec<u8>>, budget: &Budget) -> bool {
    state.is_none_or(|state| state.len() <= budget.state && state.capacity() <= budget.state)
}

proptest! {
    #[test]
    fn any_memory_is_lifted_within_the_budget_or_refused(
        (shape, memory, ptr) in result(),
        budget in budget(),
    ) {
        match lift::handle_message(shape, memory.as_slice(), ptr, &budget) {
            Ok(Ok(reply)) => {
                prop_assert!(state_fits(reply.state.as_ref(), &budget));
                prop_assert!(reply.messages.len() <= budget.messages);
                prop_assert!(bytes(&reply) <= budget.bytes);
            }
            Ok(Err(text)) => prop_assert!(text.len() <= budget.bytes),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        match lift::init(shape, memory.as_slice(), ptr, &budget) {
            Ok(Ok(state)) => prop_assert!(state_fits(state.as_ref(), &budget)),
            Ok(Err(text)) => prop_assert!(text.len() <= budget.bytes),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_budget_changes_nothing_but_that_too_much_is_refused(
        (shape, memory, ptr) in result(),
        budget in budget(),
    ) {
        let unlimited = lift::handle_message(shape, memory.as_slice(), ptr, &UNLIMITED);
        match lift::handle_message(shape, memory.as_slice(), ptr, &budget) {
            Err(LiftError { kind: LiftErrorKind::TooLarge { size, limit }, .. }) => {
                prop_assert!(size > limit as u64);
            }
            limited => prop_assert_eq!(limited, unlimited),
        }
    }

    #[test]
    fn any_memory_is_lifted_or_refused_as_in_the_reference((shape, memory, ptr) in result()) {
        let function = interface::handle_message(shape);
        let expected = load_result(&memory, function.result(), ptr);
        let expected = expected.map(|value| interface::as_reply(shape, value));
        let lifted = lift::handle_message(shape, memory.as_slice(), ptr, &UNLIMITED);
        prop_assert_eq!(lifted.map_err(trap), expected);

        let expected = load_result(&memory, interface::init(shape, shape.init_forms()[0]).result(), ptr);
        let expected = expected.map(|value| interface::as_first_state(shape, value));
        let lifted = lift::init(shape, memory.as_slice(), ptr, &UNLIMITED);
        prop_assert_eq!(lifted.map_err(trap), expected);
    }

    #[test]
    fn any_string_is_lifted_within_its_limit_or_refused(
        (memory, ptr) in memory_and_pointer(),
        len in word(),
        limit in 0..64usize,
    ) {
        match lift::string(memory.as_slice(), "msg", ptr, len, limit) {
            Ok(text) => prop_assert!(text.len() == len as usize && text.len() <= limit),
            Err(error) => prop_assert_eq!(error.offset, ptr),
        }
    }
}
