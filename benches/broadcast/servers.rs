//! The servers that are compared: an actor that broadcasts, and async-tungstenite in a loop.

use async_tungstenite::accept_async_with_config;
use futures_util::StreamExt as _;

use super::common::{
    Result,
    client::config,
    serve::{self, FOOTLIGHT, PLAIN},
};

/// Both.
pub(crate) const ALL: [&str; 2] = [FOOTLIGHT, PLAIN];

/// Is the server that the words name, for as many clients as they say, until the parent ends.
pub(crate) fn serve(words: &[&str]) -> Result<()> {
    match *words {
        [FOOTLIGHT, _] => serve::crowded(&wat::parse_str(include_str!("actor.wat"))?),
        [PLAIN, connections] => {
            let connections = connections.parse()?;
            serve::run(|_| plain(connections))
        }
        _ => Err("no such server".into()),
    }
}

/// Lets all clients in, then sends what the first one sends to all.
async fn plain(connections: usize) -> Result<()> {
    let (listener, _) = serve::bind()?;
    let mut clients = Vec::new();
    while clients.len() < connections {
        let (socket, _) = listener.accept().await?;
        socket.get_ref().set_nodelay(true)?;
        clients.push(accept_async_with_config(socket, Some(config())).await?);
    }
    while let Some(message) = clients[0].next().await {
        let message = message?;
        for client in &mut clients {
            client.send(message.clone()).await?;
        }
    }
    Ok(())
}
