//! How long an actor's clients wait while another actor computes.
//!
//! One process, one thread, two actors. Clients of `examples/echo` send at a steady rate, each
//! with one message in flight. In every other round the second actor computes: each of its
//! events takes all of `limits.fuel`, and there is always a next one. Rounds are compared in
//! pairs.
//!
//! ```text
//! cargo bench --bench fairness
//! cargo bench --bench fairness -- --clients 16 --period-us 10000 --slice 5000
//! ```
//!
//! With `--period-us 0` a client sends as soon as it has its answer. The server's thread is
//! then never idle, and the quiet rounds are a queue too.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use common::{
    Result,
    arguments::Arguments,
    client::connect,
    pace::{Clients, Times},
    server::{Actor, Server},
    spread::Spread,
};
use footlight::manifest::Limits;
use futures_util::StreamExt as _;
use smol::{LocalExecutor, block_on};

/// The ratio that this is to stay below.
const AIM: f64 = 3.0;

/// Computes without end, whatever happens.
const BURNER: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "ntwk:theater/websocket-server#handle-message")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
        (local $n i32)
        (loop $forever
            (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 5)) (i32.const 1)))
            (br $forever))
        (unreachable)))"#;

/// One condition's rounds.
#[derive(Default)]
struct Rounds {
    /// The median time of each, in microseconds.
    p50: Vec<f64>,
    /// The 99th percentile of each.
    p99: Vec<f64>,
    /// The share of the time that the server's process computed.
    busy: Vec<f64>,
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fairness: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all rounds and prints what they came to.
fn measure() -> Result<()> {
    let known = ["clients", "size", "rounds", "messages", "period-us", "slice", "fuel", "burners"];
    let arguments = Arguments::read(&known)?;
    let clients = arguments.number("clients", 16, 16)?;
    let size = arguments.number("size", 64, 64)?;
    let rounds = arguments.number("rounds", 9, 1)?;
    let messages = arguments.number("messages", 400, 20)?;
    let period = Duration::from_micros(arguments.number("period-us", 10_000, 5_000)?);
    let limits = Limits::default();
    let slice = arguments.number("slice", limits.slice, limits.slice)?;
    let fuel = arguments.number("fuel", 200_000_000, 200_000_000)?;
    let burners: usize = arguments.number("burners", 2, 2)?;

    let burner = Actor::of("burner", BURNER).limit("slice", slice).limit("fuel", fuel);
    let server = Server::start(&[Actor::echo(), burner])?;
    let watch = server.watch();
    let executor = LocalExecutor::new();
    let connect = Clients::connect(server.url("echo"), clients, size, period);
    let mut open = block_on(executor.run(connect))?;
    println!(
        "{clients} clients, a text of {size} bytes every {period:?} each, {rounds} pairs of \
         rounds of {messages} messages each; the other actor: fuel {fuel}, slice {slice}"
    );
    let (mut quiet, mut burning) = (Rounds::default(), Rounds::default());
    // The first pair fills caches and is not counted.
    for round in 0..=rounds {
        // Which of the two comes first alternates too.
        for burn in [round % 2 == 1, round % 2 == 0] {
            let mut tasks = Vec::new();
            for _ in 0..if burn { burners } else { 0 } {
                tasks.push(executor.spawn(keep_busy(server.url("burner").to_owned())));
            }
            let sample = block_on(executor.run(async {
                if burn {
                    watch.wait_for_work().await?
                } else {
                    watch.wait_for_rest().await?
                }
                let (start, before) = (Instant::now(), watch.cpu()?);
                let times = open.exchange(&executor, messages).await?;
                let busy = (watch.cpu()? - before).as_secs_f64() / start.elapsed().as_secs_f64();
                Result::Ok((times, busy))
            }))?;
            drop(tasks);
            if round > 0 {
                let of = if burn { &mut burning } else { &mut quiet };
                of.add(sample);
            }
        }
    }
    println!("{:28}{:>24}{:>24}{:>10}", "", "p50, µs", "p99, µs", "busy");
    quiet.print("the other actor is idle");
    burning.print("the other actor computes");
    let (p50, p99) =
        (Spread::ratio(&burning.p50, &quiet.p50), Spread::ratio(&burning.p99, &quiet.p99));
    println!("{:28}{:>24}{:>24}", "ratio, of paired rounds", p50.text(), p99.text());
    let verdict = if p99.median < AIM { "met" } else { "missed" };
    println!("the aim, a ratio of the p99 below {AIM}, is {verdict}");
    Ok(())
}

impl Rounds {
    /// Adds a round.
    fn add(&mut self, (times, busy): (Times, f64)) {
        self.p50.push(times.p50);
        self.p99.push(times.p99);
        self.busy.push(busy);
    }

    /// Prints the line of this condition.
    fn print(&self, label: &str) {
        let text = |of: &[f64]| Spread::of(of.iter().copied()).whole();
        let busy = Spread::of(self.busy.iter().copied()).median * 100.0;
        println!("{label:28}{:>24}{:>24}{busy:>8.0} %", text(&self.p50), text(&self.p99));
    }
}

/// A client of the burning actor: is closed when the fuel is spent, and comes again.
async fn keep_busy(url: String) {
    loop {
        if let Ok(mut client) = connect(&url).await {
            while let Some(Ok(_)) = client.next().await {}
        }
    }
}
