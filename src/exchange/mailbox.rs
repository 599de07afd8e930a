//! Events that wait for the actor.
//!
//! # Fairness
//! A *source* has events for an actor: a connection, or the alarm, whose event does not wait in the
//! mailbox. **Each source has at most one event in the round.** A connection reads its next message
//! only after the actor has handled the last one, including its `connect` event. The alarm fires
//! again only after its event was handled, and after a client's event if one waits. So the sources
//! take turns: a client that floods the actor delays another client by one event. All other events
//! wait at the source and are bounded in bytes: a connection's messages in TCP's buffers, and the
//! alarm as the one time at which it fires next. A new kind of source must do so too, with a bound.
//!
//! # Back-pressure
//! The queue is bounded in bytes. A connection reserves room *before* it reads a message
//! ([`Sender::poll_reserve`]), so that the bytes stay in the client's TCP buffers. At that time the
//! size of the message is unknown. So the sender reserves room for the largest message, until one
//! has arrived or none is there. Queued and reserved bytes together stay below the limit plus one
//! message.
//!
//! Senders without room wait in a queue. The first one gets the next room, and only its task is
//! woken, so a message costs the same with any number of waiting senders. If a task does not need
//! its room, because there is nothing to read or the connection has ended, it passes the room on.
//!
//! # Kinds of events
//! Each kind of event is added in its own way and has its own bound:
//!
//! | event | added by | bound |
//! |---|---|---|
//! | a connection's message | [`Sender::push`], after [`Sender::poll_reserve`] | `limits.mailbox` and one message |
//! | a connection's `connect` and `close` | [`Mailbox::push_unrefused`] | one for each of `limits.connections` |
//! | an HTTP request | [`Mailbox::push_unrefused`], after a place for it and its content was given | `limits.requests`, each with `limits.request` |
//! | a message of another actor | [`Mailbox::offer`], one of each sender | the sender's `limits.sends` |
//! | another actor that waits for a reply | [`Mailbox::offer`], if there is room | `limits.mailbox` |
//! | an event of a broker | [`Mailbox::offer`], one of each broker | `limits.mqtt_inbox` and `limits.mqtt_inflight` |
//! | the answer of a server | nothing: the actor's task takes it from the request | `limits.fetches` |
//! | the alarm | nothing: the actor's task looks at the clock | one moment |

use std::{
    collections::{BTreeMap, VecDeque},
    sync::MutexGuard,
    task::{Context, Poll, Waker},
};

use super::{Event, EventKind, Source, event};
use crate::{
    coarse_clock::{self, Moment},
    histogram::Histogram,
    limits::{CachedLimits, SharedLimits},
    lock::Lock,
};

/// The capacity that an empty queue keeps: some KB.
const MAX_KEPT: usize = 256;

/// One actor's queue of events.
#[derive(Debug)]
pub struct Mailbox {
    inner: Lock<Inner>,
    /// How long events have waited.
    waits: Histogram,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    /// Has the bytes at which connections stop reading, and the size of the largest message.
    limits: CachedLimits,
    /// All but requests, in order of arrival, each with the moment in which it came.
    queue: VecDeque<(Moment, Event)>,
    /// Requests, in order of arrival. They take turns with the others, so that a message waits for
    /// one request at most, however many there are.
    requests: VecDeque<(Moment, Event)>,
    /// Whether the last event was no request, so that a request comes next.
    is_requests_turn: bool,
    /// The sum of the events' costs: see [`EventKind::cost`](super::EventKind::cost).
    bytes: usize,
    /// How many senders have reserved room, each for the largest message.
    reserved: usize,
    /// Wakes the actor's task; `None` unless it waits for an event.
    actor: Option<Waker>,
    /// Which messages of other actors and of brokers the actor takes now.
    takes: Takes,
    /// The connections that wait for room, by ticket. Empty while there is room.
    waiting: BTreeMap<u64, Waker>,
    /// The last ticket that was given out.
    drawn: u64,
}

/// Which messages of other actors and of brokers an actor takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes {
    /// Those that nobody waits for.
    pub sends: bool,
    /// Those whose senders wait for a reply.
    pub requests: bool,
    /// Events of brokers.
    pub brokers: bool,
}

