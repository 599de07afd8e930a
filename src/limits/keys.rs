//! The keys of `[limits]`, with a row for each: its field, its bounds and its meaning.

use std::time::Duration;

use super::Limits;
use crate::{
    config::{Value, units::Quantity},
    convert::to_u64,
};

/// The size of a page of linear memory in bytes.
pub(super) const PAGE: usize = 64 << 10;
/// The largest size in bytes of everything but linear memory.
pub(super) const GIB: u64 = 1 << 30;
/// The largest linear memory in bytes: one page less than a `u32` can address, so that the number
/// fits into a `usize` on 32-bit boards.
pub(super) const MAX_MEMORY: u64 = (4 << 30) - (64 << 10);
/// The longest time in milliseconds: a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// One key of `[limits]`.
pub(super) struct Row {
    /// Its name.
    pub(super) key: &'static str,
    /// Finds the key's field.
    pub(super) slot: fn(&mut Limits) -> Slot<'_>,
    /// The smallest value: bytes, a count, fuel or milliseconds.
    pub(super) least: u64,
    /// The largest value.
    pub(super) most: u64,
    /// What it limits, for the documentation.
    pub(super) meaning: &'static str,
}

/// Makes a row from its key, field, least value, largest value and meaning.
const fn row(
    key: &'static str,
    slot: fn(&mut Limits) -> Slot<'_>,
    least: u64,
    most: u64,
    meaning: &'static str,
) -> Row {
    Row { key, slot, least, most, meaning }
}

/// All keys. The defaults are in [`Limits::default`].
#[rustfmt::skip]
pub(super) const ROWS: [Row; 40] = [
    row("message", |l| Slot::Size(&mut l.message), 1, GIB, "largest message from a client"),
    row("connections", |l| Slot::Count(&mut l.connections), 1, 1_000_000, "connections open at once"),
    row("per_address", |l| Slot::Count(&mut l.per_address), 1, 1_000_000, "connections and requests of one address; if left out, a quarter of `connections`"),
    row("mailbox", |l| Slot::Size(&mut l.mailbox), 1, GIB, "events waiting for the actor"),
    row("outbox", |l| Slot::Size(&mut l.outbox), 1, GIB, "answers waiting for one client"),
    row("requests", |l| Slot::Count(&mut l.requests), 1, 100_000, "requests that are read at once"),
    row("downloads", |l| Slot::Count(&mut l.downloads), 1, 100_000, "files that are sent at once"),
    row("file", |l| Slot::Size(&mut l.file), 1, GIB, "a file that is served"),
    row("file_access", |l| Slot::Size(&mut l.file_access), 1, GIB, "a file that the actor reads or writes"),
    row("state", |l| Slot::Size(&mut l.state), 1, GIB, "the actor's state"),
    row("storage", |l| Slot::Size(&mut l.storage), 1, GIB, "keys and values that the actor stores"),
    row("storage_key", |l| Slot::Size(&mut l.storage_key), 1, 4096, "one key that the actor stores"),
    row("storage_value", |l| Slot::Size(&mut l.storage_value), 1, GIB, "one value that the actor stores"),
    row("held", |l| Slot::Size(&mut l.held), 1, GIB, "messages that wait for the disk"),
    row("answer", |l| Slot::Size(&mut l.answer), 1, GIB, "all messages of one answer together"),
    row("answers", |l| Slot::Count(&mut l.answers), 1, 1_000_000, "messages in one answer"),
    row("effects", |l| Slot::Size(&mut l.effects), 1, GIB, "what one call asks for beside its answer"),
    row("tags", |l| Slot::Count(&mut l.tags), 1, 1000, "tags of a connection"),
    row("tag", |l| Slot::Size(&mut l.tag), 1, 4096, "one tag"),
    row("attachment", |l| Slot::Size(&mut l.attachment), 1, 1 << 20, "the attachment of a connection"),
    row("alarm", |l| Slot::Time(&mut l.alarm), 1, DAY, "between two alarms that the actor sets"),
    row("memory", |l| Slot::Size(&mut l.memory), PAGE as u64, MAX_MEMORY, "linear memory of an instance"),
    row("watermark", |l| Slot::Size(&mut l.watermark), 1, MAX_MEMORY, "memory of an instance that is kept"),
    row("table", |l| Slot::Count(&mut l.table), 1, 10_000_000, "elements of one table"),
    row("tables", |l| Slot::Count(&mut l.tables), 1, 100, "tables of an instance"),
    row("module", |l| Slot::Size(&mut l.module), 1, GIB, "the .wasm file"),
    row("time", |l| Slot::Time(&mut l.time), 1, DAY, "processor time of one call"),
    row("fuel", |l| Slot::Optional(&mut l.fuel), 1, 1_000_000_000_000_000, "instructions of one call"),
    row("slice", |l| Slot::Fuel(&mut l.slice), 1000, 40_000, "instructions between two looks at the clock"),
    row("log_line", |l| Slot::Size(&mut l.log_line), 1, 4096, "one line that the actor logs"),
    row("log_rate", |l| Slot::Count(&mut l.log_rate), 1, 1_000_000, "log lines in a second"),
    row("hibernate_after", |l| Slot::Time(&mut l.hibernate_after), 1, DAY, "idle time after which the instance is dropped"),
    row("handshake", |l| Slot::Time(&mut l.handshake), 1, DAY, "until the whole HTTP head is there"),
    row("response", |l| Slot::Time(&mut l.response), 1, DAY, "until a page or a file is sent"),
    row("file_wait", |l| Slot::Time(&mut l.file_wait), 1, DAY, "until a file is read or written"),
    row("ping", |l| Slot::Time(&mut l.ping), 1, DAY, "quiet time after which a client is pinged"),
    row("pong", |l| Slot::Time(&mut l.pong), 1, DAY, "quiet time after a ping"),
    row("idle", |l| Slot::Time(&mut l.idle), 1, 365 * DAY, "time without a message either way"),
    row("close", |l| Slot::Time(&mut l.close), 1, DAY, "until the peer's close frame is there"),
    row("shutdown", |l| Slot::Time(&mut l.shutdown), 1, DAY, "until a clean stop is complete"),
];

