//! How long the clients of one actor wait while another actor misbehaves.
//!
//! One process serves `examples/echo`, whose clients send at a steady rate with one message in
//! flight, and one or more bad actors. In every other round the bad actors are driven. Rounds are
//! compared in pairs, and each has its own server. A row is ok if the 99th percentile is at most 3
//! times that of the quiet round, and no echo takes 100 ms.
//!
//! ```text
//! cargo bench --bench fairness
//! cargo bench --bench fairness -- --only burner,log --threads 1 --rounds 15
//! cargo bench --bench fairness -- --clients 16 --period-us 10000 --slice 5000
//! cargo bench --bench fairness -- --binary ../before/target/release/footlight
//! ```
//!
//! The numbers in parentheses are the quiet rounds, and the share of time for which the server was
//! ready to run beside the neighbour but had no processor. Other programs on the machine cause
//! that, and not the host. With `--period-us 0` a client sends as soon as it has its answer. The
//! server's thread is then never idle, and messages queue in quiet rounds too.
//!
//! The rows `go` and `javascript` need the files `go.wasm` and `js.wasm` in `--languages`, which are too
//! large for this repository: any actors of Go's compiler and of componentize-js that trap at the text
//! `panic`. Without them the benchmark says that it leaves these rows out.
//!
//! In the rows `writer` and `turn-over` the good actor's state changes with each message and is kept
//! in a data folder in `--folder`, and so is the neighbour's. An echo waits for the disk there, so the
//! period is five times as long, and there are half as many messages. In `turn-over`, `--stored` bytes
//! are stored before, and the log turns over while the neighbour is driven.
//!
//! # Layout
//! - `guests`: the code of the bad actors.
//! - `neighbours`: the bad actors, how each is driven, and how it proves that it misbehaved.
//! - `drive`: their clients.
//! - `broker`: a broker that floods one.
//! - `disk`: their data folders.
//! - `proof`: their counters.
//! - `rounds`: the measurement.
//! - `table`: prints the results.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod broker;
mod disk;
mod drive;
mod guests;
mod neighbours;
mod proof;
mod rounds;
mod table;

use std::{process::ExitCode, time::Duration};

use common::{Result, arguments::Arguments, server::BUILT};
use footlight::limits::Limits;
use neighbours::{Allowed, Neighbour};
use rounds::Plan;

/// The options.
const KNOWN: [&str; 13] = [
    "binary",
    "only",
    "threads",
    "rounds",
    "messages",
    "clients",
    "size",
    "period-us",
    "slice",
    "fuel",
    "stored",
    "folder",
    "languages",
];

fn main() -> ExitCode {
    common::main(&KNOWN, |arguments| match (arguments.child(), arguments.words.first()) {
        (Some(words), _) => drive::run(&words),
        (None, None) => measure(arguments),
        (None, Some(word)) => Err(format!("{word}: neighbours are named by --only").into()),
    })
}

/// Measures beside all chosen neighbours, and prints the table.
fn measure(arguments: &Arguments) -> Result<()> {
    let quick = arguments.quick;
    let plan = Plan {
        clients: arguments.count("clients", 16, 4)?,
        size: arguments.number("size", 64, 64)?,
        period: Duration::from_micros(arguments.number("period-us", 10_000, 5_000)?),
        messages: arguments.count("messages", 40, 10)?,
        rounds: arguments.count("rounds", 5, 1)?,
        binary: arguments.path("binary", BUILT),
        allowed: Allowed {
            slice: arguments.number("slice", Limits::default().slice, Limits::default().slice)?,
            fuel: arguments.given("fuel")?,
            divisor: if quick { 50 } else { 1 },
            languages: arguments
                .path("languages", concat!(env!("CARGO_MANIFEST_DIR"), "/target/languages/traps")),
            stored: arguments.number("stored", 16 << 20, 2 << 20)?,
        },
        folder: arguments.path("folder", env!("CARGO_TARGET_TMPDIR")),
    };
    let neighbours = Neighbour::list(arguments.list("only"), &plan.allowed.languages)?;
    let usual = if quick { vec!["1"] } else { vec!["1", "2"] };
    let threads: std::result::Result<Vec<usize>, _> =
        arguments.list("threads").unwrap_or(usual).into_iter().map(str::parse).collect();
    println!(
        "{} clients, a text of {} bytes every {:?} each, up to {} pairs of rounds of {} messages each",
        plan.clients, plan.size, plan.period, plan.rounds, plan.messages
    );
    let (mut rows, mut ok, mut failed) = (0, 0, 0);
    for threads in threads.map_err(|error| format!("--threads: {error}"))? {
        table::head(threads);
        for neighbour in &neighbours {
            rows += 1;
            match rounds::measure(&plan, neighbour, threads) {
                Ok(pairs) => ok += usize::from(table::row(neighbour.name, &pairs)),
                Err(error) => {
                    failed += 1;
                    table::failed(neighbour.name, &*error);
                }
            }
        }
    }
    println!(
        "\n{ok} of {rows} are ok: the ratio of the p99 is {} or less, and the longest echo below {} ms",
        table::RATIO,
        table::MAX_WAIT / 1e3
    );
    if failed > 0 { Err(format!("{failed} could not be measured").into()) } else { Ok(()) }
}
