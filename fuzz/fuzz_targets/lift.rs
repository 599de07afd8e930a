//! Memories and pointers of any content. Lifting ends without a panic and within the budget, and
//! has the same outcome as in the reference implementation.
//!
//! Input: shape and place (1 byte), budget (2 for the state, 1 for messages, 2 for bytes),
//! pointer (4), length (4), all little-endian; then the memory.
#![no_main]

use arbitrary::Unstructured;
use footlight_fuzz::{
    reference::{Trap, interface, load_result, requests},
    top::Top,
};
use libfuzzer_sys::fuzz_target;
use wit_core::{
    Budget, HttpResponse, LiftError, Memory, MessageType, Shape,
    error::LiftErrorKind,
    lift::{self, HttpReply, Reply},
};

/// No limits, because the reference has none.
const UNLIMITED: Budget = Budget { state: usize::MAX, messages: usize::MAX, bytes: usize::MAX };

/// An input's first bytes.
#[derive(Debug, arbitrary::Arbitrary)]
struct Head {
    place: u8,
    state: u16,
    messages: u8,
    bytes: u16,
    ptr: u32,
    len: u32,
}

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(head) = u.arbitrary::<Head>() else { return };
    let memory = u.take_rest();
    let shape = Shape::ALL[usize::from(head.place & 3)];
    let budget = Budget {
        state: head.state.into(),
        messages: head.messages.into(),
        bytes: head.bytes.into(),
    };
    if head.place & 4 == 0 {
        within_budget(shape, memory, head.ptr, head.len, &budget);
        as_the_reference(shape, memory, head.ptr);
    } else {
        within_budget(shape, &Top(memory), 0u32.wrapping_sub(head.ptr), head.len, &budget);
    }
});

/// Checks that a lifted value is within the budget.
fn within_budget<M: Memory + ?Sized>(
    shape: Shape,
    memory: &M,
    ptr: u32,
    len: u32,
    budget: &Budget,
) {
    let state_fits = |state: Option<Vec<u8>>| {
        assert!(state.is_none_or(|state| state.capacity() <= budget.state));
    };
    match lift::handle_message(shape, memory, ptr, budget) {
        Ok(Ok(reply)) => {
            assert!(reply.messages.len() <= budget.messages);
            assert!(size(&reply) <= budget.bytes);
            state_fits(reply.state);
        }
        Ok(Err(text)) => assert!(shape.has_results() && text.len() <= budget.bytes),
        Err(error) => refused_rightly(error),
    }
    match lift::handle_request(shape, memory, ptr, budget) {
        Ok(Ok(HttpReply { state, response })) => {
            let HttpResponse { headers, body, .. } = response;
            assert!(headers.len() <= budget.messages);
            let fields = headers.iter().map(|(name, value)| name.capacity() + value.capacity());
            let body = body.as_ref().map_or(0, Vec::capacity);
            assert!(fields.sum::<usize>() + body <= budget.bytes);
            state_fits(state);
        }
        Ok(Err(text)) => assert!(shape.has_results() && text.len() <= budget.bytes),
        Err(error) => refused_rightly(error),
    }
    match lift::init(shape, memory, ptr, budget) {
        Ok(Ok(state)) => state_fits(state),
        Ok(Err(text)) => assert!(shape.has_results() && text.len() <= budget.bytes),
        Err(error) => refused_rightly(error),
    }
    let whole = lift::string(memory, "msg", ptr, len, budget.bytes);
    match whole {
        Ok(text) => assert!(text.len() == len as usize && text.len() <= budget.bytes),
        Err(error) => refused_rightly(error),
    }
    match lift::prefix(memory, "msg", ptr, len, budget.bytes) {
        Ok((text, more)) => {
            assert!(text.len() <= budget.bytes && text.len() + more == len as usize);
            // The budget may leave up to three bytes unused, for a character that would be cut.
            assert!(more == 0 || text.len() + 3 >= budget.bytes);
            assert!(more > 0 || whole == Ok(text));
        }
        Err(error) => {
            assert!(whole.is_err());
            refused_rightly(error);
        }
    }
}

/// The bytes of all messages of a reply.
fn size(reply: &Reply) -> usize {
    let messages = reply.messages.iter().map(|message| {
        let ty = if let MessageType::Other(name) = &message.ty { name.len() } else { 0 };
        let data = message.data.as_ref().map_or(0, Vec::capacity);
        ty + data + message.text.as_ref().map_or(0, String::capacity)
    });
    messages.sum()
}

/// Checks that an error can be printed, and that a limit was exceeded as it says.
fn refused_rightly(error: LiftError) {
    assert!(!error.to_string().is_empty());
    match error.kind {
        LiftErrorKind::TooLarge { size, limit } => assert!(size > limit as u64),
        // Most of the four gigabytes do not exist.
        LiftErrorKind::OutOfBounds { len, memory } if memory < 1 << 32 => {
            assert!(u64::from(error.offset) + len > memory as u64);
        }
        _ => {}
    }
}

/// Without a budget, lifting gives the same value as the reference, or the same reason for an
/// error.
fn as_the_reference(shape: Shape, memory: &[u8], ptr: u32) {
    let expected = load_result(memory, interface::handle_message(shape).result(), ptr);
    let expected = expected.map(|value| interface::as_reply(shape, value));
    let lifted = lift::handle_message(shape, memory, ptr, &UNLIMITED);
    assert_eq!(lifted.map_err(trap), expected);

    let expected = load_result(memory, requests::handle_request(shape).result(), ptr);
    let expected = expected.map(|value| requests::as_reply(shape, value));
    let lifted = lift::handle_request(shape, memory, ptr, &UNLIMITED);
    assert_eq!(lifted.map_err(trap), expected);

    let expected = load_result(memory, interface::init(shape, shape.init_forms()[0]).result(), ptr);
    let expected = expected.map(|value| interface::as_first_state(shape, value));
    let lifted = lift::init(shape, memory, ptr, &UNLIMITED);
    assert_eq!(lifted.map_err(trap), expected);
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
