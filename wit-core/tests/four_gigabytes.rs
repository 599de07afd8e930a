//! The largest memory ends where `u32` ends. Values at its very end can be read and written, and no
//! address wraps around to the beginning.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod guest;
mod reference;

use guest::{error, error_in, sizes};
use reference::{
    Core,
    imports::{Param, Returned, Signature},
    parameters::lift as lift_parameters,
    responses::Response,
};
use wit_core::{
    Budget, InitForm, Memory, Shape,
    error::LiftErrorKind::{Discriminant, OutOfBounds},
    host::{Area, Entry, Kind},
    lift, lower,
};

/// The last 256 bytes of four gigabytes. The others do not exist, and nothing needs them.
struct Top([u8; 256]);

/// The address of the first of these bytes.
const START: u32 = 0xffff_ff00;

impl Top {
    /// Writes words. The first one is `from_end` bytes before the end.
    fn words(mut self, from_end: usize, words: &[u32]) -> Self {
        let (target, _) = self.0[256 - from_end..].as_chunks_mut::<4>();
        for (target, word) in target.iter_mut().zip(words) {
            target.copy_from_slice(&word.to_le_bytes());
        }
        self
    }

    /// The range in these bytes for `len` bytes at `offset`.
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

/// The address this many bytes before the end.
fn from_end(bytes: u32) -> u32 {
    0u32.wrapping_sub(bytes)
}

/// A result 128 bytes before the end. Its list has `count` messages, and the last one ends at the
/// end.
fn answering(shape: Shape, count: u32) -> Top {
    let (size, ..) = sizes(shape);
    let (state, messages) = ([START, 0], [from_end(count * size), count]);
    let result = match shape.has_results() {
        false => [&state[..], &messages].concat(),
        true => [&[0, 1], &state[..], &messages].concat(),
    };
    let memory = Top([0; 256]).words(128, &result);
    match shape {
        // In this shape a type is a string in memory. In the others zeroes are the type `text`.
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
        // The state is the last eight bytes, which are its own pointer and length.
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
    let mut call = lower::init(InitForm::Named, None, "actor");
    assert!(call.place(&mut memory, from_end(4)).is_err());
    assert_eq!(memory.0, [0; 256]);
    call.place(&mut memory, from_end(5)).unwrap();
    assert_eq!(memory.0[250..], *b"\0actor");
    assert_eq!(call.parameters(), [0, 0, 0, from_end(5), 5]);
}

#[test]
fn what_an_import_is_passed_may_end_with_the_last_byte_and_does_not_continue_at_the_first() {
    let memory = Top([0; 256]);
    for result in Returned::ALL {
        let Some(Area { size, align }) = result.area() else { continue };
        for param in Param::ALL {
            let signature = Signature { params: vec![param], result };
            let (types, _) = signature.function().core_import();
            // Besides discriminants and lengths, there are only pointers.
            let pointer = |ty: &Core| if *ty == Core::I32 { START.into() } else { 0 };
            let mut flat: Vec<u64> = types.iter().map(pointer).collect();
            let len = match param {
                Param::U64 | Param::U32 | Param::U16 => None,
                // Their parts are parameters of the other kinds.
                Param::Request | Param::Options | Param::Publication => continue,
                Param::Text | Param::Bytes => Some(1),
                Param::OptionText | Param::OptionBytes | Param::Payload => Some(2),
                Param::OptionU64 => {
                    flat[0] = 1;
                    None
                }
            };
            if let Some(len) = len {
                flat[len] = 256;
                flat[0] = if len == 2 { 1 } else { flat[0] };
            }
            let lift = |flat: &[u64]| lift_parameters(&signature, &memory, flat).map(|(_, at)| at);
            *flat.last_mut().unwrap() = from_end(size.next_multiple_of(align)).into();
            assert_eq!(lift(&flat), Ok(from_end(size)), "{signature:?}");

            if let Some(len) = len {
                let mut flat = flat.clone();
                flat[len] += 1;
                let kind = OutOfBounds { len: 257, memory: memory.size() };
                assert_eq!(lift(&flat).unwrap_err().kind, kind, "{signature:?}");
            }
            *flat.last_mut().unwrap() = from_end(size - align).into();
            let kind = OutOfBounds { len: size.into(), memory: memory.size() };
            let expected = Err(error("result", from_end(size - align), kind));
            assert_eq!(lift(&flat), expected, "{signature:?}");
        }
    }
}

#[test]
fn an_answer_may_end_with_the_last_byte_and_does_not_continue_at_the_first() {
    let entry = Entry { name: "name".into(), kind: Kind::Folder };
    let response = Response::Entries(Ok(vec![entry]));
    let mut memory = Top([0; 256]);
    let mut lowered = response.lower(from_end(16));
    assert!(lowered.place(&mut memory, from_end(8)).is_err());
    lowered.place(&mut memory, from_end(12)).unwrap();
    assert!(lowered.place(&mut memory, from_end(3)).is_err());
    lowered.place(&mut memory, from_end(4)).unwrap();
    // The name overwrites the end of the list, and the area overwrites both.
    assert_eq!(memory.0[244..], *b"\xfc\xff\xff\xff\x04\0\0\0name");
    lowered.finish(&mut memory).unwrap();
    assert_eq!(memory.0[240..], *b"\0\0\0\0\xf4\xff\xff\xff\x01\0\0\0\0\0\0\0");

    let lowered = Response::Written(Ok(())).lower(from_end(8));
    assert!(lowered.finish(&mut memory).is_err());
}
