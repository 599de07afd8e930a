//! Events that wait for the actor.
//!
//! # Turns
//! Whatever has events for an actor is a *source*: a connection, and the alarm, whose event waits
//! in no mailbox. **A source has at most one event in the round.** A connection reads its next
//! message only when the actor has handled the last one, its `connect` event included; the alarm
//! rings again only after its event, and after a client's if one waits. So the queue is a round
//! of turns, and a client that floods the actor delays another one by one event, not by its flood.
//! What else a source has waits at the source, bounded in bytes: a connection's messages in TCP's
//! buffers, the alarm as the one moment at which it rings next. A source of another kind has to
//! keep to this as well.
//!
//! # Room
//! The queue is bounded in bytes by asking *before* a message is read ([`Line::poll_room`]), so
//! that the bytes stay in the client's TCP buffers instead of here. How large a message will be is
//! not known then, so room for the largest is held until it has come, or has turned out not to be
//! there. Messages, and the room that is held, are together less than the limit and one message.
//!
//! # Kinds of events
//! Each kind has its own way in, with its own bound:
//!
//! | event | way in | bound |
//! |---|---|---|
//! | a connection's message | [`Line::push`], after [`Line::poll_room`] | `limits.mailbox` and one message |
//! | a connection's `connect` and `close` | [`Mailbox::push_unrefused`] | one for each of `limits.connections` |
//! | the alarm | none: the actor's task looks at the clock | one moment |
//!
//! A source of another kind, which can't wait for room as a connection does, needs a way in that
//! may refuse, and a bound of its own.
//!
//! Whoever finds no room stands in line. Room goes to the first in line, and that task alone is
//! woken, so that a message costs the same however many wait. A task that has no use for its room,
//! because there is nothing to read or the connection has ended, hands it on.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::MutexGuard,
    task::{Context, Poll, Waker},
};

use super::{Event, event};
use crate::lock::Lock;

/// The most places that an empty queue keeps: some KB.
const KEPT: usize = 256;

/// One actor's queue of events.
#[derive(Debug)]
pub struct Mailbox {
    /// The number of bytes at which connections stop reading.
    limit: usize,
    /// What is held for a message that is yet to be read: the most that it can cost.
    most: usize,
    /// What is behind the lock. It is never held while anything waits.
    inner: Lock<Inner>,
}

/// The queue itself.
#[derive(Debug, Default)]
struct Inner {
    /// The events, in order of arrival.
    queue: VecDeque<Event>,
    /// What they cost together: see [`EventKind::cost`](super::EventKind::cost).
    bytes: usize,
    /// What is held for messages that are yet to be read.
    held: usize,
    /// The actor, when it waits for an event.
    actor: Option<Waker>,
    /// Connections that wait for room, by the numbers that they have drawn. While there is room,
    /// none waits.
    waiting: BTreeMap<u64, Waker>,
    /// The number that was drawn last.
    drawn: u64,
}

/// A connection's way into a mailbox. Dropping this leaves the line, and hands on the room.
#[derive(Debug)]
pub struct Line<'a> {
    /// The mailbox.
    mailbox: &'a Mailbox,
    /// How far it has come.
    place: Place,
}

/// Where a connection stands.
#[derive(Debug)]
enum Place {
    /// It wants no room.
    Outside,
    /// It has drawn this number. If that does not wait any more, room is held for it.
    InLine(u64),
    /// Room is held for it, and it knows.
    Inside,
}

impl Mailbox {
    /// An empty mailbox, for messages of at most `message` bytes each. Connections stop reading
    /// once `limit` bytes wait in it.
    pub fn new(limit: usize, message: usize) -> Self {
        Self { limit, most: event::most(message), inner: Lock::default() }
    }

    /// Adds an event that is never left out, whatever waits: a connection's `connect` or `close`.
    ///
    /// No room is asked for it. A source has at most one event in the round, so there are never
    /// more of these than connections, and none is larger than a close frame.
    pub fn push_unrefused(&self, event: Event) {
        self.add(self.inner.lock(), event);
    }

