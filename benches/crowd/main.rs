//! Measures whether the cost of a message depends on the number of clients.
//!
//! ```text
//! cargo bench --bench crowd
//! cargo bench --bench crowd -- mailbox
//! cargo bench --bench crowd -- --quick
//! ```
//!
//! - `mailbox`: more clients have a message for the actor than fit into its mailbox.
//! - `rooms`: clients in rooms of two. Each message goes by tag to the other one.
//! - `tags`: rooms of eight. Each message goes by tag to the other seven, or lists them.
//!
//! Each crowd has a server with an actor, and one without that does the same. Each server has its
//! own process with one thread. The result is the CPU time for each message to the server. Rounds
//! alternate between all crowds and servers. A ratio compares the two servers of a crowd. Growth
//! compares a server of a crowd with that of the smallest crowd. Both compare round by round.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod load;
mod servers;

use std::process::ExitCode;

use smol::{LocalExecutor, block_on};

use common::{
    Result, arguments::Arguments, child::Child, process::allow_descriptors, spread::Spread,
};
use load::{Action, Crowd};

/// A measurement.
struct Case {
    /// The word on the command line that selects it.
    word: &'static str,
    /// Its name in the table.
    name: &'static str,
    /// The actor.
    actor: &'static str,
    /// The number of clients in a team.
    team: usize,
    /// The action of the teams.
    action: Action,
    /// The numbers of clients.
    crowds: [usize; 4],
}

/// All measurements.
const CASES: [Case; 5] = [
    Case {
        word: "mailbox",
        name: "echoes of 4,000 bytes",
        actor: "echo",
        team: 1,
        action: Action::Echo(4000),
        crowds: [50, 200, 1000, 3000],
    },
    Case {
        word: "mailbox",
        name: "echoes of 8 KiB",
        actor: "echo",
        team: 1,
        action: Action::Echo(8 << 10),
        crowds: [50, 200, 1000, 3000],
    },
    Case {
        word: "rooms",
        name: "rooms of two",
        actor: "rooms",
        team: 2,
        action: Action::Tell,
        crowds: [10, 200, 1000, 3000],
    },
    Case {
        word: "tags",
        name: "broadcasts to seven by tag",
        actor: "rooms",
        team: 8,
        action: Action::Tell,
        crowds: [16, 200, 1000, 3000],
    },
    Case {
        word: "tags",
        name: "lists of eight by tag",
        actor: "rooms",
        team: 8,
        action: Action::List,
        crowds: [16, 200, 1000, 3000],
    },
];

fn main() -> ExitCode {
    common::main(&["rounds", "messages"], |arguments| match arguments.child() {
        Some(words) => servers::serve(&words),
        None => measure_all(arguments),
    })
}

/// Measures the cases that are asked for, or all.
fn measure_all(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.count("rounds", 7, 1)?;
    let messages = arguments.count("messages", 10_000, 200)?;
    let crowds = if arguments.quick { 2 } else { 4 };
    for case in &CASES {
        if arguments.words.is_empty() || arguments.words.iter().any(|word| word == case.word) {
            measure(case, &case.crowds[..crowds], rounds, messages)?;
        }
    }
    Ok(())
}

/// A server and its clients.
struct Pair {
    /// The server's process.
    server: Child,
    /// Its clients.
    crowd: Crowd,
    /// The server's CPU time for each message of each round, in microseconds.
    costs: Vec<f64>,
}

/// Runs all rounds of a case and prints the results.
fn measure(case: &Case, crowds: &[usize], rounds: usize, messages: usize) -> Result<()> {
    allow_descriptors(2 * crowds.iter().sum::<usize>() + 100)?;
    let executor = LocalExecutor::new();
    let mut pairs = Vec::new();
    for &clients in crowds {
        for name in servers::ALL {
            let server = Child::start(&[name, case.actor])?;
            let crowd = Crowd::gather(&server.url, clients, case.team, case.action);
            let crowd = block_on(executor.run(crowd))?;
            pairs.push(Pair { server, crowd, costs: Vec::new() });
        }
    }
    // The first round fills caches and is not counted.
    for round in 0..=rounds {
        for Pair { server, crowd, costs } in &mut pairs {
            let before = server.cpu()?;
            block_on(executor.run(crowd.act(&executor, messages)))?;
            let cpu = server.cpu()?.saturating_sub(before);
            if round > 0 {
                costs.push(cpu.as_secs_f64() * 1e6 / messages as f64);
            }
        }
    }
    println!("\n{}, {rounds} rounds of {messages} messages", case.name);
    println!(
        "{:>8} {:>13} {:>13}  {:24} {:24} growth without an actor",
        "clients", "Footlight, µs", "without, µs", "ratio", "growth"
    );
    let costs: Vec<_> = pairs.into_iter().map(|pair| pair.costs).collect();
    for (clients, both) in crowds.iter().zip(costs.chunks(2)) {
        let median = |index: usize| Spread::of(both[index].iter().copied()).median;
        println!(
            "{clients:8} {:13.1} {:13.1}  {:24} {:24} {}",
            median(0),
            median(1),
            Spread::ratio(&both[0], &both[1]).text(),
            Spread::ratio(&both[0], &costs[0]).text(),
            Spread::ratio(&both[1], &costs[1]).text()
        );
    }
    Ok(())
}
