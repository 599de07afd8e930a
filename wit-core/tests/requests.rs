//! `handle-request`: one side lowers and the other side lifts, for every shape, and hostile guests
//! on either way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use proptest::{collection::vec, prelude::*, sample::Index};
use reference::{
    Trap, Type, Value,
    arena::Arena,
    flat::{lift_flat, lower_flat},
    load_result, requests, store_result, strategies,
};
use wit_core::{
    Budget, Field, HttpRequest, HttpResponse, LiftError, LowerError, Shape,
    error::LiftErrorKind,
    lift::{self, HttpReply},
    lower,
};

/// No limits, because the reference has none.
const UNLIMITED: Budget = Budget { state: usize::MAX, messages: usize::MAX, bytes: usize::MAX };

/// Lowers as a host does. The arena is the guest's `cabi_realloc`.
fn place(arena: &mut Arena, shape: Shape, request: &HttpRequest, state: Option<&[u8]>) -> Vec<u64> {
    let mut lowering = lower::handle_request(shape, request, state);
    while let Some((len, align)) = lowering.next_block() {
        let ptr = arena.realloc(align, len.try_into().unwrap());
        lowering.place(arena.memory.as_mut_slice(), ptr).unwrap();
    }
    lowering.parameters().iter().copied().map(u64::from).collect()
}

/// Reads all parameters as the guest does, and checks that none is left.
fn read(memory: &[u8], types: &[Type], mut flat: &[u64]) -> Vec<Value> {
    let values = types.iter().map(|ty| lift_flat(memory, ty, &mut flat).unwrap()).collect();
    assert_eq!(flat, [], "more core values than parameters");
    values
}

