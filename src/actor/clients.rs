//! Who is there, as the actor knows it: from a connection's `connect` event to its `close`
//! event, with what the actor keeps with each one.
//!
//! A call sees its changes at once. The first time that it changes a client, what was there before
//! goes into its [`Undo`], and comes back if the call fails.
//!
//! Nothing here takes longer because there are more clients, except for what is done to all of
//! them. Those with a tag are found by an index, which has an entry for each tag of each connection:
//! 24 bytes on 64 bits, so that `limits.tags` and `limits.connections` bound it.

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
    /// Those that are there.
    all: BTreeMap<ConnectionId, KnownClient>,
    /// Their tags. All who have the same one share its text.
    tagged: BTreeSet<(Arc<str>, ConnectionId)>,
    /// The number of the present call.
    call: u64,
    /// Has the number of tags, and the length of tags and attachments.
    limits: SharedLimits,
}

/// One client.
#[derive(Debug)]
pub struct KnownClient {
    /// The connection.
    pub session: Arc<Session>,
    /// What is kept with it.
    kept: Kept,
    /// The bytes that a call has asked to send to it, and the number of that call. Those of an
    /// earlier one count no more, so that nobody has to go round and forget them.
    asked: (u64, usize),
    /// Whether it is on its way out: nothing more may be sent to it.
    leaving: bool,
}

/// What an actor keeps with a connection.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// Its tags, in the order in which they were given.
    tags: Vec<Arc<str>>,
    /// Its attachment.
    attachment: Option<Box<[u8]>>,
}

/// What was kept with the clients that the present call has changed, so that it can come back.
#[derive(Debug, Default)]
pub struct Undo {
    /// The tags and attachments as they were before the call.
    before: BTreeMap<ConnectionId, Kept>,
}

impl Undo {
    /// Makes the changes last.
    pub fn forget(&mut self) {
        self.before.clear();
    }

    /// Takes the changes back. How long that takes depends on the number of changes only, however many
    /// clients and tags there are.
    pub fn apply(&mut self, clients: &mut Clients) {
        for (id, before) in std::mem::take(&mut self.before) {
            let Some(client) = clients.all.get_mut(&id) else { continue };
            let after = std::mem::replace(&mut client.kept, before);
            let before = &client.kept.tags;
            for tag in after.tags.iter().filter(|tag| !before.contains(tag)) {
                clients.tagged.remove(&(tag.clone(), id));
            }
            let lost = before.iter().filter(|tag| !after.tags.contains(tag));
            clients.tagged.extend(lost.map(|tag| (tag.clone(), id)));
        }
    }
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
    pub fn new(limits: SharedLimits) -> Self {
        Self { all: BTreeMap::new(), tagged: BTreeSet::new(), call: 0, limits }
    }

    /// Takes in a client whose `connect` event is next.
    pub fn enter(&mut self, session: &Arc<Session>) {
        let (session, kept) = (session.clone(), Kept::default());
        let entry = KnownClient { session, kept, asked: (0, 0), leaving: false };
        self.all.insert(entry.session.id(), entry);
    }

    /// Notes that a client's `close` event is next.
    pub fn leave(&mut self, id: ConnectionId) {
        self.set_leaving(id, true);
    }

    /// Forgets a client whose `close` event has been handled.
    pub fn left(&mut self, id: ConnectionId) {
        if let Some(entry) = self.all.remove(&id) {
            for tag in entry.kept.tags {
                self.tagged.remove(&(tag, id));
            }
        }
    }

    /// What is known of a client, also of one that is leaving.
    pub fn get(&self, id: ConnectionId) -> Option<&KnownClient> {
        self.all.get(&id)
    }

