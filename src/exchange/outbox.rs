//! Messages that wait for one client, and the rest of what an actor may tell a connection:
//! that its event has been handled, and that it is to close.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{Client, Close, CloseCode, ConnectionId, Message};
use crate::manifest::OnOverflow;

/// The most places that an empty queue keeps.
const KEPT: usize = 8;

/// One client's queue of messages. Shared by its connection and the actor.
#[derive(Debug)]
pub struct Outbox {
    /// Whose it is.
    id: ConnectionId,
    /// What is known of that client.
    client: Client,
    /// The most bytes that may wait. One answer is always taken when nothing waits, however
    /// large it is: an answer's own size has its own limit.
    limit: usize,
    /// What becomes of the client when more would wait.
    on_overflow: OnOverflow,
    /// What is behind the lock. It is never held while anything waits.
    inner: Mutex<Inner>,
}

/// The queue itself.
#[derive(Debug, Default)]
struct Inner {
    /// The messages, in order.
    queue: VecDeque<Message>,
    /// What they cost together: see [`Message::cost`].
    bytes: usize,
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
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The connection is closing.
    Closing,
    /// The client did not read its messages fast enough.
    Overflow {
        /// The bytes that waited already.
        queued: usize,
        /// The bytes that came on top.
        added: usize,
        /// The limit.
        limit: usize,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => f.write_str("the connection is closing"),
            Self::Overflow { queued, added, limit } => {
                write!(f, "{queued} bytes wait, {added} more would pass the limit of {limit}")
            }
        }
    }
}

impl Outbox {
    /// An empty outbox for connection `id`, which is `client`'s.
    pub fn new(id: ConnectionId, client: Client, limit: usize, on_overflow: OnOverflow) -> Self {
        Self { id, client, limit, on_overflow, inner: Mutex::default() }
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
        self.lock().room(self.limit, asked, added)
    }

    /// Whether messages of so many bytes would fit now, if they are taken at all.
    pub fn has_room(&self, added: usize) -> bool {
        !matches!(self.fits(0, added), Err(Refused::Overflow { .. }))
    }

    /// Queues a message that is no answer to an event of this client, and wakes its connection.
    ///
    /// # Errors
    /// As for [`answer`](Self::answer).
    pub fn send(&self, message: Message) -> Result<(), Refused> {
        let mut inner = self.lock();
        inner.bytes = inner.room(self.limit, 0, message.cost())?;
        inner.queue.push_back(message);
        wake(inner);
        Ok(())
    }

