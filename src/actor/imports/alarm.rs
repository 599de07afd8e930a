//! `footlight:host/alarm`: wakes the actor at a time that it chooses.

use std::time::Duration;

use wit_core::host::Flat::I64;

use super::row::{Call, Import, Kind, Step, Trap, row};
use crate::interfaces::ALARM;

/// The functions of this interface.
pub(crate) const ROWS: &[Import] = &[
    row(&ALARM, "set", "sets the alarm", &[I64], Kind::suspending::<()>(set)),
    row(&ALARM, "cancel", "takes the alarm back", &[], Kind::suspending::<()>(cancel)),
];

/// `set: func(after-ms: u64)`
fn set<'h>(mut call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    let after = Duration::from_millis(call.parameters.u64());
    set_alarm(call, Some(after))
}

/// `cancel: func()`
fn cancel<'h>(call: Call<'h, '_>) -> Result<Step<'h>, Trap> {
    set_alarm(call, None)
}

/// Sets or cancels the alarm. Only the last request of a call counts.
fn set_alarm<'h>(call: Call<'h, '_>, after: Option<Duration>) -> Result<Step<'h>, Trap> {
    let (host, result) = call.end("result", 0)?;
    host.transaction.set_alarm(after);
    Ok(Step::Done(result.lower(())))
}
