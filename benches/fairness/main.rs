//! How long an actor's clients wait while another actor does its worst.
//!
//! One process, and in it `examples/echo`, whose clients send at a steady rate, each with one message
//! in flight. Beside it is a bad actor, or several. In every other round it is driven; rounds are
//! compared in pairs, each with a server of its own. A row is ok if the 99th percentile is at most 3
//! times that of the quiet round, and no echo takes 100 ms.
//!
//! ```text
//! cargo bench --bench fairness
//! cargo bench --bench fairness -- --only burner,log --threads 1 --rounds 15
//! cargo bench --bench fairness -- --clients 16 --period-us 10000 --slice 5000
//! cargo bench --bench fairness -- --binary ../before/target/release/footlight
//! ```
//!
//! In parentheses are the quiet rounds, and the share of the time for which the server could have
//! computed beside the neighbour but had no processor: what another program on the same machine does to
//! it is no fault of the host's. With `--period-us 0` a client sends as soon as it has its answer. The server's thread
//! is then never idle, and the quiet rounds are a queue too.
//!
//! # Layout
//! - `guests`: the code of the bad actors.
//! - `neighbours`: which there are, how each is driven, and what shows that it was bad.
//! - `drive`: their clients.
//! - `proof`: the bad actors' counters.
//! - `rounds`: what is measured.
//! - `table`: what is printed.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

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
const KNOWN: [&str; 10] = [
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
];

fn main() -> ExitCode {
    common::main(&KNOWN, |arguments| match (arguments.child(), arguments.words.first()) {
        (Some(words), _) => drive::run(&words),
        (None, None) => measure(arguments),
        (None, Some(word)) => Err(format!("{word}: neighbours are named by --only").into()),
    })
}

/// Measures beside all neighbours that are asked for, and prints the table.
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
        },
    };
    let neighbours = Neighbour::list(arguments.list("only"))?;
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
