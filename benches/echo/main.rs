//! The cost of an echo through an actor, compared with an echo without one.
//!
//! Each server has its own process: this program starts itself again. The clients of all servers
//! run on one thread here. Each connection sends a text, waits for the echo, and sends again.
//! Rounds alternate between the servers and are compared in pairs, so that other programs on the
//! machine affect all servers alike.
//!
//! ```text
//! cargo bench --bench echo
//! cargo bench --bench echo -- --connections 64 --size 64 --rounds 15 --messages 50000
//! cargo bench --bench echo -- --quick
//! ```
//!
//! Messages per second depend on the clients' thread as much as on the server. The CPU time of the
//! server's process does not.
//!
//! # Layout
//! - `servers`: the servers, and what they have in common.
//! - `load`: the clients.
//! - `table`: prints the rounds.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod load;
mod servers;
mod table;

use std::process::ExitCode;

use smol::{LocalExecutor, block_on};

use common::{
    Result,
    arguments::Arguments,
    child::Child,
    serve::{FOOTLIGHT, PLAIN},
};
use load::Clients;
use servers::NATIVE;
use table::Sample;

/// The servers, in the order of the table. The others are compared with the last one.
const SERVERS: [&str; 3] = [FOOTLIGHT, NATIVE, PLAIN];

fn main() -> ExitCode {
    common::main(&["connections", "size", "rounds", "messages"], |arguments| {
        match arguments.child() {
            Some(words) => servers::serve(&words),
            None => measure(arguments),
        }
    })
}

/// A server and the clients that are connected to it.
struct Pair {
    /// The server's process.
    server: Child,
    /// Its clients.
    clients: Clients,
    /// The results of its rounds, without the first.
    samples: Vec<Sample>,
}

/// Runs all rounds and prints what they came to.
fn measure(arguments: &Arguments) -> Result<()> {
    let connections = arguments.count("connections", 64, 64)?;
    let size = arguments.number("size", 64, 64)?;
    let rounds: usize = arguments.count("rounds", 15, 2)?;
    let messages: u32 = arguments.count("messages", 50_000, 5_000)?;
    let executor = LocalExecutor::new();
    let mut pairs = Vec::new();
    for name in SERVERS {
        let server = Child::start(&[name])?;
        let clients = Clients::connect(&server.url, connections, size);
        let clients = block_on(executor.run(clients))?;
        pairs.push(Pair { server, clients, samples: Vec::new() });
    }
    println!(
        "{connections} connections, {size} bytes of text, {rounds} rounds of {messages} messages"
    );
    // The first round fills caches and is not counted.
    for round in 0..=rounds {
        for Pair { server, clients, samples } in &mut pairs {
            let before = server.cpu()?;
            let time = block_on(executor.run(clients.exchange(&executor, messages)))?;
            let cpu = server.cpu()?.saturating_sub(before);
            if round > 0 {
                samples.push(Sample::new(messages, time, cpu));
            }
        }
    }
    let samples: Vec<_> = pairs.into_iter().map(|pair| pair.samples).collect();
    table::print(connections, size, &samples);
    Ok(())
}