/// Why an actor does not take another one's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It takes none of this kind.
    None,
    /// Too much waits for it.
    Full,
}

/// A connection's handle for pushing messages. Dropping it releases its reservation.
#[derive(Debug)]
pub struct Sender<'a> {
    mailbox: &'a Mailbox,
    /// What the sender holds. Its drop gives it back.
    reservation: Reservation,
}

/// The state of a sender's reservation.
#[derive(Debug)]
enum Reservation {
    /// It has not asked for room.
    None,
    /// It holds this ticket. Once the ticket no longer waits, room is reserved.
    Waiting(u64),
    /// Room is reserved, and the sender has noticed.
    Held,
}

impl Mailbox {
    /// An empty mailbox for messages of at most `limits.message` bytes. Connections stop reading
    /// once `limits.mailbox` bytes wait.
    pub fn new(limits: SharedLimits) -> Self {
        let inner = Inner { limits: limits.cached(), ..Inner::default() };
        Self { inner: Lock::new(inner), waits: Histogram::default() }
    }

    /// Adds a connection's `connect` or `close` event, or a request, which is never refused.
    ///
    /// It needs no room. A source has at most one event in the round, so there are never more of
    /// these events than connections, and none is larger than a close frame. A request's content has
    /// a bound of its own, so that large requests keep no message waiting.
    pub fn push_unrefused(&self, event: Event) {
        self.add(self.inner.lock(), event);
    }

    /// Says which messages of other actors and of brokers the actor takes from now on.
    pub fn set_takes(&self, takes: Takes) {
        self.inner.lock().takes = takes;
    }

    /// Whether the actor takes messages that nobody waits for.
    pub(crate) fn takes_sends(&self) -> bool {
        self.inner.lock().takes.sends
    }

    /// Adds the message of another actor or of a broker, of which no other one of its kind may be here.
    /// One that nobody waits for needs no room: it stays with its sender, which has a bound of its own.
    ///
    /// # Errors
    /// The actor does not take it. The event comes back.
    pub(crate) fn offer(&self, event: Event) -> Result<(), (Box<Event>, NotTaken)> {
        let mut inner = self.inner.lock();
        let refused = match event.kind {
            EventKind::Asked(_) if !inner.takes.requests => Some(NotTaken::None),
            EventKind::Asked(_) => {
                let is_full = inner.bytes >= inner.limits.get(|limits| limits.mailbox);
                is_full.then_some(NotTaken::Full)
            }
            EventKind::Sent(_) => (!inner.takes.sends).then_some(NotTaken::None),
            _ => (!inner.takes.brokers).then_some(NotTaken::None),
        };
        if let Some(why) = refused {
            drop(inner);
            return Err((Box::new(event), why));
        }
        self.add(inner, event);
        Ok(())
    }

    /// Takes no more messages of other actors and of brokers, because the actor has ended. Their senders
    /// get back those that wait.
    pub fn close(&self) {
        let mut inner = self.inner.lock();
        inner.takes = Takes::default();
        let of_actor = |(_, event): &(Moment, Event)| {
            matches!(event.source, Source::Sender(_) | Source::Asker(_) | Source::Broker(_))
        };
        let (returned, others): (VecDeque<_>, _) = inner.queue.drain(..).partition(of_actor);
        inner.queue = others;
        for (_, event) in &returned {
            inner.bytes = inner.bytes.saturating_sub(event.kind.cost());
        }
        drop(inner);
        // Without the lock, because the senders look here for room.
        drop(returned);
    }

