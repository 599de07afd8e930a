//! Results that no honest guest returns. Each is refused with the right reason and place, or
//! accepted because the canonical ABI allows it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod guest;

use guest::{FREE, Guest, MESSAGE, Parts, RESULT, byte_parts, error, error_in, parts, sizes, ty};
use wit_core::{
    Budget, LiftError, Message, MessageType, Shape,
    error::LiftErrorKind::{Discriminant, Misaligned, OutOfBounds, TooLarge, Utf8},
    lift::{self, Reply},
};

#[test]
fn what_every_test_here_starts_from_is_accepted() {
    for shape in Shape::ALL {
        let ty = MessageType::Other(String::new());
        let message = Message { ty, data: Some(vec![]), text: Some(String::new()) };
        let reply = Reply { state: Some(vec![]), messages: vec![message] };
        assert_eq!(Guest::answering(shape).accepted(shape), reply, "{shape}");
    }
}

type Lift = fn(Shape, &[u8], u32) -> Option<LiftError>;

/// Both functions: the size of the result of each, and a function that returns the error of lifting it.
fn functions(shape: Shape) -> [(u32, Lift); 2] {
    let (_, handled, began) = sizes(shape);
    [
        (handled, |shape, memory, ptr| {
            lift::handle_message(shape, memory, ptr, &Budget::default()).err()
        }),
        (began, |shape, memory, ptr| lift::init(shape, memory, ptr, &Budget::default()).err()),
    ]
}

#[test]
fn a_result_may_end_with_the_last_byte_and_not_beyond() {
    for shape in Shape::ALL {
        for (size, lift) in functions(shape) {
            let beyond =
                |ptr, memory| Some(error("result", ptr, OutOfBounds { len: size.into(), memory }));
            assert_eq!(lift(shape, &[0; 256], 256 - size), None);
            for ptr in [260 - size, 252, 256, 0x8000_0000, 0xffff_fffc] {
                assert_eq!(lift(shape, &[0; 256], ptr), beyond(ptr, 256), "{shape}");
            }
            // The result begins at the memory's last byte, or there is no memory.
            assert_eq!(lift(shape, &[0; 253], 252), beyond(252, 253), "{shape}");
            assert_eq!(lift(shape, &[], 0), beyond(0, 0), "{shape}");
        }
    }
}

#[test]
fn a_result_at_no_multiple_of_four_is_misaligned_wherever_it_is() {
    for shape in Shape::ALL {
        for (_, lift) in functions(shape) {
            for ptr in [1, 2, 3, 0x11, 0x12, 255, 257, u32::MAX] {
                let expected = Some(error("result", ptr, Misaligned { align: 4 }));
                assert_eq!(lift(shape, &[0; 256], ptr), expected, "{shape}");
            }
        }
    }
}

#[test]
fn bytes_and_text_may_end_with_the_last_byte_and_not_beyond() {
    for shape in Shape::ALL {
        for (at, error) in byte_parts(shape) {
            for (ptr, len) in [(255, 1), (0, 256), (256, 0), (129, 127), (0, 0)] {
                Guest::answering(shape).pair(at, ptr, len).accepted(shape);
            }
            for (ptr, len) in [
                (255, 2),
                (256, 1),
                (257, 0),
                (0, 257),
                (0, u32::MAX),
                // In 32 bits the sum wraps to 0 or a small number.
                (1, u32::MAX),
                (u32::MAX, 1),
                (u32::MAX, u32::MAX),
                (0x8000_0000, 0x8000_0000),
                (u32::MAX, 0),
            ] {
                let kind = OutOfBounds { len: len.into(), memory: 256 };
                let refused = Guest::answering(shape).pair(at, ptr, len).refused(shape);
                assert_eq!(refused, error(shape, ptr, kind));
            }
        }
    }
}

#[test]
fn an_empty_list_of_messages_may_stand_at_the_very_end_and_not_beyond() {
    for shape in Shape::ALL {
        let answer = |ptr| Guest::answering(shape).pair(parts(shape).messages, ptr, 0);
        assert_eq!(answer(256).accepted(shape).messages, []);
        let kind = OutOfBounds { len: 0, memory: 256 };
        assert_eq!(answer(260).refused(shape), error("messages", 260, kind));
        for ptr in [1, 254, 255, 257, u32::MAX] {
            assert_eq!(answer(ptr).refused(shape), error("messages", ptr, Misaligned { align: 4 }));
        }
    }
}

