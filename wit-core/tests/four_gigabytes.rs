//! A memory of the greatest size ends where `u32` does: what stands at its very end can be
//! read and written, and nothing wraps around to its beginning.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod guest;

use guest::{error, error_in, sizes};
use wit_core::{
    Budget, Memory, Shape,
    error::LiftErrorKind::{Discriminant, OutOfBounds},
    lift, lower,
};

/// The last 256 bytes of four gigabytes; the others are not there, and are not needed.
struct Top([u8; 256]);

/// Where these bytes begin.
const START: u32 = 0xffff_ff00;

impl Top {
    /// Writes words, the first of them `from_end` bytes before the end.
    fn words(mut self, from_end: usize, words: &[u32]) -> Self {
        let target = self.0[256 - from_end..].chunks_exact_mut(4);
        for (target, word) in target.zip(words) {
            target.copy_from_slice(&word.to_le_bytes());
        }
        self
    }

    /// The range of these bytes that `len` bytes at `offset` are.
    fn range(offset: u32, len: usize) -> Option<core::ops::Range<usize>> {
        let start = offset.checked_sub(START)? as usize;
        Some(start..start.checked_add(len)?)
    }
}

impl Memory for Top {
    fn size(&self) -> usize {
        usize::try_from(1u64 << 32).unwrap_or(usize::MAX)
    }

    fn read(&self, offset: u32, len: usize) -> Option<&[u8]> {
        self.0.get(Self::range(offset, len)?)
    }

    fn write(&mut self, offset: u32, len: usize) -> Option<&mut [u8]> {
        self.0.get_mut(Self::range(offset, len)?)
    }
}

/// The pointer to what stands this many bytes before the end.
fn from_end(bytes: u32) -> u32 {
    0u32.wrapping_sub(bytes)
}

/// A result 128 bytes before the end, whose list has `count` messages that end at the end.
fn answering(shape: Shape, count: u32) -> Top {
    let (size, ..) = sizes(shape);
    let (state, messages) = ([START, 0], [from_end(count * size), count]);
    let result = match shape.has_results() {
        false => [&state[..], &messages].concat(),
        true => [&[0, 1], &state[..], &messages].concat(),
    };
    let memory = Top([0; 256]).words(128, &result);
    match shape {
        // A type's name is in memory; in the other shapes zeros are the type `text`.
        Shape::Guide => {
            (1..=count as usize).fold(memory, |memory, index| memory.words(32 * index, &[START, 4]))
        }
        _ => memory,
    }
}

#[test]
fn the_last_messages_may_end_with_the_last_byte() {
    for shape in Shape::ALL {
        for count in 1..=2 {
            let memory = answering(shape, count);
            let lifted = lift::handle_message(shape, &memory, from_end(128), &Budget::default());
            assert_eq!(lifted.unwrap().unwrap().messages.len(), count as usize, "{shape}");
        }
    }
}

#[test]
fn a_wrong_byte_in_the_last_message_is_found_at_its_place() {
    for shape in Shape::ALL {
        // The discriminant of its text is twelve bytes before its end, in all shapes.
        let memory = answering(shape, 2).words(12, &[2]);
        let lifted = lift::handle_message(shape, &memory, from_end(128), &Budget::default());
        let kind = Discriminant { found: 2, cases: 2 };
        assert_eq!(lifted, Err(error_in(1, "text", from_end(12), kind)), "{shape}");
    }
}

#[test]
fn a_result_may_be_the_last_bytes_and_does_not_continue_at_the_first() {
    for shape in Shape::ALL {
        let (_, size, began) = sizes(shape);
        // The state is the last eight bytes: its own pointer and length.
        let state = [from_end(8), 8];
        let memory = match shape.has_results() {
            false => Top([0; 256]).words(8, &state),
            true => Top([0; 256]).words(12, &[1]).words(8, &state),
        };
        let state = lift::init(shape, &memory, from_end(began), &Budget::default());
        assert_eq!(state.unwrap().unwrap().unwrap(), memory.0[248..], "{shape}");

        let lifted = lift::handle_message(shape, &memory, from_end(size - 4), &Budget::default());
        let kind = OutOfBounds { len: size.into(), memory: memory.size() };
        assert_eq!(lifted, Err(error("result", from_end(size - 4), kind)), "{shape}");
    }
}

#[test]
fn a_string_may_end_with_the_last_byte_and_does_not_continue_at_the_first() {
    let memory = Top([b'x'; 256]);
    assert_eq!(lift::string(&memory, "msg", u32::MAX, 1, 9), Ok("x"));
    let kind = OutOfBounds { len: 2, memory: memory.size() };
    assert_eq!(lift::string(&memory, "msg", u32::MAX, 2, 9), Err(error("msg", u32::MAX, kind)));
}

#[test]
fn a_block_may_end_with_the_last_byte_and_does_not_continue_at_the_first() {
    let mut memory = Top([0; 256]);
    let mut call = lower::init(Shape::Result, None, "actor");
    assert!(call.place(&mut memory, from_end(4)).is_err());
    assert_eq!(memory.0, [0; 256]);
    call.place(&mut memory, from_end(5)).unwrap();
    assert_eq!(memory.0[250..], *b"\0actor");
    assert_eq!(call.parameters(), [0, 0, 0, from_end(5), 5]);
}
