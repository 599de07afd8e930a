//! An actor's place in the store: what of its events is recorded, and which connections its record
//! knows.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use footlight_store::{Changes, Contents, Failed, HOST_KEY, Owner, StoredAlarm, Ticket};
use smol::{block_on, future::poll_fn};

use super::{module_hash::ModuleHash, storage::Change};
use crate::{
    exchange::{ConnectionId, Event, EventKind, Source},
    host_key::HostKey,
};

/// Whether messages wait until the changes before them are on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputGate {
    /// They wait: `durability = "strict"`.
    Closed,
    /// They do not: `durability = "relaxed"`.
    Open,
}

/// An actor's place in the store.
pub struct Durable {
    /// Shared with the thread that writes the files of an event, which records the event's changes
    /// between two of its steps.
    owner: Arc<Owner>,
    /// Whether messages wait for the disk.
    gate: OutputGate,
    /// The ticket of the last record. Messages of later events wait for it too.
    last: Ticket,
    /// A record that publications wait for, and which look at them it has.
    look: Option<(Ticket, u64)>,
    /// The latest such record that came after it.
    next_look: Option<(Ticket, u64)>,
    /// The module that the actor runs now. A record says whose the state is.
    module: ModuleHash,
    /// Whose the stored state is.
    stored_by: ModuleHash,
    /// Whose a stored state is that does not say so: the module's with which this run began.
    unnamed: ModuleHash,
    /// The alarm of the last record, to notice a change.
    alarm: Option<Instant>,
    /// What waited to leave at the last record.
    waits: HostKey,
    /// The connections whose `connect` event came after the last record.
    opened: BTreeSet<u64>,
    /// The recorded connections whose `close` event came after the last record.
    closed: BTreeSet<u64>,
    /// The recorded connections of an earlier run. The actor gets their `close` events first.
    lost: VecDeque<ConnectionId>,
    /// Connections whose `connect` event was undone with a failed record. The actor does not know
    /// them, so it gets none of their events.
    undone: BTreeSet<u64>,
}

/// What an event leaves behind, as far as it is stored.
pub struct After<'a> {
    /// The state before the event.
    pub old: Option<&'a Bytes>,
    /// The state after it.
    pub new: Option<&'a Bytes>,
    /// The keys of the storage that it changed.
    pub keys: &'a [(Box<str>, Change)],
    /// What waits to leave after it.
    pub(crate) waits: HostKey,
    /// Whether its publications are a reason for a record. Those that brokers have acknowledged since the
    /// last record are none: they can wait for the next one.
    pub publishes: bool,
    /// The moment of the alarm after it.
    pub alarm: Option<Instant>,
    /// The same moment as it is stored.
    pub stored_alarm: Option<StoredAlarm>,
}

/// What waits to leave, as it is stored.
fn waits(contents: &Contents) -> HostKey {
    HostKey::split(&contents.keys.get(HOST_KEY).cloned().unwrap_or_default())
}

impl Durable {
    /// The place of an actor that goes on from `contents`. `alarm` is the restored alarm.
    pub fn new(
        owner: Owner,
        gate: OutputGate,
        contents: &Contents,
        alarm: Option<Instant>,
        module: ModuleHash,
    ) -> Self {
        Self {
            module,
            unnamed: module,
            // A store that does not say so has it from this module, as far as anybody knows.
            stored_by: contents.origin.unwrap_or(module),
            owner: Arc::new(owner),
            gate,
            last: Ticket::default(),
            look: None,
            next_look: None,
            alarm,
            waits: waits(contents),
            opened: BTreeSet::new(),
            closed: BTreeSet::new(),
            lost: contents.open.iter().copied().map(ConnectionId).collect(),
            undone: BTreeSet::new(),
        }
    }

    /// Says which module runs from now on.
    pub fn set_module(&mut self, module: ModuleHash) {
        self.module = module;
    }

    /// Whether the stored state is another module's.
    pub fn is_foreign(&self) -> bool {
        self.stored_by != self.module
    }

    /// What is on the disk.
    pub fn contents(&self) -> Contents {
        self.owner.contents()
    }

    /// Notes what an event says about its connection.
    pub fn begin(&mut self, event: &Event) {
        let Some(id) = event.source.connection() else { return };
        match event.kind {
            EventKind::Connect => _ = self.opened.insert(id.0),
            // A connection that no record knows leaves no trace.
            EventKind::Close(_) if !self.opened.remove(&id.0) => _ = self.closed.insert(id.0),
            _ => {}
        }
    }

    /// The changes of an event; `None` if it changes nothing that is stored. The connections that
    /// opened and closed are added to them, but are no reason for a record.
    pub fn changes(&self, after: After<'_>) -> Option<Changes> {
        let After { old, new, keys, waits, publishes, alarm, stored_alarm } = after;
        let state = (old != new).then(|| new.cloned());
        let alarm = (alarm != self.alarm).then_some(stored_alarm);
        let HostKey { requests, messages, publications, seen: _ } = &self.waits;
        let has_waits = (requests, messages) != (&waits.requests, &waits.messages)
            || (publishes && *publications != waits.publications);
        if state.is_none() && alarm.is_none() && keys.is_empty() && !has_waits {
            return None;
        }
        let mut new_values = BTreeMap::new();
        if waits != self.waits {
            new_values.insert(HOST_KEY.into(), Some(waits.join()).filter(|all| !all.is_empty()));
        }
        new_values.extend(keys.iter().map(|(key, change)| (key.clone(), change.new.clone())));
        let opened = self.opened.iter().copied().collect();
        let closed = self.closed.iter().copied().collect();
        // An alarm that stays is written again, because less of its time is left now.
        let alarm = alarm.or(stored_alarm.map(Some));
        let origin = Some(self.module);
        let (keys, forget) = (new_values, false);
        Some(Changes { forget, origin, state, keys, alarm, opened, closed })
    }

