//! What belongs to one instance on the host's side.

use std::sync::Arc;

use wasmi::{Caller, StoreLimits};

use crate::{actor::call_time::CallTime, exchange::ConnectionId, logger::ActorLog};

/// What belongs to one instance on the host's side.
pub struct Guest {
    /// How far its memory and tables may grow.
    pub limits: StoreLimits,
    /// Where its lines go.
    pub lines: Arc<ActorLog>,
    /// The most bytes of one line: `limits.log_line`.
    pub line: usize,
    /// Whose event is being handled.
    pub connection: Option<ConnectionId>,
    /// The call's time, where the guest may ask for it.
    pub time: Option<CallTime>,
    /// What imports that are done at once have cost beyond what the slice had left.
    pub debt: u64,
}

/// Takes fuel for what is done at once. What the slice does not have any more is owed: the next
/// settlement takes it. Code outside loops is paid for in advance, so nothing else would stop a
/// guest that calls an import there again and again. Whether the slice is spent.
pub(super) fn charge(caller: &mut Caller<'_, Guest>, units: u64) -> Result<bool, wasmi::Error> {
    let left = caller.get_fuel()?;
    caller.set_fuel(left.saturating_sub(units))?;
    let debt = &mut caller.data_mut().debt;
    *debt = debt.saturating_add(units.saturating_sub(left));
    Ok(units > left)
}
