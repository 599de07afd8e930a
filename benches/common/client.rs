//! A WebSocket client.

use std::net::{SocketAddr, TcpStream};

use async_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};
use footlight::limits::Limits;
use futures_util::StreamExt as _;
use smol::{Async, LocalExecutor};

use super::Result;

/// The number of clients that connect at the same time.
pub(crate) const AT_ONCE: usize = 50;
/// The text that each of them sends first, so that all buffers are allocated before the
/// measurement.
const TEXT: &str = "a text of some length, which is echoed once and then never again";

/// A connection.
pub(crate) type Client = WebSocketStream<Async<TcpStream>>;

/// tungstenite's settings. They are the same as in `server::connection`, where they are private.
pub(crate) fn config() -> WebSocketConfig {
    let limits = Limits::default();
    WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(limits.answer + 4096)
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message))
}

/// Connects.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let rest = url.strip_prefix("ws://").ok_or("not a WebSocket")?;
    let address: SocketAddr = rest.split('/').next().unwrap_or(rest).parse()?;
    let socket = Async::<TcpStream>::connect(address).await?;
    socket.get_ref().set_nodelay(true)?;
    Ok(client_async_with_config(url, socket, Some(config())).await?.0)
}

/// Connects so many times, one after the other.
pub(crate) async fn connect_all(url: &str, count: usize) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(connect(url).await?);
    }
    Ok(clients)
}

/// Sends a text and waits for its echo.
pub(crate) async fn echo(client: &mut Client, text: &Utf8Bytes) -> Result<()> {
    let answer = ask(client, text).await?;
    if answer == *text { Ok(()) } else { Err(format!("not an echo: {answer}").into()) }
}

/// Sends a text and waits for the text that answers it.
pub(crate) async fn ask(client: &mut Client, text: &Utf8Bytes) -> Result<Utf8Bytes> {
    client.send(Message::Text(text.clone())).await?;
    hear(client).await
}

/// Waits for a text message.
pub(crate) async fn hear(client: &mut Client) -> Result<Utf8Bytes> {
    match client.next().await {
        Some(Ok(Message::Text(text))) => Ok(text),
        other => Err(format!("not a text: {other:?}").into()),
    }
}

/// Closes a connection, and waits until the server has closed it too.
pub(crate) async fn leave(mut client: Client) -> Result<()> {
    client.close(None).await?;
    while let Some(Ok(_)) = client.next().await {}
    Ok(())
}

/// Opens connections, and has one text echoed over each.
pub(crate) async fn open(
    executor: &LocalExecutor<'_>,
    url: &str,
    count: usize,
) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    while clients.len() < count {
        let mut tasks = Vec::new();
        for _ in 0..AT_ONCE.min(count - clients.len()) {
            let url = url.to_owned();
            tasks.push(executor.spawn(async move {
                let mut client = connect(&url).await.map_err(|error| error.to_string())?;
                let echoed = echo(&mut client, &TEXT.into()).await;
                echoed.map_err(|error| error.to_string())?;
                Ok::<_, String>(client)
            }));
        }
        for task in tasks {
            clients.push(task.await?);
        }
    }
    Ok(clients)
}
