//! The same programs as Footlight's actors, and as servers in JavaScript, Python and Rust.
//!
//! ```text
//! scripts/test-clients.sh python node
//! cargo bench --bench compare
//! cargo bench --bench compare -- --rounds 3 --binary target/release/footlight
//! cargo bench --bench compare -- --quick
//! ```
//!
//! Every server is one process and does the same work for the same clients, which is checked
//! first. Rounds alternate between the servers, so that whatever else the machine does meets all
//! of them alike, and are compared in pairs. It prints the
//! tables of docs/performance.md.
//!
//! - Answers' times are measured at a rate that is the same for all and that all can stand, from
//!   when a message was due, so that one that had to wait is not left out.
//! - Messages for a second of CPU are measured with as many messages as the server can take. The
//!   time is that of all threads of its process, the kernel's work for it included.
//! - The chat room keeps its history, so each round has a room that has none. The others keep it
//!   as objects and write it as JSON for each answer, as one would; the actor, as the guide has
//!   it, reads and writes a state as well.
//! - `readings` is a JSON state of 64 KiB that is read and written for every message by all of
//!   them. A server that keeps its state as objects would not do so; one that stores it would.
//!
//! # Layout
//! - `workload`: the programs, and what they are asked.
//! - `servers`: the contestants; `server.js`, `server.py` and `plain/` are theirs.
//! - `same`: whether they answer the same.
//! - `installed`: what has to be on a device.
//! - `footprint`: the time to start, and memory.
//! - `rounds`: the time of answers, and messages for a second of CPU.
//! - `table`: from rounds to Markdown.

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

/// The line of the installed sizes.
fn sizes(contestants: &[Contestant]) -> Result<Row> {
    let sizes: Result<Vec<_>> =
        contestants.iter().map(|contestant| Ok(vec![installed::measure(contestant)?])).collect();
    Ok(Row { label: "installed, MB".into(), unit: MB, values: sizes? })
}

/// The lines of what the servers take at rest.
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

/// The lines of a workload.
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
