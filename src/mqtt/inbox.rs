//! What a broker has sent and the actor has not handled.
//!
//! One event of each broker is in the actor's mailbox at a time. The others wait here. Those of QoS 1
//! are bounded by their number, because the broker should send no more before earlier ones are acknowledged.
//! Brokers that send more may do so up to a bound in bytes. Those of QoS 0 are bounded in bytes: the oldest
//! make room.

use std::{
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use log::Level;
use wit_core::host::{MqttReceived, MqttStatus, Qos};

use super::{
    config::BrokerConfig,
    dedupe::{Identity, Windows},
    publication::{Incoming, size},
    waiting::{Dropped, Entry, Waiting},
};
use crate::{
    exchange::{BrokerMessage, Event, EventKind, Mailbox, Outcome, Receipt, Sends, Source},
    limits::SharedLimits,
    lock::Lock,
    logger::ActorLog,
    stats::Stats,
    waker,
};

/// What one broker has sent to one actor.
pub struct Inbox {
    config: Arc<BrokerConfig>,
    name: Arc<str>,
    mailbox: Arc<Mailbox>,
    inner: Lock<Waiting>,
    /// Itself, for receipts.
    me: Weak<Self>,
    /// Has the bounds.
    limits: SharedLimits,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
}

/// A message is larger than the largest packet, which breaks the protocol (MQTT 5.0, section 3.1.2.11.4). So
/// the connection has to end. Or it is of QoS 1, and there is no [room](Inbox::has_room).
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
        let inner = Lock::new(Waiting::new());
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

    /// Whether there is room for a message. For one of QoS 1 there is if fewer than `limits.mqtt_inflight` are
    /// not handled, or if those that wait come to at most `limits.mqtt_inbox` bytes with it. A broker that knows of the first
    /// bound (receive maximum: MQTT 5.0, section 3.3.4) and keeps to it does not need the second. mosquitto
    /// 2.0.11 does not keep to it when a session goes on, and brokers of 3.1.1 don't know it.
    pub(super) fn has_room(&self, incoming: &Incoming) -> bool {
        let Incoming { topic, payload, properties, qos, .. } = incoming;
        let bytes = size(topic, payload, properties);
        *qos == Qos::AtMostOnce || self.inner.lock().has_room(bytes, self.most())
    }

    /// The most messages of QoS 1 that a broker may send without an acknowledgement, and the bytes for those
    /// of each QoS.
    fn most(&self) -> (usize, usize) {
        self.limits.get(|limits| (limits.mqtt_inflight, limits.mqtt_inbox))
    }

    /// Adds a message of the broker. Messages of QoS 0 for which there is no room are dropped and
    /// counted, the oldest first.
    ///
    /// # Errors
    /// See [`Overrun`]. The message is not added.
    pub fn push(&self, incoming: Incoming) -> Result<(), Overrun> {
        let (most, most_bytes) = self.most();
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
        if is_too_large || (ack.is_some() && !inner.has_room(bytes, (most, most_bytes))) {
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

    /// Notes that a connection has begun, before its first message is [pushed](Self::push). With
    /// `session_present` the broker sends again what was not
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
        waker::register(&mut inner.connection, cx);
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
            inner.seen = None;
        }
    }

    /// What must not come again, as it is stored. Empty if there is nothing.
    pub(super) fn seen(&self) -> Bytes {
        let mut inner = self.inner.lock();
        if let Some(seen) = &inner.seen {
            return seen.clone();
        }
        let mut text = String::new();
        if !inner.windows.is_empty() {
            text = format!("{}:{}", self.name.len(), self.name);
            inner.windows.write(&mut text);
        }
        let seen = Bytes::from(text);
        inner.seen = Some(seen.clone());
        seen
    }

    /// Goes on from what is stored of what must not come again.
    pub(super) fn restore_seen(&self, windows: Windows) {
        let mut inner = self.inner.lock();
        inner.windows = windows;
        inner.seen = None;
    }

    /// Offers the next event to the actor, unless it has one.
    pub(super) fn offer_next(&self) {
        self.offer_first().into_iter().for_each(Waker::wake);
    }

    /// Does so. Returns whom to wake, because messages that had come before are done.
    fn offer_first(&self) -> Option<Waker> {
        let me = self.me.upgrade()?;
        let mut connection = None;
        // The lock is held until the mailbox has the event or has refused it, so that nobody who calls
        // this meanwhile finds neither.
        let mut inner = self.inner.lock();
        while inner.offered.is_none()
            && let Some(mut entry) = inner.take_first()
        {
            if entry.identity.is_some_and(|identity| inner.windows.has(identity)) {
                self.stats.mqtt_duplicates.add(1);
                connection = self.finish(&mut inner, &entry).or(connection);
                continue;
            }
            let event = Event {
                source: Source::Broker(Receipt::new(me.clone(), entry.number)),
                kind: entry.kind.clone(),
            };
            entry.comes_again = false;
            inner.offered = Some(entry);
            if let Err((event, _)) = self.mailbox.offer(event) {
                if let Source::Broker(receipt) = &event.source {
                    receipt.forget();
                }
                inner.take_back();
                break;
            }
        }
        connection
    }

    /// Notes that an event is done. The broker learns so if it waits for that. Returns whom to wake.
    fn finish(&self, inner: &mut Waiting, entry: &Entry) -> Option<Waker> {
        self.stats.mqtt_inbox.replace(entry.bytes, 0);
        let ack = entry.ack?;
        inner.unacknowledged = inner.unacknowledged.saturating_sub(1);
        inner.acknowledged.push_back(ack);
        self.stats.mqtt_acknowledged.add(1);
        inner.connection.take()
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

impl Sends for Inbox {
    fn settle(&self, number: u64, outcome: Outcome) {
        let mut inner = self.inner.lock();
        if inner.offered.as_ref().is_none_or(|entry| entry.number != number) {
            return;
        }
        let connection = match outcome {
            Outcome::Undone | Outcome::Returned => {
                let identity = inner.offered.as_ref().and_then(|entry| entry.identity);
                if let Some(identity) = identity {
                    inner.windows.remove(identity);
                    inner.seen = None;
                }
                let gone = inner.take_back();
                self.stats.mqtt_inbox.replace(gone, 0);
                None
            }
            Outcome::Delivered | Outcome::Failed => {
                self.stats.mqtt_dropped.add(u64::from(outcome == Outcome::Failed));
                let done = inner.offered.take();
                done.and_then(|entry| self.finish(&mut inner, &entry))
            }
        };
        drop(inner);
        connection.into_iter().for_each(Waker::wake);
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
