//! The connections that an actor knows, from `connect` to `close`, with the tags and the attachment
//! of each.
//!
//! A call sees its own changes at once. When it first changes a client, the old tags and attachment
//! are saved in its [`Undo`], and are restored if the call fails.
//!
//! The number of clients does not slow anything down, except what is done to all of them. An index
//! finds the clients with a tag. It takes 24 bytes (on 64-bit targets) for each tag of each
//! connection, so `limits.tags` and `limits.connections` bound it.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    sync::Arc,
};

use wit_core::host::Refusal;

use crate::{
    exchange::{ConnectionId, Session, outbox::Overflow, session::Refused},
    limits::SharedLimits,
};

/// The clients of one actor.
#[derive(Debug)]
pub struct Clients {
    /// In the order of their numbers, in which the actor is told them.
    all: BTreeMap<ConnectionId, KnownClient>,
    /// Finds the clients with a tag. They share its text.
    tagged: BTreeSet<(Arc<str>, ConnectionId)>,
    /// Counts the calls: see [`KnownClient::sent`].
    call: u64,
    /// Has the number of tags, and the length of tags and attachments.
    limits: SharedLimits,
}

/// One client.
#[derive(Debug)]
pub struct KnownClient {
    /// The way to it: messages go through this.
    pub session: Arc<Session>,
    /// What a rolled-back call must restore.
    kept: Kept,
    /// The number of a call, and the bytes that this call sends to the client. The number makes the
    /// bytes of earlier calls invalid, so that nothing has to reset them for every client.
    sent: (u64, usize),
    /// Whether its connection is closing. Nothing more may be sent to it.
    leaving: bool,
}

/// What an actor keeps with a connection.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// In the order in which the actor added them.
    tags: Vec<Arc<str>>,
    /// The actor's bytes. `None` if it has attached nothing.
    attachment: Option<Box<[u8]>>,
}

/// The old tags and attachments of the clients that the current call has changed.
#[derive(Debug, Default)]
pub struct Undo {
    /// What was kept with each client that the call has changed.
    before: BTreeMap<ConnectionId, Kept>,
}

impl Undo {
    /// Keeps the changes.
    pub fn forget(&mut self) {
        // To clear an empty map takes some time.
        if !self.before.is_empty() {
            self.before.clear();
        }
    }

    /// Restores the old values. The time depends only on the number of changes, and not on the
    /// number of clients or tags.
    pub fn apply(&mut self, clients: &mut Clients) {
        for (id, before) in std::mem::take(&mut self.before) {
            let Some(client) = clients.all.get_mut(&id) else { continue };
            let after = std::mem::replace(&mut client.kept, before);
            // All of them, because a tag that was removed and added again has another text in memory.
            for tag in after.tags {
                clients.tagged.remove(&(tag, id));
            }
            clients.tagged.extend(client.kept.tags.iter().map(|tag| (tag.clone(), id)));
        }
    }
}

impl Kept {
    /// The bytes that it takes.
    fn bytes(&self) -> usize {
        let tags: usize = self.tags.iter().map(|tag| tag.len()).sum();
        tags + self.attachment.as_ref().map_or(0, |bytes| bytes.len())
    }

    /// The index of a tag.
    fn position(&self, tag: &str) -> Option<usize> {
        self.tags.iter().position(|found| **found == *tag)
    }
}

impl Clients {
    /// Starts without clients.
    pub fn new(limits: SharedLimits) -> Self {
        Self { all: BTreeMap::new(), tagged: BTreeSet::new(), call: 0, limits }
    }

    /// Adds a client before its `connect` event.
    pub fn add(&mut self, session: &Arc<Session>) {
        let (session, kept) = (session.clone(), Kept::default());
        let entry = KnownClient { session, kept, sent: (0, 0), leaving: false };
        self.all.insert(entry.session.id(), entry);
    }

    /// Removes a client after its `close` event.
    pub fn remove(&mut self, id: ConnectionId) {
        if let Some(entry) = self.all.remove(&id) {
            for tag in entry.kept.tags {
                self.tagged.remove(&(tag, id));
            }
        }
    }

    /// All clients, even those that are closing.
    pub(crate) fn all(&self) -> impl Iterator<Item = &KnownClient> {
        self.all.values()
    }

