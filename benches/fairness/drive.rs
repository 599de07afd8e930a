//! The clients of the bad actors. They run in another process, so that the one that measures has
//! nothing else to do, and with a lower priority than all others.

use std::{io::Write as _, net::TcpStream, time::Duration};

use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt as _;
use smol::{Async, LocalExecutor, Timer, block_on, io::AsyncReadExt as _};

use super::{
    broker,
    common::{Result, child::Child, client::connect, serve},
};

/// How long to wait after a connection that was refused.
const PAUSE: Duration = Duration::from_millis(10);
/// How much this process raises its nice value.
const NICE: i32 = 5;

/// The clients of one actor.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    /// The number of clients that only receive.
    pub(crate) silent: usize,
    /// The number of clients that send a text, wait until the actor has handled it, and send the
    /// next one. They reconnect whenever they are closed.
    pub(crate) talking: usize,
}

/// Starts driving actors. Each has an address and its clients.
pub(crate) fn start(actors: &[(String, Crowd)]) -> Result<Child> {
    let mut arguments = Vec::new();
    for (url, Crowd { silent, talking }) in actors {
        arguments.extend([url.clone(), silent.to_string(), talking.to_string()]);
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    Ok(Child::start(&arguments)?)
}

/// Drives actors, as [`start`] asks for, until standard input ends.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    serve::end_with_parent();
    rustix::process::nice(NICE)?;
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        for actor in arguments.chunks_exact(3) {
            if let Some(port) = broker::port_of(actor[0]) {
                std::thread::spawn(move || broker::flood(port));
            }
            for _ in 0..actor[1].parse()? {
                let socket = connect(actor[0]).await?.into_inner();
                executor.spawn(take(socket)).detach();
            }
        }
        for actor in arguments.chunks_exact(3) {
            for _ in 0..actor[2].parse()? {
                executor.spawn(talk(actor[0].to_owned())).detach();
            }
        }
        // The parent waits for this line.
        println!("driving");
        std::io::stdout().flush()?;
        std::future::pending().await
    }))
}

/// Reads and drops everything, which is cheaper than parsing it.
async fn take(mut socket: Async<TcpStream>) {
    let mut bytes = vec![0; 64 << 10];
    while socket.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
}

/// Sends one text after the other.
async fn talk(url: String) {
    loop {
        let Ok(mut client) = connect(&url).await else {
            Timer::after(PAUSE).await;
            continue;
        };
        while client.send(Message::text("panic")).await.is_ok() && done(&mut client).await {}
    }
}

/// Waits until the actor has handled the text. Returns false if the connection ends before.
async fn done(client: &mut super::common::client::Client) -> bool {
    while let Some(Ok(message)) = client.next().await {
        if message == Message::text("done") {
            return true;
        }
    }
    false
}
