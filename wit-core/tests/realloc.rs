//! What a guest's `cabi_realloc` may return, and what it may not.
#![allow(clippy::unwrap_used, missing_docs)]

use wit_core::{Field, InitForm, LowerError, MessageRef, MessageType, Shape, lower};

/// A message that needs every block: the name of its type, data and text.
fn message() -> (MessageType, &'static [u8], &'static str) {
    (MessageType::Other("note".into()), b"bytes", "text")
}

/// The blocks of a call of `handle-message` in order, each with its name and length.
fn blocks(shape: Shape) -> [(&'static str, usize); 4] {
    match shape {
        Shape::Guide => [("message-type", 4), ("data", 5), ("text", 4), ("state", 6)],
        Shape::Typed => [("ty", 4), ("data", 5), ("text", 4), ("state", 6)],
        Shape::Result | Shape::Renamed => [("state", 6), ("ty", 4), ("data", 5), ("text", 4)],
    }
}

#[test]
fn a_block_beyond_the_memory_is_refused_and_names_the_parameter() {
    let (ty, data, text) = message();
    let message = MessageRef { ty: &ty, data: Some(data), text: Some(text) };
    for shape in Shape::ALL {
        for (bad, (name, len)) in blocks(shape).into_iter().enumerate() {
            let end = u32::try_from(64 - len).unwrap();
            for ptr in [end + 1, 64, 65, 0x8000_0000, u32::MAX - 3, u32::MAX] {
                let mut memory = [0xaa; 64];
                let mut call = lower::handle_message(shape, message, Some(b"state!"));
                for _ in 0..bad {
                    call.place(memory.as_mut_slice(), 0).unwrap();
                }
                let before = memory;
                let expected =
                    LowerError { field: Field::new(name), ptr, len, align: 1, memory: 64 };
                assert_eq!(call.place(memory.as_mut_slice(), ptr), Err(expected), "{shape}");
                assert_eq!(memory, before, "nothing is written");
                assert_eq!(call.next_block().map(<[u8]>::len), Some(len), "nor skipped");
                assert_eq!(call.place(memory.as_mut_slice(), end), Ok(()), "the last that fits");
            }
        }
    }
}

#[test]
fn the_actors_name_beyond_the_memory_is_refused() {
    let mut memory = [0; 4];
    let mut call = lower::init(InitForm::Named, None, "actor");
    let field = Field::new("params");
    let expected = LowerError { field, ptr: 0, len: 5, align: 1, memory: 4 };
    assert_eq!(call.place(memory.as_mut_slice(), 0), Err(expected));
}

#[test]
fn a_block_at_address_zero_is_placed_there() {
    let mut memory = [0xaa; 8];
    let mut call = lower::init(InitForm::Named, None, "actor");
    assert_eq!(call.place(memory.as_mut_slice(), 0), Ok(()));
    assert_eq!(&memory, b"actor\xaa\xaa\xaa");
    assert_eq!(call.parameters(), [0, 0, 0, 0, 5]);
}

#[test]
fn an_empty_block_is_asked_for_and_may_stand_at_the_very_end() {
    for (ptr, fits) in [(0, true), (8, true), (9, false), (u32::MAX, false)] {
        let mut memory = [0xaa; 8];
        let mut call = lower::init(InitForm::Named, Some(b""), "");
        assert_eq!(call.next_block(), Some(&b""[..]));
        assert_eq!(call.place(memory.as_mut_slice(), ptr).is_ok(), fits, "{ptr}");
        assert_eq!(call.parameters(), [1, if fits { ptr } else { 0 }, 0, 0, 0]);
    }
}

#[test]
fn a_memory_of_size_zero_takes_empty_blocks_only() {
    for shape in Shape::ALL {
        let message = MessageRef { ty: &MessageType::Text, data: Some(b""), text: Some("") };
        let mut call = lower::handle_message(shape, message, Some(b""));
        let memory: &mut [u8] = &mut [];
        while let Some(block) = call.next_block() {
            let placed = call.place(memory, 0);
            if block.is_empty() {
                assert_eq!(placed, Ok(()));
                continue;
            }
            // The name of the type. Only the guide's shape has it in memory.
            let field = Field::new("message-type");
            assert_eq!(placed, Err(LowerError { field, ptr: 0, len: 4, align: 1, memory: 0 }));
            assert_eq!(shape, Shape::Guide);
            break;
        }
    }
}

#[test]
fn blocks_may_overlap_and_then_the_last_one_stands() {
    let message =
        MessageRef { ty: &MessageType::Close, data: Some(b"\x03\xe8"), text: Some("bye") };
    let mut memory = [0xaa; 8];
    let mut call = lower::handle_message(Shape::Typed, message, None);
    while call.next_block().is_some() {
        call.place(memory.as_mut_slice(), 2).unwrap();
    }
    assert_eq!(&memory, b"\xaa\xaabye\xaa\xaa\xaa");
    assert_eq!(call.parameters(), [3, 0, 0, 1, 2, 2, 1, 2, 3, 2, 0]);
}

#[test]
fn to_place_more_than_there_is_changes_nothing() {
    let mut memory = [0xaa; 8];
    let mut call = lower::init(InitForm::Bare, Some(b"state"), "actor");
    assert_eq!(call.next_block(), None);
    assert_eq!(call.place(memory.as_mut_slice(), u32::MAX), Ok(()));
    assert_eq!(memory, [0xaa; 8]);
    assert_eq!(call.parameters(), [0u32; 0]);
}

#[test]
fn an_error_says_what_cabi_realloc_did() {
    let error = LowerError {
        field: Field::new("state"),
        ptr: 0xffff_fff0,
        len: 32,
        align: 1,
        memory: 65536,
    };
    assert_eq!(
        error.to_string(),
        "cabi_realloc returned 0xfffffff0 for the 32 bytes of state, \
         which is beyond the memory's 65536 bytes"
    );
}
