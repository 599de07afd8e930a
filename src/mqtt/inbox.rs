//! What a broker has sent and the actor has not handled.
//!
//! One event of each broker is in the actor's mailbox at a time. The others wait here. Those of QoS 1
//! are bounded by their number, because the broker sends no more before earlier ones are acknowledged.
//! Those of QoS 0 are bounded in bytes: the oldest make room.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use log::Level;
use wit_core::host::{MqttReceived, MqttStatus};

use super::{
    config::BrokerConfig,
    dedupe::{Identity, Windows},
    publication::{Incoming, size},
};
use crate::{
    exchange::{BrokerMessage, Event, EventKind, Mailbox, Outcome, Receipt, Sends, Source},
    limits::SharedLimits,
    lock::Lock,
    logger::ActorLog,
    stats::Stats,
};

/// What one broker has sent to one actor.
pub struct Inbox {
    config: Arc<BrokerConfig>,
    name: Arc<str>,
    mailbox: Arc<Mailbox>,
    inner: Lock<Inner>,
    /// Itself, for receipts.
    me: Weak<Self>,
    /// Has the bounds.
    limits: SharedLimits,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
}

/// What the lock protects.
struct Inner {
    /// The number of the next event.
    next: u64,
    /// In the order in which they came.
    waiting: VecDeque<Entry>,
    /// The one that is in the mailbox, or that the actor handles.
    offered: Option<Entry>,
    /// How many of both wait to be acknowledged.
    unacknowledged: usize,
    /// The bytes of the others that wait.
    bytes: usize,
    /// By what the broker learns what is done, in order.
    acknowledged: VecDeque<u64>,
    /// Wakes the connection's task; `None` unless it waits for that.
    connection: Option<Waker>,
    /// What must not come again.
    windows: Windows,
    status: MqttStatus,
    /// Whether there has been a connection.
    was_up: bool,
    /// How many messages were dropped, to say so at times.
    dropped: u64,
}

/// One event.
struct Entry {
    number: u64,
    kind: EventKind,
    bytes: usize,
    /// By what it is acknowledged.
    ack: Option<u64>,
    /// Whether it is dropped if it was not handled: the broker sends it again.
    comes_again: bool,
    /// Which message it is, if it must come once only.
    identity: Option<Identity>,
}

/// The broker has sent more messages of QoS 1 than it may before earlier ones are acknowledged, or one
/// that is larger than the largest packet. It breaks the protocol (MQTT 5.0, sections 3.3.4 and
/// 3.1.2.11.4), so the connection has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun;

