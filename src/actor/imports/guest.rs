//! The host's data about one instance, for the interpreter and for immediate imports.

use std::sync::Arc;

use wasmi::Caller;

use super::growth::Growth;
use crate::{
    actor::call_time::CallTime, beginning::beginning, exchange::ConnectionId, logger::ActorLog,
};

/// The host's data about one instance.
pub struct Guest {
    /// The interpreter asks them before a memory or a table grows.
    pub limits: Growth,
    /// Takes what the guest logs.
    pub lines: Arc<ActorLog>,
    /// The longest log line in bytes: `limits.log_line`.
    pub line: usize,
    /// The last lines that the guest logged in this call, for the host's line about a failure.
    pub said: Vec<String>,
    /// The connection of the current event, for log lines.
    pub connection: Option<ConnectionId>,
    /// The time of the call, while the guest may read it.
    pub time: Option<CallTime>,
    /// What immediate imports have cost beyond the fuel that the slice had left.
    pub debt: u64,
}

/// How many lines of a call are kept.
const KEPT_LINES: usize = 3;
/// How many bytes of each are kept.
const KEPT_BYTES: usize = 1000;

impl Guest {
    /// Begins a call for an event of this connection.
    pub(crate) fn begin(&mut self, connection: Option<ConnectionId>) {
        self.connection = connection;
        self.said.clear();
        self.limits.begin();
    }

    /// Keeps a line of the guest's, and forgets an older one.
    pub(super) fn keep(&mut self, line: String) {
        if self.said.len() == KEPT_LINES {
            self.said.remove(0);
        }
        self.said.push(line);
    }
}

/// The part of a line that is kept.
pub(super) fn kept(line: &str) -> String {
    beginning(line, KEPT_BYTES).into()
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
