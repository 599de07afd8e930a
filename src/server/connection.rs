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
    closing::{self, Over},
    context::ServerContext,
    endpoint::Endpoint,
    frame,
    keepalive::{self, Due, Keepalive},
    stream::ClientStream,
    writer::{self, WebSocket, Writer},
};
use crate::{
    convert::to_u64,
    exchange::{
        Close, CloseCode, Event, EventKind, Mailbox, Message, Session, connections::Open,
        mailbox::Line, session::Order,
    },
    executor::Yield,
    limits::Limits,
};

/// The buffer that bytes are read into, for each connection: tungstenite's default of 128 KiB
/// would be most of what a connection costs, and is zero-filled for every read.
const READ_BUFFER: usize = 4096;

/// How many messages a connection sends in a row before its task rests: an actor that has a thousand
/// for each of its clients would keep the clients of others waiting for all of them.
const SENDS: u32 = 4;

/// What ends a conversation.
enum End {
    /// The client has sent a close frame.
    Theirs(Option<Close>),
    /// The connection is to be closed by us: first these messages, then a close frame.
    Ours(VecDeque<Message>, Close),
    /// The peer broke the protocol, or the socket failed.
    Failed(Error),
    /// The client did not answer a ping.
    Dead,
    /// The stream ended.
    Gone,
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
    tell(&context.mailbox, session, EventKind::Connect);
    let (mut ws, Over { ending, drain }) = {
        let (keepalive, line) = (Keepalive::new(&context.limits), context.mailbox.line());
        let (all_given, rest) = (false, None);
        let mut connection =
            Connection { ws, keepalive, all_given, line, rest, session, endpoint, context };
        let over = connection.converse().await;
        (connection.ws, over)
    };
    closing::finish(ws.get_mut().stream_mut(), drain, context.limits.close).await;
    session.idle().await;
    let (id, code) = (Some(session.id()), ending.code);
    // Answers that came too late, or that the client did not read before its close frame.
    let unsent = session.end();
    if unsent > 0 {
        context.stats.undelivered.add(to_u64(unsent));
        let text = format_args!("{unsent} messages are not sent: the connection has ended");
        context.lines.host(Level::Info, id, text);
    }
    context.lines.host(Level::Debug, id, format_args!("closed: {code}"));
    tell(&context.mailbox, session, EventKind::Close(ending));
    session.idle().await;
    drop(open);
    if drain {
        let drain = closing::drain(ws.get_mut().stream_mut().socket(), context.limits.close);
        Box::pin(context.door.linger(drain)).await;
    }
}

