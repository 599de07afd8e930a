//! One connection, as its task and the actor share it: who the client is, the messages that wait
//! for it, and the rest of what an actor may tell a connection: that its event has been handled,
//! and that it is to close.

use std::{
    collections::VecDeque,
    fmt,
    sync::MutexGuard,
    task::{Context, Poll, Waker},
};

use super::{
    Client, Close, CloseCode, ConnectionId, Message,
    outbox::{OnOverflow, Outbox, Overflow},
};
use crate::lock::Lock;

/// A connection, from its handshake to its end. Shared by its task and the actor.
#[derive(Debug)]
pub struct Session {
    /// Its number.
    id: ConnectionId,
    /// What is known of its client.
    client: Client,
    /// What becomes of the client when more messages would wait than may.
    on_overflow: OnOverflow,
    /// What is behind the lock. It is never held while anything waits.
    inner: Lock<Inner>,
}

/// What changes while it is open.
#[derive(Debug)]
struct Inner {
    /// The messages that wait for the client.
    outbox: Outbox,
    /// Whether the client has not taken what it was offered last, or is offered nothing any more.
    blocked: bool,
    /// Whether an event of this connection is with the actor.
    busy: bool,
    /// That the connection is to close, once the queue is empty, and how.
    close: Option<Close>,
    /// Whether `close` has been handed to the connection, or the connection has ended.
    closing: bool,
    /// The connection's task, when it waits.
    connection: Option<Waker>,
}

/// What a connection is to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// Send this message.
    Send(Message),
    /// Send what is still queued, then a close frame with this, and end.
    Close(VecDeque<Message>, Close),
    /// Nothing to send: read the next message.
    Read,
}

/// Why an answer is not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The connection is closing.
    Closing,
    /// The client did not read its messages fast enough.
    Overflow(Overflow),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => f.write_str("the connection is closing"),
            Self::Overflow(overflow) => overflow.fmt(f),
        }
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Closing => None,
            Self::Overflow(overflow) => Some(overflow),
        }
    }
}

impl From<Overflow> for Refused {
    fn from(overflow: Overflow) -> Self {
        Self::Overflow(overflow)
    }
}

impl Session {
    /// Connection `id`, which is `client`'s, with an outbox of `limit` bytes.
    pub fn new(id: ConnectionId, client: Client, limit: usize, on_overflow: OnOverflow) -> Self {
        let inner = Inner {
            outbox: Outbox::new(limit),
            blocked: false,
            busy: false,
            close: None,
            closing: false,
            connection: None,
        };
        Self { id, client, on_overflow, inner: Lock::new(inner) }
    }

    /// Its number.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What is known of the client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether messages of `added` bytes fit beside `asked` bytes of others that are yet to be
    /// queued. One always does where nothing waits.
    ///
    /// # Errors
    /// They would not, or the connection is closing.
    pub fn fits(&self, asked: usize, added: usize) -> Result<usize, Refused> {
        let inner = self.inner.lock();
        inner.is_open()?;
        Ok(inner.outbox.fits(asked, added)?)
    }

    /// Whether messages of so many bytes would fit now, if they are taken at all.
    pub fn has_room(&self, added: usize) -> bool {
        !matches!(self.fits(0, added), Err(Refused::Overflow(_)))
    }

    /// Whether messages wait that the connection has not yet had the chance to write. As long as it
    /// has not, its client is not a slow one: that is who does not read what it is offered.
    pub fn is_draining(&self) -> bool {
        let inner = self.inner.lock();
        inner.outbox.bytes() > 0 && !inner.blocked && !inner.closing
    }

    /// Notes that the connection offers the client nothing any more: it is about to end.
    pub fn offers_nothing(&self) {
        self.inner.lock().blocked = true;
    }

