//! Short messages, and messages that keep the interpreter busy.

use std::{path::Path, time::Duration};

use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt as _;
use smol::{LocalExecutor, block_on};

use super::common::{
    Result,
    arguments::Arguments,
    client::connect,
    pace::Clients,
    server::{Actor, Server},
};

/// The number of clients of the echo.
const CLIENTS: usize = 16;
/// The size of their texts in bytes.
const SIZE: usize = 64;
/// The messages in the chat room's history at first: 4 KB of JSON.
const HISTORY: usize = 40;
/// The messages that are added.
const MORE: u32 = 100;

/// The server's CPU time for each message, in microseconds, with a number for each round.
#[derive(Default)]
pub(crate) struct Work {
    /// With `examples/echo`.
    pub(crate) echo: Vec<f64>,
    /// With `examples/chat-room`.
    pub(crate) chat: Vec<f64>,
}

impl Work {
    /// Adds the rounds of another.
    pub(crate) fn add(&mut self, other: Self) {
        self.echo.extend(other.echo);
        self.chat.extend(other.chat);
    }
}

/// One round, with a new process.
pub(crate) fn measure(arguments: &Arguments, file: &Path) -> Result<Work> {
    let each: u32 = arguments.number("messages", 2_000, 50)?;
    let server = Server::run(file, &[Actor::echo(), Actor::chat_room(HISTORY)])?;
    let (watch, executor) = (server.watch(), LocalExecutor::new());
    block_on(executor.run(async {
        let mut clients =
            Clients::connect(server.url("echo"), CLIENTS, SIZE, Duration::ZERO).await?;
        clients.exchange(&executor, each / 10).await?;
        let before = watch.cpu()?;
        clients.exchange(&executor, each).await?;
        let echo = watch.cpu()? - before;

        let mut client = connect(server.url("chat-room")).await?;
        // The history shows that the first event has been handled.
        client.next().await.ok_or("no history")??;
        let before = watch.cpu()?;
        for _ in 0..MORE {
            client.send(Message::text("a line of some fifty characters, as people write")).await?;
            client.next().await.ok_or("no answer")??;
        }
        let chat = watch.cpu()? - before;
        let messages = f64::from(each) * CLIENTS as f64;
        Ok(Work {
            echo: vec![echo.as_secs_f64() * 1e6 / messages],
            chat: vec![chat.as_secs_f64() * 1e6 / f64::from(MORE)],
        })
    }))
}
