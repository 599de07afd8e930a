//! The host's data about one instance, for the interpreter and for immediate imports.

use std::sync::Arc;

use wasmi::{Caller, StoreLimits};

use crate::{actor::call_time::CallTime, exchange::ConnectionId, logger::ActorLog};

/// The host's data about one instance.
pub struct Guest {
    /// The interpreter asks them before a memory or a table grows.
    pub limits: StoreLimits,
    /// Takes what the guest logs.
    pub lines: Arc<ActorLog>,
    /// The longest log line in bytes: `limits.log_line`.
    pub line: usize,
    /// The connection of the current event, for log lines.
    pub connection: Option<ConnectionId>,
    /// The time of the call, while the guest may read it.
    pub time: Option<CallTime>,
    /// What immediate imports have cost beyond the fuel that the slice had left.
    pub debt: u64,
}

/// Charges for an immediate import. Returns whether the slice is used up. What the slice can't pay
/// becomes a debt, which the next settlement charges. Code outside loops is paid for in advance, so
/// without a debt a guest could call such an import there again and again for nothing.
pub(super) fn charge(caller: &mut Caller<'_, Guest>, units: u64) -> Result<bool, wasmi::Error> {
    let left = caller.get_fuel()?;
    caller.set_fuel(left.saturating_sub(units))?;
    let debt = &mut caller.data_mut().debt;
    *debt = debt.saturating_add(units.saturating_sub(left));
    Ok(units > left)
}
