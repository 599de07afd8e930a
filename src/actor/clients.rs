//! Who is there, as the actor knows it: from a connection's `connect` event to its `close`
//! event, with what the actor keeps with each one.
//!
//! What a call changes here it sees at once. What was there before is put aside the first time
//! that a call touches a connection, and comes back if the call fails.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use wit_core::host::Refusal;

use crate::{
    exchange::{ConnectionId, Outbox, outbox::Refused},
    manifest::Limits,
};

/// The clients of one actor.
#[derive(Debug)]
pub struct Clients {
    /// Those that are there.
    all: BTreeMap<ConnectionId, Entry>,
    /// What was kept with those that the present call has touched.
    before: BTreeMap<ConnectionId, Kept>,
    /// `limits.tags`.
    most_tags: usize,
    /// `limits.tag`.
    longest_tag: usize,
    /// `limits.attachment`.
    largest_attachment: usize,
}

/// One client.
#[derive(Debug)]
pub struct Entry {
    /// Where its messages wait.
    pub outbox: Arc<Outbox>,
    /// What is kept with it.
    kept: Kept,
    /// The bytes that the present call has asked to send to it.
    asked: usize,
    /// Whether it is on its way out: nothing more may be sent to it.
    leaving: bool,
}

/// What an actor keeps with a connection.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// Its tags, in the order in which they were given.
    tags: Vec<Box<str>>,
    /// Its attachment.
    attachment: Option<Box<[u8]>>,
}

impl Kept {
    /// The bytes in it.
    fn bytes(&self) -> usize {
        let tags: usize = self.tags.iter().map(|tag| tag.len()).sum();
        tags + self.attachment.as_ref().map_or(0, |bytes| bytes.len())
    }

    /// The place of a tag.
    fn position(&self, tag: &str) -> Option<usize> {
        self.tags.iter().position(|found| **found == *tag)
    }
}

impl Clients {
    /// Nobody yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            all: BTreeMap::new(),
            before: BTreeMap::new(),
            most_tags: limits.tags,
            longest_tag: limits.tag,
            largest_attachment: limits.attachment,
        }
    }

    /// Takes in a client whose `connect` event is next.
    pub fn enter(&mut self, outbox: &Arc<Outbox>) {
        let entry =
            Entry { outbox: outbox.clone(), kept: Kept::default(), asked: 0, leaving: false };
        self.all.insert(outbox.id(), entry);
    }

    /// Notes that a client's `close` event is next.
    pub fn leave(&mut self, id: ConnectionId) {
        self.set_leaving(id, true);
    }

    /// Forgets a client whose `close` event has been handled.
    pub fn left(&mut self, id: ConnectionId) {
        self.all.remove(&id);
    }

    /// What is known of a client, also of one that is leaving.
    pub fn get(&self, id: ConnectionId) -> Option<&Entry> {
        self.all.get(&id)
    }

    /// The clients with a tag, or all, to whom something could be sent.
    pub fn present(&mut self, tag: Option<&str>) -> impl Iterator<Item = &mut Entry> {
        let tagged = move |entry: &&mut Entry| {
            !entry.leaving && tag.is_none_or(|tag| entry.kept.position(tag).is_some())
        };
        self.all.values_mut().filter(tagged)
    }

    /// A client to whom something can be sent.
    ///
    /// # Errors
    /// It is not there, or leaving.
    pub fn one(&mut self, id: ConnectionId) -> Result<&mut Entry, Refusal> {
        self.all.get_mut(&id).filter(|entry| !entry.leaving).ok_or(Refusal::Gone)
    }

    /// Tags a client.
    ///
    /// # Errors
    /// It is not there; the tag is not one, or one too many; or `pay`, which is asked for the
    /// bytes that are put aside, refuses.
    pub fn tag(
        &mut self,
        id: ConnectionId,
        tag: &str,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let fits = (1..=self.longest_tag).contains(&tag.len());
        let most = self.most_tags;
        let kept = &self.one(id)?.kept;
        if kept.position(tag).is_some() {
            return Ok(());
        }
        if !fits || kept.tags.len() >= most {
            return Err(Refusal::Invalid);
        }
        self.touch(id, pay)?.tags.push(tag.into());
        Ok(())
    }

    /// Takes a tag away.
    ///
    /// # Errors
    /// The client is not there, or `pay` refuses.
    pub fn untag(
        &mut self,
        id: ConnectionId,
        tag: &str,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Some(position) = self.one(id)?.kept.position(tag) else { return Ok(()) };
        self.touch(id, pay)?.tags.remove(position);
        Ok(())
    }

    /// Keeps something with a client.
    ///
    /// # Errors
    /// The client is not there, the attachment is too large, or `pay` refuses.
    pub fn attach(
        &mut self,
        id: ConnectionId,
        value: Option<&[u8]>,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.one(id)?;
        if value.is_some_and(|value| value.len() > self.largest_attachment) {
            return Err(Refusal::Invalid);
        }
        self.touch(id, pay)?.attachment = value.map(Into::into);
        Ok(())
    }

    /// Says that a client is on its way out, or is not after all.
    pub fn set_leaving(&mut self, id: ConnectionId, leaving: bool) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.leaving = leaving;
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Forgets what was asked to be sent.
    pub fn reset(&mut self) {
        self.all.values_mut().for_each(|entry| entry.asked = 0);
    }

    /// Makes what the call changed stand.
    pub fn keep(&mut self) {
        self.before.clear();
    }

    /// Takes back what the call changed.
    pub fn undo(&mut self) {
        for (id, kept) in std::mem::take(&mut self.before) {
            if let Some(entry) = self.all.get_mut(&id) {
                entry.kept = kept;
            }
        }
    }

    /// What is kept with a client, to be changed. The first time in a call, what was there is
    /// put aside, and paid for.
    fn touch(
        &mut self,
        id: ConnectionId,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<&mut Kept, Refusal> {
        let entry = self.all.get_mut(&id).ok_or(Refusal::Gone)?;
        if let btree_map::Entry::Vacant(free) = self.before.entry(id) {
            pay(entry.kept.bytes())?;
            free.insert(entry.kept.clone());
        }
        Ok(&mut entry.kept)
    }
}

impl Entry {
    /// What is attached to it.
    pub fn attachment(&self) -> Option<&[u8]> {
        self.kept.attachment.as_deref()
    }

    /// Notes that the call asks to send a message of so many bytes to it. Gives the bytes that
    /// will wait then.
    ///
    /// # Errors
    /// It does not fit, or the connection is closing.
    pub fn ask(&mut self, bytes: usize) -> Result<u32, Refusal> {
        match self.outbox.fits(self.asked, bytes) {
            Ok(total) => {
                self.asked = self.asked.saturating_add(bytes);
                Ok(u32::try_from(total).unwrap_or(u32::MAX))
            }
            Err(Refused::Closing) => Err(Refusal::Gone),
            Err(Refused::Overflow { queued, .. }) => {
                Err(Refusal::Full(u32::try_from(queued).unwrap_or(u32::MAX)))
            }
        }
    }

    /// Notes the same for one of many: if it does not fit, its handler's `on_overflow` says what
    /// happens then.
    pub fn ask_anyway(&mut self, bytes: usize) {
        self.asked = self.asked.saturating_add(bytes);
    }
}
