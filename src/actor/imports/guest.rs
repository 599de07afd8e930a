//! The host's data about one instance, for the interpreter and for immediate imports.

use std::sync::Arc;

use log::Level;
use wasmi::Caller;

use super::{growth::Growth, wasi::process::Process};
use crate::{
    actor::call_time::CallTime, beginning::beginning, env::Env, exchange::ConnectionId, lock::Lock,
    logger::ActorLog, world::World,
};

/// The host's data about one instance.
pub struct Guest {
    /// The interpreter asks them before a memory or a table grows.
    pub limits: Growth,
    /// What every instance of the actor has.
    pub ambient: Ambient,
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
    /// Made by the first function of WASI that needs it.
    pub process: Option<Box<Process>>,
}

/// What every instance of an actor has.
#[derive(Clone)]
pub struct Ambient {
    /// Takes what the guest logs.
    pub lines: Arc<ActorLog>,
    /// The source of the time and the random numbers of WASI.
    pub world: World,
    /// The environment of WASI.
    pub env: Env,
    /// The functions that do nothing, which the log has named.
    pub(super) missed: Arc<Lock<Vec<&'static str>>>,
}

impl Ambient {
    /// Of an actor with this log, and with an empty environment.
    pub fn new(lines: Arc<ActorLog>, world: World) -> Self {
        Self { lines, world, env: Env::default(), missed: Arc::default() }
    }
}

/// How many lines of a call are kept.
const KEPT_LINES: usize = 5;
/// How many bytes of each are kept.
const KEPT_BYTES: usize = 1000;

impl Guest {
    /// Begins a call for an event of this connection.
    pub(crate) fn begin(&mut self, connection: Option<ConnectionId>) {
        self.connection = connection;
        self.said.clear();
        self.limits.begin();
        if let Some(process) = &mut self.process {
            process.begin();
        }
    }

    /// Logs a line of the guest's and keeps it. `mark` stands before it, and `more` bytes of it are left
    /// out.
    pub(super) fn say(&mut self, mark: &str, text: &str, more: usize) {
        let lines = &self.ambient.lines;
        match more {
            0 => lines.guest(self.connection, format_args!("{mark}{text}")),
            _ => lines.guest(self.connection, format_args!("{mark}{text}… ({more} bytes more)")),
        }
        self.keep(beginning(text, KEPT_BYTES).into());
    }

    /// How many functions the log has named.
    #[cfg(test)]
    pub(super) fn missed(&self) -> usize {
        self.ambient.missed.lock().len()
    }

    /// Says once that a function does nothing.
    pub(super) fn say_once(&self, name: &'static str, advice: &str) {
        let mut missed = self.ambient.missed.lock();
        if !missed.contains(&name) {
            missed.push(name);
            let text = format_args!("it calls `{name}` of WASI: {advice}");
            self.ambient.lines.host(Level::Warn, self.connection, text);
        }
    }

    /// Keeps a line of the guest's, and forgets an older one. What follows the beginning of a panic,
    /// such as its backtrace, does not push that out.
    fn keep(&mut self, line: String) {
        if self.said.len() == KEPT_LINES {
            if self
                .said
                .iter()
                .any(|line| line.starts_with("panic: ") || line.contains("panicked at "))
            {
                return;
            }
            self.said.remove(0);
        }
        self.said.push(line);
    }
}

/// The debt with which a guest may call no immediate import any more: about a turn. That is two of the
/// largest calls. Compilers make no code that does more without a loop or a call of its own.
const MAX_DEBT: u64 = 250_000;

/// Charges for an immediate import. Returns whether the slice is used up. What the slice can't pay
/// becomes a debt, which the next settlement charges. Code outside loops is paid for in advance, so
/// without a debt a guest could call such an import there again and again for nothing, and without a
/// bound on the debt it would hold up all others.
///
/// # Errors
/// The debt is at its bound.
pub(super) fn charge(caller: &mut Caller<'_, Guest>, units: u64) -> Result<bool, wasmi::Error> {
    if caller.data().debt >= MAX_DEBT {
        return Err(wasmi::Error::new(
            "it calls functions of the host too often in code without loops and calls of its own; \
             call them in a loop",
        ));
    }
    let left = caller.get_fuel()?;
    caller.set_fuel(left.saturating_sub(units))?;
    let debt = &mut caller.data_mut().debt;
    *debt = debt.saturating_add(units.saturating_sub(left));
    Ok(units > left)
}
