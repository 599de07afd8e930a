//! The clients. Each sends a text, waits for the echo, and sends again.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::LocalExecutor;

use super::common::{
    Result,
    client::{Client, connect_all, echo},
};

/// The connections to one server.
pub(crate) struct Clients {
    /// The connections.
    open: Vec<Client>,
    /// The text that each of them sends.
    text: Utf8Bytes,
}

impl Clients {
    /// Opens `count` connections for texts of `size` bytes.
    pub(crate) async fn connect(url: &str, count: usize, size: usize) -> Result<Self> {
        Ok(Self { open: connect_all(url, count).await?, text: "x".repeat(size).into() })
    }

    /// Has `messages` texts echoed over all connections at once. Returns the time.
    pub(crate) async fn exchange(
        &mut self,
        executor: &LocalExecutor<'_>,
        messages: u32,
    ) -> Result<Duration> {
        let start = Instant::now();
        // All connections share this counter, so that none works alone at the end.
        let left = Rc::new(Cell::new(messages));
        let mut tasks = Vec::new();
        for mut client in self.open.drain(..) {
            let (text, left) = (self.text.clone(), left.clone());
            tasks.push(executor.spawn(async move {
                while let Some(rest) = left.get().checked_sub(1) {
                    left.set(rest);
                    echo(&mut client, &text).await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(client)
            }));
        }
        for task in tasks {
            self.open.push(task.await?);
        }
        Ok(start.elapsed())
    }
}
