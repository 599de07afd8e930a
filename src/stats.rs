//! What an actor and its connections count.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::convert::to_u64;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that changes.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Sets it.
    pub fn set(&self, size: usize) {
        self.0.store(to_u64(size), Ordering::Relaxed);
    }

    /// What it was set to last.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The statuses of requests that are refused.
const STATUSES: [u16; 10] = [400, 401, 403, 404, 405, 408, 426, 429, 431, 503];

/// One actor's counters since the start of the process.
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections whose handshake was completed.
    pub connections: Counter,
    /// Events handled, well or not.
    pub events: Counter,
    /// Alarms and ticks among these.
    pub alarms: Counter,
    /// Sends, tags, attachments, closes and writes that the actor asked for and was refused.
    pub refused_effects: Counter,
    /// Messages queued for clients.
    pub answers: Counter,
    /// HTTP requests answered with a page or a file.
    pub pages: Counter,
    /// Pages and files that were not sent to their end.
    pub broken_pages: Counter,
    /// Clients whose TLS handshake failed. Only with the feature `tls`.
    pub tls_failures: Counter,
    /// Requests refused, in the order of [`STATUSES`].
    refused: [Counter; STATUSES.len()],
    /// Messages that came from clients, control frames included.
    pub received: Counter,
    /// The bytes of their payloads.
    pub received_bytes: Counter,
    /// Messages handed to the sockets.
    pub sent: Counter,
    /// The bytes of their payloads.
    pub sent_bytes: Counter,
    /// Texts answered by the host, for `auto_response`.
    pub auto_responses: Counter,
    /// Calls that trapped, ran out of fuel or gave an invalid result.
    pub traps: Counter,
    /// Calls that returned an error of the actor's own.
    pub errors: Counter,
    /// Answers that were refused for one of their messages.
    pub refused_answers: Counter,
    /// Messages that could not be delivered: the connection was closing.
    pub undelivered: Counter,
    /// Messages left out because the client reads too slowly (`on_overflow = "drop"`).
    pub dropped: Counter,
    /// Connections closed because the client reads too slowly (`on_overflow = "close"`).
    pub overflows: Counter,
    /// Connections that were closed for breaking the protocol or a limit.
    pub violations: Counter,
    /// Connections whose client did not answer a ping.
    pub dead: Counter,
    /// Connections closed because there was no message for `limits.idle`.
    pub idle: Counter,
    /// Log lines left out for `limits.log_rate`.
    pub lines_left_out: Counter,
    /// Instances dropped because the actor was idle.
    pub hibernations: Counter,
    /// Instances dropped because their memory had grown past `limits.watermark`.
    pub watermarks: Counter,
    /// Files and folders read for the actor.
    pub file_reads: Counter,
    /// Files written for it.
    pub file_writes: Counter,
    /// Files and folders that it could not read or write.
    pub file_failures: Counter,
    /// Fuel spent.
    pub fuel: Counter,
    /// The instance's linear memory in bytes, 0 when there is none.
    pub memory: Gauge,
    /// The actor's state in bytes.
    pub state: Gauge,
}

impl Stats {
    /// Counts a request that was refused with this status, such as `404 Not Found`.
    pub fn refuse(&self, status: &str) {
        let code = status.split(' ').next().and_then(|code| code.parse().ok());
        let index = STATUSES.iter().position(|known| Some(*known) == code);
        if let Some(counter) = index.and_then(|index| self.refused.get(index)) {
            counter.add(1);
        }
    }

    /// How many requests were refused, by status.
    pub fn refusals(&self) -> impl Iterator<Item = (u16, u64)> {
        STATUSES.into_iter().zip(self.refused.iter().map(Counter::get))
    }

    /// The counters: each with its name as a metric, the words that stand behind its number in
    /// the log (none: it is not told there), and what it counts.
    pub fn list(&self) -> [(&Counter, &'static str, &'static str, &'static str); 29] {
        [
            (&self.connections, "connections", "connections", "Handshakes completed."),
            (&self.events, "events", "events", "Events handled by the actor."),
            (&self.answers, "answers", "messages sent", "Messages queued for clients."),
            (&self.alarms, "alarms", "", "Alarms and ticks among the events."),
            (
                &self.refused_effects,
                "refused_effects",
                "wishes of the actor refused",
                "Sends, tags, attachments, closes and writes of the actor that were refused.",
            ),
            (&self.pages, "pages", "pages", "HTTP requests answered with a page or a file."),
            (&self.broken_pages, "broken_pages", "pages broken off", "Pages not sent to the end."),
            (&self.tls_failures, "tls_failures", "TLS handshakes failed", "TLS handshakes failed."),
            (&self.received, "received_messages", "", "Messages from clients."),
            (&self.received_bytes, "received_bytes", "", "Bytes of their payloads."),
            (&self.sent, "sent_messages", "", "Messages handed to the sockets."),
            (&self.sent_bytes, "sent_bytes", "", "Bytes of their payloads."),
            (&self.auto_responses, "auto_responses", "", "Texts answered by `auto_response`."),
            (&self.traps, "traps", "traps", "Calls that failed: trap, fuel, invalid result."),
            (&self.errors, "errors", "errors of the actor", "Calls that returned an error."),
            (&self.refused_answers, "refused_answers", "answers refused", "Answers refused."),
            (&self.undelivered, "undelivered", "messages undelivered", "Messages undelivered."),
            (&self.dropped, "dropped", "messages dropped", "Messages left out: slow client."),
            (&self.overflows, "overflows", "clients too slow", "Clients closed as too slow."),
            (&self.violations, "violations", "clients at fault", "Clients at fault, closed."),
            (&self.dead, "dead", "clients dead", "Clients that did not answer a ping."),
            (&self.idle, "idle", "connections idle", "Connections closed as idle."),
            (
                &self.lines_left_out,
                "log_lines_left_out",
                "log lines left out",
                "Log lines left out.",
            ),
            (&self.hibernations, "hibernations", "hibernations", "Instances dropped as idle."),
            (
                &self.watermarks,
                "watermarks",
                "instances dropped for their memory",
                "Instances dropped for their memory.",
            ),
            (&self.file_reads, "file_reads", "", "Files and folders read for the actor."),
            (&self.file_writes, "file_writes", "", "Files written for the actor."),
            (&self.file_failures, "file_failures", "files refused", "Files not read or written."),
            (&self.fuel, "fuel", "", "Fuel spent."),
        ]
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (index, (counter, _, words, _)) in self.list().into_iter().enumerate() {
            // The first three are always told, the troubles only when there were any.
            if index < 3 || (counter.get() > 0 && !words.is_empty()) {
                write!(f, "{separator}{} {words}", counter.get())?;
                separator = ", ";
            }
        }
        match self.refusals().map(|(_, count)| count).sum() {
            0u64 => Ok(()),
            refused => write!(f, "{separator}{refused} requests refused"),
        }
    }
}
