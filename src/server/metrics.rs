//! `GET /metrics`: an actor's counters in Prometheus' text format, version 0.0.4.

mod histogram;
mod process;
mod store;

use std::{
    fmt::{self, Display, Write as _},
    time::Duration,
};

use super::context::ServerContext;
use crate::{convert::to_u64, logger, stats::Metric};

/// The metrics of one actor, labelled with its name, and those of the process, without a label.
pub(crate) fn text(context: &ServerContext) -> String {
    let mut text = String::with_capacity(4096);
    // Names of actors contain no character that a label would have to escape.
    let label = format!("{{actor=\"{}\"}}", context.actor.name);
    let stats = &context.actor.stats;
    let queued = context.actor.connections.queued_bytes();
    for (name, help, value) in [
        ("connections", "Open connections.", to_u64(context.actor.connections.count())),
        (
            "requests",
            "HTTP requests that are being read.",
            to_u64(context.admission.requests.count()),
        ),
        (
            "requests_in_progress",
            "HTTP requests that the actor answers.",
            to_u64(context.admission.asked.count()),
        ),
        ("downloads", "Files that are being sent.", to_u64(context.admission.downloads.count())),
        (
            "idle_connections",
            "Connections that stay open for further HTTP requests.",
            to_u64(context.admission.kept.count()),
        ),
        (
            "lingering",
            "Connections after their last answer, whose clients may still be sending.",
            to_u64(context.admission.lingering.count()),
        ),
        (
            "mailbox_bytes",
            "Bytes of events that wait for the actor.",
            to_u64(context.actor.mailbox.bytes()),
        ),
        ("outbox_bytes", "Bytes of messages that wait for clients.", to_u64(queued)),
        (
            "actor_memory_bytes",
            "The instance's linear memory; 0 if there is none.",
            stats.memory.get(),
        ),
        ("state_bytes", "The actor's state.", stats.state.get()),
        ("storage_bytes", "The keys and values that the actor stores.", stats.storage.get()),
        ("held_bytes", "Bytes of messages that wait for the disk.", stats.held.get()),
        ("mqtt_up", "Brokers that the actor is connected with.", stats.mqtt_up.get()),
        (
            "mqtt_inbox_bytes",
            "Bytes of messages of brokers that wait for the actor.",
            stats.mqtt_inbox.get(),
        ),
        (
            "mqtt_outbox_bytes",
            "Bytes of publications that no broker has acknowledged.",
            stats.mqtt_outbox.get(),
        ),
    ] {
        metric(&mut text, &format!("footlight_{name}"), "gauge", help, [(&*label, value)]);
    }
    for Metric { counter, name, help, .. } in stats.metrics() {
        let name = format!("footlight_{name}_total");
        metric(&mut text, &name, "counter", help, [(&*label, counter.get())]);
    }
    let actor = &*context.actor.name;
    let help = "Time from taking an event to its commit, imports that wait included.";
    histogram::add(&mut text, "footlight_event_duration_seconds", help, actor, &stats.durations);
    let (help, waits) = ("Time that events wait for the actor.", context.actor.mailbox.waits());
    histogram::add(&mut text, "footlight_mailbox_wait_seconds", help, actor, waits);
    let responses: Vec<_> = stats.responses().collect();
    let labelled = responses.iter().map(|(class, count)| {
        (format!("{{actor=\"{}\",class=\"{class}\"}}", context.actor.name), *count)
    });
    let help = "Responses of the actor to HTTP requests, by class.";
    metric(&mut text, "footlight_responses_total", "counter", help, labelled);
    let refusals: Vec<_> = stats.refusals().collect();
    let labelled = refusals.iter().map(|(status, count)| {
        (format!("{{actor=\"{}\",status=\"{status}\"}}", context.actor.name), *count)
    });
    let help = "HTTP requests that were refused, by status.";
    metric(&mut text, "footlight_refused_requests_total", "counter", help, labelled);
    if let Some(store) = &context.actor.store {
        store::add(&mut text, store);
    }
    let help = "Log lines of the whole process that could not be written.";
    metric(&mut text, "footlight_log_lines_lost_total", "counter", help, [("", logger::lost())]);
    process::add(&mut text);
    let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    metric(&mut text, "footlight_build_info", "gauge", "Always 1.", [(version, 1)]);
    text
}

/// Writes one metric: two lines of description, and a line for each value.
fn metric<L: Display>(
    text: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    values: impl IntoIterator<Item = (L, impl Display)>,
) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (label, value) in values {
        let _ = writeln!(text, "{name}{label} {value}");
    }
}

/// A metric's value.
enum Value {
    /// A whole number.
    Whole(u64),
    /// Seconds.
    Seconds(f64),
}

impl Value {
    /// A time in seconds.
    fn of(time: Duration) -> Self {
        Self::Seconds(time.as_secs_f64())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Seconds(seconds) => write!(f, "{seconds:.6}"),
        }
    }
}
