//! A result may be as large as the budget allows, and no larger, even if the guest needs only a few
//! bytes of memory for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod guest;

use guest::{FREE, Guest, MESSAGE, RESULT, error, error_in, parts, sizes, ty};
use wit_core::{
    Budget, LiftError, MessageType, Shape,
    error::LiftErrorKind::{OutOfBounds, TooLarge, Utf8},
    lift,
};

/// No limits, for tests of another limit.
const UNLIMITED: Budget = Budget { state: usize::MAX, messages: usize::MAX, bytes: usize::MAX };

/// The error of `handle-message` with this budget.
fn refused(guest: &Guest, shape: Shape, budget: Budget) -> Option<LiftError> {
    guest.reply(shape, budget).err()
}

/// An answer of three empty messages, and their addresses.
fn three_messages(shape: Shape) -> (Guest, [u32; 3]) {
    let (size, ..) = sizes(shape);
    let at = [0, 1, 2].map(|index| FREE + index * size);
    let guest = Guest::answering(shape).pair(parts(shape).messages, FREE, 3);
    (at.into_iter().fold(guest, |guest, at| guest.message(shape, at)), at)
}

#[test]
fn a_budget_has_the_limits_that_its_documentation_names() {
    let documented = Budget { state: 1024 * 1024, messages: 64, bytes: 256 * 1024 };
    assert_eq!(Budget::default(), documented);
}

#[test]
fn state_may_come_to_its_limit_and_not_to_a_byte_more() {
    for shape in Shape::ALL {
        let guest = Guest::answering(shape).pair(parts(shape).state, 0, 256);
        let init = |budget| lift::init(shape, guest.0.as_slice(), RESULT, &budget);
        for (state, expected) in [
            (256, None),
            (255, Some(error("state", 0, TooLarge { size: 256, limit: 255 }))),
            (0, Some(error("state", 0, TooLarge { size: 256, limit: 0 }))),
        ] {
            // Empty messages need no bytes of the budget.
            let budget = Budget { state, bytes: 0, ..UNLIMITED };
            assert_eq!(refused(&guest, shape, budget), expected, "{shape}");
            assert_eq!(init(budget).err(), expected, "{shape}");
        }
    }
}

#[test]
fn messages_may_come_to_their_limit_and_not_to_one_more() {
    for shape in Shape::ALL {
        let (guest, _) = three_messages(shape);
        for (messages, expected) in [
            (3, None),
            (2, Some(error("messages", FREE, TooLarge { size: 3, limit: 2 }))),
            (0, Some(error("messages", FREE, TooLarge { size: 3, limit: 0 }))),
        ] {
            let budget = Budget { messages, state: 0, bytes: 0 };
            assert_eq!(refused(&guest, shape, budget), expected, "{shape}");
        }
    }
}

#[test]
fn messages_that_share_the_same_bytes_are_counted_each() {
    for shape in Shape::ALL {
        let guest::Parts { ty: name, data, text, .. } = parts(shape);
        for (part, name) in [(name, ty(shape)), (data, "data"), (text, "text")] {
            let (guest, messages) = three_messages(shape);
            let guest = messages
                .into_iter()
                .fold(guest, |guest, at| guest.pair(at + part - MESSAGE, 0x30, 10));
            for (bytes, expected) in [
                (30, None),
                (29, Some(error_in(2, name, 0x30, TooLarge { size: 30, limit: 29 }))),
                (20, Some(error_in(2, name, 0x30, TooLarge { size: 30, limit: 20 }))),
                (19, Some(error_in(1, name, 0x30, TooLarge { size: 20, limit: 19 }))),
                (9, Some(error_in(0, name, 0x30, TooLarge { size: 10, limit: 9 }))),
                (0, Some(error_in(0, name, 0x30, TooLarge { size: 10, limit: 0 }))),
            ] {
                let budget = Budget { bytes, ..UNLIMITED };
                assert_eq!(refused(&guest, shape, budget), expected, "{shape}");
            }
        }
    }
}

