//! The keys of `[limits]`, with a row for each: its field and its bounds.

use std::time::Duration;

use super::Limits;
use crate::{
    config::{Value, units::Quantity},
    convert::to_u64,
};

/// The size of a page of linear memory in bytes (core specification, 4.2.8).
pub(crate) const PAGE: usize = 64 << 10;
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
}

/// Makes a row from its key, field, least value and largest value.
const fn row(key: &'static str, slot: fn(&mut Limits) -> Slot<'_>, least: u64, most: u64) -> Row {
    Row { key, slot, least, most }
}

/// All keys. The defaults are in [`Limits::default`].
#[rustfmt::skip]
pub(super) const ROWS: [Row; 56] = [
    row("message", |l| Slot::Size(&mut l.message), 1, GIB),
    row("connections", |l| Slot::Count(&mut l.connections), 1, 1_000_000),
    row("per_address", |l| Slot::Count(&mut l.per_address), 1, 1_000_000),
    row("mailbox", |l| Slot::Size(&mut l.mailbox), 1, GIB),
    row("outbox", |l| Slot::Size(&mut l.outbox), 1, GIB),
    row("requests", |l| Slot::Count(&mut l.requests), 1, 100_000),
    row("downloads", |l| Slot::Count(&mut l.downloads), 1, 100_000),
    row("idle_connections", |l| Slot::Count(&mut l.idle_connections), 1, 100_000),
    row("request", |l| Slot::Size(&mut l.request), 1, GIB),
    row("response", |l| Slot::Size(&mut l.response), 1, GIB),
    row("rate", |l| Slot::Size(&mut l.rate), 16, 1 << 20),
    row("file", |l| Slot::Size(&mut l.file), 1, GIB),
    row("file_access", |l| Slot::Size(&mut l.file_access), 1, GIB),
    row("state", |l| Slot::Size(&mut l.state), 1, GIB),
    row("storage", |l| Slot::Size(&mut l.storage), 1, GIB),
    row("storage_key", |l| Slot::Size(&mut l.storage_key), 1, 4096),
    row("storage_value", |l| Slot::Size(&mut l.storage_value), 1, GIB),
    row("held", |l| Slot::Size(&mut l.held), 1, GIB),
    row("answer", |l| Slot::Size(&mut l.answer), 1, GIB),
    row("answers", |l| Slot::Count(&mut l.answers), 1, 1_000_000),
    row("effects", |l| Slot::Size(&mut l.effects), 1, GIB),
    row("tags", |l| Slot::Count(&mut l.tags), 1, 1000),
    row("tag", |l| Slot::Size(&mut l.tag), 1, 4096),
    row("attachment", |l| Slot::Size(&mut l.attachment), 1, 1 << 20),
    row("alarm", |l| Slot::Time(&mut l.alarm), 1, DAY),
    row("memory", |l| Slot::Size(&mut l.memory), PAGE as u64, MAX_MEMORY),
    row("watermark", |l| Slot::Size(&mut l.watermark), 1, MAX_MEMORY),
    row("table", |l| Slot::Count(&mut l.table), 1, 10_000_000),
    row("tables", |l| Slot::Count(&mut l.tables), 1, 100),
    row("module", |l| Slot::Size(&mut l.module), 1, GIB),
    row("time", |l| Slot::Time(&mut l.time), 1, DAY),
    row("fuel", |l| Slot::Optional(&mut l.fuel), 1, 1_000_000_000_000_000),
    row("slice", |l| Slot::Fuel(&mut l.slice), 1000, 40_000),
    row("log_line", |l| Slot::Size(&mut l.log_line), 1, 4096),
    row("log_rate", |l| Slot::Count(&mut l.log_rate), 1, 1_000_000),
    row("hibernate_after", |l| Slot::Time(&mut l.hibernate_after), 1, DAY),
    row("handshake", |l| Slot::Time(&mut l.handshake), 1, DAY),
    row("turn", |l| Slot::Time(&mut l.turn), 1, DAY),
    row("keep_alive", |l| Slot::Time(&mut l.keep_alive), 1, DAY),
    row("file_wait", |l| Slot::Time(&mut l.file_wait), 1, DAY),
    row("fetch_response", |l| Slot::Size(&mut l.fetch_response), 1, GIB),
    row("fetches", |l| Slot::Count(&mut l.fetches), 1, 1000),
    row("fetch_wait", |l| Slot::Time(&mut l.fetch_wait), 1, DAY),
    row("sends", |l| Slot::Count(&mut l.sends), 1, 100_000),
    row("sent", |l| Slot::Size(&mut l.sent), 1, GIB),
    row("reply", |l| Slot::Size(&mut l.reply), 1, GIB),
    row("reply_wait", |l| Slot::Time(&mut l.reply_wait), 1, DAY),
    row("mqtt_publishes", |l| Slot::Count(&mut l.mqtt_publishes), 1, 10_000),
    row("mqtt_outbox", |l| Slot::Size(&mut l.mqtt_outbox), 1, GIB),
    row("mqtt_inbox", |l| Slot::Size(&mut l.mqtt_inbox), 1, GIB),
    row("mqtt_inflight", |l| Slot::Count(&mut l.mqtt_inflight), 1, 1000),
    row("ping", |l| Slot::Time(&mut l.ping), 1, DAY),
    row("pong", |l| Slot::Time(&mut l.pong), 1, DAY),
    row("idle", |l| Slot::Time(&mut l.idle), 1, 365 * DAY),
    row("close", |l| Slot::Time(&mut l.close), 1, DAY),
    row("shutdown", |l| Slot::Time(&mut l.shutdown), 1, DAY),
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
    fn unit(&self) -> &'static str {
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
    fn default_text(&self) -> String {
        match self {
            Slot::Optional(None) => "none".into(),
            _ => self.quantity().text(self.number()),
        }
    }

    /// The form in which the value is written.
    fn quantity(&self) -> Quantity {
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
        }
    };
    ROWS.iter().map(describe).collect()
}
