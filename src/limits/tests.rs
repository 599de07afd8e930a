//! Tests of the keys of `[limits]`: their bounds, their defaults, and the sizes that must fit each
//! other.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use toml::de::DeTable;

use super::{
    keys::{GIB, MAX_MEMORY, ROWS, Row, Slot, limit_keys},
    read::{FITS_INTO, number_of},
    *,
};
use crate::config::{Document, ManifestError};

/// Reads a file with only a `[limits]` table.
fn parse(text: &str) -> Result<Limits, ManifestError> {
    let document = Document::new(Path::new("file"), text);
    let tree = DeTable::parse(text).unwrap();
    let limits = document.root(tree.get_ref()).get("limits").unwrap().table("").unwrap();
    let limits = Limits::read(limits);
    document.finish(limits)
}

/// The messages about it, without the file's name.
fn said(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    let lines: Vec<&str> = error.lines().map(|l| l.strip_prefix("file:").unwrap()).collect();
    lines.join("\n")
}

/// A number in the form that rows of this kind accept.
fn written(row: &Row, number: u64) -> String {
    match (row.slot)(&mut Limits::default()) {
        Slot::Time(_) => format!("\"{number}ms\""),
        _ => number.to_string(),
    }
}

/// A file that sets one row, and the others so that everything fits.
fn manifest(row: &Row, number: u64) -> String {
    let mut text = format!("[limits]\n{} = {}\n", row.key, written(row, number));
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
            let mut limits = parse(&manifest(row, number)).unwrap();
            assert_eq!((row.slot)(&mut limits).number(), number, "{}", row.key);
        }
        for number in [row.least - 1, row.most + 1] {
            let said = said(&manifest(row, number));
            let key = row.key;
            let start = format!("2: limits.{key}: {} is out of range; ", written(row, number));
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
        let limits = parse(&format!("[limits]\n{lines}\n")).unwrap();
        assert_eq!(limits.per_address, expected, "{lines}");
    }
}

#[test]
fn limits_that_contradict_each_other_are_told_with_both_keys() {
    let cases = [
        (
            "[limits]\nmailbox = '32KiB'",
            "2: limits.mailbox: 32KiB is less than limits.message (64KiB by default); raise \
             limits.mailbox or lower limits.message",
        ),
        (
            "[limits]\nmessage = '2MiB'",
            "2: limits.message: 2MiB is more than limits.mailbox (1MiB by default); lower \
             limits.message or raise limits.mailbox",
        ),
        (
            "[limits]\nmemory = '1MiB'\nstate = '2MiB'",
            "2: limits.memory: 1MiB is less than limits.state (2MiB); raise limits.memory or \
             lower limits.state",
        ),
        (
            "[limits]\nanswer = '17MiB'",
            "2: limits.answer: 17MiB is more than limits.memory (16MiB by default); lower \
             limits.answer or raise limits.memory",
        ),
        (
            "[limits]\nmailbox = '32MiB'\nmessage = '32MiB'",
            "3: limits.message: 32MiB is more than limits.memory (16MiB by default); lower \
             limits.message or raise limits.memory",
        ),
        // A refused limit is not compared with others.
        (
            "[limits]\nmailbox = '32KiB'\nmessage = 0",
            "3: limits.message: 0 is out of range; write a size from \"1B\" to \"1GiB\"",
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(said(&format!("{lines}\n")), expected);
    }
}

#[test]
fn the_reference_lists_every_limit_with_its_default_and_bounds() {
    let listed: Vec<String> = limit_keys()
        .iter()
        .map(|k| format!("{} {} {} {} {}", k.key, k.unit, k.default, k.least, k.most))
        .collect();
    let expected = [
        "message size 64KiB 1B 1GiB",
        "connections count 1024 1 1_000_000",
        "per_address count 256 1 1_000_000",
        "mailbox size 1MiB 1B 1GiB",
        "outbox size 64KiB 1B 1GiB",
        "requests count 64 1 100_000",
        "downloads count 64 1 100_000",
        "idle_connections count 64 1 100_000",
        "request size 64KiB 1B 1GiB",
        "response size 256KiB 1B 1GiB",
        "rate size 1KiB 16B 1MiB",
        "file size 16MiB 1B 1GiB",
        "file_access size 64KiB 1B 1GiB",
        "state size 1MiB 1B 1GiB",
        "storage size 4MiB 1B 1GiB",
        "storage_key size 512B 1B 4KiB",
        "storage_value size 64KiB 1B 1GiB",
        "held size 1MiB 1B 1GiB",
        "answer size 256KiB 1B 1GiB",
        "answers count 64 1 1_000_000",
        "effects size 1MiB 1B 1GiB",
        "tags count 10 1 1000",
        "tag size 256B 1B 4KiB",
        "attachment size 2KiB 1B 1MiB",
        "alarm duration 10ms 1ms 24h",
        "memory size 16MiB 64KiB 4194240KiB",
        "watermark size 4MiB 1B 4194240KiB",
        "table count 16_384 1 10_000_000",
        "tables count 4 1 100",
        "module size 1MiB 1B 1GiB",
        "time duration 5s 1ms 24h",
        "fuel fuel none 1 1_000_000_000_000_000",
        "slice fuel 20_000 1000 40_000",
        "log_line size 1KiB 1B 4KiB",
        "log_rate count 20 1 1_000_000",
        "hibernate_after duration 1m 1ms 24h",
        "handshake duration 5s 1ms 24h",
        "turn duration 30s 1ms 24h",
        "keep_alive duration 30s 1ms 24h",
        "file_wait duration 5s 1ms 24h",
        "fetch_response size 64KiB 1B 1GiB",
        "fetches count 8 1 1000",
        "fetch_wait duration 10s 1ms 24h",
        "sends count 64 1 100_000",
        "sent size 64KiB 1B 1GiB",
        "reply size 64KiB 1B 1GiB",
        "reply_wait duration 5s 1ms 24h",
        "mqtt_publishes count 256 1 10_000",
        "mqtt_outbox size 64KiB 1B 1GiB",
        "mqtt_inbox size 64KiB 1B 1GiB",
        "mqtt_inflight count 16 1 1000",
        "ping duration 25s 1ms 24h",
        "pong duration 8s 1ms 24h",
        "idle duration 24h 1ms 8760h",
        "close duration 2s 1ms 24h",
        "shutdown duration 10s 1ms 24h",
    ];
    assert_eq!(listed, expected);
}

#[test]
fn the_texts_of_the_reference_can_be_written_into_a_manifest() {
    let mut text = String::from("[limits]\n");
    for key in limit_keys().iter().filter(|key| key.default != "none") {
        let quote = if matches!(key.unit, "size" | "duration") { "\"" } else { "" };
        text.push_str(&format!("{} = {quote}{}{quote}\n", key.key, key.default));
    }
    assert_eq!(parse(&text).unwrap(), Limits::default());
}
