//! A WebSocket connection, from its `connect` event to its `close` event.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Error,
        protocol::{Role, WebSocketConfig},
    },
};
use bytes::Bytes;
use futures_util::{Sink, Stream};
use log::Level;

use super::{
    closing::{self, Closed},
    context::ServerContext,
    endpoint::Endpoint,
    frame,
    keepalive::{self, Due, Keepalive},
    linger,
    stream::ClientStream,
    writer::{self, WebSocket, Writer},
};
use crate::{
    convert::to_u64,
    exchange::{
        Close, CloseCode, Event, EventKind, Mailbox, Message, Session, connections::Open,
        mailbox::Sender, session::Action,
    },
    executor::Yield,
};

/// The size of each connection's read buffer, which is zero-filled before every read. What does not fit
/// into it is [read ahead](super::read_ahead).
const READ_BUFFER: usize = 1024;
/// The most bytes of control frames that the socket did not take.
const WRITE_BUFFER: usize = 4096;

/// How many messages a connection sends in a row before its task yields. Otherwise an actor that
/// sends a thousand messages to each of its clients would delay the clients of other actors.
const MAX_SENDS: u32 = 4;

/// Why a conversation ends.
enum End {
    /// The client sent a close frame.
    ByClient(Option<Close>),
    /// The host closes the connection: it sends these messages, then a close frame.
    ByHost(VecDeque<Message>, Close),
    /// The client violated the protocol, or the socket failed.
    Failed(Error),
    /// The client did not answer a ping.
    Dead,
    /// The client closed the TCP connection without a close frame.
    Eof,
}

/// Serves one client after its handshake. Returns when the connection is closed and the actor has
/// handled its `close` event. `early` holds the bytes that followed the request's head.
pub(crate) async fn serve(
    stream: ClientStream,
    early: Vec<u8>,
    endpoint: &Endpoint,
    context: &ServerContext,
    open: Open,
) {
    let session = &open.session;
    let config = config(context.actor.limits.get(|limits| limits.message));
    let writer = Writer::new(stream);
    let ws = WebSocketStream::from_partially_read(writer, early, Role::Server, Some(config)).await;
    push(&context.actor.mailbox, session, EventKind::Connect);
    let (mut ws, Closed { close, drain }) = {
        let (keepalive, sender) =
            (Keepalive::new(context.actor.limits.clone()), context.actor.mailbox.sender());
        let (buffer_drained, pause) = (false, None);
        let mut connection =
            Connection { ws, keepalive, buffer_drained, sender, pause, session, endpoint, context };
        let over = connection.run().await;
        (connection.ws, over)
    };
    linger::finish(
        ws.get_mut().stream_mut(),
        drain,
        context.actor.limits.get(|limits| limits.close),
    )
    .await;
    session.until_idle().await;
    let (id, code) = (Some(session.id()), close.code);
    // These answers came too late, or the client sent its close frame before it read them.
    let unsent = session.end();
    if unsent > 0 {
        context.actor.stats.undelivered.add(to_u64(unsent));
        let text = format_args!("{unsent} messages are not sent: the connection has ended");
        context.actor.lines.host(Level::Info, id, text);
    }
    context.actor.lines.host(Level::Debug, id, format_args!("closed: {code}"));
    push(&context.actor.mailbox, session, EventKind::Close(close));
    session.until_idle().await;
    drop(open);
    if drain {
        let drain = linger::drain(
            ws.get_mut().stream_mut().socket(),
            context.actor.limits.get(|limits| limits.close),
        );
        Box::pin(context.admission.linger(drain)).await;
    }
}

/// An open connection.
struct Connection<'a> {
    ws: WebSocket,
    /// Says when to ping, and when the client is dead or idle.
    keepalive: Keepalive,
    /// Whether every byte that was read has been returned as a message. If so, only the socket can
    /// have more, and polling the WebSocket before that would be wasted.
    buffer_drained: bool,
    /// Reserves room in the mailbox, for backpressure.
    sender: Sender<'a>,
    /// Set while other tasks have their turn after many messages in a row.
    pause: Option<Yield>,
    /// What the actor and this task share.
    session: &'a Arc<Session>,
    /// What the listener serves and requires.
    endpoint: &'a Endpoint,
    /// What all connections of the actor share.
    context: &'a ServerContext,
}

