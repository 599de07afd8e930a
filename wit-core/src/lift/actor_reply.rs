//! Lifts the result of the `handle-request` of `message-server-client`.

use alloc::{string::String, vec::Vec};

use super::{Budget, Lift};
use crate::{error::LiftError, layout, memory::Memory, shape::Shape};

/// What the `handle-request` of `message-server-client` returned: the new state, and the reply.
pub type ActorReply = (Option<Vec<u8>>, Vec<u8>);

/// Lifts the result of the `handle-request` of `message-server-client` from the pointer that the guest
/// returned. The result of `handle-send` is that of [`init`](super::init).
///
/// # Errors
/// The result is invalid or exceeds the budget.
pub fn actor_reply<M: Memory + ?Sized>(
    shape: Shape,
    memory: &M,
    ptr: u32,
    budget: &Budget,
) -> Result<Result<ActorReply, String>, LiftError> {
    let layout = shape.reply_layout();
    let mut lift = Lift::new(memory, budget.bytes);
    let result = lift.record("result", ptr, layout.size)?;
    if shape.has_results() && lift.discriminant("result", result, 0, 2)? == 1 {
        return lift.string("error", result, layout::ERROR).map(Err);
    }
    let state = lift.state(shape, result, layout.state, budget.state)?;
    let (place, len) = lift.pointed("reply", result, layout.reply);
    Ok(Ok((state, lift.slice(place, len)?.to_vec())))
}
