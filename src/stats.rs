//! The counters of an actor and its connections. [`metric`] is what is shown of one.

mod metric;

use std::fmt;

pub use metric::Metric;
use metric::Summary;

use crate::{
    counter::{Counter, Gauge},
    histogram::Histogram,
};

/// The statuses of refused requests.
const STATUSES: [u16; 19] =
    [400, 401, 403, 404, 405, 408, 412, 413, 414, 416, 417, 421, 426, 429, 431, 500, 501, 503, 505];
/// The classes of the actor's responses (RFC 9110, section 15).
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// One actor's counters since the process started.
#[derive(Debug, Default)]
pub struct Stats {
    /// Completed WebSocket handshakes.
    pub connections: Counter,
    /// Handshakes in which the client asked for subprotocols and got none.
    pub(crate) unagreed_subprotocols: Counter,
    /// Events handled, successfully or not.
    pub events: Counter,
    /// Alarms and ticks among the events.
    pub alarms: Counter,
    /// What the actor asked for and did not get: sends, tags, attachments, closes and writes.
    pub(crate) refused_effects: Counter,
    /// Messages queued for clients.
    pub answers: Counter,
    /// HTTP requests answered with a page or a file.
    pub(crate) pages: Counter,
    /// Pages and files that broke off.
    pub(crate) broken_pages: Counter,
    /// Failed TLS handshakes. Only with the feature `tls`.
    pub(crate) tls_failures: Counter,
    /// Refused requests, in the order of [`STATUSES`].
    refused: [Counter; STATUSES.len()],
    /// The actor's responses, in the order of [`CLASSES`].
    responses: [Counter; CLASSES.len()],
    /// Messages from clients, including control frames.
    pub(crate) received: Counter,
    /// The bytes of their payloads.
    pub(crate) received_bytes: Counter,
    /// Messages written to the sockets.
    pub(crate) sent: Counter,
    /// The bytes of their payloads.
    pub(crate) sent_bytes: Counter,
    /// Texts that the host answered by `auto_response`.
    pub(crate) auto_responses: Counter,
    /// Calls that trapped, ran out of fuel or returned an invalid result.
    pub traps: Counter,
    /// Calls that returned an error.
    pub errors: Counter,
    /// Answers that were refused because of one of their messages.
    pub refused_answers: Counter,
    /// Messages that were not delivered because the connection was closing.
    pub(crate) undelivered: Counter,
    /// Messages dropped because the client reads too slowly (`on_overflow = "drop"`).
    pub(crate) dropped: Counter,
    /// Connections closed because the client reads too slowly (`on_overflow = "close"`).
    pub overflows: Counter,
    /// Connections closed because the client violated the protocol or a limit.
    pub(crate) violations: Counter,
    /// Connections whose client did not answer a ping.
    pub(crate) dead: Counter,
    /// Connections closed because they carried no message for `limits.idle`.
    pub(crate) idle: Counter,
    /// Log lines dropped by `limits.log_rate`.
    pub(crate) lines_left_out: Counter,
    /// Instances dropped because the actor was idle.
    pub hibernations: Counter,
    /// Instances dropped because their memory exceeded `limits.watermark`.
    pub watermarks: Counter,
    /// Files and folders read for the actor.
    pub(crate) file_reads: Counter,
    /// Files written for the actor.
    pub(crate) file_writes: Counter,
    /// Files and folders that could not be read or written.
    pub(crate) file_failures: Counter,
    /// Requests to servers.
    pub(crate) fetches: Counter,
    /// Those without an answer, and those that were refused.
    pub(crate) fetch_failures: Counter,
    /// The bytes of the answers' content.
    pub(crate) fetched_bytes: Counter,
    /// Messages to other actors that were sent.
    pub messages_sent: Counter,
    /// Those that their receivers have handled.
    pub messages_delivered: Counter,
    /// Those at which their receivers failed, and those that were dropped.
    pub messages_failed: Counter,
    /// Requests to other actors.
    pub message_requests: Counter,
    /// Messages and requests to other actors for which the actor got an error.
    pub message_refusals: Counter,
    /// Messages of brokers.
    pub mqtt_received: Counter,
    /// Those that brokers were told of that they are done.
    pub mqtt_acknowledged: Counter,
    /// Those that had come before, from another Footlight host, and that the actor did not get.
    pub mqtt_duplicates: Counter,
    /// Messages of brokers for which there was no room or at which the actor failed, and publications
    /// for which there was no room.
    pub mqtt_dropped: Counter,
    /// Publications that brokers have.
    pub mqtt_published: Counter,
    /// Publications that the host or a broker has refused.
    pub mqtt_refused: Counter,
    /// Connections with brokers after their first one.
    pub mqtt_reconnects: Counter,
    /// Times that the actor went back to what is stored, because a record could not be written.
    pub(crate) failed_records: Counter,
    /// Reloads of the host that changed this actor.
    pub reloads: Counter,
    /// Reloads of the host that changed nothing, because there was a mistake.
    pub failed_reloads: Counter,
    /// New modules that were given back, because they failed where the old one succeeded.
    pub rollbacks: Counter,
    /// How long events took, from being taken to their commit.
    pub(crate) durations: Histogram,
    /// Fuel spent.
    pub fuel: Counter,
    /// The instance's linear memory in bytes; 0 without an instance.
    pub(crate) memory: Gauge,
    /// The actor's state in bytes.
    pub(crate) state: Gauge,
    /// The bytes of messages that wait for the disk.
    pub(crate) held: Gauge,
    /// The keys and values that the actor stores, as `limits.storage` counts them.
    pub(crate) storage: Gauge,
    /// The bytes of publications that no broker has yet.
    pub(crate) mqtt_outbox: Gauge,
    /// The bytes of messages of brokers that the actor has not handled.
    pub(crate) mqtt_inbox: Gauge,
    /// The brokers that there is a connection with.
    pub(crate) mqtt_up: Gauge,
}

