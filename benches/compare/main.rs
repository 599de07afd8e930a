//! The same programs as Footlight's actors in Rust and JavaScript, and as servers in JavaScript (Node and Bun), Python and
//! Rust.
//!
//! ```text
//! scripts/test-clients.sh python node bun
//! cargo bench --features javascript --bench compare
//! cargo bench --bench compare -- --rounds 3 --binary target/release/footlight
//! cargo bench --bench compare -- --quick
//! ```
//!
//! Every server is one process and does the same work for the same clients. The benchmark checks
//! this first. Rounds alternate between the servers and are compared in pairs, so that other
//! programs on the machine affect all servers alike. The output is the tables of
//! docs/performance.md.
//!
//! - The times of answers are measured at a rate that all servers can handle. They begin when a
//!   message is due, so that messages that had to wait are included.
//! - Messages per second of CPU time are measured with as many messages as the server can handle.
//!   The CPU time is that of all threads of its process, including the kernel's work for it.
//! - The chat room keeps its history, so each round uses a new room. The other servers keep the
//!   history as objects and write it as JSON for each answer, as most programs would. The actor
//!   reads and writes a state as well, as in the guide.
//! - `readings` has a JSON state of 64 KiB, which every server reads and writes for every message.
//!   A server that keeps its state as objects would not need this, but one that stores its state
//!   would. `records` has a state of 64 KiB in binary, of which a message changes a few bytes.
//!
//! # Layout
//! - `workload`: the programs and the messages that they get.
//! - `servers`: the contestants, with `scripts/`, `server.js`, `server.py` and `plain/`.
//! - `same`: checks that they give the same answers.
//! - `installed`: the size of everything that must be on a device.
//! - `footprint`: the time to start, and memory.
//! - `rounds`: the times of answers, and messages per second of CPU time.
//! - `table`: prints rounds as Markdown.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod footprint;
mod installed;
mod rounds;
mod same;
mod servers;
mod table;
mod workload;

use std::process::ExitCode;

use common::{Result, arguments::Arguments, process};
use footprint::Footprint;
use rounds::{CLIENTS, Rounds};
use servers::Contestant;
use table::Row;
use workload::Workload;

/// Kilobytes and megabytes.
const KB: f64 = 1e3;
const MB: f64 = 1e6;

fn main() -> ExitCode {
    common::main(&["rounds", "binary"], measure)
}

/// Measures everything and prints it.
fn measure(arguments: &Arguments) -> Result<()> {
    let rounds: usize = arguments.count("rounds", 9, 1)?;
    let connections = if arguments.quick { 10 } else { 1_000 };
    process::allow_descriptors(connections + 200)?;
    let contestants = servers::find(arguments)?;
    same::check(&contestants)?;
    for contestant in contestants.iter().filter(|contestant| !contestant.version.is_empty()) {
        println!("{}", contestant.version);
    }
    println!("{rounds} rounds, {CLIENTS} clients, {connections} connections for their memory");

    let mut rows = vec![sizes(&contestants)?];
    rows.extend(footprints(&footprint::measure(&contestants, rounds, connections)?));
    for workload in Workload::ALL {
        let measured = rounds::measure(&contestants, workload, rounds, arguments.quick)?;
        rows.extend(times(workload, &measured));
    }
    table::print(&contestants, &rows);
    Ok(())
}

/// The row of the installed sizes.
fn sizes(contestants: &[Contestant]) -> Result<Row> {
    let sizes: Result<Vec<_>> =
        contestants.iter().map(|contestant| Ok(vec![installed::measure(contestant)?])).collect();
    Ok(Row { label: "installed, MB".into(), unit: MB, values: sizes? })
}

/// The rows of the idle servers.
fn footprints(all: &[Footprint]) -> [Row; 4] {
    let row = |label: &str, unit, of: fn(&Footprint) -> &Vec<f64>| Row {
        label: label.into(),
        unit,
        values: all.iter().map(|footprint| of(footprint).clone()).collect(),
    };
    [
        row("start to listening, ms", 1.0, |of| &of.start),
        row("idle memory (PSS), MB", MB, |of| &of.idle),
        row("idle memory (RSS), MB", MB, |of| &of.resident),
        row("one more connection (PSS), KB", KB, |of| &of.connection),
    ]
}

/// The rows of a workload.
fn times(workload: Workload, all: &[Rounds]) -> [Row; 3] {
    let row = |label: &str, of: fn(&Rounds) -> &Vec<f64>| Row {
        label: format!("{}: {label}", workload.title()),
        unit: 1.0,
        values: all.iter().map(|rounds| of(rounds).clone()).collect(),
    };
    [
        row("half of the answers within, µs", |of| &of.p50),
        row("99 % of the answers within, µs", |of| &of.p99),
        row("messages for a second of CPU", |of| &of.per_second),
    ]
}
