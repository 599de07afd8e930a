//! The times of answers, and the number of answers per second of CPU time.

use std::time::Duration;

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::{LocalExecutor, block_on};

use super::{
    common::{
        Result,
        client::{connect, hear},
        pace::Clients,
        server::Server,
    },
    servers::Contestant,
    workload::Workload,
};

/// The number of clients of each server.
pub(crate) const CLIENTS: usize = 16;

/// The results of each contestant, with a number for each round.
#[derive(Default)]
pub(crate) struct Rounds {
    /// The median time from when a message was due to its answer, in microseconds.
    pub(crate) p50: Vec<f64>,
    /// The 99th percentile.
    pub(crate) p99: Vec<f64>,
    /// Messages per second of CPU time, with as many messages as the server can handle.
    pub(crate) per_second: Vec<f64>,
}

/// Runs all rounds of a workload. The contestants take turns. One that has no program for it has no numbers.
pub(crate) fn measure(
    contestants: &[Contestant],
    workload: Workload,
    rounds: usize,
    quick: bool,
) -> Result<Vec<Rounds>> {
    // A room that keeps a history is used for one round.
    let rooms = if workload.needs_fresh_room() { 2 * (rounds + 1) } else { 1 };
    let with = contestants.iter().enumerate().filter(|(_, contestant)| contestant.has(workload));
    let servers: Result<Vec<_>> =
        with.map(|(which, contestant)| Ok((which, contestant.start(workload, rooms)?))).collect();
    let servers = servers?;
    let mut all: Vec<_> = contestants.iter().map(|_| Rounds::default()).collect();
    let executor = LocalExecutor::new();
    // The first round fills caches and is not counted.
    for round in 0..=rounds {
        for place in 0..servers.len() {
            // Rotate the order, so that no contestant is always first.
            let (which, server) = &servers[(round + place) % servers.len()];
            let room = |number| format!("room{}", if rooms > 1 { number } else { 0 });
            let (first, second) = (room(2 * round), room(2 * round + 1));
            let measured = run(&executor, server, workload, [&first, &second], quick);
            let (p50, p99, per_second) = block_on(executor.run(measured))?;
            if round > 0 {
                all[*which].p50.push(p50);
                all[*which].p99.push(p99);
                all[*which].per_second.push(per_second);
            }
        }
    }
    Ok(all)
}

/// One round: at a fixed rate in one room, and as fast as possible in another.
async fn run(
    executor: &LocalExecutor<'_>,
    server: &Server,
    workload: Workload,
    rooms: [&str; 2],
    quick: bool,
) -> Result<(f64, f64, f64)> {
    let (amount, watch) = (workload.amount(quick), server.watch());
    let mut clients = enter(server, rooms[0], workload, amount.period).await?;
    watch.wait_for_rest().await?;
    let times = clients.exchange(executor, amount.paced).await?;
    clients.leave().await?;

    let mut clients = enter(server, rooms[1], workload, Duration::ZERO).await?;
    watch.wait_for_rest().await?;
    let before = watch.cpu()?;
    clients.exchange(executor, amount.unpaced).await?;
    let cpu = (watch.cpu()? - before).as_secs_f64();
    clients.leave().await?;
    Ok((times.p50, times.p99, CLIENTS as f64 * f64::from(amount.unpaced) / cpu))
}

/// Connects the clients to a room.
async fn enter(
    server: &Server,
    room: &str,
    workload: Workload,
    period: Duration,
) -> Result<Clients> {
    let (mut open, text): (_, Utf8Bytes) = (Vec::new(), workload.text());
    for _ in 0..CLIENTS {
        let mut client = connect(server.url(room)).await?;
        if workload.greets() {
            hear(&mut client).await?;
        }
        open.push(client);
    }
    Ok(Clients::asking(open, text, period))
}