impl Connection<'_> {
    /// Passes messages both ways until the connection ends. The future that ends it is boxed
    /// because it is large and every open connection would reserve memory for it.
    async fn run(&mut self) -> Closed {
        loop {
            let message = std::future::poll_fn(|cx| self.poll_message(cx)).await;
            match message.and_then(|message| self.event_of(message)) {
                Ok(Some(kind)) => {
                    self.session.set_busy();
                    self.sender.push(Event::at(self.session, kind));
                }
                // There is no event, so another connection may have the room.
                Ok(None) => self.sender.release(),
                Err(end) => {
                    self.sender.release();
                    return Box::pin(self.end(end)).await;
                }
            }
        }
    }

    /// Ends the conversation.
    async fn end(&mut self, end: End) -> Closed {
        let deadline = self.context.actor.limits.get(|limits| limits.close);
        self.session.stop_draining();
        match end {
            End::ByClient(close) => {
                if close.as_ref().is_some_and(closing::breaks_protocol) {
                    self.context.actor.stats.violations.add(1);
                    let why = "its close frame has an invalid code";
                    let code = CloseCode::PROTOCOL_ERROR;
                    let text = format_args!("the client is closed with code {code}: {why}");
                    self.log(Level::Warn, text);
                }
                closing::by_client(&mut self.ws, close, deadline).await
            }
            End::ByHost(queued, close) => {
                closing::by_host(&mut self.ws, queued, close, deadline).await
            }
            End::Failed(error) => self.after_error(error).await,
            End::Dead => {
                self.context.actor.stats.dead.add(1);
                self.log(Level::Info, format_args!("the client does not answer a ping"));
                Closed::GONE
            }
            End::Eof => Closed::GONE,
        }
    }

    /// Polls for the next message from the client.
    ///
    /// It first sends what is queued. It reads once the actor has handled this connection's last
    /// event, the socket may have data and the mailbox has room. If there is nothing to read, it
    /// releases the room and runs the keepalive. It also reads from clients that do not read.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<tungstenite::Message, End>> {
        let Self { ws, keepalive, buffer_drained, sender, pause, session, context, .. } = self;
        if let Some(pausing) = pause {
            ready!(context.turns.poll_yield(pausing, cx));
            *pause = None;
        }
        let mut sent = 0;
        loop {
            let writable = match writer::poll_ready(ws, cx) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(End::Failed(error))),
                Poll::Pending => false,
            };
            if sent == MAX_SENDS {
                let pausing = pause.insert(Yield::default());
                ready!(context.turns.poll_yield(pausing, cx));
            }
            match ready!(session.poll_action(cx, writable)) {
                Action::Send(message) => {
                    sent += 1;
                    keepalive.note_message();
                    context.actor.stats.sent.add(1);
                    context.actor.stats.sent_bytes.add(to_u64(message.payload().len()));
                    ws.get_mut().begin(message);
                    continue;
                }
                Action::Close(queued, close) => {
                    return Poll::Ready(Err(End::ByHost(queued, close)));
                }
                Action::Read => {}
            }
            let nothing_to_read = *buffer_drained
                && ws.get_mut().stream_mut().socket().poll_readable(cx).is_pending();
            let mut ws = Pin::new(&mut *ws);
            let next = if nothing_to_read {
                Poll::Pending
            } else {
                ready!(sender.poll_reserve(cx));
                ws.as_mut().poll_next(cx)
            };
            *buffer_drained = next.is_pending();
            match next {
                Poll::Ready(Some(Ok(message))) => {
                    if message.is_ping() {
                        // tungstenite would send the pong with the next read, which waits for the
                        // actor. What the socket does not take now is still sent then.
                        let _ = ws.poll_flush(cx);
                    }
                    return Poll::Ready(Ok(message));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(End::Failed(error))),
                Poll::Ready(None) => return Poll::Ready(Err(End::Eof)),
                Poll::Pending => sender.release(),
            }
            match ready!(keepalive.poll(ws.get_ref().stream().last_activity(), cx)) {
                Due::Ping if writable => {
                    let ping = tungstenite::Message::Ping(Bytes::from_static(keepalive::PAYLOAD));
                    if let Err(error) = ws.as_mut().start_send(ping) {
                        return Poll::Ready(Err(End::Failed(error)));
                    }
                }
                // The client has unread bytes already. If it takes some, that counts like a pong.
                Due::Ping => {}
                Due::Dead => return Poll::Ready(Err(End::Dead)),
                Due::Idle => {
                    context.actor.stats.idle.add(1);
                    session.close(CloseCode::GOING_AWAY, "idle");
                }
            }
        }
    }

    /// The event for a message, or `None` if the host handles the message alone. A close frame is
    /// returned as the end of the conversation.
    fn event_of(&mut self, message: tungstenite::Message) -> Result<Option<EventKind>, End> {
        let stats = &self.context.actor.stats;
        stats.received.add(1);
        stats.received_bytes.add(to_u64(message.len()));
        use tungstenite::Message as Received;
        Ok(Some(EventKind::Message(match message {
            Received::Close(close) => {
                return Err(End::ByClient(close.as_ref().map(frame::parse_close)));
            }
            // tungstenite returns raw frames only to programs that write them.
            Received::Frame(_) => return Ok(None),
            Received::Ping(data) => Message::Ping(data),
            // The answer to the host's own ping.
            Received::Pong(data) if data == keepalive::PAYLOAD => return Ok(None),
            Received::Pong(data) => Message::Pong(data),
            Received::Text(text) => {
                self.keepalive.note_message();
                if let Some(auto) = &self.endpoint.auto_response
                    && text.as_str() == auto.ping
                {
                    let pong = Message::Text(auto.pong.as_str().into());
                    self.context.delivery.auto_respond(self.session, pong);
                    return Ok(None);
                }
                Message::Text(frame::text(text).map_err(End::Failed)?)
            }
            Received::Binary(data) => {
                self.keepalive.note_message();
                Message::Binary(data)
            }
        })))
    }

    /// Ends the conversation after an error.
    async fn after_error(&mut self, error: Error) -> Closed {
        let deadline = self.context.actor.limits.get(|limits| limits.close);
        let Some(code) = closing::after_error(&mut self.ws, &error, deadline).await else {
            self.log(Level::Debug, format_args!("the socket failed: {error}"));
            return Closed::GONE;
        };
        self.context.actor.stats.violations.add(1);
        self.log(Level::Warn, format_args!("the client is closed with code {code}: {error}"));
        Closed { close: Close::ABNORMAL, drain: true }
    }

    /// Logs a line about this connection.
    fn log(&self, level: Level, text: std::fmt::Arguments<'_>) {
        self.context.actor.lines.host(level, Some(self.session.id()), text);
    }
}

/// Pushes an event. The connection reads no message until the actor has handled it.
fn push(mailbox: &Mailbox, session: &Arc<Session>, kind: EventKind) {
    session.set_busy();
    mailbox.push_unrefused(Event::at(session, kind));
}

/// tungstenite's settings for a connection.
fn config(max_message: usize) -> WebSocketConfig {
    // Messages wait in the outbox and bypass tungstenite. Its own write buffer only holds control
    // frames that the socket did not take.
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message))
}
