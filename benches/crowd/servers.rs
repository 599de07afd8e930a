//! The servers that are compared: one with an actor, and one without that does the same.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpStream,
    sync::{Arc, Mutex},
};

use async_tungstenite::{WebSocketSender, accept_async_with_config, tungstenite::Message};
use futures_util::StreamExt as _;
use smol::{Async, Executor, lock};

use super::common::{
    Result,
    client::config,
    serve::{self, FOOTLIGHT, PLAIN},
};

/// Both.
pub(crate) const ALL: [&str; 2] = [FOOTLIGHT, PLAIN];

/// The example that echoes.
const ECHO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo/echo.wasm");

/// Is the server that the words name, until the parent ends. The second word is what Footlight runs:
/// `echo` or `rooms`. The other server does both.
pub(crate) fn serve(words: &[&str]) -> Result<()> {
    match *words {
        [FOOTLIGHT, "echo"] => serve::crowded(&fs::read(ECHO)?),
        [FOOTLIGHT, "rooms"] => serve::crowded(&wat::parse_str(include_str!("actor.wat"))?),
        [PLAIN, _] => serve::run(plain),
        _ => Err("no such server".into()),
    }
}

/// Where a client's messages go.
type Writer = Arc<lock::Mutex<WebSocketSender<Async<TcpStream>>>>;
/// The clients in each room, by their number.
type Rooms = Arc<Mutex<BTreeMap<String, BTreeMap<u64, Writer>>>>;

/// async-tungstenite, a map of the rooms, and nothing else.
async fn plain(executor: Arc<Executor<'static>>) -> Result<()> {
    let (listener, _) = serve::bind()?;
    let rooms = Rooms::default();
    for number in 0.. {
        let (socket, _) = listener.accept().await?;
        socket.get_ref().set_nodelay(true)?;
        let rooms = rooms.clone();
        executor.spawn(async move { talk(socket, number, &rooms).await }).detach();
    }
    Ok(())
}

/// Serves one client, as the actors do.
async fn talk(socket: Async<TcpStream>, number: u64, rooms: &Rooms) -> Option<()> {
    let (to, mut from) = accept_async_with_config(socket, Some(config())).await.ok()?.split();
    let own = Arc::new(lock::Mutex::new(to));
    loop {
        let message = from.next().await?.ok()?;
        let Message::Text(text) = &message else { continue };
        let room = text.get(1..9).unwrap_or_default();
        let receivers: Vec<_> = match text.chars().next() {
            Some('+') => {
                let mut rooms = rooms.lock().ok()?;
                rooms.entry(room.to_owned()).or_default().insert(number, own.clone());
                Vec::new()
            }
            Some('>') => {
                let rooms = rooms.lock().ok()?;
                let others = rooms.get(room)?.iter().filter(|(other, _)| **other != number);
                others.map(|(_, writer)| writer.clone()).collect()
            }
            Some('?') => {
                let there: Vec<_> = rooms.lock().ok()?.get(room)?.keys().copied().collect();
                std::hint::black_box(there);
                vec![own.clone()]
            }
            _ => vec![own.clone()],
        };
        for receiver in receivers {
            receiver.lock().await.send(message.clone()).await.ok()?;
        }
    }
}
