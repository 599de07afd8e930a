//! A burst of handshakes, as when all clients reconnect at once. It is compared with
//! async-tungstenite alone, which only does the handshakes and accepts everybody.

use std::time::Instant;

use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    arguments::Arguments,
    child::Child,
    client::{Client, connect, leave},
    process,
    serve::{FOOTLIGHT, PLAIN},
    spread::Spread,
};

/// The servers: the one that is measured, and the one that it is compared with.
const SERVERS: [&str; 2] = [FOOTLIGHT, PLAIN];

/// Measures how long it takes until the last client of a burst is connected, in pairs of rounds.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.number("rounds", 15, 2)?;
    let count: usize = arguments.number("connections", 1_000, 200)?;
    process::allow_descriptors(count + 200)?;
    let executor = LocalExecutor::new();
    let servers: Result<Vec<_>> = SERVERS.iter().map(|name| Ok(Child::start(&[name])?)).collect();
    let servers = servers?;
    println!("{count} handshakes at once, {rounds} pairs of rounds");
    let mut times = [Vec::new(), Vec::new()];
    let mut cpus = [Vec::new(), Vec::new()];
    // The first pair fills caches and is not counted.
    for round in 0..=rounds {
        // Alternate the order.
        for which in [round % 2, 1 - round % 2] {
            let (before, start) = (servers[which].cpu()?, Instant::now());
            let clients = block_on(executor.run(all(&executor, &servers[which].url, count)))?;
            let (time, cpu) = (start.elapsed(), servers[which].cpu()?.saturating_sub(before));
            block_on(executor.run(async {
                for client in clients {
                    leave(client).await?;
                }
                Ok::<_, Box<dyn std::error::Error>>(())
            }))?;
            if round > 0 {
                times[which].push(time.as_secs_f64() * 1e3);
                cpus[which].push(cpu.as_secs_f64() * 1e3);
            }
        }
    }
    println!("{:28}{:>24}{:>24}", "", "until all are in, ms", "CPU of the server, ms");
    for (which, name) in SERVERS.iter().enumerate() {
        let text = |of: &[f64]| Spread::of(of.iter().copied()).whole();
        println!("{name:28}{:>24}{:>24}", text(&times[which]), text(&cpus[which]));
    }
    let ratio = |of: &[Vec<f64>; 2]| Spread::ratio(&of[0], &of[1]).text();
    println!("{:28}{:>24}{:>24}", "ratio, of paired rounds", ratio(&times), ratio(&cpus));
    Ok(())
}

/// Connects this many clients at once.
async fn all(executor: &LocalExecutor<'_>, url: &str, count: usize) -> Result<Vec<Client>> {
    let connect = |_| {
        let url = url.to_owned();
        executor.spawn(async move { connect(&url).await.map_err(|error| error.to_string()) })
    };
    let tasks: Vec<_> = (0..count).map(connect).collect();
    let mut clients = Vec::new();
    for task in tasks {
        clients.push(task.await?);
    }
    Ok(clients)
}