    /// Hands changes over to be recorded.
    pub fn record(&mut self, changes: Changes, alarm: Option<Instant>) {
        let waits = changes.keys.get(HOST_KEY).cloned();
        let waits = waits
            .map_or_else(|| self.waits.clone(), |waits| HostKey::split(&waits.unwrap_or_default()));
        let ticket = self.owner.commit(changes);
        self.recorded(ticket, alarm, waits);
    }

    /// What waited to leave at the last record.
    pub(crate) fn waits(&self) -> HostKey {
        self.waits.clone()
    }

    /// Whose the stored state is.
    pub fn stored_by(&self) -> ModuleHash {
        self.stored_by
    }

    /// Hands over changes after which the stored state is `by`'s, and not the running module's.
    pub fn record_by(&mut self, by: ModuleHash, changes: Changes, alarm: Option<Instant>) {
        self.record(Changes { origin: Some(by), ..changes }, alarm);
        self.stored_by = by;
    }

    /// A function that records `changes` on another thread, and waits until they are on the disk if
    /// messages wait for that too. It returns their ticket.
    pub fn record_elsewhere(
        &self,
        changes: Changes,
    ) -> impl FnOnce() -> Result<Ticket, Failed> + Send + use<> {
        let owner = self.owner.clone();
        move || {
            let ticket = owner.commit(changes);
            block_on(poll_fn(|cx| owner.poll_durable(ticket, cx)))?;
            Ok(ticket)
        }
    }

    /// Notes that changes were handed over.
    pub(crate) fn recorded(&mut self, ticket: Ticket, alarm: Option<Instant>, waits: HostKey) {
        self.waits = waits;
        self.last = ticket;
        self.alarm = alarm;
        self.stored_by = self.module;
        self.opened.clear();
        self.closed.clear();
    }

    /// What the messages of the last event wait for; `None` if they need not wait.
    pub fn awaited(&self) -> Option<Ticket> {
        let is_reached = || self.owner.durable().is_ok_and(|reached| reached >= self.last);
        (self.gate == OutputGate::Closed && !is_reached()).then_some(self.last)
    }

    /// Waits until the last record is on the disk, if messages would wait for it.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn reached(&self) -> Result<(), Failed> {
        let Some(ticket) = self.awaited() else { return Ok(()) };
        poll_fn(|cx| self.owner.poll_durable(ticket, cx)).await.map(drop)
    }

    /// The ticket of the last record.
    pub(crate) fn last(&self) -> Ticket {
        self.last
    }

    /// Notes that the last record has what this look at the publications has seen.
    pub(crate) fn note_look(&mut self, look: u64) {
        let place = if self.look.is_none() { &mut self.look } else { &mut self.next_look };
        *place = Some((self.last, look));
    }

    /// Takes the look whose record is on the disk, now that all up to `reached` are.
    pub(crate) fn take_look(&mut self, reached: Ticket) -> Option<u64> {
        let (_, look) = self.look.filter(|(ticket, _)| *ticket <= reached)?;
        self.look = self.next_look.take();
        Some(look)
    }

    /// Ready when the record that the next message waits for is on the disk, or the one that publications
    /// wait for, or when a record could not be written.
    pub fn poll(
        &self,
        awaited: Option<Ticket>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Ticket, Failed>> {
        let look = self.look.map(|(ticket, _)| ticket);
        match (self.owner.durable(), awaited.into_iter().chain(look).min()) {
            (Err(failed), _) => Poll::Ready(Err(failed)),
            (Ok(_), Some(ticket)) => self.owner.poll_durable(ticket, cx),
            (Ok(_), None) => Poll::Pending,
        }
    }

    /// Ready when the store can store again.
    pub fn poll_recovered(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.owner.poll_recovered(cx)
    }

    /// Goes back to what is on the disk. `known` are the connections that the actor knows and that
    /// are still to have a `close` event, in order.
    pub fn go_back(&mut self, contents: &Contents, known: &[u64], alarm: Option<Instant>) {
        // The failed records will never be reached, so nothing may wait for them.
        self.last = self.owner.durable().unwrap_or_default();
        (self.look, self.next_look) = (None, None);
        self.alarm = alarm;
        self.stored_by = contents.origin.unwrap_or(self.unnamed);
        self.waits = waits(contents);
        self.opened.clear();
        self.closed.clear();
        let lost = contents.open.iter().filter(|id| known.binary_search(id).is_err());
        self.lost = lost.copied().map(ConnectionId).collect();
        self.undone.clear();
        self.undone.extend(known.iter().filter(|id| !contents.open.contains(id)));
    }

    /// The next connection of an earlier run, whose `close` event is missing.
    pub fn next_lost(&mut self) -> Option<ConnectionId> {
        self.lost.pop_front()
    }

    /// Whether the actor does not know the event's connection any more, so that it must not get the
    /// event.
    pub fn is_undone(&mut self, event: &Event) -> bool {
        let Source::Connection(session) = &event.source else { return false };
        match event.kind {
            EventKind::Connect => false,
            EventKind::Close(_) => self.undone.remove(&session.id().0),
            _ => self.undone.contains(&session.id().0),
        }
    }
}
