//! The cost of sending a message to many clients in one event, compared with a plain loop that
//! sends the same message to the same number of sockets.
//!
//! ```text
//! cargo bench --bench broadcast
//! cargo bench --bench broadcast -- --quick
//! ```
//!
//! One client sends a text, and every client gets it. Each server has its own process with one
//! thread. The result is the CPU time for each message that a client got. Rounds alternate between
//! the servers and are compared in pairs.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod servers;

use std::process::ExitCode;

use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt as _;
use smol::block_on;

use common::{
    Result,
    child::Child,
    client::{Client, connect_all},
    process::allow_descriptors,
    spread::Spread,
};

/// The length of a message in bytes.
const SIZE: usize = 64;

fn main() -> ExitCode {
    common::main(&[], |arguments| match arguments.child() {
        Some(words) => servers::serve(&words),
        None if arguments.quick => measure(100, 2, 5),
        None => measure(1000, 15, 50),
    })
}

/// A server and its clients.
struct Pair {
    /// The server's process.
    server: Child,
    /// Its clients. The first one sends.
    clients: Vec<Client>,
    /// The server's CPU time for each message of each round, in microseconds.
    costs: Vec<f64>,
}

/// Runs all rounds and prints the results.
fn measure(connections: usize, rounds: usize, broadcasts: usize) -> Result<()> {
    allow_descriptors(2 * connections + 100)?;
    let mut pairs = Vec::new();
    for name in servers::ALL {
        let server = Child::start(&[name, &connections.to_string()])?;
        let clients = block_on(connect_all(&server.url, connections))?;
        pairs.push(Pair { server, clients, costs: Vec::new() });
    }
    println!("{connections} connections, {SIZE} bytes of text, {rounds} rounds of {broadcasts}");
    // The first round fills caches and is not counted.
    for round in 0..=rounds {
        for Pair { server, clients, costs } in &mut pairs {
            let before = server.cpu()?;
            block_on(broadcast(clients, broadcasts))?;
            let cpu = server.cpu()?.saturating_sub(before);
            if round > 0 {
                costs.push(cpu.as_secs_f64() * 1e6 / (connections * broadcasts) as f64);
            }
        }
    }
    let [footlight, plain] = &pairs[..] else { return Err("two servers".into()) };
    for (name, pair) in [("Footlight", footlight), ("async-tungstenite", plain)] {
        let cost = Spread::of(pair.costs.iter().copied());
        println!("{name:20} {:6.2} µs of CPU for each client", cost.median);
    }
    println!("ratio {}", Spread::ratio(&footlight.costs, &plain.costs).text());
    Ok(())
}

/// Sends one text after the other to all clients.
async fn broadcast(clients: &mut [Client], count: usize) -> Result<()> {
    let text = "x".repeat(SIZE);
    for _ in 0..count {
        clients[0].send(Message::text(text.as_str())).await?;
        for client in &mut *clients {
            match client.next().await {
                Some(Ok(Message::Text(got))) if got.as_str() == text => {}
                other => return Err(format!("not what was sent: {other:?}").into()),
            }
        }
    }
    Ok(())
}
