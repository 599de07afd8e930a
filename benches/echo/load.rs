//! The clients: each sends, waits for the echo, and sends again.

use std::{
    cell::Cell,
    error::Error,
    net::{SocketAddr, TcpStream},
    rc::Rc,
    time::{Duration, Instant},
};

use async_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, Utf8Bytes},
};
use futures_util::StreamExt as _;
use smol::{Async, LocalExecutor};

use super::servers::config;

/// The connections to one server.
pub(crate) struct Clients {
    /// The connections.
    open: Vec<WebSocketStream<Async<TcpStream>>>,
    /// What each of them sends.
    text: Utf8Bytes,
}

impl Clients {
    /// Opens `count` connections, to send texts of `size` bytes.
    pub(crate) async fn connect(
        url: &str,
        count: usize,
        size: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let rest = url.strip_prefix("ws://").ok_or("not a WebSocket")?;
        let address: SocketAddr = rest.split('/').next().unwrap_or(rest).parse()?;
        let mut open = Vec::new();
        for _ in 0..count {
            let socket = Async::<TcpStream>::connect(address).await?;
            socket.get_ref().set_nodelay(true)?;
            open.push(client_async_with_config(url, socket, Some(config())).await?.0);
        }
        Ok(Self { open, text: "x".repeat(size).into() })
    }

    /// Has `messages` texts echoed, over all connections at once, and says how long it took.
    pub(crate) async fn exchange(
        &mut self,
        executor: &LocalExecutor<'_>,
        messages: u32,
    ) -> Result<Duration, String> {
        let start = Instant::now();
        // Shared, so that no connection is left to work alone at the end.
        let left = Rc::new(Cell::new(messages));
        let mut tasks = Vec::new();
        for mut ws in self.open.drain(..) {
            let (text, left) = (self.text.clone(), left.clone());
            tasks.push(executor.spawn(async move {
                while let Some(rest) = left.get().checked_sub(1) {
                    left.set(rest);
                    let sent = ws.send(Message::Text(text.clone())).await;
                    sent.map_err(|error| format!("cannot send: {error}"))?;
                    match ws.next().await {
                        Some(Ok(Message::Text(echo))) if echo == text => {}
                        other => return Err(format!("not an echo: {other:?}")),
                    }
                }
                Ok(ws)
            }));
        }
        for task in tasks {
            self.open.push(task.await?);
        }
        Ok(start.elapsed())
    }
}
