//! `poll_oneoff` of preview 1. An actor never waits inside of a call, so a wait for time is over at
//! once, and the clocks of this call have moved on by it.

use wasmi::Caller;

use super::{
    answers::{Answer, errno},
    call::{Parts, parts, u32_at},
};
use crate::actor::imports::guest::{Guest, charge};

/// The most subscriptions of a call.
const MOST: u32 = 1024;
/// The size of a subscription, and of an event.
const SIZES: (u32, u32) = (48, 32);
/// The cost of a subscription.
const SUBSCRIPTION: u64 = 70;
/// The kinds of subscriptions.
const CLOCK: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;

/// What a program waits for.
struct Subscription {
    /// Comes back with the event.
    user_data: u64,
    kind: u8,
    /// When the event is, by the monotonic clock. `None` if it is there already.
    at: Option<u64>,
    error: u64,
}

/// `poll_oneoff(subscriptions, events, count, number)`
pub(super) fn poll_oneoff(caller: &mut Caller<'_, Guest>, parameters: &[u64]) -> Answer {
    let (from, to, count) = (u32_at(parameters, 0), u32_at(parameters, 1), u32_at(parameters, 2));
    if !(1..=MOST).contains(&count) {
        return Ok(errno::INVAL);
    }
    charge(caller, SUBSCRIPTION * u64::from(count))?;
    let mut subscriptions = Vec::new();
    for index in 0..count {
        subscriptions.push(read(caller, from.wrapping_add(index * SIZES.0))?);
    }
    let Parts { mut memory, guest } = parts(caller)?;
    if subscriptions.iter().all(|one| one.at.is_some()) {
        guest.wait(subscriptions.iter().filter_map(|one| one.at).min().unwrap_or_default());
    }
    let now = guest.monotonic_clock();
    let mut number = 0;
    for Subscription { user_data, kind, at, error } in subscriptions {
        if at.is_some_and(|at| at > now) {
            continue;
        }
        let mut event = [0; SIZES.1 as usize];
        event[..8].copy_from_slice(&user_data.to_le_bytes());
        event[8..10].copy_from_slice(&error.to_le_bytes()[..2]);
        event[10] = kind;
        // A write takes all; a read is at the end.
        match kind {
            READ => event[24] = 1,
            WRITE => event[16..24].copy_from_slice(&u64::from(super::MOST_BYTES).to_le_bytes()),
            _ => {}
        }
        memory.put(to.wrapping_add(number * SIZES.1), &event)?;
        number += 1;
    }
    memory.put_u32(u32_at(parameters, 3), number)?;
    Ok(errno::SUCCESS)
}

/// Reads a subscription.
fn read(caller: &mut Caller<'_, Guest>, at: u32) -> Result<Subscription, wasmi::Error> {
    let Parts { mut memory, guest } = parts(caller)?;
    let user_data = memory.u64(at)?;
    let kind = memory.block(at.wrapping_add(8), 1)?.first().copied().unwrap_or_default();
    let there = |error| Subscription { user_data, kind, at: None, error };
    match kind {
        CLOCK => {
            let clock = memory.u32(at.wrapping_add(16))?;
            let timeout = memory.u64(at.wrapping_add(24))?;
            let is_absolute = memory.u32(at.wrapping_add(40))? & 1 == 1;
            let Some(now) = guest.clock(clock) else { return Ok(there(errno::INVAL)) };
            let wait = if is_absolute { timeout.saturating_sub(now) } else { timeout };
            let at = guest.monotonic_clock().saturating_add(wait);
            Ok(Subscription { user_data, kind, at: Some(at), error: errno::SUCCESS })
        }
        READ | WRITE => {
            let fd = memory.u32(at.wrapping_add(16))?;
            let is_there = if kind == READ { fd == 0 } else { fd == 1 || fd == 2 };
            Ok(there(if is_there { errno::SUCCESS } else { errno::BADF }))
        }
        _ => Ok(there(errno::INVAL)),
    }
}
