//! Clients that send as fast as they get answers, each over its own connection.

use std::time::Duration;

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::LocalExecutor;

use super::common::{
    Result,
    client::{Client, ask, connect},
    server::{Server, Watch},
};

/// The most messages in flight.
const FLIGHT: usize = 50;

/// Opens connections to these actors in turn.
pub(crate) async fn open(server: &Server, actors: &[String], count: usize) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    for actor in actors.iter().cycle().take(count) {
        clients.push(connect(server.url(actor)).await?);
    }
    Ok(clients)
}

/// A text of 64 bytes, whatever its number.
pub(crate) fn same_text(_number: usize) -> Utf8Bytes {
    "x".repeat(64).into()
}

/// Sends `messages` texts over all connections in turn. `text` makes a text of its number. Returns
/// the server's CPU time for one of them.
pub(crate) async fn exchange(
    executor: &LocalExecutor<'_>,
    clients: &mut Vec<Client>,
    text: impl Fn(usize) -> Utf8Bytes + Clone + 'static,
    messages: usize,
    watch: Watch,
) -> Result<Duration> {
    let workers = FLIGHT.min(clients.len());
    let mut hands: Vec<Vec<_>> = (0..workers).map(|_| Vec::new()).collect();
    for (index, client) in clients.drain(..).enumerate() {
        hands[index % workers].push(client);
    }
    let each = messages.div_ceil(workers);
    let before = watch.cpu()?;
    let tasks: Vec<_> = hands
        .into_iter()
        .enumerate()
        .map(|(worker, mut hand)| {
            let text = text.clone();
            executor.spawn(async move {
                let count = hand.len();
                for number in 0..each {
                    let asked =
                        ask(&mut hand[number % count], &text(number * workers + worker)).await;
                    asked.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(hand)
            })
        })
        .collect();
    for task in tasks {
        clients.extend(task.await?);
    }
    Ok((watch.cpu()? - before).div_f64((each * workers) as f64))
}

/// The memory of an idle server, in bytes.
pub(crate) async fn memory_at_rest(watch: Watch) -> Result<f64> {
    watch.wait_for_rest().await?;
    Ok(watch.share_of_memory()? as f64)
}