    /// The clients with a tag, or all, to whom something could be sent, by their number.
    pub fn present(&self, tag: Option<&str>) -> impl Iterator<Item = &KnownClient> {
        // One of the two is empty.
        let all = tag.is_none().then(|| self.all.values());
        let tagged = tag.map(|tag| self.with_tag(tag).filter_map(|id| self.all.get(&id)));
        let found = all.into_iter().flatten().chain(tagged.into_iter().flatten());
        found.filter(|entry| !entry.leaving)
    }

    /// How many clients have a tag, or there are: no fewer than are [present](Self::present).
    pub fn count(&self, tag: Option<&str>) -> usize {
        tag.map_or(self.all.len(), |tag| self.with_tag(tag).count())
    }

    /// The numbers of those that have a tag, also of such as are leaving.
    fn with_tag(&self, tag: &str) -> impl Iterator<Item = ConnectionId> {
        let tag: Arc<str> = tag.into();
        let first = (tag.clone(), ConnectionId(0));
        let range = self.tagged.range(first..);
        range.take_while(move |(other, _)| *other == tag).map(|(_, id)| *id)
    }

    /// A client to whom something can be sent.
    ///
    /// # Errors
    /// It is not there, or leaving.
    pub fn one(&self, id: ConnectionId) -> Result<&KnownClient, Refusal> {
        self.all.get(&id).filter(|entry| !entry.leaving).ok_or(Refusal::Gone)
    }

    /// Notes that the call asks to send a message of so many bytes to a client. Gives the bytes
    /// that will wait then.
    ///
    /// # Errors
    /// It does not fit, or the connection is closing or gone.
    pub fn ask(&mut self, id: ConnectionId, bytes: usize) -> Result<u32, Refusal> {
        let entry = self.all.get_mut(&id).ok_or(Refusal::Gone)?;
        let asked = entry.asked_by(self.call);
        match entry.session.fits(asked, bytes) {
            Ok(total) => {
                entry.asked.1 = asked.saturating_add(bytes);
                Ok(u32::try_from(total).unwrap_or(u32::MAX))
            }
            Err(Refused::Closing) => Err(Refusal::Gone),
            Err(Refused::Overflow(Overflow { queued, .. })) => {
                Err(Refusal::Full(u32::try_from(queued).unwrap_or(u32::MAX)))
            }
        }
    }

    /// Notes the same for one of many: if it does not fit, its handler's `on_overflow` says what
    /// happens then.
    pub fn ask_anyway(&mut self, id: ConnectionId, bytes: usize) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.asked.1 = entry.asked_by(self.call).saturating_add(bytes);
        }
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
        // The text that others with this tag have, if there are any.
        let next = self.tagged.range((new.clone(), ConnectionId(0))..).next();
        let tag = next.map(|(text, _)| text).filter(|text| **text == new).unwrap_or(&new).clone();
        self.touch(id, undo, pay)?.tags.push(tag.clone());
        self.tagged.insert((tag, id));
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
        undo: &mut Undo,
        pay: impl FnOnce(usize) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Some(position) = self.one(id)?.kept.position(tag) else { return Ok(()) };
        let tag = self.touch(id, undo, pay)?.tags.remove(position);
        self.tagged.remove(&(tag, id));
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

    /// Says that a client is on its way out, or is not after all.
    pub fn set_leaving(&mut self, id: ConnectionId, leaving: bool) {
        if let Some(entry) = self.all.get_mut(&id) {
            entry.leaving = leaving;
        }
    }

    /// Begins a call, which has asked to send nothing yet.
    pub fn begin(&mut self) {
        self.call += 1;
    }

    /// What is kept with a client, to be changed. The first time in a call, what was there is
    /// put aside, and paid for.
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
    /// What is attached to it.
    pub fn attachment(&self) -> Option<&[u8]> {
        self.kept.attachment.as_deref()
    }

    /// The bytes that this call has asked to send to it.
    fn asked_by(&mut self, call: u64) -> usize {
        if self.asked.0 != call {
            self.asked = (call, 0);
        }
        self.asked.1
    }
}

#[cfg(test)]
mod tests;
