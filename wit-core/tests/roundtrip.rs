//! One side lowers and the other side lifts, for every shape, for both functions, and in both
//! directions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use std::slice::from_ref;

use proptest::prelude::*;
use reference::{
    Type, Value,
    arena::Arena,
    flat::{lift_flat, lower_flat},
    interface, load_result, store_result, strategies,
};
use wit_core::{
    Budget, Field, MessageType, Shape,
    error::LiftErrorKind,
    lift::{self, Reply},
    lower::{self, Lowering},
};

/// Lowers as a host does. The arena is the guest's `cabi_realloc`.
fn place(arena: &mut Arena, mut lowering: Lowering<'_>) -> Vec<u64> {
    while let Some(block) = lowering.next_block() {
        let ptr = arena.realloc(1, block.len().try_into().unwrap());
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

/// Lowers parameters as the reference does.
fn write(arena: &mut Arena, types: &[Type], values: &[Value]) -> Vec<u64> {
    let mut flat = Vec::new();
    for (ty, value) in types.iter().zip(values) {
        lower_flat(arena, ty, value, &mut flat);
    }
    flat
}

/// The smallest budget for a reply.
fn cost(shape: Shape, outcome: &Result<Reply, String>) -> Budget {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(text) => return Budget { state: 0, messages: 0, bytes: text.len() },
    };
    let ty = |ty: &MessageType| match (shape, ty) {
        (Shape::Guide, ty) => ty.name().len(),
        (_, MessageType::Other(name)) => name.len(),
        _ => 0,
    };
    let len = |part: Option<usize>| part.unwrap_or_default();
    let bytes = reply.messages.iter().map(|message| {
        let data = message.data.as_ref().map(Vec::len);
        ty(&message.ty) + len(data) + len(message.text.as_ref().map(String::len))
    });
    Budget {
        state: len(reply.state.as_ref().map(Vec::len)),
        messages: reply.messages.len(),
        bytes: bytes.sum(),
    }
}

proptest! {
    #[test]
    fn the_reference_reads_back_what_it_wrote(
        (shape, outcome) in strategies::reply(),
        mut arena in strategies::arena(),
    ) {
        let function = interface::handle_message(shape);
        let value = interface::reply_value(shape, &outcome);
        let at = store_result(&mut arena, function.result(), &value);
        prop_assert_eq!(load_result(&arena.memory, function.result(), at), Ok(value.clone()));
        let types = [function.result().clone()];
        let flat = write(&mut arena, &types, from_ref(&value));
        prop_assert_eq!(read(&arena.memory, &types, &flat), from_ref(&value));
        if shape.has_results() {
            prop_assert_eq!(interface::as_reply(shape, value), outcome);
        }
    }

    #[test]
    fn a_guest_is_given_the_message_and_the_state_of_the_event(
        shape in strategies::shape(),
        message in strategies::message(),
        state in strategies::state(),
        arena in strategies::arena(),
    ) {
        let (mut ours, mut theirs) = (arena.clone(), arena);
        let types = interface::handle_message(shape).params;
        let message = (&message).into();
        let values = interface::handle_message_params(shape, message, state.as_deref());

        let flat = place(&mut ours, lower::handle_message(shape, message, state.as_deref()));
        prop_assert_eq!(flat.len(), shape.handle_message_signature().params);
        prop_assert_eq!(read(&ours.memory, &types, &flat), values.clone());
        // The rest of the memory is unchanged, and the blocks were requested in the same order.
        prop_assert_eq!(flat, write(&mut theirs, &types, &values));
        prop_assert_eq!(ours.blocks, theirs.blocks);
        prop_assert!(ours.memory == theirs.memory, "the memories differ");
    }

    #[test]
    fn a_guest_that_begins_is_given_its_state_and_its_name(
        (shape, form) in strategies::init_form(),
        state in strategies::state(),
        name in strategies::text(),
        arena in strategies::arena(),
    ) {
        let (mut ours, mut theirs) = (arena.clone(), arena);
        let types = interface::init(shape, form).params;
        let values = interface::init_params(form, state.as_deref(), &name);

        let flat = place(&mut ours, lower::init(form, state.as_deref(), &name));
        prop_assert_eq!(flat.len(), form.signature().params);
        prop_assert_eq!(read(&ours.memory, &types, &flat), values.clone());
        prop_assert_eq!(flat, write(&mut theirs, &types, &values));
        prop_assert_eq!(ours.blocks, theirs.blocks);
        prop_assert!(ours.memory == theirs.memory, "the memories differ");
    }

    #[test]
    fn a_host_is_given_the_reply_or_the_error_that_the_guest_returned(
        (shape, outcome) in strategies::reply(),
        mut arena in strategies::arena(),
    ) {
        let function = interface::handle_message(shape);
        let value = interface::reply_value(shape, &outcome);
        let at = store_result(&mut arena, function.result(), &value);

        let memory = arena.memory.as_slice();
        let lifted = lift::handle_message(shape, memory, at, &Budget::default());
        prop_assert_eq!(lifted, Ok(interface::as_reply(shape, value)));
    }

    #[test]
    fn a_host_is_given_the_first_state_or_the_error_that_the_guest_returned(
        (shape, outcome) in strategies::first_state(),
        mut arena in strategies::arena(),
    ) {
        let function = interface::init(shape, shape.init_forms()[0]);
        let value = interface::init_value(shape, &outcome);
        let at = store_result(&mut arena, function.result(), &value);

        let lifted = lift::init(shape, arena.memory.as_slice(), at, &Budget::default());
        prop_assert_eq!(lifted, Ok(interface::as_first_state(shape, value)));
    }

    #[test]
    fn a_string_that_a_guest_logs_is_what_it_wrote(
        text in strategies::text(),
        mut arena in strategies::arena(),
    ) {
        let flat = write(&mut arena, &interface::log().params, &[Value::String(text.clone())]);
        prop_assert_eq!(flat.len(), wit_core::shape::LOG.1.params);

        let memory = arena.memory.as_slice();
        let lifted = lift::string(memory, "msg", flat[0] as u32, flat[1] as u32, text.len());
        prop_assert_eq!(lifted, Ok(text.as_str()));
    }

    #[test]
    fn a_reply_fits_a_budget_of_its_own_size_and_no_smaller_one(
        (shape, outcome) in strategies::reply(),
        mut arena in strategies::arena(),
    ) {
        let function = interface::handle_message(shape);
        let value = interface::reply_value(shape, &outcome);
        let at = store_result(&mut arena, function.result(), &value);
        let lift = |budget| lift::handle_message(shape, arena.memory.as_slice(), at, &budget);

        let cost = cost(shape, &outcome);
        prop_assert_eq!(lift(cost), Ok(interface::as_reply(shape, value)));
        if let Some(state) = cost.state.checked_sub(1) {
            let error = lift(Budget { state, ..cost }).unwrap_err();
            prop_assert_eq!(error.field, Field::new("state"));
            let size = cost.state as u64;
            prop_assert_eq!(error.kind, LiftErrorKind::TooLarge { size, limit: state });
        }
        if let Some(messages) = cost.messages.checked_sub(1) {
            let error = lift(Budget { messages, ..cost }).unwrap_err();
            prop_assert_eq!(error.field, Field::new("messages"));
            let size = cost.messages as u64;
            prop_assert_eq!(error.kind, LiftErrorKind::TooLarge { size, limit: messages });
        }
        if let Some(bytes) = cost.bytes.checked_sub(1) {
            let error = lift(Budget { bytes, ..cost }).unwrap_err();
            let size = cost.bytes as u64;
            prop_assert_eq!(error.kind, LiftErrorKind::TooLarge { size, limit: bytes });
        }
    }
}