/// The smallest budget for a reply.
fn cost(outcome: &Result<HttpReply, String>) -> Budget {
    let HttpReply { state, response } = match outcome {
        Ok(reply) => reply,
        Err(text) => return Budget { state: 0, messages: 0, bytes: text.len() },
    };
    let HttpResponse { headers, body, .. } = response;
    let fields = headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    Budget {
        state: state.as_ref().map_or(0, Vec::len),
        messages: headers.len(),
        bytes: fields + body.as_ref().map_or(0, Vec::len),
    }
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

/// A valid result, some of whose words are changed. Most are discriminants, lengths or pointers.
fn damaged() -> impl Strategy<Value = (Shape, Vec<u8>, u32)> {
    let word = prop_oneof![4 => 0..4u32, 4 => (0..400u32).prop_map(|at| at * 4), 1 => any::<u32>()];
    let changes = vec((any::<Index>(), any::<Index>(), word), 0..4);
    (strategies::http_reply(), strategies::arena(), changes).prop_map(
        |((shape, outcome), mut arena, changes)| {
            let function = requests::handle_request(shape);
            let value = requests::reply_value(shape, &outcome);
            let ptr = store_result(&mut arena, function.result(), &value);
            let blocks: Vec<_> = arena.blocks.iter().copied().filter(|(_, len)| *len > 0).collect();
            for (block, offset, word) in changes {
                let (block, len) = blocks[block.index(blocks.len())];
                let offset = offset.index(len as usize) as u32;
                match (block % 4, len % 4) {
                    (0, 0) => arena.write(block + offset / 4 * 4, &word.to_le_bytes()),
                    _ => arena.write(block + offset, &[word as u8]),
                }
            }
            (shape, arena.memory, ptr)
        },
    )
}

proptest! {
    #[test]
    fn a_guest_is_given_the_request_and_the_state(
        shape in strategies::shape(),
        request in strategies::request(),
        state in strategies::state(),
        arena in strategies::arena(),
    ) {
        let (mut ours, mut theirs) = (arena.clone(), arena);
        let types = requests::handle_request(shape).params;
        let values = requests::params(shape, &request, state.as_deref());

        let flat = place(&mut ours, shape, &request, state.as_deref());
        prop_assert_eq!(flat.len(), shape.handle_request_signature().params);
        prop_assert_eq!(read(&ours.memory, &types, &flat), values.clone());
        // The rest of the memory is unchanged, and the blocks were requested in the same order.
        let mut expected = Vec::new();
        for (ty, value) in types.iter().zip(&values) {
            lower_flat(&mut theirs, ty, value, &mut expected);
        }
        prop_assert_eq!(flat, expected);
        prop_assert_eq!(ours.blocks, theirs.blocks);
        prop_assert!(ours.memory == theirs.memory, "the memories differ");
    }

    #[test]
    fn a_host_is_given_the_response_or_the_error_that_the_guest_returned(
        (shape, outcome) in strategies::http_reply(),
        mut arena in strategies::arena(),
    ) {
        let function = requests::handle_request(shape);
        let value = requests::reply_value(shape, &outcome);
        let at = store_result(&mut arena, function.result(), &value);
        let lift = |budget| lift::handle_request(shape, arena.memory.as_slice(), at, &budget);

        let cost = cost(&outcome);
        prop_assert_eq!(lift(cost), Ok(requests::as_reply(shape, value)));
        if let Some(state) = cost.state.checked_sub(1) {
            let error = lift(Budget { state, ..cost }).unwrap_err();
            prop_assert_eq!(error.field, Field::new("state"));
            let size = cost.state as u64;
            prop_assert_eq!(error.kind, LiftErrorKind::TooLarge { size, limit: state });
        }
        if let Some(messages) = cost.messages.checked_sub(1) {
            let error = lift(Budget { messages, ..cost }).unwrap_err();
            prop_assert_eq!(error.field, Field::new("headers"));
            let size = cost.messages as u64;
            prop_assert_eq!(error.kind, LiftErrorKind::TooLarge { size, limit: messages });
        }
        if let Some(bytes) = cost.bytes.checked_sub(1) {
            let error = lift(Budget { bytes, ..cost }).unwrap_err();
            let size = cost.bytes as u64;
            prop_assert_eq!(error.kind, LiftErrorKind::TooLarge { size, limit: bytes });
        }
    }

    #[test]
    fn any_memory_is_lifted_or_refused_as_in_the_reference(
        (shape, memory, ptr) in damaged(),
        limits in (0..64usize, 0..4usize, 0..64usize),
    ) {
        let expected = load_result(&memory, requests::handle_request(shape).result(), ptr);
        let expected = expected.map(|value| requests::as_reply(shape, value));
        let unlimited = lift::handle_request(shape, memory.as_slice(), ptr, &UNLIMITED);
        prop_assert_eq!(unlimited.clone().map_err(trap), expected);

        let (state, messages, bytes) = limits;
        let budget = Budget { state, messages, bytes };
        match lift::handle_request(shape, memory.as_slice(), ptr, &budget) {
            Err(LiftError { kind: LiftErrorKind::TooLarge { size, limit }, .. }) => {
                prop_assert!(size > limit as u64);
            }
            limited => {
                if let Ok(outcome) = &limited {
                    let needed = cost(outcome);
                    prop_assert!(needed.state <= state && needed.bytes <= bytes);
                    prop_assert!(needed.messages <= messages);
                }
                prop_assert_eq!(limited, unlimited);
            }
        }
    }
}

/// A request with every block.
fn request() -> HttpRequest {
    HttpRequest {
        method: "POST".into(),
        uri: "/a".into(),
        headers: vec![("n".into(), "value".into())],
        body: Some(b"content".to_vec()),
    }
}

#[test]
fn a_block_beyond_the_memory_is_refused_and_names_the_parameter() {
    let own = [
        ("method", 4, 1),
        ("uri", 2, 1),
        ("headers", 16, 4),
        ("a header field's name", 1, 1),
        ("a header field's value", 5, 1),
        ("body", 7, 1),
    ];
    let state = [("state", 6, 1)];
    let request = request();
    for shape in Shape::ALL {
        let late = [&state[..], &own].concat();
        let blocks = if shape.has_results() { late } else { [&own[..], &state].concat() };
        for (bad, (name, len, align)) in blocks.into_iter().enumerate() {
            let end = u32::try_from(64 - len).unwrap() / align * align;
            let mut wrong = vec![end + align, 64, 0x8000_0000, u32::MAX - 3, u32::MAX];
            if align > 1 {
                wrong.extend([1, 2, 3]);
            }
            for ptr in wrong {
                let mut memory = [0xaa; 64];
                let mut call = lower::handle_request(shape, &request, Some(b"state!"));
                for _ in 0..bad {
                    call.place(memory.as_mut_slice(), 0).unwrap();
                }
                let before = memory;
                let field = Field::new(name);
                let expected = LowerError { field, ptr, len, align, memory: 64 };
                assert_eq!(call.place(memory.as_mut_slice(), ptr), Err(expected), "{shape}");
                assert_eq!(memory, before, "nothing is written");
                assert_eq!(call.next_block(), Some((len, align)), "nor skipped");
                assert_eq!(call.place(memory.as_mut_slice(), end), Ok(()), "the last that fits");
            }
        }
    }
}

#[test]
fn four_billion_header_fields_are_out_of_bounds() {
    for shape in Shape::ALL {
        let layout = shape.request_result_layout();
        let at = (layout.response + 4) as usize;
        let lift = |ptr: u32, len: u32| {
            let mut memory = [0; 256];
            memory[at..at + 4].copy_from_slice(&ptr.to_le_bytes());
            memory[at + 4..at + 8].copy_from_slice(&len.to_le_bytes());
            lift::handle_request(shape, memory.as_slice(), 0, &Budget::default())
        };
        let error = |offset, kind| Err(LiftError { field: Field::new("headers"), offset, kind });
        for (len, bytes) in [(u32::MAX, 68_719_476_720), (1 << 28, 1 << 32), (16, 256)] {
            let kind = LiftErrorKind::OutOfBounds { len: bytes, memory: 256 };
            assert_eq!(lift(4, len), error(4, kind), "{shape}");
        }
        let kind = LiftErrorKind::Misaligned { align: 4 };
        assert_eq!(lift(2, 0), error(2, kind), "{shape}");
        // 64 fields are the default; so many fit into 256 bytes only if they overlap.
        assert!(lift(256, 0).is_ok(), "{shape}");
        assert_eq!(Budget::default().messages, 64);
    }
}
