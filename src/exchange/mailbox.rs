//! Events that wait for the actor.
//!
//! A connection has at most one event here: it reads its next message only when the actor has
//! handled the last one. The queue is therefore a round of turns, and a client that floods
//! the actor delays another client by one event, not by its flood. The queue is bounded in
//! bytes by asking *before* a message is read ([`Mailbox::poll_room`]), so that the bytes
//! stay in the client's TCP buffers instead of here.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::Event;

/// The most places that an empty queue keeps: some KB.
const KEPT: usize = 256;

/// One actor's queue of events.
#[derive(Debug)]
pub struct Mailbox {
    /// The number of bytes at which connections stop reading.
    limit: usize,
    /// What is behind the lock. It is never held while anything waits.
    inner: Mutex<Inner>,
}

/// The queue itself.
#[derive(Debug, Default)]
struct Inner {
    /// The events, in order of arrival.
    queue: VecDeque<Event>,
    /// What they cost together: see [`EventKind::cost`](super::EventKind::cost).
    bytes: usize,
    /// The actor, when it waits for an event.
    actor: Option<Waker>,
    /// Connections that wait for room, in order.
    waiting: Vec<Waker>,
    /// Whether no more events will come.
    closed: bool,
}

impl Mailbox {
    /// An empty mailbox. Connections stop reading once `limit` bytes wait in it.
    pub fn new(limit: usize) -> Self {
        Self { limit, inner: Mutex::default() }
    }

    /// Adds an event. This never refuses: the connection has asked for room before it read
    /// the message, and `connect` and `close` are never left out.
    pub fn push(&self, event: Event) {
        let mut inner = self.lock();
        inner.bytes += event.kind.cost();
        inner.queue.push_back(event);
        let actor = inner.actor.take();
        drop(inner);
        if let Some(actor) = actor {
            actor.wake();
        }
    }

    /// Ready when there is room for a message. Otherwise the task is woken when there is.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.bytes < self.limit {
            return Poll::Ready(());
        }
        if !inner.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            inner.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// The next event, or `None` once the mailbox is closed and empty.
    pub async fn next(&self) -> Option<Event> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Says that no more events will come.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let actor = inner.actor.take();
        drop(inner);
        if let Some(actor) = actor {
            actor.wake();
        }
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// [`next`](Self::next), as a poll function.
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut inner = self.lock();
        let Some(event) = inner.queue.pop_front() else {
            if inner.closed {
                return Poll::Ready(None);
            }
            inner.actor = Some(cx.waker().clone());
            return Poll::Pending;
        };
        inner.bytes = inner.bytes.saturating_sub(event.kind.cost());
        if inner.queue.is_empty() && inner.queue.capacity() > KEPT {
            // When thousands of clients leave at once, there is an event of each.
            inner.queue = VecDeque::new();
        }
        // All who wait are woken, in order: the first of them take the room, the others come
        // back to the queue in the same order.
        let waiting =
            if inner.bytes < self.limit { std::mem::take(&mut inner.waiting) } else { Vec::new() };
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(Some(event))
    }

    /// Locks. The lock can't be poisoned in a way that matters: nothing panics under it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use smol::block_on;

    use super::*;
    use crate::{
        exchange::{Client, ConnectionId, EventKind, Outbox},
        manifest::OnOverflow,
    };

    #[test]
    fn what_a_crowd_of_events_took_is_given_back_and_their_order_kept() {
        let mailbox = Mailbox::new(1 << 20);
        for number in 0..10_000 {
            let client = Client {
                peer: ([127, 0, 0, 1], 1).into(),
                path: "/ws".into(),
                query: "".into(),
                subprotocol: None,
                since: 0,
            };
            let outbox = Outbox::new(ConnectionId(number), client, 1, OnOverflow::Close);
            mailbox.push(Event { from: Some(Arc::new(outbox)), kind: EventKind::Connect });
        }
        for number in 0..10_000 {
            let event = block_on(mailbox.next());
            let from = event.and_then(|event| event.from);
            assert_eq!(from.map(|from| from.id()), Some(ConnectionId(number)));
        }
        assert!(mailbox.lock().queue.capacity() <= KEPT);
        assert_eq!(mailbox.bytes(), 0);
    }
}
