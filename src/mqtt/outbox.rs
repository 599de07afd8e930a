//! What an actor has published at one broker, from the call that asks for it until the broker has it.
//!
//! Publications of QoS 1 stay until the broker acknowledges them. They are stored with the state, and are
//! sent again after a restart. Those of QoS 0 stay until they are written to the connection, and are not
//! stored.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use log::Level;
use wit_core::host::{MqttRefusal, Qos};

use super::{
    config::{BrokerConfig, OnFull},
    dedupe::{Identity, NUMBERS},
    publication::Publication,
    queued::{Entry, Queued, Stage},
    stored,
};
use crate::{
    convert::to_u64, limits::SharedLimits, lock::Lock, logger::ActorLog, stats::Stats, waker,
};

/// So many acknowledgements are recorded at once: half of what may leave without a record.
pub(super) const MANY: usize = NUMBERS / 2;

/// What an actor has published at one broker.
pub struct Outbox {
    config: Arc<BrokerConfig>,
    /// The sender that new publications have, by which a receiver knows them again. Each outbox has another
    /// one. `None` if the system has no random numbers.
    sender: Option<u64>,
    inner: Lock<Queued>,
    /// Has how many publications may wait, and how many bytes.
    limits: SharedLimits,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
}

/// A publication for the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// Its number, by which the connection says what became of it. Later ones have higher numbers.
    pub number: u64,
    /// What to publish.
    pub publication: Arc<Publication>,
    /// What goes along in user properties of MQTT 5: see [`Identity::properties`]. Only QoS 1 has one.
    pub identity: Option<Identity>,
}

impl Outbox {
    /// An outbox with nothing in it.
    pub(super) fn new(
        config: Arc<BrokerConfig>,
        sender: Option<u64>,
        limits: SharedLimits,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Self {
        Self { config, sender, inner: Lock::default(), limits, stats, lines }
    }

    /// The most publications and bytes that may wait.
    fn most(&self) -> (usize, usize) {
        self.limits.get(|limits| (limits.mqtt_publishes, limits.mqtt_outbox))
    }

    /// Adds a publication, which leaves later.
    ///
    /// # Errors
    /// [`MqttRefusal::Full`]: there is no room, even if all that may be dropped were.
    pub(super) fn add(&self, publication: Arc<Publication>) -> Result<u64, MqttRefusal> {
        let (most, most_bytes) = self.most();
        let bytes = publication.bytes();
        let mut inner = self.inner.lock();
        let (mut number, mut sum) = (inner.entries.len(), inner.bytes);
        if self.config.on_full == OnFull::Drop {
            for entry in inner.entries.iter().filter(|entry| entry.is_loose()) {
                number -= 1;
                sum = sum.saturating_sub(entry.bytes);
            }
        }
        if number >= most || sum.saturating_add(bytes) > most_bytes {
            return Err(MqttRefusal::Full(u32::try_from(inner.bytes).unwrap_or(u32::MAX)));
        }
        let number = inner.next;
        inner.next += 1;
        let is_kept = publication.qos == Qos::AtLeastOnce;
        let mut identity = None;
        if is_kept {
            // They have numbers of their own, without gaps.
            identity = self.sender.map(|sender| Identity { sender, number: inner.kept });
            inner.kept += 1;
            inner.stored = None;
        }
        inner.bytes = inner.bytes.saturating_add(bytes);
        inner.entries.push(Entry { number, identity, publication, bytes, stage: Stage::Asked });
        self.stats.mqtt_outbox.replace(0, bytes);
        Ok(number)
    }

    /// Lets a publication leave: its event is committed and on the disk. What has to make room for it is
    /// dropped now.
    pub(super) fn start(&self, number: u64) {
        let mut inner = self.inner.lock();
        // The actor may have gone back to what is stored.
        let Some(place) = inner.place(number) else { return };
        if let Some(entry) = inner.entries.get_mut(place) {
            entry.stage = Stage::Ready;
        }
        let (mut dropped, mut gone) = (0, 0);
        while !inner.fits(self.most())
            && let Some(place) = inner.entries.iter().position(Entry::is_loose)
        {
            gone += inner.remove(place).bytes;
            dropped += 1;
        }
        let connection = inner.connection.take();
        drop(inner);
        self.note_gone(gone);
        self.note_dropped(dropped, "there is no room, and `on_full` is \"drop\"");
        connection.into_iter().for_each(Waker::wake);
    }

    /// Removes a publication whose event was not committed.
    pub(super) fn withdraw(&self, number: u64) {
        let mut inner = self.inner.lock();
        let removed = inner.place(number).map(|place| inner.remove(place));
        drop(inner);
        self.note_gone(removed.map_or(0, |entry| entry.bytes));
    }

    /// Gives the next publication to the connection, in the order of the calls. If there is none, the
    /// task is woken when one comes. One of QoS 1 waits while too many may come again: see
    /// [`Repeatable`](super::repeatable::Repeatable).
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Out> {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        let is_next = |entry: &Entry| entry.stage == Stage::Ready && !inner.stays(entry);
        let next = inner.entries.iter().position(is_next);
        if let Some(entry) = next.and_then(|place| inner.entries.get_mut(place))
            && (!entry.is_kept() || inner.repeatable.leaves(entry.number))
        {
            entry.stage = Stage::Given;
            let (number, identity) = (entry.number, entry.identity);
            return Poll::Ready(Out { number, publication: entry.publication.clone(), identity });
        }
        waker::register(&mut inner.connection, cx);
        Poll::Pending
    }

    /// Ready once the actor has ended. The task is woken then.
    pub fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.inner.lock();
        if inner.has_ended {
            return Poll::Ready(());
        }
        waker::register(&mut inner.connection, cx);
        Poll::Pending
    }

