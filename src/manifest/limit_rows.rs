//! The keys of `[limits]`, one row each: how a key is read, its bounds, and what it must fit.

use std::time::Duration;

use super::limits::Limits;
use crate::{
    config::{Place, Table, Value, units},
    convert::to_u64,
};

/// The unit in which an instance's memory grows, in bytes.
const PAGE: usize = 64 << 10;
/// The greatest size of anything but an instance's memory, in bytes.
const GIB: u64 = 1 << 30;
/// The greatest memory of an instance, in bytes: a page less than a `u32` can address, so
/// that the number fits a `usize` on 32-bit boards.
const MAX_MEMORY: u64 = (4 << 30) - (64 << 10);
/// The longest time, in milliseconds: a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// One key of `[limits]`.
pub(super) struct Row {
    /// Its name.
    pub(super) key: &'static str,
    /// The field that it fills.
    pub(super) slot: fn(&mut Limits) -> Slot<'_>,
    /// The least number taken: bytes, a count, fuel or milliseconds.
    pub(super) least: u64,
    /// The greatest number taken.
    pub(super) most: u64,
    /// What is limited, for the reference.
    pub(super) meaning: &'static str,
}

/// A row, in the order: key, field, least, greatest, meaning.
const fn row(
    key: &'static str,
    slot: fn(&mut Limits) -> Slot<'_>,
    least: u64,
    most: u64,
    meaning: &'static str,
) -> Row {
    Row { key, slot, least, most, meaning }
}

