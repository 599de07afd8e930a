//! What a server costs before it does any work: the time to start, and memory.

use smol::{LocalExecutor, block_on};

use super::{
    common::{
        Result,
        client::{Client, connect, echo},
        server::{Server, Watch},
    },
    servers::Contestant,
    workload::Workload,
};

/// The connections before those that are counted.
const BEFORE: usize = 50;

/// The results of each contestant, with a number for each round.
#[derive(Default)]
pub(crate) struct Footprint {
    /// The time from its start to listening, in milliseconds.
    pub(crate) start: Vec<f64>,
    /// Its idle memory in bytes, with shared pages divided among processes.
    pub(crate) idle: Vec<f64>,
    /// Its idle memory in bytes, with all shared pages.
    pub(crate) resident: Vec<f64>,
    /// The memory of one more connection, in bytes.
    pub(crate) connection: Vec<f64>,
}

/// Starts every contestant `starts` times with an empty chat room, and a few times with an echo.
/// Each of `connections` clients uses the echo once and stays.
pub(crate) fn measure(
    contestants: &[Contestant],
    starts: usize,
    connections: usize,
) -> Result<Vec<Footprint>> {
    let mut all: Vec<_> = contestants.iter().map(|_| Footprint::default()).collect();
    // The first start fills caches and is not counted.
    for round in 0..=starts {
        for (contestant, footprint) in contestants.iter().zip(&mut all) {
            let server = contestant.start(Workload::Chat, 1)?;
            block_on(server.watch().wait_for_rest())?;
            if round > 0 {
                footprint.start.push(server.started.as_secs_f64() * 1e3);
                footprint.idle.push(server.watch().share_of_memory()? as f64);
                footprint.resident.push(server.watch().memory()? as f64);
            }
        }
    }
    let executor = LocalExecutor::new();
    for _ in 0..starts.div_ceil(3) {
        for (contestant, footprint) in contestants.iter().zip(&mut all) {
            let server = contestant.start(Workload::Echo, 1)?;
            let opened = block_on(executor.run(connect_many(&server, connections)));
            // Stop the server before its clients, so that it does not complain about them.
            drop(server);
            footprint.connection.push(opened?.0);
        }
    }
    Ok(all)
}

/// Opens connections. Returns the memory of each one, and the connections.
async fn connect_many(server: &Server, count: usize) -> Result<(f64, Vec<Client>)> {
    let mut clients = open(server, BEFORE).await?;
    let before = at_rest(server.watch()).await?;
    clients.extend(open(server, count).await?);
    let after = at_rest(server.watch()).await?;
    Ok(((after - before) / count as f64, clients))
}

/// The memory of an idle server.
async fn at_rest(watch: Watch) -> Result<f64> {
    watch.wait_for_rest().await?;
    Ok(watch.share_of_memory()? as f64)
}

/// Opens connections, and has one text echoed over each.
async fn open(server: &Server, count: usize) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = connect(server.url("room0")).await?;
        echo(&mut client, &Workload::Echo.text()).await?;
        clients.push(client);
    }
    Ok(clients)
}
