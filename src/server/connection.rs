//! The life of one connection, from its `connect` event to its `close` event.

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
    manifest::Limits,
};

/// The buffer that bytes are read into, for each connection: tungstenite's default of 128 KiB
/// would be most of what a connection costs, and is zero-filled for every read.
const READ_BUFFER: usize = 4096;

/// How many messages a connection sends in a row before its task rests: an actor that has a thousand
/// for each of its clients would keep the clients of others waiting for all of them.
const MAX_SENDS: u32 = 4;

/// What ends a conversation.
enum End {
    /// The client has sent a close frame.
    ByClient(Option<Close>),
    /// The connection is to be closed by us: first these messages, then a close frame.
    ByHost(VecDeque<Message>, Close),
    /// The peer broke the protocol, or the socket failed.
    Failed(Error),
    /// The client did not answer a ping.
    Dead,
    /// The stream ended.
    Eof,
}

/// Serves one client after its handshake, until the connection is over and the actor has been
/// told. `early` are the bytes that came after the request's head.
pub async fn serve(
    stream: ClientStream,
    early: Vec<u8>,
    endpoint: &Endpoint,
    context: &ServerContext,
    open: Open,
) {
    let session = &open.session;
    let config = config(&context.limits);
    let writer = Writer::new(stream);
    let ws = WebSocketStream::from_partially_read(writer, early, Role::Server, Some(config)).await;
    push(&context.mailbox, session, EventKind::Connect);
    let (mut ws, Closed { close, drain }) = {
        let (keepalive, sender) = (Keepalive::new(&context.limits), context.mailbox.sender());
        let (buffer_drained, pause) = (false, None);
        let mut connection =
            Connection { ws, keepalive, buffer_drained, sender, pause, session, endpoint, context };
        let over = connection.run().await;
        (connection.ws, over)
    };
    linger::finish(ws.get_mut().stream_mut(), drain, context.limits.close).await;
    session.until_idle().await;
    let (id, code) = (Some(session.id()), close.code);
    // Answers that came too late, or that the client did not read before its close frame.
    let unsent = session.end();
    if unsent > 0 {
        context.stats.undelivered.add(to_u64(unsent));
        let text = format_args!("{unsent} messages are not sent: the connection has ended");
        context.lines.host(Level::Info, id, text);
    }
    context.lines.host(Level::Debug, id, format_args!("closed: {code}"));
    push(&context.mailbox, session, EventKind::Close(close));
    session.until_idle().await;
    drop(open);
    if drain {
        let drain = linger::drain(ws.get_mut().stream_mut().socket(), context.limits.close);
        Box::pin(context.admission.linger(drain)).await;
    }
}

/// A client while it is connected.
struct Connection<'a> {
    /// Its socket.
    ws: WebSocket,
    /// Whether it is still there.
    keepalive: Keepalive,
    /// Whether all that has been read was given out as messages: then only the socket can have more.
    buffer_drained: bool,
    /// Its way into the mailbox.
    sender: Sender<'a>,
    /// Its pause after many messages in a row, if it has one now.
    pause: Option<Yield>,
    /// What the actor and this share.
    session: &'a Arc<Session>,
    /// What its listener offers.
    endpoint: &'a Endpoint,
    /// What all connections of the actor share.
    context: &'a ServerContext,
}

impl Connection<'_> {
    /// Passes messages both ways until the connection is over. The future of its end is boxed: it
    /// is large, and an open connection would carry it along.
    async fn run(&mut self) -> Closed {
        loop {
            let message = std::future::poll_fn(|cx| self.poll_message(cx)).await;
            match message.and_then(|message| self.event_of(message)) {
                Ok(Some(kind)) => {
                    self.session.set_busy();
                    self.sender.push(Event::at(self.session, kind));
                }
                // Room in the mailbox is for those who have a message for the actor.
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
        let deadline = self.context.limits.close;
        self.session.stop_draining();
        match end {
            End::ByClient(close) => {
                if close.as_ref().is_some_and(closing::breaks_protocol) {
                    self.context.stats.violations.add(1);
                    let why = "its close frame has a code that none may have";
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
                self.context.stats.dead.add(1);
                self.log(Level::Info, format_args!("the client does not answer a ping"));
                Closed::GONE
            }
            End::Eof => Closed::GONE,
        }
    }

    /// The next message. Sends what is queued; then, when the actor has handled this connection's
    /// last event, there should be something to read and the mailbox has room, reads; and when
    /// there is nothing, gives back the room and sees whether the client is still there. A client
    /// that does not read its messages is still read from.
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
                    context.stats.sent.add(1);
                    context.stats.sent_bytes.add(to_u64(message.payload().len()));
                    ws.get_mut().begin(&message);
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
                        // tungstenite would send its pong with the next read, which waits for
                        // the actor. What does not go out now goes out then.
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
                // It has bytes to take already: taking some is as good as a pong.
                Due::Ping => {}
                Due::Dead => return Poll::Ready(Err(End::Dead)),
                Due::Idle => {
                    context.stats.idle.add(1);
                    session.close(CloseCode::GOING_AWAY, "idle");
                }
            }
        }
    }

    /// The event that a message is, or none if the host deals with it alone; the close frame
    /// if it is one.
    fn event_of(&mut self, message: tungstenite::Message) -> Result<Option<EventKind>, End> {
        let stats = &self.context.stats;
        stats.received.add(1);
        stats.received_bytes.add(to_u64(message.len()));
        use tungstenite::Message as Received;
        Ok(Some(EventKind::Message(match message {
            Received::Close(close) => {
                return Err(End::ByClient(close.as_ref().map(frame::parse_close)));
            }
            // tungstenite gives raw frames only to those who write them.
            Received::Frame(_) => return Ok(None),
            Received::Ping(data) => Message::Ping(data),
            // The answer to a ping of the host's own.
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

    /// The end after an error.
    async fn after_error(&mut self, error: Error) -> Closed {
        let deadline = self.context.limits.close;
        let Some(code) = closing::after_error(&mut self.ws, &error, deadline).await else {
            self.log(Level::Debug, format_args!("the socket failed: {error}"));
            return Closed::GONE;
        };
        self.context.stats.violations.add(1);
        self.log(Level::Warn, format_args!("the client is closed with code {code}: {error}"));
        Closed { close: Close::ABNORMAL, drain: true }
    }

    /// A line about this connection.
    fn log(&self, level: Level, text: std::fmt::Arguments<'_>) {
        self.context.lines.host(level, Some(self.session.id()), text);
    }
}

/// Gives the actor an event. No message is read until it has been handled.
fn push(mailbox: &Mailbox, session: &Arc<Session>, kind: EventKind) {
    session.set_busy();
    mailbox.push(Event::at(session, kind));
}

/// How tungstenite is to treat this connection.
fn config(limits: &Limits) -> WebSocketConfig {
    // The outbox is the queue, and messages go past tungstenite. What it holds is control frames
    // that the socket did not take.
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(READ_BUFFER)
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message))
}