#[test]
fn the_last_message_may_end_with_the_last_byte_and_not_beyond() {
    for shape in Shape::ALL {
        let (size, ..) = sizes(shape);
        let at = parts(shape).messages;
        let guest = Guest::answering(shape).pair(at, 256 - 2 * size, 2);
        assert_eq!(guest.accepted(shape).messages.len(), 2);
        let guest = Guest::answering(shape).pair(at, 260 - 2 * size, 2);
        let kind = OutOfBounds { len: u64::from(2 * size), memory: 256 };
        assert_eq!(guest.refused(shape), error("messages", 260 - 2 * size, kind));
    }
}

#[test]
fn four_billion_messages_are_out_of_bounds() {
    for shape in Shape::ALL {
        let answer = |len| Guest::answering(shape).pair(parts(shape).messages, MESSAGE, len);
        let len = if shape == Shape::Guide { 137_438_953_440 } else { 154_618_822_620 };
        let kind = OutOfBounds { len, memory: 256 };
        assert_eq!(answer(u32::MAX).refused(shape), error("messages", MESSAGE, kind));
        // In 32 bits 32 × 2²⁷ and 36 × 2³⁰ wrap to 0.
        let (len, bytes) =
            if shape == Shape::Guide { (1 << 27, 1 << 32) } else { (1 << 30, 9 << 32) };
        let kind = OutOfBounds { len: bytes, memory: 256 };
        assert_eq!(answer(len).refused(shape), error("messages", MESSAGE, kind));
    }
}

#[test]
fn a_discriminant_of_a_message_without_a_case_is_refused() {
    for shape in Shape::ALL {
        let Parts { data, text, .. } = parts(shape);
        let mut places = vec![(data - 4, "data", 2), (text - 4, "text", 2)];
        if shape != Shape::Guide {
            places.push((MESSAGE, "ty", 7));
        }
        for (at, name, cases) in places {
            for found in [cases, cases + 1, 0x7f, 0x80, 0xff] {
                let kind = Discriminant { found, cases };
                let refused = Guest::answering(shape).byte(at, found).refused(shape);
                assert_eq!(refused, error_in(0, name, at, kind), "{shape}");
            }
        }
    }
}

#[test]
fn a_discriminant_of_a_result_or_a_state_without_a_case_is_refused() {
    for shape in [Shape::Result, Shape::Renamed] {
        for (at, name) in [(RESULT, "result"), (0x14, "state")] {
            for found in [2, 3, 0x7f, 0x80, 0xff] {
                let expected = error(name, at, Discriminant { found, cases: 2 });
                let guest = Guest::answering(shape).byte(at, found);
                assert_eq!(guest.refused(shape), expected, "{shape}");
                let init = lift::init(shape, guest.0.as_slice(), RESULT, &Budget::default());
                assert_eq!(init, Err(expected), "{shape}");
            }
        }
    }
}

#[test]
fn a_message_that_is_refused_is_named_by_its_index() {
    for shape in Shape::ALL {
        let (size, ..) = sizes(shape);
        let (second, data) = (FREE + size, parts(shape).data - 4 - MESSAGE);
        let guest = Guest::answering(shape)
            .pair(parts(shape).messages, FREE, 3)
            .message(shape, FREE)
            .message(shape, second)
            .byte(second + data, 2);
        let expected = error_in(1, "data", second + data, Discriminant { found: 2, cases: 2 });
        assert_eq!(guest.refused(shape), expected, "{shape}");
    }
}

/// Bytes that are not UTF-8, and how many of them are valid.
const NOT_UTF8: [(&[u8], usize); 6] = [
    (b"\xff", 0),
    (b"ab\xc3", 2),               // The second byte of two is missing.
    (b"\xe2\x82\xac\xe2\x82", 3), // The third byte of three is missing.
    (b"a\xed\xa0\x80", 1),        // Half a surrogate pair.
    (b"\xc0\x80", 0),             // A zero that is longer than needed.
    (b"abc\xf4\x90\x80\x80", 3),  // Past the last code point.
];