/// All keys. The defaults are not here but in [`Limits::default`].
#[rustfmt::skip]
pub(super) const ROWS: [Row; 36] = [
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

/// Pairs of sizes of which the first must fit into the second: what arrives has to pass
/// through the mailbox and the instance's memory, and the rest lives in that memory.
const FITS_INTO: [(&str, &str); 5] = [
    ("message", "mailbox"),
    ("message", "memory"),
    ("file_access", "memory"),
    ("state", "memory"),
    ("answer", "memory"),
];

/// A field of [`Limits`] and how its value is written.
pub(super) enum Slot<'l> {
    /// Bytes.
    Size(&'l mut usize),
    /// A number of things.
    Count(&'l mut usize),
    /// Fuel.
    Fuel(&'l mut u64),
    /// Fuel that is not limited where the key is left out.
    Optional(&'l mut Option<u64>),
    /// A time, kept in milliseconds.
    Time(&'l mut Duration),
}

impl Slot<'_> {
    /// What the number counts.
    pub(super) fn unit(&self) -> &'static str {
        match self {
            Slot::Size(_) => "size",
            Slot::Count(_) => "count",
            Slot::Fuel(_) | Slot::Optional(_) => "fuel",
            Slot::Time(_) => "duration",
        }
    }

    /// The number in the field. What is not limited has the greatest.
    pub(super) fn number(&self) -> u64 {
        match self {
            Slot::Optional(field) => field.unwrap_or(u64::MAX),
            Slot::Size(field) | Slot::Count(field) => to_u64(**field),
            Slot::Fuel(field) => **field,
            Slot::Time(field) => u64::try_from(field.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Fills the field with a number that is within its bounds.
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

    /// What holds where the manifest says nothing, as it would be written there.
    pub(super) fn default_text(&self) -> String {
        match self {
            Slot::Optional(None) => "none".into(),
            _ => self.text(self.number()),
        }
    }

    /// A number as it would be written into the manifest.
    pub(super) fn text(&self, number: u64) -> String {
        match self {
            Slot::Size(_) => units::size_text(number),
            Slot::Count(_) | Slot::Fuel(_) | Slot::Optional(_) => units::count_text(number),
            Slot::Time(_) => units::duration_text(number),
        }
    }

    /// Reads a value as what belongs here; anything else is refused.
    fn read(&self, value: &Value<'_>) -> Option<i128> {
        match self {
            Slot::Size(_) => units::size(value),
            Slot::Count(_) | Slot::Fuel(_) | Slot::Optional(_) => units::count(value),
            Slot::Time(_) => units::duration(value),
        }
    }

    /// The same, within bounds.
    fn read_within(&self, value: &Value<'_>, least: u64, most: u64) -> Option<u64> {
        // A number below zero becomes the greatest, which nothing takes.
        let number = u64::try_from(self.read(value)?).unwrap_or(u64::MAX);
        if (least..=most).contains(&number) {
            return Some(number);
        }
        let (least, most) = (self.text(least), self.text(most));
        let advice = match self {
            Slot::Size(_) => format!("write a size from \"{least}\" to \"{most}\""),
            Slot::Time(_) => format!("write a duration from \"{least}\" to \"{most}\""),
            Slot::Count(_) | Slot::Fuel(_) | Slot::Optional(_) => {
                format!("write a whole number from {least} to {most}")
            }
        };
        value.place.refuse(format!("{} is out of range", value.shown()), advice);
        None
    }
}

impl Row {
    /// Fills this row's field from a value. `false` if the value was refused.
    fn fill(&self, limits: &mut Limits, value: &Value<'_>) -> bool {
        let slot = (self.slot)(limits);
        let number = slot.read_within(value, self.least, self.most);
        number.map(|number| slot.set(number)).is_some()
    }
}

/// Reads a duration within bounds, in milliseconds. Anything else is refused.
pub(super) fn read_time(value: &Value<'_>, (least, most): (u64, u64)) -> Option<Duration> {
    let number = Slot::Time(&mut Duration::default()).read_within(value, least, most);
    number.map(Duration::from_millis)
}

/// A key that the manifest gives.
struct Written<'d> {
    /// The key.
    key: &'static str,
    /// Where its value stands.
    place: Place<'d>,
    /// Whether the value was taken. One that was not is left out of comparisons.
    taken: bool,
}

/// Reads `[limits]`. What the table does not give has its default.
pub(super) fn read(mut table: Table<'_>) -> Limits {
    let mut limits = Limits::default();
    let mut written = Vec::new();
    for row in &ROWS {
        if let Some(value) = table.get(row.key) {
            let taken = row.fill(&mut limits, &value);
            written.push(Written { key: row.key, place: value.place, taken });
        }
    }
    table.finish();
    limits.memory -= limits.memory % PAGE;
    if !written.iter().any(|written| written.key == "per_address") {
        limits.per_address = (limits.connections / 4).max(1);
    }
    for (small, large) in FITS_INTO {
        check_fit(small, large, &mut limits, &written);
    }
    limits
}

/// Refuses a size that does not fit into another, at the key that the manifest gives.
fn check_fit(small: &str, large: &str, limits: &mut Limits, written: &[Written<'_>]) {
    let find = |key| written.iter().find(|written| written.key == key);
    let (small_written, large_written) = (find(small), find(large));
    let mut refused = small_written.iter().chain(&large_written).filter(|found| !found.taken);
    let (small_size, large_size) = (number_of(small, limits), number_of(large, limits));
    if refused.next().is_some() || small_size <= large_size {
        return;
    }
    let (small_text, large_text) = (units::size_text(small_size), units::size_text(large_size));
    let by_default = |found: Option<_>| if found.is_none() { " by default" } else { "" };
    if let Some(found) = large_written {
        let other = format!("limits.{small} ({small_text}{})", by_default(small_written));
        let problem = format!("{large_text} is less than {other}");
        found.place.refuse(problem, format!("raise limits.{large} or lower limits.{small}"));
    } else if let Some(found) = small_written {
        let other = format!("limits.{large} ({large_text} by default)");
        let problem = format!("{small_text} is more than {other}");
        found.place.refuse(problem, format!("lower limits.{small} or raise limits.{large}"));
    }
}

/// The number in the field of a key.
fn number_of(key: &str, limits: &mut Limits) -> u64 {
    let row = ROWS.iter().find(|row| row.key == key);
    row.map_or(0, |row| (row.slot)(limits).number())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::manifest::tests::{LEAST, parse, said};

    /// A number as any row of this kind takes it.
    fn written(row: &Row, number: u64) -> String {
        match (row.slot)(&mut Limits::default()) {
            Slot::Time(_) => format!("\"{number}ms\""),
            _ => number.to_string(),
        }
    }

    /// A manifest that sets a row, and the others such that anything fits.
    fn manifest(row: &Row, number: u64) -> String {
        let mut text = format!("{LEAST}[limits]\n{} = {}\n", row.key, written(row, number));
        let roomy =
            [("mailbox", GIB), ("memory", MAX_MEMORY), ("message", 1), ("state", 1), ("answer", 1)];
        for (key, number) in roomy.iter().filter(|(key, _)| *key != row.key) {
            text.push_str(&format!("{key} = {number}\n"));
        }
        text
    }

    #[test]
    fn every_limit_is_taken_at_its_bounds_and_refused_one_past_them() {
        for row in &ROWS {
            for number in [row.least, row.most] {
                let mut limits = parse(&manifest(row, number)).unwrap().limits;
                assert_eq!((row.slot)(&mut limits).number(), number, "{}", row.key);
            }
            for number in [row.least - 1, row.most + 1] {
                let said = said(&manifest(row, number));
                let key = row.key;
                let start = format!("7: limits.{key}: {} is out of range; ", written(row, number));
                assert!(said.starts_with(&start), "{said}");
                assert_eq!(said.lines().count(), 1, "{said}");
            }
        }
    }

    #[test]
    fn every_default_is_within_its_bounds_and_fits() {
        let mut limits = Limits::default();
        for row in &ROWS {
            let slot = (row.slot)(&mut limits);
            if matches!(slot, Slot::Optional(None)) {
                continue;
            }
            let number = slot.number();
            assert!((row.least..=row.most).contains(&number), "{}", row.key);
        }
        for (small, large) in FITS_INTO {
            assert!(number_of(small, &mut limits) <= number_of(large, &mut limits));
        }
    }

    #[test]
    fn one_address_may_have_a_quarter_of_the_connections_unless_the_manifest_says_otherwise() {
        for (lines, expected) in [
            ("", 256),
            ("connections = 1000", 250),
            ("connections = 3", 1),
            ("connections = 3\nper_address = 7", 7),
            ("per_address = 7", 7),
        ] {
            let limits = parse(&format!("{LEAST}[limits]\n{lines}\n")).unwrap().limits;
            assert_eq!(limits.per_address, expected, "{lines}");
        }
    }

    #[test]
    fn limits_that_contradict_each_other_are_told_with_both_keys() {
        let cases = [
            (
                "[limits]\nmailbox = '32KiB'",
                "7: limits.mailbox: 32KiB is less than limits.message (64KiB by default); raise \
                 limits.mailbox or lower limits.message",
            ),
            (
                "[limits]\nmessage = '2MiB'",
                "7: limits.message: 2MiB is more than limits.mailbox (1MiB by default); lower \
                 limits.message or raise limits.mailbox",
            ),
            (
                "[limits]\nmemory = '1MiB'\nstate = '2MiB'",
                "7: limits.memory: 1MiB is less than limits.state (2MiB); raise limits.memory or \
                 lower limits.state",
            ),
            (
                "[limits]\nanswer = '17MiB'",
                "7: limits.answer: 17MiB is more than limits.memory (16MiB by default); lower \
                 limits.answer or raise limits.memory",
            ),
            (
                "[limits]\nmailbox = '32MiB'\nmessage = '32MiB'",
                "8: limits.message: 32MiB is more than limits.memory (16MiB by default); lower \
                 limits.message or raise limits.memory",
            ),
            // A limit that was refused is not compared as well.
            (
                "[limits]\nmailbox = '32KiB'\nmessage = 0",
                "8: limits.message: 0 is out of range; write a size from \"1B\" to \"1GiB\"",
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(said(&format!("{LEAST}{lines}\n")), expected);
        }
    }
}
