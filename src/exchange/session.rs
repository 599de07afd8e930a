//! The handle of a connection that its task and the actor share. It says who the client is, holds
//! the messages that wait for it, and lets the actor tell the connection that its event was handled
//! or that it should close.

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
use crate::{limits::SharedLimits, lock::Lock, waker};

/// A connection, from its handshake to its end. Its task and the actor share it.
#[derive(Debug)]
pub struct Session {
    /// The connection's number.
    id: ConnectionId,
    /// Who the client is.
    client: Client,
    /// What happens if the client's messages don't fit into its outbox.
    on_overflow: OnOverflow,
    /// Behind a lock that is never held across a wait.
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug)]
struct Inner {
    /// What the client has not been offered yet.
    outbox: Outbox,
    /// Whether the socket did not take the last message, or the connection is about to end. Only
    /// then is a client with a full outbox slow.
    blocked: bool,
    /// Whether the actor has an event of this connection. It reads no other message meanwhile.
    busy: bool,
    /// How to close once the outbox is empty. `None` if the connection should stay open.
    close: Option<Close>,
    /// Whether the connection has taken `close` or has ended. It accepts no messages then.
    closing: bool,
    /// The connection's task, while it waits.
    connection: Option<Waker>,
}

/// What a connection should do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this message.
    Send(Message),
    /// Send these messages and a close frame, and end.
    Close(VecDeque<Message>, Close),
    /// There is nothing to send: read the next message.
    Read,
}

/// Why messages are not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The connection is closing.
    Closing,
    /// The client reads too slowly.
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
    /// A connection with the number `id` and an outbox of `limits.outbox`.
    pub(crate) fn new(
        id: ConnectionId,
        client: Client,
        limits: SharedLimits,
        on_overflow: OnOverflow,
    ) -> Self {
        let inner = Inner {
            outbox: Outbox::new(limits),
            blocked: false,
            busy: false,
            close: None,
            closing: false,
            connection: None,
        };
        Self { id, client, on_overflow, inner: Lock::new(inner) }
    }

    /// The connection's number.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// Who the client is.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether `added` bytes may be sent after `asked` bytes that are yet to be queued. If nothing
    /// waits, anything fits.
    ///
    /// # Errors
    /// They don't fit, or the connection is closing.
    pub(crate) fn fits(&self, asked: usize, added: usize) -> Result<usize, Refused> {
        let inner = self.inner.lock();
        inner.is_open()?;
        Ok(inner.outbox.fits(asked, added)?)
    }

    /// Whether messages of `added` bytes can be queued now. Also `true` if the connection is closing.
    pub(crate) fn has_room(&self, added: usize) -> bool {
        let inner = self.inner.lock();
        inner.closing || inner.outbox.takes(added).is_ok()
    }

    /// Counts messages that wait for the disk, so that the actor sends no more than fits.
    pub(crate) fn hold(&self, bytes: usize) {
        self.inner.lock().outbox.hold(bytes);
    }

    /// Counts them no longer, because they are queued next, or dropped.
    pub(crate) fn release(&self, bytes: usize) {
        self.inner.lock().outbox.release(bytes);
    }

    /// Whether messages wait that the connection had no chance to write yet, so its client is not slow.
    pub(crate) fn is_draining(&self) -> bool {
        let inner = self.inner.lock();
        inner.outbox.bytes() > 0 && !inner.blocked && !inner.closing
    }

    /// Notes that the connection will write no more queued messages: it is about to end.
    pub fn stop_draining(&self) {
        self.inner.lock().blocked = true;
    }

    /// Queues a message that answers no event of this client, and wakes the connection.
    ///
    /// # Errors
    /// The same as for [`answer`](Self::answer).
    pub(crate) fn send(&self, message: Message) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        inner.is_open()?;
        inner.outbox.extend([message])?;
        wake(inner);
        Ok(())
    }

    /// What happens if the client's messages don't fit.
    pub(crate) fn on_overflow(&self) -> OnOverflow {
        self.on_overflow
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.inner.lock().outbox.bytes()
    }

    /// Notes that the actor has an event of this connection, which reads nothing until it is handled.
    pub fn set_busy(&self) {
        let was = std::mem::replace(&mut self.inner.lock().busy, true);
        debug_assert!(!was, "a source has at most one event in the round");
    }

    /// Queues an answer: all of its messages or none, then an optional close.
    ///
    /// # Errors
    /// The connection is closing, or the client has not read enough of its earlier messages.
    pub fn answer(&self, messages: Vec<Message>, close: Option<Close>) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        inner.is_open()?;
        let queued = inner.outbox.extend(messages);
        if queued.is_err() && self.on_overflow == OnOverflow::Close {
            return Ok(queued?);
        }
        // If the host has asked for a close meanwhile, the answer is still sent before it. A client
        // that misses the messages is still closed as the actor asked.
        inner.close = inner.close.take().or(close);
        Ok(queued?)
    }

    /// Notes that the actor has handled the event, so the connection may read on.
    pub fn handled(&self) {
        let mut inner = self.inner.lock();
        inner.busy = false;
        wake(inner);
    }

    /// Asks the connection to close after the queued messages. The first call decides the code.
    pub fn close(&self, code: CloseCode, reason: &'static str) {
        self.close_with(Close::new(code, reason));
    }

    /// Like [`close`](Self::close), with an actor's reason.
    pub(crate) fn close_with(&self, close: Close) {
        let mut inner = self.inner.lock();
        if inner.close.is_none() && !inner.closing {
            inner.close = Some(close);
        }
        wake(inner);
    }

    /// Drops the queued messages, because the client does not read them. Returns how many there
    /// were.
    pub(crate) fn clear(&self) -> usize {
        self.inner.lock().outbox.take().len()
    }

    /// Ends the session, which then accepts no messages. Returns how many queued messages will not
    /// be sent.
    pub(crate) fn end(&self) -> usize {
        self.inner.lock().closing = true;
        self.clear()
    }

    /// What the connection should do next: close if it was asked to, send if the socket is
    /// `writable` and a message waits, or else read. While the actor has an event of this
    /// connection, it neither closes nor reads. Its task is woken when that changes.
    pub fn poll_action(&self, cx: &mut Context<'_>, writable: bool) -> Poll<Action> {
        let mut inner = self.inner.lock();
        inner.blocked = !writable;
        if !inner.busy
            && let Some(close) = inner.close.take()
        {
            inner.closing = true;
            return Poll::Ready(Action::Close(inner.outbox.take(), close));
        }
        if writable && let Some(message) = inner.outbox.pop() {
            return Poll::Ready(Action::Send(message));
        }
        // Registered even if the connection reads, because a message or a close may come meanwhile.
        waker::register(&mut inner.connection, cx);
        if inner.busy { Poll::Pending } else { Poll::Ready(Action::Read) }
    }

    /// Waits until the actor has handled this connection's event.
    pub async fn until_idle(&self) {
        std::future::poll_fn(|cx| {
            let mut inner = self.inner.lock();
            if !inner.busy {
                return Poll::Ready(());
            }
            waker::register(&mut inner.connection, cx);
            Poll::Pending
        })
        .await;
    }
}