#[test]
fn a_type_or_a_text_that_is_not_utf8_is_refused() {
    for shape in Shape::ALL {
        for (bytes, valid) in NOT_UTF8 {
            for (at, name) in [(parts(shape).ty, ty(shape)), (parts(shape).text, "text")] {
                let guest = Guest::answering(shape).bytes(FREE + 1, bytes);
                let guest = guest.pair(at, FREE + 1, bytes.len() as u32);
                let expected = error_in(0, name, FREE + 1, Utf8 { valid });
                assert_eq!(guest.refused(shape), expected, "{shape}");
            }
            let guest = Guest::answering(shape).bytes(FREE, bytes);
            let guest = guest.pair(parts(shape).data, FREE, bytes.len() as u32);
            let data = guest.accepted(shape).messages[0].data.clone();
            assert_eq!(data.as_deref(), Some(bytes), "data is any bytes");
        }
    }
}

#[test]
fn an_error_that_is_not_utf8_or_not_in_memory_is_refused() {
    for shape in [Shape::Result, Shape::Renamed] {
        for (_, lift) in functions(shape) {
            for (bytes, valid) in NOT_UTF8 {
                let guest = Guest::failing(FREE + 3, bytes.len() as u32).bytes(FREE + 3, bytes);
                let expected = Some(error("error", FREE + 3, Utf8 { valid }));
                assert_eq!(lift(shape, &guest.0, RESULT), expected);
            }
            for (ptr, len) in [(255, 2), (257, 0), (1, u32::MAX), (u32::MAX, u32::MAX)] {
                let kind = OutOfBounds { len: len.into(), memory: 256 };
                let expected = Some(error("error", ptr, kind));
                assert_eq!(lift(shape, &Guest::failing(ptr, len).0, RESULT), expected);
            }
            assert_eq!(lift(shape, &Guest::failing(256, 0).0, RESULT), None);
        }
    }
}

#[test]
fn a_first_state_out_of_bounds_is_refused() {
    for shape in Shape::ALL {
        for (ptr, len) in [(255, 2), (257, 0), (1, u32::MAX), (u32::MAX, u32::MAX)] {
            let guest = Guest::answering(shape).pair(parts(shape).state, ptr, len);
            let refused = lift::init(shape, guest.0.as_slice(), RESULT, &Budget::default());
            let kind = OutOfBounds { len: len.into(), memory: 256 };
            assert_eq!(refused, Err(error("state", ptr, kind)), "{shape}");
        }
    }
}

#[test]
fn regions_may_overlap() {
    for shape in Shape::ALL {
        // The state, type, data and text all point to the beginning of the result itself.
        let mut guest = Guest::answering(shape);
        for (at, _) in byte_parts(shape) {
            guest = guest.pair(at, RESULT, 16);
        }
        let bytes = guest.0[0x10..0x20].to_vec();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let ty = MessageType::Other(text.clone());
        let message = Message { ty, data: Some(bytes.clone()), text: Some(text) };
        let reply = Reply { state: Some(bytes), messages: vec![message] };
        assert_eq!(guest.accepted(shape), reply, "{shape}");
    }
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    let cases = [
        (
            error("result", 0xfffc, OutOfBounds { len: 24, memory: 65536 }),
            "result at offset 0xfffc is 24 bytes long, which is beyond the memory's 65536 bytes",
        ),
        (
            error("messages", 0x102, Misaligned { align: 4 }),
            "messages at offset 0x102 is not aligned to 4 bytes",
        ),
        (
            error_in(3, "text", 0x80, Utf8 { valid: 2 }),
            "messages[3].text at offset 0x80 is not UTF-8 from its byte 2 on",
        ),
        (
            error_in(0, "ty", 0x40, Discriminant { found: 7, cases: 7 }),
            "messages[0].ty at offset 0x40 has discriminant 7, but only 0 to 6 exist",
        ),
        (
            error("state", 0, TooLarge { size: 1_048_577, limit: 1_048_576 }),
            "state at offset 0x0 comes to 1048577, past the limit of 1048576",
        ),
    ];
    for (error, text) in cases {
        assert_eq!(error.to_string(), text);
    }
}