impl Inbox {
    /// An inbox with nothing in it, and no connection.
    pub(super) fn new(
        config: Arc<BrokerConfig>,
        mailbox: Arc<Mailbox>,
        limits: SharedLimits,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Arc<Self> {
        let name = config.name.as_ref().into();
        let inner = Lock::new(Inner {
            next: 0,
            waiting: VecDeque::new(),
            offered: None,
            unacknowledged: 0,
            bytes: 0,
            acknowledged: VecDeque::new(),
            connection: None,
            windows: Windows::default(),
            status: MqttStatus::Down("there has been no connection yet".into()),
            was_up: false,
            dropped: 0,
        });
        Arc::new_cyclic(|me: &Weak<Self>| Self {
            config,
            name,
            mailbox,
            inner,
            me: me.clone(),
            limits,
            stats,
            lines,
        })
    }

    /// Adds a message of the broker. Messages of QoS 0 for which there is no room are dropped and
    /// counted, the oldest first.
    ///
    /// # Errors
    /// See [`Overrun`]. The message is not added.
    pub fn push(&self, incoming: Incoming) -> Result<(), Overrun> {
        let (most, most_bytes) =
            self.limits.get(|limits| (limits.mqtt_inflight, limits.mqtt_inbox));
        let Incoming { topic, payload, qos, retained, duplicate, mut properties, ack } = incoming;
        let identity = Identity::take(&mut properties.user);
        let identity = identity.filter(|_| self.config.dedupes(&topic));
        let bytes = size(&topic, &payload, &properties);
        let is_too_large = topic.len().saturating_add(payload.len()) > most_bytes;
        let broker = self.name.to_string();
        let about = MqttReceived { broker, topic, qos, retained, duplicate, properties };
        let kind = EventKind::Mqtt(Arc::new(BrokerMessage { about, payload }));
        let mut inner = self.inner.lock();
        self.stats.mqtt_received.add(1);
        if is_too_large || (ack.is_some() && inner.unacknowledged >= most) {
            return Err(Overrun);
        }
        if ack.is_some() {
            inner.unacknowledged += 1;
        }
        inner.add(kind, bytes, ack, identity);
        let dropped = inner.trim(most_bytes);
        let all = inner.dropped;
        self.stats.mqtt_inbox.replace(0, bytes);
        drop(inner);
        self.note_dropped(&dropped, all);
        self.offer_next();
        Ok(())
    }

    /// Notes that a connection has begun. With `session_present` the broker sends again what was not
    /// acknowledged (MQTT 5.0, section 4.4), so what waits of it here is dropped. Otherwise nobody waits
    /// for it to be acknowledged any more.
    pub fn up(&self, session_present: bool) {
        let most_bytes = self.limits.get(|limits| limits.mqtt_inbox);
        let mut inner = self.inner.lock();
        let is_again = std::mem::replace(&mut inner.was_up, true);
        self.stats.mqtt_reconnects.add(u64::from(is_again));
        if inner.status != MqttStatus::Up {
            self.stats.mqtt_up.replace(0, 1);
        }
        inner.status = MqttStatus::Up;
        inner.acknowledged.clear();
        let gone = inner.forget_acknowledgements(session_present);
        self.stats.mqtt_inbox.replace(gone, 0);
        let dropped = inner.trim(most_bytes);
        let all = inner.dropped;
        inner.add_last(EventKind::MqttUp(self.name.clone()));
        drop(inner);
        self.note_dropped(&dropped, all);
        self.offer_next();
    }

    /// Notes that the connection has ended, or could not be made, and why.
    pub fn down(&self, why: &str) {
        let mut inner = self.inner.lock();
        let was_up = inner.status == MqttStatus::Up;
        inner.status = MqttStatus::Down(why.into());
        inner.acknowledged.clear();
        if !was_up {
            return;
        }
        self.stats.mqtt_up.replace(1, 0);
        inner.add_last(EventKind::MqttDown(self.name.clone()));
        drop(inner);
        self.offer_next();
    }

    /// Takes the next message to acknowledge: its event is done, and what that changed is on the disk if
    /// outputs wait for it. If there is none, the task is woken when one comes.
    pub fn poll_acknowledged(&self, cx: &mut Context<'_>) -> Poll<u64> {
        let mut inner = self.inner.lock();
        if let Some(ack) = inner.acknowledged.pop_front() {
            return Poll::Ready(ack);
        }
        match &mut inner.connection {
            Some(connection) => connection.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Whether there is a connection.
    pub(super) fn status(&self) -> MqttStatus {
        self.inner.lock().status.clone()
    }

    /// Notes that the actor begins with the event that it was offered. From now on its message counts
    /// as seen.
    pub(super) fn begin(&self) {
        let mut inner = self.inner.lock();
        if let Some(identity) = inner.offered.as_ref().and_then(|entry| entry.identity) {
            inner.windows.add(identity);
        }
    }

    /// Writes what must not come again.
    pub(super) fn write_seen(&self, to: &mut String) {
        let inner = self.inner.lock();
        if !inner.windows.is_empty() {
            *to += &format!("{}:{}", self.name.len(), self.name);
            inner.windows.write(to);
        }
    }

    /// Goes on from what is stored of what must not come again.
    pub(super) fn restore_seen(&self, windows: Windows) {
        self.inner.lock().windows = windows;
    }

    /// Offers the next event to the actor, unless it has one.
    pub(super) fn offer_next(&self) {
        let Some(me) = self.me.upgrade() else { return };
        // The lock is held until the mailbox has the event or has refused it, so that nobody who calls
        // this meanwhile finds neither.
        let mut inner = self.inner.lock();
        while inner.offered.is_none()
            && let Some(mut entry) = inner.waiting.pop_front()
        {
            if entry.identity.is_some_and(|identity| inner.windows.has(identity)) {
                self.stats.mqtt_duplicates.add(1);
                self.finish(&mut inner, &entry);
                continue;
            }
            let event = Event {
                source: Source::Broker(Receipt::new(me.clone(), entry.number)),
                kind: entry.kind.clone(),
            };
            if entry.ack.is_none() {
                inner.bytes = inner.bytes.saturating_sub(entry.bytes);
            }
            entry.comes_again = false;
            inner.offered = Some(entry);
            if let Err((event, _)) = self.mailbox.offer(event) {
                if let Source::Broker(receipt) = &event.source {
                    receipt.forget();
                }
                inner.take_back();
                return;
            }
        }
    }

    /// Notes that an event is done. The broker learns so if it waits for that.
    fn finish(&self, inner: &mut Inner, entry: &Entry) {
        self.stats.mqtt_inbox.replace(entry.bytes, 0);
        let Some(ack) = entry.ack else { return };
        inner.unacknowledged = inner.unacknowledged.saturating_sub(1);
        inner.acknowledged.push_back(ack);
        self.stats.mqtt_acknowledged.add(1);
        if let Some(connection) = inner.connection.take() {
            connection.wake();
        }
    }

    /// Counts messages that were dropped, and logs the first and then ever fewer. `all` is how many there
    /// were so far.
    fn note_dropped(&self, dropped: &Dropped, all: u64) {
        if dropped.number == 0 {
            return;
        }
        self.stats.mqtt_dropped.add(dropped.number);
        self.stats.mqtt_inbox.replace(dropped.bytes, 0);
        if all.ilog2() != (all - dropped.number).checked_ilog2().unwrap_or(u32::MAX) {
            let text = format_args!(
                "{all} messages of the broker {} are dropped so far: it sends more than the actor \
                 handles, and `limits.mqtt_inbox` bytes wait",
                self.name
            );
            self.lines.host(Level::Warn, None, text);
        }
    }
}

/// Messages that were dropped.
#[derive(Default)]
struct Dropped {
    number: u64,
    bytes: usize,
}

impl Inner {
    /// Adds an event.
    fn add(&mut self, kind: EventKind, bytes: usize, ack: Option<u64>, identity: Option<Identity>) {
        if ack.is_none() {
            self.bytes = self.bytes.saturating_add(bytes);
        }
        let number = self.next;
        self.next += 1;
        self.waiting.push_back(Entry { number, kind, bytes, ack, comes_again: false, identity });
    }

    /// Adds an event about the connection. An earlier one of its kind that waits is out of date.
    fn add_last(&mut self, kind: EventKind) {
        self.waiting.retain(|entry| entry.kind != kind);
        self.add(kind, 0, None, None);
    }

    /// Drops the oldest messages that nobody wants to be acknowledged until the others fit. The last
    /// event stays.
    fn trim(&mut self, most: usize) -> Dropped {
        let mut dropped = Dropped::default();
        while self.bytes > most {
            let is_loose =
                |entry: &Entry| entry.ack.is_none() && matches!(entry.kind, EventKind::Mqtt(_));
            let place = self.waiting.iter().position(is_loose);
            let place = place.filter(|place| place + 1 < self.waiting.len());
            let Some(entry) = place.and_then(|place| self.waiting.remove(place)) else { break };
            self.bytes = self.bytes.saturating_sub(entry.bytes);
            dropped.number += 1;
            dropped.bytes += entry.bytes;
        }
        self.dropped += dropped.number;
        dropped
    }

    /// Forgets by what messages of the last connection would be acknowledged. Drops those that the broker
    /// sends again, and returns their bytes.
    fn forget_acknowledgements(&mut self, comes_again: bool) -> usize {
        let mut gone = 0;
        if comes_again {
            self.waiting.retain(|entry| {
                gone += if entry.ack.is_some() { entry.bytes } else { 0 };
                entry.ack.is_none()
            });
        }
        for entry in &mut self.waiting {
            if entry.ack.take().is_some() {
                self.bytes = self.bytes.saturating_add(entry.bytes);
            }
        }
        if let Some(entry) = &mut self.offered {
            let waits = entry.ack.take().is_some();
            entry.comes_again = comes_again && waits;
        }
        self.unacknowledged = 0;
        gone
    }

    /// Takes the offered event back, to be offered again. Returns its bytes if it is dropped instead.
    fn take_back(&mut self) -> usize {
        let Some(entry) = self.offered.take() else { return 0 };
        if entry.comes_again {
            return entry.bytes;
        }
        if entry.ack.is_none() {
            self.bytes = self.bytes.saturating_add(entry.bytes);
        }
        self.waiting.push_front(entry);
        0
    }
}

impl Sends for Inbox {
    fn settle(&self, number: u64, outcome: Outcome) {
        let mut inner = self.inner.lock();
        if inner.offered.as_ref().is_none_or(|entry| entry.number != number) {
            return;
        }
        match outcome {
            Outcome::Undone | Outcome::Returned => {
                let identity = inner.offered.as_ref().and_then(|entry| entry.identity);
                if let Some(identity) = identity {
                    inner.windows.remove(identity);
                }
                let gone = inner.take_back();
                self.stats.mqtt_inbox.replace(gone, 0);
            }
            Outcome::Delivered | Outcome::Failed => {
                if let Some(entry) = inner.offered.take() {
                    self.finish(&mut inner, &entry);
                }
                self.stats.mqtt_dropped.add(u64::from(outcome == Outcome::Failed));
            }
        }
        drop(inner);
        self.offer_next();
    }

    fn offer(&self, _: &str) {
        self.offer_next();
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let inner = self.inner.lock();
        if inner.status == MqttStatus::Up {
            self.stats.mqtt_up.replace(1, 0);
        }
        let left = inner.waiting.iter().chain(&inner.offered).map(|entry| entry.bytes);
        self.stats.mqtt_inbox.replace(left.sum(), 0);
    }
}