    /// A connection's way into this mailbox.
    pub fn line(&self) -> Line<'_> {
        Line { mailbox: self, place: Place::Outside }
    }

    /// The next event.
    pub async fn next(&self) -> Event {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.inner.lock().bytes
    }

    /// [`next`](Self::next), as a poll function.
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Event> {
        let mut inner = self.inner.lock();
        let Some(event) = inner.queue.pop_front() else {
            inner.actor = Some(cx.waker().clone());
            return Poll::Pending;
        };
        inner.bytes = inner.bytes.saturating_sub(event.kind.cost());
        if inner.queue.is_empty() && inner.queue.capacity() > KEPT {
            // When thousands of clients leave at once, there is an event of each.
            inner.queue = VecDeque::new();
        }
        self.give_room(inner);
        Poll::Ready(event)
    }

    /// Adds an event, and wakes the actor and whoever gets the room that was held for it.
    fn add(&self, mut inner: MutexGuard<'_, Inner>, event: Event) {
        inner.bytes += event.kind.cost();
        inner.queue.push_back(event);
        let actor = inner.actor.take();
        self.give_room(inner);
        if let Some(actor) = actor {
            actor.wake();
        }
    }

    /// Gives the room that there is to those who wait for it, the first one first. Their tasks are
    /// woken after unlocking.
    fn give_room<'a>(&'a self, mut inner: MutexGuard<'a, Inner>) {
        while inner.has_room(self.limit)
            && let Some((_, first)) = inner.waiting.pop_first()
        {
            inner.held += self.most;
            drop(inner);
            first.wake();
            inner = self.inner.lock();
        }
    }
}

impl Inner {
    /// Whether one more message may be read.
    fn has_room(&self, limit: usize) -> bool {
        self.bytes.saturating_add(self.held) < limit
    }
}

impl Line<'_> {
    /// Ready when there is room for a message, which is then held for this connection until it
    /// [pushes](Self::push) one or [leaves](Self::leave). Otherwise the task is woken when there
    /// is.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.mailbox.inner.lock();
        match self.place {
            Place::Inside => return Poll::Ready(()),
            Place::InLine(number) => {
                if let Some(waker) = inner.waiting.get_mut(&number) {
                    waker.clone_from(cx.waker());
                    return Poll::Pending;
                }
            }
            Place::Outside if inner.waiting.is_empty() && inner.has_room(self.mailbox.limit) => {
                inner.held += self.mailbox.most;
            }
            Place::Outside => {
                inner.drawn += 1;
                let number = inner.drawn;
                inner.waiting.insert(number, cx.waker().clone());
                self.place = Place::InLine(number);
                return Poll::Pending;
            }
        }
        self.place = Place::Inside;
        Poll::Ready(())
    }

    /// Adds the message for which [room](Self::poll_room) is held. So this refuses nothing: a
    /// message that has no room is not even read.
    pub fn push(&mut self, event: Event) {
        let mut inner = self.mailbox.inner.lock();
        self.give_back(&mut inner);
        self.mailbox.add(inner, event);
    }

    /// Leaves the line, or gives back the room: there is nothing to read. A connection without a
    /// message is not to keep the others from theirs.
    pub fn leave(&mut self) {
        if !matches!(self.place, Place::Outside) {
            let mut inner = self.mailbox.inner.lock();
            self.give_back(&mut inner);
            self.mailbox.give_room(inner);
        }
    }

    /// No longer waits for room nor holds it.
    fn give_back(&mut self, inner: &mut Inner) {
        let held = match std::mem::replace(&mut self.place, Place::Outside) {
            Place::Outside => false,
            Place::InLine(number) => inner.waiting.remove(&number).is_none(),
            Place::Inside => true,
        };
        if held {
            inner.held = inner.held.saturating_sub(self.mailbox.most);
        }
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