    /// Whose it is.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What becomes of the client when its messages don't fit.
    pub fn on_overflow(&self) -> OnOverflow {
        self.on_overflow
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Notes that an event of this connection is now with the actor. Nothing more is read
    /// from the client until [`handled`](Self::handled).
    pub fn busy(&self) {
        let was = std::mem::replace(&mut self.lock().busy, true);
        debug_assert!(!was, "a source has at most one event in the round");
    }

    /// Queues an answer: all of it or nothing, then the end if there is one.
    ///
    /// # Errors
    /// The connection is closing already, or the client has not read enough of what it was
    /// sent before.
    pub fn answer(&self, messages: Vec<Message>, close: Option<Close>) -> Result<(), Refused> {
        let mut inner = self.lock();
        let added = messages.iter().map(Message::cost).sum();
        match inner.room(self.limit, 0, added) {
            Ok(bytes) => inner.bytes = bytes,
            // Whoever does not get the messages is still told that they were the last.
            Err(refused @ Refused::Overflow { .. }) if self.on_overflow == OnOverflow::Drop => {
                inner.close = inner.close.take().or(close);
                return Err(refused);
            }
            Err(refused) => return Err(refused),
        }
        inner.queue.extend(messages);
        // If the host has asked for a close meanwhile, the answer still comes before it.
        inner.close = inner.close.take().or(close);
        Ok(())
    }

    /// Lets the connection read on: the actor is done with its event.
    pub fn handled(&self) {
        let mut inner = self.lock();
        inner.busy = false;
        wake(inner);
    }

    /// Asks the connection to close, after what is queued. The first to ask decides the code.
    pub fn close(&self, code: CloseCode, reason: &'static str) {
        self.close_with(Close::new(code, reason));
    }

    /// The same, for an actor's reason.
    pub fn close_with(&self, close: Close) {
        let mut inner = self.lock();
        if inner.close.is_none() && !inner.closing {
            inner.close = Some(close);
        }
        wake(inner);
    }

    /// Throws away what is queued, because the client does not read it. Returns how many
    /// messages that were.
    pub fn clear(&self) -> usize {
        let mut inner = self.lock();
        inner.bytes = 0;
        std::mem::take(&mut inner.queue).len()
    }

    /// Takes nothing more, since the connection has ended. Returns how many messages were queued
    /// and will not be sent.
    pub fn end(&self) -> usize {
        self.lock().closing = true;
        self.clear()
    }

    /// What the connection is to do next: close if it is asked to, send what is queued if it
    /// can (`writable`), else read. While an event of its own is with the actor it neither
    /// closes nor reads; its task is woken when that changes.
    pub fn poll_order(&self, cx: &mut Context<'_>, writable: bool) -> Poll<Order> {
        let mut inner = self.lock();
        if !inner.busy
            && let Some(close) = inner.close.take()
        {
            inner.closing = true;
            inner.bytes = 0;
            return Poll::Ready(Order::Close(std::mem::take(&mut inner.queue), close));
        }
        if writable && let Some(message) = inner.queue.pop_front() {
            inner.bytes = inner.bytes.saturating_sub(message.cost());
            if inner.queue.is_empty() && inner.queue.capacity() > KEPT {
                // Keeps a burst from holding its memory for as long as the client stays.
                inner.queue = VecDeque::new();
            }
            return Poll::Ready(Order::Send(message));
        }
        // Registered also when it reads: a message or a request to close has to reach it then.
        inner.register(cx);
        if inner.busy { Poll::Pending } else { Poll::Ready(Order::Read) }
    }

    /// Waits until the actor is done with this connection's event.
    pub async fn idle(&self) {
        std::future::poll_fn(|cx| {
            let mut inner = self.lock();
            if !inner.busy {
                return Poll::Ready(());
            }
            inner.register(cx);
            Poll::Pending
        })
        .await;
    }

    /// Locks. The lock can't be poisoned in a way that matters: nothing panics under it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The bytes that wait when `added` more are queued after `asked` others. Where nothing waits
    /// there is room for anything.
    fn room(&self, limit: usize, asked: usize, added: usize) -> Result<usize, Refused> {
        if self.closing {
            return Err(Refused::Closing);
        }
        let queued = self.bytes.saturating_add(asked);
        let total = queued.saturating_add(added);
        if queued > 0 && total > limit {
            return Err(Refused::Overflow { queued, added, limit });
        }
        Ok(total)
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

    fn outbox(limit: usize) -> Outbox {
        let client = Client {
            peer: ([127, 0, 0, 1], 1).into(),
            path: "/".into(),
            query: "".into(),
            subprotocol: None,
            since: 0,
        };
        Outbox::new(ConnectionId(1), client, limit, OnOverflow::Close)
    }

    #[test]
    fn what_comes_after_the_end_is_refused_and_what_waited_is_counted() {
        let outbox = outbox(100);
        assert_eq!(outbox.send(text("one")), Ok(()));
        assert_eq!(outbox.send(text("two")), Ok(()));
        assert_eq!(outbox.end(), 2);
        assert_eq!(outbox.send(text("three")), Err(Refused::Closing));
        assert_eq!(outbox.fits(0, 1), Err(Refused::Closing));
        assert_eq!((outbox.bytes(), outbox.end()), (0, 0));
    }

    #[test]
    fn messages_fit_up_to_the_limit_and_one_always_where_nothing_waits() {
        let outbox = outbox(10);
        let overflow = |queued, added| Err(Refused::Overflow { queued, added, limit: 10 });
        assert_eq!(outbox.fits(0, 1000), Ok(1000));
        assert_eq!(outbox.fits(4, 6), Ok(10));
        assert_eq!(outbox.fits(4, 7), overflow(4, 7));
        assert_eq!(outbox.send(text("four")), Ok(()));
        assert_eq!(outbox.fits(1, 5), Ok(10));
        assert_eq!(outbox.fits(1, 6), overflow(5, 6));
        assert_eq!(
            outbox.send(text("1234567")).map_err(|refused| refused.to_string()),
            Err("4 bytes wait, 7 more would pass the limit of 10".to_owned())
        );
    }
}
