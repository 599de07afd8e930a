//! The life of one connection, from its `connect` event to its `close` event.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};
use futures_util::{Sink, Stream};
use log::Level;

use super::{
    accept::Service,
    closing::{self, Over},
    socket::Socket,
};
use crate::{
    exchange::{
        Event, EventKind, Mailbox, Outbox, connections::Open, event::Ending, outbox::Order,
    },
    manifest::Limits,
};

/// A client's connection after the handshake.
pub type WebSocket = WebSocketStream<Socket>;

/// The buffer that bytes are read into, for each connection: tungstenite's default of 128 KiB
/// would be most of what a connection costs, and is zero-filled for every read.
const READ_BUFFER: usize = 4096;

/// What happened next.
enum Turn {
    /// A message came.
    Received(Message),
    /// The connection is to be closed by us: first these messages, then this frame.
    Close(std::collections::VecDeque<Message>, CloseFrame),
    /// The peer broke the protocol, or the socket failed.
    Failed(Error),
    /// The stream ended.
    Ended,
}

/// Serves one client after its handshake, until the connection is over and the actor has been
/// told. `early` are the bytes that came after the request's head.
pub async fn serve(socket: Socket, early: Vec<u8>, service: &Service, open: Open) {
    let outbox = &open.outbox;
    let config = config(&service.limits);
    let mut ws =
        WebSocketStream::from_partially_read(socket, early, Role::Server, Some(config)).await;
    tell(&service.mailbox, outbox, EventKind::Connect);
    let Over { ending, drain } = converse(&mut ws, service, outbox).await;
    closing::finish(ws.get_ref());
    outbox.idle().await;
    let (id, code) = (Some(outbox.id()), ending.code);
    service.lines.host(Level::Debug, id, format_args!("closed: {code}"));
    tell(&service.mailbox, outbox, EventKind::Close(ending));
    outbox.idle().await;
    drop(open);
    if drain {
        Box::pin(closing::drain(ws.get_mut(), service.limits.close)).await;
    }
}

/// Passes messages both ways until the connection is over. The futures of its end are boxed:
/// they are large, and an open connection would carry them along.
async fn converse(ws: &mut WebSocket, service: &Service, outbox: &Arc<Outbox>) -> Over {
    let deadline = service.limits.close;
    loop {
        let turn = std::future::poll_fn(|cx| poll_turn(ws, outbox, &service.mailbox, cx)).await;
        let kind = match turn {
            Turn::Received(Message::Text(text)) => EventKind::Text(text),
            Turn::Received(Message::Binary(data)) => EventKind::Binary(data),
            Turn::Received(Message::Ping(data)) => EventKind::Ping(data),
            Turn::Received(Message::Pong(data)) => EventKind::Pong(data),
            Turn::Received(Message::Close(frame)) => {
                return Box::pin(closing::theirs(ws, frame, deadline)).await;
            }
            // tungstenite gives raw frames only to those who write them.
            Turn::Received(Message::Frame(_)) => continue,
            Turn::Close(queued, frame) => {
                return Box::pin(closing::ours(ws, queued, frame, deadline)).await;
            }
            Turn::Failed(error) => {
                let id = Some(outbox.id());
                let failed = Box::pin(closing::failed(ws, &error, deadline)).await;
                if let Some(code) = failed {
                    service.stats.violations.add(1);
                    let text = format_args!("the client is closed with code {code}: {error}");
                    service.lines.host(Level::Warn, id, text);
                    return Over { ending: Ending::ABNORMAL, drain: true };
                }
                let text = format_args!("the socket failed: {error}");
                service.lines.host(Level::Debug, id, text);
                return Over::GONE;
            }
            Turn::Ended => return Over::GONE,
        };
        tell(&service.mailbox, outbox, kind);
    }
}

/// Gives the actor an event. No message is read until it has been handled.
fn tell(mailbox: &Mailbox, outbox: &Arc<Outbox>, kind: EventKind) {
    outbox.busy();
    mailbox.push(Event { from: outbox.clone(), kind });
}

/// Sends what is queued; then, when the actor has handled this connection's last event and
/// its mailbox has room, reads. A client that does not read its messages is still read from.
fn poll_turn(
    ws: &mut WebSocket,
    outbox: &Outbox,
    mailbox: &Mailbox,
    cx: &mut Context<'_>,
) -> Poll<Turn> {
    let mut ws = Pin::new(ws);
    loop {
        let writable = match ws.as_mut().poll_ready(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => return Poll::Ready(Turn::Failed(error)),
            Poll::Pending => false,
        };
        match ready!(outbox.poll_order(cx, writable)) {
            Order::Send(message) => {
                if let Err(error) = ws.as_mut().start_send(message) {
                    return Poll::Ready(Turn::Failed(error));
                }
            }
            Order::Close(queued, frame) => return Poll::Ready(Turn::Close(queued, frame)),
            Order::Read => break,
        }
    }
    ready!(mailbox.poll_room(cx));
    Poll::Ready(match ready!(ws.as_mut().poll_next(cx)) {
        Some(Ok(message)) => {
            if message.is_ping() {
                // tungstenite would send its pong with the next read, which waits for the
                // actor. What does not go out now goes out then.
                let _ = ws.poll_flush(cx);
            }
            Turn::Received(message)
        }
        Some(Err(error)) => Turn::Failed(error),
        None => Turn::Ended,
    })
}

/// How tungstenite is to treat this connection.
fn config(limits: &Limits) -> WebSocketConfig {
    // Frames are written at once; the outbox is the queue. What tungstenite holds is one
    // message that the socket did not take, and pongs.
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(limits.answer.saturating_add(READ_BUFFER))
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message))
}
