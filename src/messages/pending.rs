//! What an actor has sent to others, from the call that sends it until the receiver has handled it.
//!
//! Each receiver has one of the messages at a time in its mailbox, the first. The others wait here. So
//! one that sends much delays others by one event, and a receiver that ends leaves all here.

use std::{
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use log::Level;

use super::{config::Config, stored};
use crate::{
    convert::to_u64,
    exchange::{ActorMessage, Directory, Event, Outcome, Receipt, Sends, Source},
    limits::SharedLimits,
    lock::Lock,
    logger::ActorLog,
    stats::Stats,
    waker,
};

/// What a message takes beside its bytes and its receiver's name.
const OVERHEAD: usize = 64;

/// What one actor has sent to others.
pub(super) struct Pending {
    /// The actor's name.
    name: Arc<str>,
    inner: Lock<Inner>,
    /// Itself, for receipts.
    me: Weak<Self>,
    /// Has the receivers.
    directory: Arc<Directory>,
    /// Has how many messages may wait, and how many bytes.
    limits: SharedLimits,
    stats: Arc<Stats>,
    lines: Arc<ActorLog>,
}

/// What the lock protects.
#[derive(Default)]
struct Inner {
    /// The number of the next message.
    next: u64,
    /// In the order of their numbers, which is that in which they were sent. They are few, so a list does.
    messages: Vec<Entry>,
    /// The bytes of all of them.
    bytes: usize,
    /// The messages as they are stored. `None` if they have changed since.
    stored: Option<Bytes>,
    /// Whether a message is done since the last look.
    is_less: bool,
    /// Wakes the actor's task; `None` unless it waits for that.
    actor: Option<Waker>,
}

/// One message.
struct Entry {
    number: u64,
    to: Box<str>,
    content: Bytes,
    stage: Stage,
}

/// How far a message is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its event is not committed, or not on the disk.
    Asked,
    /// It waits for its turn or its receiver.
    Ready,
    /// It is in the receiver's mailbox, or the receiver handles it.
    Offered,
}

/// Too much waits to be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// There are as many messages as `limits.sends`.
    Number(usize),
    /// They would take more bytes than `limits.sent`.
    Bytes(usize),
}

impl Entry {
    /// What it takes, in bytes.
    fn bytes(&self) -> usize {
        size(&self.to, &self.content)
    }
}

/// What a message takes, in bytes.
pub(super) fn size(to: &str, content: &[u8]) -> usize {
    to.len().saturating_add(content.len()).saturating_add(OVERHEAD)
}

impl Inner {
    /// The place of a message.
    fn place(&self, number: u64) -> Option<usize> {
        self.messages.binary_search_by_key(&number, |entry| entry.number).ok()
    }

    /// Finds a message.
    fn find(&mut self, number: u64) -> Option<&mut Entry> {
        let place = self.place(number)?;
        self.messages.get_mut(place)
    }

    /// Removes a message.
    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.messages.remove(self.place(number)?);
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        self.stored = None;
        Some(entry)
    }

    /// Notes that a message is done, so that this can be stored. Returns whom to wake.
    fn note_done(&mut self) -> Option<Waker> {
        self.is_less = true;
        self.actor.take()
    }
}

impl Pending {
    /// Nothing sent.
    pub(super) fn new(
        name: Arc<str>,
        directory: Arc<Directory>,
        limits: SharedLimits,
        stats: Arc<Stats>,
        lines: Arc<ActorLog>,
    ) -> Arc<Self> {
        let new = Arc::new_cyclic(|me: &Weak<Self>| Self {
            name,
            inner: Lock::default(),
            me: me.clone(),
            directory,
            limits,
            stats,
            lines,
        });
        new.directory.register(&new.name, new.me.clone());
        new
    }

    /// Itself, for the directory.
    pub(super) fn as_sends(&self) -> Weak<dyn Sends> {
        self.me.clone()
    }

    /// Adds a message, which leaves later.
    ///
    /// # Errors
    /// Too much waits already.
    pub(super) fn add(&self, to: &str, content: Bytes) -> Result<u64, Full> {
        let (most, most_bytes) = self.limits.get(|limits| (limits.sends, limits.sent));
        let mut inner = self.inner.lock();
        if inner.messages.len() >= most {
            return Err(Full::Number(most));
        }
        let bytes = inner.bytes.saturating_add(size(to, &content));
        if bytes > most_bytes {
            return Err(Full::Bytes(most_bytes));
        }
        let number = inner.next;
        inner.next += 1;
        inner.bytes = bytes;
        inner.stored = None;
        inner.messages.push(Entry { number, to: to.into(), content, stage: Stage::Asked });
        Ok(number)
    }

    /// Lets a message leave: its event is committed and on the disk.
    pub(super) fn start(&self, number: u64) {
        let mut inner = self.inner.lock();
        // The actor may have gone back to what is stored.
        let Some(entry) = inner.find(number) else { return };
        entry.stage = Stage::Ready;
        let to = entry.to.clone();
        drop(inner);
        self.stats.messages_sent.add(1);
        self.offer(&to);
    }