    /// Queues a message that is no answer to an event of this client, and wakes its connection.
    ///
    /// # Errors
    /// As for [`answer`](Self::answer).
    pub fn send(&self, message: Message) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        inner.is_open()?;
        inner.outbox.extend([message])?;
        wake(inner);
        Ok(())
    }

    /// What becomes of the client when its messages don't fit.
    pub fn on_overflow(&self) -> OnOverflow {
        self.on_overflow
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.inner.lock().outbox.bytes()
    }

    /// Notes that an event of this connection is now with the actor. Nothing more is read
    /// from the client until [`handled`](Self::handled).
    pub fn busy(&self) {
        let was = std::mem::replace(&mut self.inner.lock().busy, true);
        debug_assert!(!was, "a source has at most one event in the round");
    }

    /// Queues an answer: all of it or nothing, then the end if there is one.
    ///
    /// # Errors
    /// The connection is closing already, or the client has not read enough of what it was
    /// sent before.
    pub fn answer(&self, messages: Vec<Message>, close: Option<Close>) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        inner.is_open()?;
        let queued = inner.outbox.extend(messages);
        if queued.is_err() && self.on_overflow == OnOverflow::Close {
            return Ok(queued?);
        }
        // If the host has asked for a close meanwhile, the answer still comes before it. Whoever
        // does not get the messages is still told that they were the last.
        inner.close = inner.close.take().or(close);
        Ok(queued?)
    }

    /// Lets the connection read on: the actor is done with its event.
    pub fn handled(&self) {
        let mut inner = self.inner.lock();
        inner.busy = false;
        wake(inner);
    }

    /// Asks the connection to close, after what is queued. The first to ask decides the code.
    pub fn close(&self, code: CloseCode, reason: &'static str) {
        self.close_with(Close::new(code, reason));
    }

    /// The same, for an actor's reason.
    pub fn close_with(&self, close: Close) {
        let mut inner = self.inner.lock();
        if inner.close.is_none() && !inner.closing {
            inner.close = Some(close);
        }
        wake(inner);
    }

    /// Throws away what is queued, because the client does not read it. Returns how many
    /// messages that were.
    pub fn clear(&self) -> usize {
        self.inner.lock().outbox.take().len()
    }

    /// Takes nothing more, since the connection has ended. Returns how many messages were queued
    /// and will not be sent.
    pub fn end(&self) -> usize {
        self.inner.lock().closing = true;
        self.clear()
    }

    /// What the connection is to do next: close if it is asked to, send what is queued if it
    /// can (`writable`), else read. While an event of its own is with the actor it neither
    /// closes nor reads; its task is woken when that changes.
    pub fn poll_order(&self, cx: &mut Context<'_>, writable: bool) -> Poll<Order> {
        let mut inner = self.inner.lock();
        inner.blocked = !writable;
        if !inner.busy
            && let Some(close) = inner.close.take()
        {
            inner.closing = true;
            return Poll::Ready(Order::Close(inner.outbox.take(), close));
        }
        if writable && let Some(message) = inner.outbox.pop() {
            return Poll::Ready(Order::Send(message));
        }
        // Registered also when it reads: a message or a request to close has to reach it then.
        inner.register(cx);
        if inner.busy { Poll::Pending } else { Poll::Ready(Order::Read) }
    }

    /// Waits until the actor is done with this connection's event.
    pub async fn idle(&self) {
        std::future::poll_fn(|cx| {
            let mut inner = self.inner.lock();
            if !inner.busy {
                return Poll::Ready(());
            }
            inner.register(cx);
            Poll::Pending
        })
        .await;
    }
}

impl Inner {
    /// Whether messages are taken at all.
    fn is_open(&self) -> Result<(), Refused> {
        if self.closing { Err(Refused::Closing) } else { Ok(()) }
    }

    /// Notes whom to wake.
    fn register(&mut self, cx: &mut Context<'_>) {
        match &mut self.connection {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }
}

/// Wakes the connection's task, after unlocking.
fn wake(mut inner: MutexGuard<'_, Inner>) {
    let connection = inner.connection.take();
    drop(inner);
    if let Some(connection) = connection {
        connection.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Message {
        Message::Text(text.into())
    }

    fn session(limit: usize) -> Session {
        let client = Client {
            peer: ([127, 0, 0, 1], 1).into(),
            path: "/".into(),
            query: "".into(),
            subprotocol: None,
            since: 0,
        };
        Session::new(ConnectionId(1), client, limit, OnOverflow::Close)
    }

    #[test]
    fn what_comes_after_the_end_is_refused_and_what_waited_is_counted() {
        let session = session(100);
        assert_eq!(session.send(text("one")), Ok(()));
        assert_eq!(session.send(text("two")), Ok(()));
        assert_eq!(session.end(), 2);
        assert_eq!(session.send(text("three")), Err(Refused::Closing));
        assert_eq!(session.fits(0, 1), Err(Refused::Closing));
        assert_eq!((session.bytes(), session.end()), (0, 0));
    }

    #[test]
    fn a_session_drains_until_its_client_has_not_taken_what_it_was_offered_or_nothing_waits() {
        let cx = &mut Context::from_waker(Waker::noop());
        let session = session(100);
        assert!(!session.is_draining());
        for message in ["one", "two"] {
            assert_eq!(session.send(text(message)), Ok(()));
        }
        assert!(session.is_draining());
        assert_eq!(session.poll_order(cx, true), Poll::Ready(Order::Send(text("one"))));
        assert!(session.is_draining());
        // The socket has not taken it.
        assert_eq!(session.poll_order(cx, false), Poll::Ready(Order::Read));
        assert!(!session.is_draining());
        assert_eq!(session.poll_order(cx, true), Poll::Ready(Order::Send(text("two"))));
        assert!(!session.is_draining());
        assert_eq!(session.send(text("three")), Ok(()));
        assert!(session.is_draining());
        session.offers_nothing();
        assert!(!session.is_draining());
    }
}