/// A client while it is connected.
struct Connection<'a> {
    /// Its socket.
    ws: WebSocket,
    /// Whether it is still there.
    keepalive: Keepalive,
    /// Whether all that has been read was given out as messages: then only the socket can have more.
    all_given: bool,
    /// Its way into the mailbox.
    line: Line<'a>,
    /// Its rest after many messages in a row, if it has one now.
    rest: Option<Yield>,
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
    async fn converse(&mut self) -> Over {
        loop {
            let message = std::future::poll_fn(|cx| self.poll_message(cx)).await;
            match message.and_then(|message| self.received(message)) {
                Ok(Some(kind)) => {
                    self.session.busy();
                    self.line.push(Event::at(self.session, kind));
                }
                // Room in the mailbox is for those who have a message for the actor.
                Ok(None) => self.line.leave(),
                Err(end) => {
                    self.line.leave();
                    return Box::pin(self.end(end)).await;
                }
            }
        }
    }

    /// Ends the conversation.
    async fn end(&mut self, end: End) -> Over {
        let deadline = self.context.limits.close;
        self.session.offers_nothing();
        match end {
            End::Theirs(close) => {
                if close.as_ref().is_some_and(closing::is_breach) {
                    self.context.stats.violations.add(1);
                    let why = "its close frame has a code that none may have";
                    let code = CloseCode::PROTOCOL_ERROR;
                    let text = format_args!("the client is closed with code {code}: {why}");
                    self.say(Level::Warn, text);
                }
                closing::theirs(&mut self.ws, close, deadline).await
            }
            End::Ours(queued, close) => closing::ours(&mut self.ws, queued, close, deadline).await,
            End::Failed(error) => self.failed(error).await,
            End::Dead => {
                self.context.stats.dead.add(1);
                self.say(Level::Info, format_args!("the client does not answer a ping"));
                Over::GONE
            }
            End::Gone => Over::GONE,
        }
    }

    /// The next message. Sends what is queued; then, when the actor has handled this connection's
    /// last event, there should be something to read and the mailbox has room, reads; and when
    /// there is nothing, gives back the room and sees whether the client is still there. A client
    /// that does not read its messages is still read from.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<tungstenite::Message, End>> {
        let Self { ws, keepalive, all_given, line, rest, session, context, .. } = self;
        if let Some(resting) = rest {
            ready!(context.turns.poll_yield(resting, cx));
            *rest = None;
        }
        let mut sent = 0;
        loop {
            let writable = match writer::poll_ready(ws, cx) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(End::Failed(error))),
                Poll::Pending => false,
            };
            if sent == SENDS {
                let resting = rest.insert(Yield::default());
                ready!(context.turns.poll_yield(resting, cx));
            }
            match ready!(session.poll_order(cx, writable)) {
                Order::Send(message) => {
                    sent += 1;
                    keepalive.spoke();
                    context.stats.sent.add(1);
                    context.stats.sent_bytes.add(to_u64(message.payload().len()));
                    ws.get_mut().begin(&message);
                    continue;
                }
                Order::Close(queued, close) => return Poll::Ready(Err(End::Ours(queued, close))),
                Order::Read => {}
            }
            let nothing =
                *all_given && ws.get_mut().stream_mut().socket().poll_news(cx).is_pending();
            let mut ws = Pin::new(&mut *ws);
            let next = if nothing {
                Poll::Pending
            } else {
                ready!(line.poll_room(cx));
                ws.as_mut().poll_next(cx)
            };
            *all_given = next.is_pending();
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
                Poll::Ready(None) => return Poll::Ready(Err(End::Gone)),
                Poll::Pending => line.leave(),
            }
            match ready!(keepalive.poll(ws.get_ref().stream().heard(), cx)) {
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
    fn received(&mut self, message: tungstenite::Message) -> Result<Option<EventKind>, End> {
        let stats = &self.context.stats;
        stats.received.add(1);
        stats.received_bytes.add(to_u64(message.len()));
        use tungstenite::Message as Received;
        Ok(Some(EventKind::Message(match message {
            Received::Close(close) => return Err(End::Theirs(close.as_ref().map(frame::close))),
            // tungstenite gives raw frames only to those who write them.
            Received::Frame(_) => return Ok(None),
            Received::Ping(data) => Message::Ping(data),
            // The answer to a ping of the host's own.
            Received::Pong(data) if data == keepalive::PAYLOAD => return Ok(None),
            Received::Pong(data) => Message::Pong(data),
            Received::Text(text) => {
                self.keepalive.spoke();
                if let Some(auto) = &self.endpoint.auto_response
                    && text.as_str() == auto.ping
                {
                    let pong = Message::Text(auto.pong.as_str().into());
                    self.context.delivery.answer_alone(self.session, pong);
                    return Ok(None);
                }
                Message::Text(frame::text(text).map_err(End::Failed)?)
            }
            Received::Binary(data) => {
                self.keepalive.spoke();
                Message::Binary(data)
            }
        })))
    }

    /// The end after an error.
    async fn failed(&mut self, error: Error) -> Over {
        let deadline = self.context.limits.close;
        let Some(code) = closing::failed(&mut self.ws, &error, deadline).await else {
            self.say(Level::Debug, format_args!("the socket failed: {error}"));
            return Over::GONE;
        };
        self.context.stats.violations.add(1);
        self.say(Level::Warn, format_args!("the client is closed with code {code}: {error}"));
        Over { ending: Close::ABNORMAL, drain: true }
    }

    /// A line about this connection.
    fn say(&self, level: Level, text: std::fmt::Arguments<'_>) {
        self.context.lines.host(level, Some(self.session.id()), text);
    }
}

/// Gives the actor an event. No message is read until it has been handled.
fn tell(mailbox: &Mailbox, session: &Arc<Session>, kind: EventKind) {
    session.busy();
    mailbox.push_unrefused(Event::at(session, kind));
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
