//! What a server takes before it does anything: time to start, and memory.

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

/// How many connections there are before those that are counted.
const BEFORE: usize = 50;

/// What each contestant takes, in every round.
#[derive(Default)]
pub(crate) struct Footprint {
    /// From its start to listening, in milliseconds.
    pub(crate) start: Vec<f64>,
    /// Its memory then, in bytes, shared pages divided among processes.
    pub(crate) idle: Vec<f64>,
    /// The same, with all of what it shares.
    pub(crate) resident: Vec<f64>,
    /// The memory of one more connection, in bytes.
    pub(crate) connection: Vec<f64>,
}

/// Starts every contestant `starts` times with an empty chat room, and some times with an echo
/// that `connections` clients use once and stay.
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
            // Before its clients, so that it need not complain that they vanish.
            drop(server);
            footprint.connection.push(opened?.0);
        }
    }
    Ok(all)
}

/// What a connection costs, and the open connections.
async fn connect_many(server: &Server, count: usize) -> Result<(f64, Vec<Client>)> {
    let mut clients = open(server, BEFORE).await?;
    let before = at_rest(server.watch()).await?;
    clients.extend(open(server, count).await?);
    let after = at_rest(server.watch()).await?;
    Ok(((after - before) / count as f64, clients))
}

/// The memory that a server has when it has nothing to do.
async fn at_rest(watch: Watch) -> Result<f64> {
    watch.wait_for_rest().await?;
    Ok(watch.share_of_memory()? as f64)
}

/// Opens so many connections, each of which has had one text echoed.
async fn open(server: &Server, count: usize) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = connect(server.url("room0")).await?;
        echo(&mut client, &Workload::Echo.text()).await?;
        clients.push(client);
    }
    Ok(clients)
}