impl Inner {
    /// Whether the connection accepts messages.
    fn is_open(&self) -> Result<(), Refused> {
        if self.closing { Err(Refused::Closing) } else { Ok(()) }
    }
}

/// Wakes the connection's task without the lock.
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
    use crate::limits::Limits;

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
        let limits = Limits { outbox: limit, ..Limits::default() };
        Session::new(ConnectionId(1), client, limits.into(), OnOverflow::Close)
    }

    #[test]
    fn an_ended_session_refuses_messages_and_counts_those_that_waited() {
        let session = session(100);
        assert_eq!(session.send(text("one")), Ok(()));
        assert_eq!(session.send(text("two")), Ok(()));
        assert_eq!(session.end(), 2);
        assert_eq!(session.send(text("three")), Err(Refused::Closing));
        assert_eq!(session.fits(0, 1), Err(Refused::Closing));
        assert_eq!((session.bytes(), session.end()), (0, 0));
    }

    #[test]
    fn a_session_drains_until_nothing_waits_or_the_client_does_not_take_a_message() {
        let cx = &mut Context::from_waker(Waker::noop());
        let session = session(100);
        assert!(!session.is_draining());
        for message in ["one", "two"] {
            assert_eq!(session.send(text(message)), Ok(()));
        }
        assert!(session.is_draining());
        assert_eq!(session.poll_action(cx, true), Poll::Ready(Action::Send(text("one"))));
        assert!(session.is_draining());
        // The socket has not taken it.
        assert_eq!(session.poll_action(cx, false), Poll::Ready(Action::Read));
        assert!(!session.is_draining());
        assert_eq!(session.poll_action(cx, true), Poll::Ready(Action::Send(text("two"))));
        assert!(!session.is_draining());
        assert_eq!(session.send(text("three")), Ok(()));
        assert!(session.is_draining());
        session.stop_draining();
        assert!(!session.is_draining());
    }
}
