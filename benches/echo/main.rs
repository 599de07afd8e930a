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
//! - `options`: the command line.
//! - `servers`: the servers.
//! - `load`: the clients.
//! - `table`: prints the rounds.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod load;
mod options;
mod servers;
mod table;

use std::process::ExitCode;

use smol::{LocalExecutor, block_on};

use common::{Result, child::Child};
use load::Clients;
use options::{Options, Task};
use servers::Kind;
use table::Sample;

fn main() -> ExitCode {
    let done = match options::parse() {
        Ok(Task::Measure(options)) => measure(&options),
        Ok(Task::Serve(kind)) => servers::serve(kind),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = done {
        eprintln!("echo: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
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

/// Runs all rounds and prints the results.
fn measure(options: &Options) -> Result<()> {
    let executor = LocalExecutor::new();
    let mut pairs = Vec::new();
    for kind in Kind::ALL {
        let server = Child::start(&["--serve", kind.name()])?;
        let connect = Clients::connect(&server.url, options.connections, options.size);
        let clients = block_on(executor.run(connect))?;
        pairs.push(Pair { server, clients, samples: Vec::new() });
    }
    println!(
        "{} connections, {} bytes of text, {} rounds of {} messages",
        options.connections, options.size, options.rounds, options.messages
    );
    // The first round fills caches and is not counted.
    for round in 0..=options.rounds {
        for Pair { server, clients, samples } in &mut pairs {
            let before = server.cpu()?;
            let exchange = clients.exchange(&executor, options.messages);
            let time = block_on(executor.run(exchange))?;
            let cpu = server.cpu()?.saturating_sub(before);
            if round > 0 {
                samples.push(Sample::new(options.messages, time, cpu));
            }
        }
    }
    let samples: Vec<_> = pairs.into_iter().map(|pair| pair.samples).collect();
    table::print(options, &samples);
    Ok(())
}