    /// The sessions of all clients.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.all.values().map(|client| &client.session)
    }

    /// The numbers of all clients.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ConnectionId> {
        self.all.keys().copied()
    }

    /// A client, even if it is closing.
    pub fn get(&self, id: ConnectionId) -> Option<&KnownClient> {
        self.all.get(&id)
    }

    /// The clients that have this tag (or all clients) and can get messages, in the order of their
    /// numbers.
    pub fn present(&self, tag: Option<&str>) -> impl Iterator<Item = &KnownClient> {
        // One of the two iterators is empty.
        let all = tag.is_none().then(|| self.all.values());
        let tagged = tag.map(|tag| self.with_tag(tag).filter_map(|id| self.all.get(&id)));
        let found = all.into_iter().flatten().chain(tagged.into_iter().flatten());
        found.filter(|entry| !entry.leaving)
    }

    /// The number of clients that have this tag, or of all clients. It includes those that are
    /// closing, so it can be larger than that of [`present`](Self::present).
    pub fn count(&self, tag: Option<&str>) -> usize {
        tag.map_or(self.all.len(), |tag| self.with_tag(tag).count())
    }

    /// The numbers of the clients with a tag, including those that are closing.
    fn with_tag(&self, tag: &str) -> impl Iterator<Item = ConnectionId> {
        let tag: Arc<str> = tag.into();
        let first = (tag.clone(), ConnectionId(0));
        let range = self.tagged.range(first..);
        range.take_while(move |(other, _)| *other == tag).map(|(_, id)| *id)
    }

    /// A client that can get messages.
    ///
    /// # Errors
    /// It is closing or gone.
    pub fn one(&self, id: ConnectionId) -> Result<&KnownClient, Refusal> {
        self.all.get(&id).filter(|entry| !entry.leaving).ok_or(Refusal::Gone)
    }

    /// Counts a message of `bytes` bytes that the call sends to a client. Returns the bytes that
    /// then wait for this client.
    ///
    /// # Errors
    /// The message does not fit, or the connection is closing or gone.
    pub fn count_send(&mut self, id: ConnectionId, bytes: usize) -> Result<u32, Refusal> {
        let entry = self.all.get_mut(&id).ok_or(Refusal::Gone)?;
        let sent = entry.sent_in(self.call);
        match entry.session.fits(sent, bytes) {
            Ok(total) => {
                entry.sent.1 = sent.saturating_add(bytes);
                Ok(u32::try_from(total).unwrap_or(u32::MAX))
            }
            Err(Refused::Closing) => Err(Refusal::Gone),
            Err(Refused::Overflow(Overflow { queued, .. })) => {
                Err(Refusal::Full(u32::try_from(queued).unwrap_or(u32::MAX)))
            }
        }
    }

    /// Counts a message for one of many receivers, even if it does not fit: the `on_overflow` of
    /// its handler then decides.
    pub(crate) fn count_broadcast(&mut self, id: ConnectionId, bytes: usize) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.sent.1 = entry.sent_in(self.call).saturating_add(bytes);
        }
    }

    /// Adds a tag to a client.
    ///
    /// # Errors
    /// The client is closing or gone, the tag is empty or too long, or the client has too many
    /// tags. An error of `pay`, which pays for the bytes that are saved in `undo`.
    pub fn tag(
        &mut self,
        id: ConnectionId,
        tag: &str,
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (most, longest) = self.limits.get(|limits| (limits.tags, limits.tag));
        let fits = (1..=longest).contains(&tag.len());
        let kept = &self.one(id)?.kept;
        if kept.position(tag).is_some() {
            return Ok(());
        }
        if !fits || kept.tags.len() >= most {
            return Err(Refusal::Invalid);
        }
        let new: Arc<str> = tag.into();
        // Reuse the text of another client with the same tag.
        let next = self.tagged.range((new.clone(), ConnectionId(0))..).next();
        let tag = next.map(|(text, _)| text).filter(|text| **text == new).unwrap_or(&new).clone();
        self.touch(id, undo, pay)?.tags.push(tag.clone());
        self.tagged.insert((tag, id));
        Ok(())
    }

    /// Removes a tag from a client.
    ///
    /// # Errors
    /// The client is closing or gone. An error of `pay`.
    pub fn untag(
        &mut self,
        id: ConnectionId,
        tag: &str,
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Some(position) = self.one(id)?.kept.position(tag) else { return Ok(()) };
        let tag = self.touch(id, undo, pay)?.tags.remove(position);
        self.tagged.remove(&(tag, id));
        Ok(())
    }

    /// Sets or removes a client's attachment.
    ///
    /// # Errors
    /// The client is closing or gone, or the attachment is too large. An error of `pay`.
    pub fn attach(
        &mut self,
        id: ConnectionId,
        value: Option<&[u8]>,
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.one(id)?;
        if value.is_some_and(|value| value.len() > self.limits.get(|limits| limits.attachment)) {
            return Err(Refusal::Invalid);
        }
        self.touch(id, undo, pay)?.attachment = value.map(Into::into);
        Ok(())
    }

    /// Marks a client as closing, or takes the mark back.
    pub(crate) fn set_leaving(&mut self, id: ConnectionId, leaving: bool) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.leaving = leaving;
        }
    }

    /// Begins a call. It has not sent anything yet.
    pub fn begin(&mut self) {
        self.call += 1;
    }

    /// The tags and attachment of a client, to be changed. At the first change in a call, the old
    /// ones are saved and paid for.
    fn touch(
        &mut self,
        id: ConnectionId,
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<&mut Kept, Refusal> {
        let entry = self.all.get_mut(&id).ok_or(Refusal::Gone)?;
        if let btree_map::Entry::Vacant(free) = undo.before.entry(id) {
            pay(entry.kept.bytes())?;
            free.insert(entry.kept.clone());
        }
        Ok(&mut entry.kept)
    }
}

impl KnownClient {
    /// The bytes that the actor has attached.
    pub fn attachment(&self) -> Option<&[u8]> {
        self.kept.attachment.as_deref()
    }

    /// Its tags, in the order in which the actor added them.
    pub(crate) fn tags(&self) -> &[Arc<str>] {
        &self.kept.tags
    }

    /// The bytes that this call has sent to the client so far.
    fn sent_in(&mut self, call: u64) -> usize {
        if self.sent.0 != call {
            self.sent = (call, 0);
        }
        self.sent.1
    }
}

#[cfg(test)]
mod tests;
