//! What an actor and its connections count.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One actor's counters since the start of the process.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections whose handshake was completed.
    pub connections: Counter,
    /// Requests that got no upgrade.
    pub refused_requests: Counter,
    /// Events handled, well or not.
    pub events: Counter,
    /// Messages queued for clients.
    pub answers: Counter,
    /// Calls that trapped, ran out of fuel or gave an invalid result.
    pub traps: Counter,
    /// Calls that returned an error of the actor's own.
    pub errors: Counter,
    /// Answers that were refused for one of their messages.
    pub refused_answers: Counter,
    /// Messages that could not be delivered: the connection was closing.
    pub undelivered: Counter,
    /// Connections that were closed for not reading their messages.
    pub overflows: Counter,
    /// Connections that were closed for breaking the protocol or a limit.
    pub violations: Counter,
    /// Log lines left out for `limits.log_rate`.
    pub lines_left_out: Counter,
    /// Instances dropped because the actor was idle.
    pub hibernations: Counter,
    /// Instances dropped because their memory had grown past `limits.watermark`.
    pub watermarks: Counter,
    /// Fuel spent.
    pub fuel: Counter,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (&self.connections, "connections"),
            (&self.events, "events"),
            (&self.answers, "messages sent"),
            (&self.refused_requests, "requests refused"),
            (&self.traps, "traps"),
            (&self.errors, "errors of the actor"),
            (&self.refused_answers, "answers refused"),
            (&self.undelivered, "messages undelivered"),
            (&self.overflows, "clients too slow"),
            (&self.violations, "clients at fault"),
            (&self.lines_left_out, "log lines left out"),
            (&self.hibernations, "hibernations"),
            (&self.watermarks, "instances dropped for their memory"),
        ];
        let mut separator = "";
        for (index, (counter, name)) in all.into_iter().enumerate() {
            // The first three are always told, the troubles only when there were any.
            if index < 3 || counter.get() > 0 {
                write!(f, "{separator}{} {name}", counter.get())?;
                separator = ", ";
            }
        }
        Ok(())
    }
}