    /// Removes a message whose event was not committed.
    pub(super) fn withdraw(&self, number: u64) {
        self.inner.lock().remove(number);
    }

    /// Ready when a message is done that was not at the last look, which has to be stored.
    pub(super) fn poll_less(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.inner.lock();
        if std::mem::take(&mut inner.is_less) {
            return Poll::Ready(());
        }
        waker::register(&mut inner.actor, cx);
        Poll::Pending
    }

    /// The messages as they are stored. Empty if there are none.
    pub(super) fn stored(&self) -> Bytes {
        let mut inner = self.inner.lock();
        if let Some(stored) = &inner.stored {
            return stored.clone();
        }
        let messages = inner.messages.iter();
        let stored =
            stored::write(messages.map(|entry| (entry.number, &*entry.to, &*entry.content)));
        inner.stored = Some(stored.clone());
        stored
    }

    /// Goes on from what is stored. Messages that are not stored were never sent, and those that are
    /// stored and not known are sent.
    pub(super) fn restore(&self, stored: &Bytes) {
        let mut inner = self.inner.lock();
        let known = std::mem::take(&mut inner.messages);
        inner.bytes = 0;
        for (number, to, content) in stored::read(stored) {
            let same = known.iter().find(|entry| entry.number == number);
            let stage = same.map_or(Stage::Ready, |entry| entry.stage);
            let entry = Entry { number, to, content, stage };
            inner.next = inner.next.max(number.saturating_add(1));
            inner.bytes = inner.bytes.saturating_add(entry.bytes());
            inner.messages.push(entry);
        }
        inner.stored = None;
        drop(inner);
        self.offer_all();
    }

    /// Drops what waits for actors that this one may no longer send to.
    pub(super) fn keep_allowed(&self, config: &Config) {
        let mut inner = self.inner.lock();
        let gone = inner.messages.iter().filter(|entry| !config.allows(&entry.to));
        let gone: Vec<u64> = gone.map(|entry| entry.number).collect();
        for number in &gone {
            inner.remove(*number);
        }
        let actor = if gone.is_empty() { None } else { inner.note_done() };
        drop(inner);
        self.drop_all(gone.len(), "its manifest no longer names their receivers in `to`");
        actor.into_iter().for_each(Waker::wake);
    }

    /// Forgets all messages, because the actor ends. If they are `stored`, they are sent after the next
    /// start.
    pub(super) fn stop(&self, stored: bool) {
        let mut inner = self.inner.lock();
        let messages = std::mem::take(&mut inner.messages);
        inner.bytes = 0;
        drop(inner);
        if !stored {
            let waits = |entry: &&Entry| entry.stage != Stage::Offered;
            self.drop_all(
                messages.iter().filter(waits).count(),
                "the actor ends, and nothing stores them",
            );
        }
    }

    /// Counts and logs messages that are dropped.
    fn drop_all(&self, number: usize, why: &str) {
        if number > 0 {
            self.stats.messages_failed.add(to_u64(number));
            let text = format_args!("drops {number} messages that it has sent: {why}");
            self.lines.host(Level::Warn, None, text);
        }
    }

    /// Offers the first message to each receiver.
    fn offer_all(&self) {
        let mut receivers: Vec<Box<str>> = Vec::new();
        for entry in &self.inner.lock().messages {
            if !receivers.contains(&entry.to) {
                receivers.push(entry.to.clone());
            }
        }
        receivers.iter().for_each(|to| self.offer(to));
    }
}

impl Sends for Pending {
    fn settle(&self, number: u64, outcome: Outcome) {
        let mut inner = self.inner.lock();
        // It may be dropped already.
        let Some(entry) = inner.find(number) else { return };
        let to = entry.to.clone();
        let actor = match outcome {
            Outcome::Undone | Outcome::Returned => {
                entry.stage = Stage::Ready;
                None
            }
            Outcome::Delivered | Outcome::Failed => {
                inner.remove(number);
                inner.note_done()
            }
        };
        drop(inner);
        match outcome {
            Outcome::Delivered => self.stats.messages_delivered.add(1),
            Outcome::Failed => self.stats.messages_failed.add(1),
            Outcome::Undone | Outcome::Returned => {}
        }
        actor.into_iter().for_each(Waker::wake);
        self.offer(&to);
    }

    fn offer(&self, to: &str) {
        let Some(receiver) = self.directory.get(to) else { return };
        let Some(me) = self.me.upgrade() else { return };
        // The lock is held until the mailbox has the message or has refused it, so that nobody who
        // calls this meanwhile finds neither.
        let mut inner = self.inner.lock();
        let first = inner.messages.iter_mut().find(|entry| *entry.to == *to);
        let Some(entry) = first.filter(|entry| entry.stage == Stage::Ready) else { return };
        let receipt = Receipt::new(me, entry.number);
        let message = ActorMessage { from: self.name.clone(), content: entry.content.clone() };
        entry.stage = Stage::Offered;
        if let Err((event, _)) = receiver.mailbox.offer(Event::sent(receipt, message)) {
            entry.stage = Stage::Ready;
            if let Source::Sender(receipt) = &event.source {
                receipt.forget();
            }
        }
    }
}