    /// Waits until the actor has ended.
    pub(super) async fn ended(&self) {
        poll_fn(|cx| self.poll_ended(cx)).await;
    }

    /// Whether the actor has ended and nothing waits that would be lost with the connection.
    pub fn is_done(&self) -> bool {
        let inner = self.inner.lock();
        inner.has_ended && inner.entries.iter().all(|entry| inner.stays(entry))
    }

    /// Notes that the connection was lost before a publication of QoS 0 was written. It is ready again.
    pub fn unwritten(&self, number: u64) {
        let mut inner = self.inner.lock();
        if let Some(entry) = inner.place(number).and_then(|place| inner.entries.get_mut(place)) {
            entry.stage = Stage::Ready;
        }
    }

    /// Notes that the broker has a publication of QoS 1, or that one of QoS 0 was written to the
    /// connection.
    pub fn delivered(&self, number: u64) {
        if self.finish(number).is_some() {
            self.stats.mqtt_published.add(1);
        }
    }

    /// Notes that the broker does not take a publication, and why. It is logged and counted, and not
    /// sent again.
    pub fn refused(&self, number: u64, why: &str) {
        let Some(entry) = self.finish(number) else { return };
        self.stats.mqtt_refused.add(1);
        let text = format_args!(
            "the broker {} refuses what was published to {:?}: {why}",
            self.config.name, entry.publication.topic
        );
        self.lines.host(Level::Warn, None, text);
    }

    /// Notes that the connection forgets what it was given and is not done with. That is ready again, in
    /// its order.
    pub fn lost(&self) {
        let mut inner = self.inner.lock();
        for entry in inner.entries.iter_mut().filter(|entry| entry.stage == Stage::Given) {
            entry.stage = Stage::Ready;
        }
        let connection = inner.connection.take();
        drop(inner);
        connection.into_iter().for_each(Waker::wake);
    }

    /// Removes a publication that is done.
    fn finish(&self, number: u64) -> Option<Entry> {
        let mut inner = self.inner.lock();
        let entry = inner.place(number).map(|place| inner.remove(place))?;
        let mut actor = None;
        if entry.is_kept() {
            let is_stored = inner.is_stored;
            inner.repeatable.done(number, is_stored);
            inner.less += 1;
            if inner.less == 1 || inner.less == MANY {
                actor = inner.actor.take();
            }
        }
        drop(inner);
        self.note_gone(entry.bytes);
        actor.into_iter().for_each(Waker::wake);
        Some(entry)
    }

    /// How many of QoS 1 are done since that was recorded last. The task is woken when it is one, and when
    /// they are [`MANY`].
    pub(super) fn less(&self, cx: &mut Context<'_>) -> usize {
        let mut inner = self.inner.lock();
        waker::register(&mut inner.actor, cx);
        inner.less
    }

