//! The place of `calls` in builds without the feature `mqtt`: each call is a trap.

use super::super::row::{Call, Step, Trap};
use crate::mqtt::config::TYPE;

pub(super) fn message<'h>(_: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    Err(Trap::Host(TYPE.not_granted()))
}

pub(super) use self::{message as broker_status, message as publish};