/// A field of [`Limits`], by the kind of its value.
pub(super) enum Slot<'l> {
    /// Bytes.
    Size(&'l mut usize),
    /// A count.
    Count(&'l mut usize),
    /// Fuel.
    Fuel(&'l mut u64),
    /// Fuel. It is unlimited if the key is missing.
    Optional(&'l mut Option<u64>),
    /// A duration. The manifest gives milliseconds.
    Time(&'l mut Duration),
}

impl Slot<'_> {
    /// The kind of the value, for the documentation.
    pub(super) fn unit(&self) -> &'static str {
        match self {
            Slot::Size(_) => "size",
            Slot::Count(_) => "count",
            Slot::Fuel(_) | Slot::Optional(_) => "fuel",
            Slot::Time(_) => "duration",
        }
    }

    /// The value of the field. An unlimited one gives the maximum.
    pub(super) fn number(&self) -> u64 {
        match self {
            Slot::Optional(field) => field.unwrap_or(u64::MAX),
            Slot::Size(field) | Slot::Count(field) => to_u64(**field),
            Slot::Fuel(field) => **field,
            Slot::Time(field) => u64::try_from(field.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Sets the field to a value within its bounds.
    fn set(self, number: u64) {
        match self {
            Slot::Size(field) | Slot::Count(field) => {
                *field = usize::try_from(number).unwrap_or(usize::MAX);
            }
            Slot::Fuel(field) => *field = number,
            Slot::Optional(field) => *field = Some(number),
            Slot::Time(field) => *field = Duration::from_millis(number),
        }
    }

    /// The default, as it would be written in a manifest.
    pub(super) fn default_text(&self) -> String {
        match self {
            Slot::Optional(None) => "none".into(),
            _ => self.quantity().text(self.number()),
        }
    }

    /// The form in which the value is written.
    pub(super) fn quantity(&self) -> Quantity {
        match self {
            Slot::Size(_) => Quantity::Size,
            Slot::Count(_) | Slot::Fuel(_) | Slot::Optional(_) => Quantity::Count,
            Slot::Time(_) => Quantity::Duration,
        }
    }
}

impl Row {
    /// Sets this row's field from a manifest's value. Returns false if the value was refused.
    pub(super) fn fill(&self, limits: &mut Limits, value: &Value<'_>) -> bool {
        let slot = (self.slot)(limits);
        let number = slot.quantity().read_within(value, self.least, self.most);
        number.map(|number| slot.set(number)).is_some()
    }
}

/// The documentation of one key of `[limits]`. All values are in the form of a manifest; sizes and
/// durations need quotes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitKey {
    /// The key, which is also the name of the field in [`Limits`].
    pub key: &'static str,
    /// `size`, `count`, `fuel` or `duration`.
    pub unit: &'static str,
    /// The default, or `none` if there is no limit by default.
    pub default: String,
    /// The smallest value.
    pub least: String,
    /// The largest value.
    pub most: String,
    /// What it limits.
    pub meaning: &'static str,
}

/// All keys of `[limits]`, with their defaults and bounds.
pub fn limit_keys() -> Vec<LimitKey> {
    let mut defaults = Limits::default();
    let describe = |row: &Row| {
        let slot = (row.slot)(&mut defaults);
        LimitKey {
            key: row.key,
            unit: slot.unit(),
            default: slot.default_text(),
            least: slot.quantity().text(row.least),
            most: slot.quantity().text(row.most),
            meaning: row.meaning,
        }
    };
    ROWS.iter().map(describe).collect()
}
