//! Reads `[limits]`, and checks that the sizes fit each other.

use super::{
    Limits,
    keys::{PAGE, ROWS},
};
use crate::config::{Location, Table, units::Quantity};

/// Pairs of sizes. The first must fit into the second: messages pass through the mailbox and the
/// instance's memory, and everything else has to fit into that memory.
pub(super) const FITS_INTO: [(&str, &str); 10] = [
    ("message", "mailbox"),
    ("message", "memory"),
    ("file_access", "memory"),
    ("fetch_response", "memory"),
    ("state", "memory"),
    ("storage_value", "memory"),
    ("answer", "memory"),
    ("sent", "memory"),
    ("reply", "memory"),
    ("mqtt_inbox", "memory"),
];

/// A key that the manifest sets.
struct Written<'d> {
    key: &'static str,
    /// Where to report a mistake that only shows beside other keys.
    place: Location<'d>,
    /// Whether the value was accepted. A refused one is not compared with others.
    accepted: bool,
}

impl Limits {
    /// Reads `[limits]`. Missing keys have their defaults.
    pub fn read(mut table: Table<'_>) -> Self {
        let mut limits = Self::default();
        let mut written = Vec::new();
        for row in &ROWS {
            if let Some(value) = table.get(row.key) {
                let accepted = row.fill(&mut limits, &value);
                written.push(Written { key: row.key, place: value.place, accepted });
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
}

/// Refuses a size that does not fit into another one, at a key that the manifest sets.
fn check_fit(small: &str, large: &str, limits: &mut Limits, written: &[Written<'_>]) {
    let find = |key| written.iter().find(|written| written.key == key);
    let (small_written, large_written) = (find(small), find(large));
    let mut refused = small_written.iter().chain(&large_written).filter(|found| !found.accepted);
    let (small_size, large_size) = (number_of(small, limits), number_of(large, limits));
    if refused.next().is_some() || small_size <= large_size {
        return;
    }
    let (small_text, large_text) =
        (Quantity::Size.text(small_size), Quantity::Size.text(large_size));
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

/// The value of a key's field.
pub(super) fn number_of(key: &str, limits: &mut Limits) -> u64 {
    let row = ROWS.iter().find(|row| row.key == key);
    row.map_or(0, |row| (row.slot)(limits).number())
}