    /// What is done will be recorded.
    pub(super) fn records_less(&self) {
        self.inner.lock().less = 0;
    }

    /// See [`Repeatable::last_look`](super::repeatable::Repeatable::last_look).
    pub(super) fn last_look(&self) -> Option<u64> {
        self.inner.lock().repeatable.last_look()
    }

    /// Notes that what a call of [`stored`](Self::stored) has seen is stored.
    pub(super) fn recorded(&self, look: u64) {
        let mut inner = self.inner.lock();
        let has_room = inner.repeatable.recorded(look);
        let connection = if has_room { inner.connection.take() } else { None };
        drop(inner);
        connection.into_iter().for_each(Waker::wake);
    }

    /// Says whether those of QoS 1 are stored.
    pub(super) fn set_stored(&self, is_stored: bool) {
        self.inner.lock().is_stored = is_stored;
    }

    /// The publications of QoS 1 as they are stored, and how many they are.
    pub(super) fn stored(&self) -> (usize, Bytes) {
        let mut inner = self.inner.lock();
        inner.repeatable.look();
        let kept = || inner.entries.iter().filter(|entry| entry.is_kept());
        let count = kept().count();
        let stored = inner.stored.clone().unwrap_or_else(|| {
            let mut all = Vec::new();
            for Entry { number, identity, publication, .. } in kept() {
                stored::write(*number, *identity, publication, &mut all);
            }
            all.into()
        });
        inner.stored = Some(stored.clone());
        (count, stored)
    }

    /// Goes on from what is stored. Publications of QoS 1 that are not stored were never made, and those
    /// that are stored and not known are made.
    pub(super) fn restore(&self, stored: Vec<(u64, Option<Identity>, Publication)>) {
        let mut inner = self.inner.lock();
        let old = inner.bytes;
        let mut known = std::mem::take(&mut inner.entries);
        let mut entries = Vec::new();
        for (number, identity, publication) in stored {
            let same = known.iter().find(|entry| entry.number == number);
            let stage = same.map_or(Stage::Ready, |entry| entry.stage);
            let (bytes, publication) = (publication.bytes(), Arc::new(publication));
            inner.next = inner.next.max(number.saturating_add(1));
            entries.push(Entry { number, identity, publication, bytes, stage });
        }
        known.retain(|entry| !entry.is_kept());
        entries.append(&mut known);
        entries.sort_by_key(|entry| entry.number);
        entries.dedup_by_key(|entry| entry.number);
        inner.bytes = entries.iter().map(|entry| entry.bytes).fold(0, usize::saturating_add);
        let is_there =
            |number| entries.binary_search_by_key(&number, |entry: &Entry| entry.number).is_ok();
        inner.repeatable.restored(is_there);
        inner.entries = entries;
        inner.stored = None;
        self.stats.mqtt_outbox.replace(old, inner.bytes);
        let connection = inner.connection.take();
        drop(inner);
        connection.into_iter().for_each(Waker::wake);
    }

    /// Notes that the actor has ended. What is stored is sent after the next start.
    pub(super) fn end(&self) {
        let mut inner = self.inner.lock();
        inner.has_ended = true;
        let connection = inner.connection.take();
        drop(inner);
        connection.into_iter().for_each(Waker::wake);
    }

    /// Counts bytes that wait no more.
    fn note_gone(&self, bytes: usize) {
        self.stats.mqtt_outbox.replace(bytes, 0);
    }

    /// Counts and logs publications that are dropped.
    fn note_dropped(&self, number: u64, why: &str) {
        if number > 0 {
            self.stats.mqtt_dropped.add(number);
            let name = &self.config.name;
            let text = format_args!("drops {number} publications for the broker {name}: {why}");
            self.lines.host(Level::Warn, None, text);
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let inner = self.inner.lock();
        let lost = inner.entries.iter().filter(|entry| !inner.stays(entry)).count();
        let bytes = inner.bytes;
        drop(inner);
        self.note_gone(bytes);
        self.note_dropped(to_u64(lost), "the actor has ended, and nothing stores them");
    }
}