#[test]
fn type_data_and_text_are_counted_together() {
    for shape in Shape::ALL {
        let guest::Parts { ty: name, data, text, .. } = parts(shape);
        let guest = Guest::answering(shape).pair(name, 0, 3).pair(data, 0, 5).pair(text, 0, 7);
        for (bytes, expected) in [
            (15, None),
            (14, Some(error_in(0, "text", 0, TooLarge { size: 15, limit: 14 }))),
            (7, Some(error_in(0, "data", 0, TooLarge { size: 8, limit: 7 }))),
            (2, Some(error_in(0, ty(shape), 0, TooLarge { size: 3, limit: 2 }))),
        ] {
            // The state has its own limit, even if it is the same bytes.
            let guest = guest.clone().pair(parts(shape).state, 0, 200);
            let budget = Budget { state: 200, messages: 1, bytes };
            assert_eq!(refused(&guest, shape, budget), expected, "{shape}");
        }
    }
}

#[test]
fn the_name_of_a_known_type_counts_where_it_is_in_memory() {
    for shape in Shape::ALL {
        let guest = Guest::answering(shape);
        let (guest, bytes) = match shape {
            Shape::Guide => (guest.bytes(FREE, b"pong").pair(parts(shape).ty, FREE, 4), 4),
            _ => (guest.byte(MESSAGE, 5), 0),
        };
        let reply = guest.reply(shape, Budget { bytes, ..UNLIMITED }).unwrap().unwrap();
        assert_eq!(reply.messages[0].ty, MessageType::Pong, "{shape}");
        if let Some(limit) = bytes.checked_sub(1) {
            let error = error_in(0, "message-type", FREE, TooLarge { size: 4, limit });
            let budget = Budget { bytes: limit, ..UNLIMITED };
            assert_eq!(refused(&guest, shape, budget), Some(error));
        }
    }
}

#[test]
fn an_errors_text_may_come_to_the_limit_of_bytes_and_not_to_one_more() {
    for shape in [Shape::Result, Shape::Renamed] {
        let guest = Guest::failing(FREE, 100);
        for (bytes, expected) in
            [(100, None), (99, Some(error("error", FREE, TooLarge { size: 100, limit: 99 })))]
        {
            let budget = Budget { state: 0, messages: 0, bytes };
            assert_eq!(refused(&guest, shape, budget), expected, "{shape}");
            let init = lift::init(shape, guest.0.as_slice(), RESULT, &budget);
            assert_eq!(init.err(), expected, "{shape}");
        }
    }
}

#[test]
fn what_is_beyond_the_memory_is_said_to_be_so_whatever_the_limit() {
    let nothing = Budget { state: 0, messages: 0, bytes: 0 };
    for shape in Shape::ALL {
        let guest = Guest::answering(shape).pair(parts(shape).state, 0, 257);
        let kind = OutOfBounds { len: 257, memory: 256 };
        assert_eq!(refused(&guest, shape, nothing), Some(error("state", 0, kind)));
    }
}

#[test]
fn a_logged_string_is_checked_as_every_other() {
    let memory: &[u8] = b"line\xff\xffhello";
    let lift = |ptr, len, limit| lift::string(memory, "msg", ptr, len, limit);
    assert_eq!(lift(6, 5, 5), Ok("hello"));
    assert_eq!(lift(11, 0, 0), Ok(""));
    assert_eq!(lift(6, 5, 4), Err(error("msg", 6, TooLarge { size: 5, limit: 4 })));
    assert_eq!(lift(0, 6, 9), Err(error("msg", 0, Utf8 { valid: 4 })));
    for (ptr, len) in [(6, 6), (12, 0), (1, u32::MAX), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
        let kind = OutOfBounds { len: len.into(), memory: 11 };
        assert_eq!(lift(ptr, len, usize::MAX), Err(error("msg", ptr, kind)));
    }
}