impl Stats {
    /// Counts a request that was refused with a status, such as 404. It must be one of
    /// [`STATUSES`].
    pub(crate) fn refuse(&self, status: u16) {
        let index = STATUSES.iter().position(|known| *known == status);
        let counter = index.and_then(|index| self.refused.get(index));
        debug_assert!(counter.is_some(), "no counter for status {status}");
        if let Some(counter) = counter {
            counter.add(1);
        }
    }

    /// Counts a response of the actor with this status.
    pub(crate) fn respond(&self, status: u16) {
        let class = usize::from(status / 100).checked_sub(2);
        if let Some(counter) = class.and_then(|class| self.responses.get(class)) {
            counter.add(1);
        }
    }

    /// How many responses the actor has made, for each class of statuses.
    pub(crate) fn responses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CLASSES.into_iter().zip(self.responses.iter().map(Counter::get))
    }

    /// How many requests were refused, for each status.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (u16, u64)> {
        STATUSES.into_iter().zip(self.refused.iter().map(Counter::get))
    }

    /// All counters, in the order of `/metrics` and of the summary.
    #[inline(never)]
    pub fn metrics(&self) -> impl Iterator<Item = Metric<'_>> {
        let metric = Metric::new;
        [
            metric(&self.connections, "connections", "Handshakes completed.").always("connections"),
            metric(
                &self.unagreed_subprotocols,
                "unagreed_subprotocols",
                "Handshakes whose client asked for subprotocols and got none.",
            )
            .if_any("clients without the subprotocol that they asked for"),
            metric(&self.events, "events", "Events handled by the actor.").always("events"),
            metric(&self.answers, "answers", "Messages queued for clients.")
                .always("messages sent"),
            metric(&self.alarms, "alarms", "Alarms and ticks among the events."),
            metric(
                &self.refused_effects,
                "refused_effects",
                "Sends, tags, attachments, closes and writes of the actor that were refused.",
            )
            .if_any("wishes of the actor refused"),
            metric(&self.pages, "pages", "HTTP requests answered with a page or a file.")
                .if_any("pages"),
            metric(&self.broken_pages, "broken_pages", "Pages not sent to the end.")
                .if_any("pages broken off"),
            metric(&self.tls_failures, "tls_failures", "TLS handshakes failed.")
                .if_any("TLS handshakes failed"),
            metric(&self.received, "received_messages", "Messages from clients."),
            metric(&self.received_bytes, "received_bytes", "Bytes of their payloads."),
            metric(&self.sent, "sent_messages", "Messages handed to the sockets."),
            metric(&self.sent_bytes, "sent_bytes", "Bytes of their payloads."),
            metric(&self.auto_responses, "auto_responses", "Texts answered by `auto_response`."),
            metric(&self.traps, "traps", "Calls that failed: trap, fuel, invalid result.")
                .if_any("traps"),
            metric(&self.errors, "errors", "Calls that returned an error.")
                .if_any("errors of the actor"),
            metric(&self.refused_answers, "refused_answers", "Answers refused.")
                .if_any("answers refused"),
            metric(&self.undelivered, "undelivered", "Messages undelivered.")
                .if_any("messages undelivered"),
            metric(&self.dropped, "dropped", "Messages left out: slow client.")
                .if_any("messages dropped"),
            metric(&self.overflows, "overflows", "Clients closed as too slow.")
                .if_any("clients too slow"),
            metric(&self.violations, "violations", "Clients at fault, closed.")
                .if_any("clients at fault"),
            metric(&self.dead, "dead", "Clients that did not answer a ping.")
                .if_any("clients dead"),
            metric(&self.idle, "idle", "Connections closed as idle.").if_any("connections idle"),
            metric(&self.lines_left_out, "log_lines_left_out", "Log lines left out.")
                .if_any("log lines left out"),
            metric(&self.hibernations, "hibernations", "Instances dropped as idle.")
                .if_any("hibernations"),
            metric(&self.watermarks, "watermarks", "Instances dropped for their memory.")
                .if_any("instances dropped for their memory"),
            metric(&self.file_reads, "file_reads", "Files and folders read for the actor."),
            metric(&self.file_writes, "file_writes", "Files written for the actor."),
            metric(&self.file_failures, "file_failures", "Files not read or written.")
                .if_any("files refused"),
            metric(&self.fetches, "fetches", "Requests of the actor to servers.")
                .if_any("requests to servers"),
            metric(
                &self.fetch_failures,
                "fetch_failures",
                "Requests to servers that failed or were refused.",
            )
            .if_any("failed or refused"),
            metric(&self.fetched_bytes, "fetched_bytes", "Bytes of the servers' answers."),
            metric(&self.messages_sent, "messages_sent", "Messages to other actors.")
                .if_any("messages to actors"),
            metric(
                &self.messages_delivered,
                "messages_delivered",
                "Messages to other actors that these have handled.",
            ),
            metric(
                &self.messages_failed,
                "messages_failed",
                "Messages to other actors at which these failed, or that were dropped.",
            )
            .if_any("that failed"),
            metric(&self.message_requests, "message_requests", "Requests to other actors.")
                .if_any("requests to actors"),
            metric(
                &self.message_refusals,
                "message_refusals",
                "Messages and requests to other actors that gave an error.",
            )
            .if_any("refused by actors"),
            metric(&self.mqtt_received, "mqtt_received", "Messages of brokers.")
                .if_any("messages of brokers"),
            metric(
                &self.mqtt_acknowledged,
                "mqtt_acknowledged",
                "Messages of brokers that were acknowledged.",
            ),
            metric(
                &self.mqtt_duplicates,
                "mqtt_duplicates",
                "Messages of brokers that had come before.",
            )
            .if_any("that had come before"),
            metric(
                &self.mqtt_dropped,
                "mqtt_dropped",
                "Messages of brokers and publications that were dropped.",
            )
            .if_any("dropped between actor and broker"),
            metric(&self.mqtt_published, "mqtt_published", "Publications that brokers have.")
                .if_any("publications"),
            metric(
                &self.mqtt_refused,
                "mqtt_refused",
                "Publications that the host or a broker refused.",
            )
            .if_any("publications refused"),
            metric(
                &self.mqtt_reconnects,
                "mqtt_reconnects",
                "Connections with brokers after their first one.",
            )
            .if_any("connections with brokers again"),
            metric(
                &self.failed_records,
                "failed_records",
                "Times that the actor went back to what is stored: a record failed.",
            )
            .if_any("records not stored"),
            metric(&self.reloads, "reloads", "Reloads that changed this actor.").if_any("reloads"),
            metric(
                &self.failed_reloads,
                "failed_reloads",
                "Reloads of the host that changed nothing: a mistake.",
            )
            .if_any("reloads failed"),
            metric(
                &self.rollbacks,
                "rollbacks",
                "New modules given back: they failed where the old one succeeded.",
            )
            .if_any("new modules given back"),
            metric(&self.fuel, "fuel", "Fuel spent."),
        ]
        .into_iter()
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Metric { counter, summary, .. } in self.metrics() {
            let words = match summary {
                Summary::Always(words) => words,
                Summary::IfAny(words) if counter.get() > 0 => words,
                Summary::IfAny(_) | Summary::Never => continue,
            };
            write!(f, "{separator}{} {words}", counter.get())?;
            separator = ", ";
        }
        match self.refusals().map(|(_, count)| count).sum() {
            0u64 => Ok(()),
            refused => write!(f, "{separator}{refused} requests refused"),
        }
    }
}