    /// A connection's sender.
    pub fn sender(&self) -> Sender<'_> {
        Sender { mailbox: self, reservation: Reservation::None }
    }

    /// Waits for the next event.
    pub async fn next(&self) -> Event {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The bytes that wait.
    pub fn bytes(&self) -> usize {
        self.inner.lock().bytes
    }

    /// How long events have waited.
    pub(crate) fn waits(&self) -> &Histogram {
        &self.waits
    }

    /// The poll function of [`next`](Self::next).
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Event> {
        let mut inner = self.inner.lock();
        let Some((came, event)) = inner.pop() else {
            inner.actor = Some(cx.waker().clone());
            return Poll::Pending;
        };
        inner.bytes = inner.bytes.saturating_sub(event.kind.cost());
        if inner.queue.is_empty() && inner.queue.capacity() > MAX_KEPT {
            // Thousands of clients that leave at once cause an event each, which would keep that
            // much memory.
            inner.queue = VecDeque::new();
        }
        self.grant_room(inner);
        self.waits.observe(coarse_clock::read().since(came));
        Poll::Ready(event)
    }

    /// Adds an event, and wakes the actor and the sender that gets the remaining room.
    fn add(&self, mut inner: MutexGuard<'_, Inner>, event: Event) {
        inner.bytes += event.kind.cost();
        let queue = match event.kind {
            EventKind::Request(_) => &mut inner.requests,
            _ => &mut inner.queue,
        };
        queue.push_back((coarse_clock::read(), event));
        let actor = inner.actor.take();
        self.grant_room(inner);
        if let Some(actor) = actor {
            actor.wake();
        }
    }

    /// Gives free room to waiting senders, in order. Wakes each task without the lock.
    fn grant_room<'a>(&'a self, mut inner: MutexGuard<'a, Inner>) {
        // Mostly nobody waits, and the limits need not be read.
        while !inner.waiting.is_empty()
            && inner.has_room()
            && let Some((_, first)) = inner.waiting.pop_first()
        {
            inner.reserved += 1;
            drop(inner);
            first.wake();
            inner = self.inner.lock();
        }
    }
}

impl Inner {
    /// Takes the next event: if both wait, a request and another one in turn.
    fn pop(&mut self) -> Option<(Moment, Event)> {
        let request_first = self.is_requests_turn && !self.requests.is_empty();
        let first = if request_first { &mut self.requests } else { &mut self.queue };
        let next = first.pop_front().or_else(|| self.requests.pop_front())?;
        self.is_requests_turn = !matches!(next.1.kind, EventKind::Request(_));
        Some(next)
    }

    /// Whether one more message may be read.
    fn has_room(&mut self) -> bool {
        let (limit, message) = self.limits.get(|limits| (limits.mailbox, limits.message));
        let reserved = self.reserved.saturating_mul(event::max_cost(message));
        self.bytes.saturating_add(reserved) < limit
    }
}

impl Sender<'_> {
    /// Reserves room for a message. Ready when it is reserved, until the sender
    /// [pushes](Self::push) a message or [releases](Self::release) the room. Otherwise the task is
    /// woken when there is room.
    pub fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.mailbox.inner.lock();
        match self.reservation {
            Reservation::Held => return Poll::Ready(()),
            Reservation::Waiting(number) => {
                if let Some(waker) = inner.waiting.get_mut(&number) {
                    waker.clone_from(cx.waker());
                    return Poll::Pending;
                }
            }
            Reservation::None if inner.waiting.is_empty() && inner.has_room() => {
                inner.reserved += 1;
            }
            Reservation::None => {
                inner.drawn += 1;
                let number = inner.drawn;
                inner.waiting.insert(number, cx.waker().clone());
                self.reservation = Reservation::Waiting(number);
                return Poll::Pending;
            }
        }
        self.reservation = Reservation::Held;
        Poll::Ready(())
    }

    /// Pushes a message into the room that [`poll_reserve`](Self::poll_reserve) has reserved. This
    /// can't fail: without room, a connection does not even read a message.
    pub(crate) fn push(&mut self, event: Event) {
        let mut inner = self.mailbox.inner.lock();
        self.take_back(&mut inner);
        self.mailbox.add(inner, event);
    }

    /// Releases the reservation or stops waiting for it, because there is nothing to read. Others
    /// can use the room then.
    pub fn release(&mut self) {
        if !matches!(self.reservation, Reservation::None) {
            let mut inner = self.mailbox.inner.lock();
            self.take_back(&mut inner);
            self.mailbox.grant_room(inner);
        }
    }

    /// Ends the reservation or the wait for it.
    fn take_back(&mut self, inner: &mut Inner) {
        let held = match std::mem::replace(&mut self.reservation, Reservation::None) {
            Reservation::None => false,
            Reservation::Waiting(number) => inner.waiting.remove(&number).is_none(),
            Reservation::Held => true,
        };
        if held {
            inner.reserved = inner.reserved.saturating_sub(1);
        }
    }
}

impl Drop for Sender<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests;
