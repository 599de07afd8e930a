//! The host's side of an actor's calls: the functions of its imports work on it.
//!
//! Nothing here reaches a client before the event's [`Transaction`] is committed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use footlight_store::{Contents, HOST_KEY, Owner, Ticket};
use rand::rngs::StdRng;

use super::{
    alarm::Alarm,
    call_time::CallTime,
    clients::Clients,
    durable::{After, Durable, OutputGate},
    effects::Effect,
    meter::Meter,
    module_hash::ModuleHash,
    storage::Storage,
    transaction::{CommitError, Committed, Transaction},
};
use crate::{
    env::Env,
    exchange::{Answered, BrokerMessage, ConnectionId, Event, EventKind, Source},
    files::Files,
    host_key::HostKey,
    http_client::Http,
    limits::SharedLimits,
    messages::Messages,
    mqtt::Mqtt,
    stats::Stats,
    world::World,
};

/// What the host keeps for one actor, and what the current call requests.
pub struct HostCalls {
    /// The connections that the actor knows, with their tags and attachments.
    pub clients: Clients,
    /// What the actor stores.
    pub storage: Storage,
    /// What the current event changes. It is empty between events.
    pub(super) transaction: Transaction,
    /// The actor's alarm and tick.
    pub alarm: Alarm,
    /// The folder that the manifest grants, if it grants one.
    pub(super) files: Option<Files>,
    /// The servers that the manifest allows, if it allows any.
    pub(super) http: Option<Http>,
    /// The actors that the manifest lets it send to, if it lets it send.
    pub(super) messages: Option<Messages>,
    /// The actor's brokers, if the manifest names any.
    pub(super) mqtt: Option<Mqtt>,
    /// The actor's place in the store, if its state is stored.
    pub(super) durable: Option<Durable>,
    /// The actor's counters.
    stats: Arc<Stats>,
    /// Whether messages were stored that the actor may not send any more.
    pub(super) has_dropped: bool,
    /// Whether publications were stored, and the actor has no broker any more.
    pub(super) has_unpublished: bool,
    /// Has the longest tag of a request.
    limits: SharedLimits,
    /// Where the time comes from.
    pub(super) world: World,
    /// The client of the current event, for `sender`.
    pub(super) sender: Option<ConnectionId>,
    /// The answer of a server that is the current event, for `answer`.
    pub(super) answered: Option<Arc<Answered>>,
    /// The message of a broker that is the current event, for `message`.
    pub(super) received: Option<Arc<BrokerMessage>>,
    /// The environment that the actor sees.
    pub(super) env: Env,
    /// The random generator of the current call, once the guest has sent for random bytes.
    pub(super) random: Option<StdRng>,
}

impl HostCalls {
    /// The state before an actor's first call.
    pub fn new(
        limits: SharedLimits,
        world: World,
        tick: Option<Duration>,
        (files, http, messages, mqtt): (
            Option<Files>,
            Option<Http>,
            Option<Messages>,
            Option<Mqtt>,
        ),
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            clients: Clients::new(limits.clone()),
            storage: Storage::new(limits.clone()),
            transaction: Transaction::new(limits.clone()),
            alarm: Alarm::new(world.clone(), tick, limits.clone()),
            files,
            http,
            messages,
            mqtt,
            durable: None,
            stats,
            has_dropped: false,
            has_unpublished: false,
            limits,
            world,
            sender: None,
            answered: None,
            received: None,
            env: Env::default(),
            random: None,
        }
    }

    /// Begins a call for an event. Adds the client at its `connect` event, and marks it as closing
    /// at its `close` event.
    pub fn begin(&mut self, event: &Event) {
        self.begin_call(event);
        if let Some(durable) = &mut self.durable {
            durable.begin(event);
        }
        let Source::Connection(session) = &event.source else { return };
        match event.kind {
            EventKind::Connect => self.clients.add(session),
            EventKind::Close(_) => self.clients.set_leaving(session.id(), true),
            _ => {}
        }
    }

    /// Begins a call for an event that was begun, and perhaps rolled back.
    pub(crate) fn begin_call(&mut self, event: &Event) {
        self.forget_call();
        self.clients.begin();
        self.sender = event.source.connection();
        if let EventKind::Response(answered) = &event.kind {
            self.answered = Some(answered.clone());
        }
        if let EventKind::Mqtt(message) = &event.kind {
            self.received = Some(message.clone());
            self.mqtt.iter().for_each(|mqtt| mqtt.begin(message));
        }
    }

    /// Replaces the files that the manifest grants. An operation that is still under way keeps its
    /// place, so there is never a second one.
    pub(crate) fn set_files(&mut self, files: Option<Files>) {
        self.files = match (self.files.take(), files) {
            (Some(old), Some(new)) => Some(old.with_folders_of(new)),
            (_, files) => files,
        };
    }

    /// Replaces the actors that the manifest lets it send to. What it has sent to those that are still
    /// there stays.
    pub(crate) fn set_messages(&mut self, messages: Option<Messages>) {
        self.messages = match (self.messages.take(), messages) {
            (Some(old), Some(new)) => Some(new.after(old)),
            (old, new) => {
                old.iter().for_each(Messages::drop_all);
                new
            }
        };
        self.note_stored();
    }

    /// Tells whether what the actor sends is stored.
    fn note_stored(&mut self) {
        let is_stored = self.durable.is_some();
        self.messages.iter_mut().for_each(|messages| messages.set_stored(is_stored));
        self.mqtt.iter().for_each(|mqtt| mqtt.set_stored(is_stored));
    }

    /// Ends the call, after it was committed or rolled back.
    pub fn end(&mut self, event: &Event) {
        if let (Source::Connection(session), EventKind::Close(_)) = (&event.source, &event.kind) {
            self.clients.remove(session.id());
        }
        self.forget_call();
    }

    /// Commits the event's changes, with `new` as the new state, if none of them is for a disk and
    /// there are few. Returns the effects.
    ///
    /// # Errors
    /// The new state comes back, for [`commit`](Self::commit).
    pub(super) fn commit_at_once(
        &mut self,
        new: Option<Vec<u8>>,
        state: &mut Option<Bytes>,
    ) -> Result<Vec<Effect>, Option<Vec<u8>>> {
        if self.durable.is_some() || !self.transaction.is_light() {
            return Err(new);
        }
        *state = new.map(Bytes::from);
        Ok(self.transaction.commit_light(&mut self.alarm))
    }

    /// Commits the event's changes, with `new` as the new state. Returns the effects, which the
    /// caller must deliver once the changes are on the disk.
    ///
    /// # Errors
    /// See [`CommitError`]. The event has failed, and the caller must roll it back.
    pub async fn commit(
        &mut self,
        new: Option<Vec<u8>>,
        state: &mut Option<Bytes>,
        meter: &mut Meter,
    ) -> Result<Vec<Effect>, CommitError> {
        let waits = self.durable.as_ref().map(|_| self.waits());
        let before = self.last_record();
        let Self { transaction, alarm, files, storage, durable, .. } = self;
        let (files, durable) = (files.as_ref(), durable.as_mut().zip(waits));
        let to = Committed { state, alarm, files, storage, durable };
        let committed = transaction.commit(new, to, meter).await;
        if committed.is_ok() {
            self.note_look(before);
        }
        committed
    }

    /// The ticket of the last record.
    fn last_record(&self) -> Option<Ticket> {
        self.durable.as_ref().map(Durable::last)
    }

    /// Notes which look at the publications the last record has, if there is one that was not `before`.
    fn note_look(&mut self, before: Option<Ticket>) {
        let look = self.mqtt.as_ref().and_then(Mqtt::last_look);
        if let (Some(durable), Some(look)) = (&mut self.durable, look)
            && before != Some(durable.last())
        {
            durable.note_look(look);
        }
    }

    /// Notes that all records up to this one are on the disk.
    pub(crate) fn reached(&mut self, ticket: Ticket) {
        let look = self.durable.as_mut().and_then(|durable| durable.take_look(ticket));
        if let (Some(look), Some(mqtt)) = (look, &self.mqtt) {
            mqtt.recorded(look);
        }
    }

    /// Goes on from what the store has of the actor. Returns its state, or `None` if nothing of it is
    /// stored.
    pub(crate) fn restore(
        &mut self,
        owner: Owner,
        gate: OutputGate,
        module: ModuleHash,
    ) -> Option<Option<Bytes>> {
        let contents = owner.contents();
        self.alarm.restore(contents.alarm);
        let durable = Durable::new(owner, gate, &contents, self.alarm.set_to(), module);
        self.durable = Some(durable);
        self.note_stored();
        let is_stored = !contents.is_empty();
        self.load(contents.keys);
        is_stored.then_some(contents.state)
    }

    /// Loads the keys that are stored: the actor's own, and the host's, with what waits to leave.
    fn load(&mut self, mut keys: BTreeMap<Box<str>, Bytes>) {
        let HostKey { requests, messages, publications, seen } =
            HostKey::split(&keys.remove(HOST_KEY).unwrap_or_default());
        if let Some(http) = &self.http {
            http.restore(&requests);
        }
        match &self.mqtt {
            Some(own) => own.restore(&publications, &seen),
            None => self.has_unpublished = !publications.is_empty(),
        }
        match &mut self.messages {
            Some(own) => own.restore(&messages),
            None => self.has_dropped = !messages.is_empty(),
        }
        self.storage.load(keys);
    }

    /// What waits to leave, and what must not come again, as they are stored.
    fn waits(&self) -> HostKey {
        HostKey {
            requests: self.http.as_ref().map(Http::stored).unwrap_or_default(),
            messages: self.messages.as_ref().map(Messages::stored).unwrap_or_default(),
            publications: self.mqtt.as_ref().map(Mqtt::stored).unwrap_or_default(),
            seen: self.mqtt.as_ref().map(Mqtt::seen).unwrap_or_default(),
        }
    }

    /// Goes on from these contents, which nothing stores. Returns the state.
    pub(crate) fn go_on_from(&mut self, contents: Contents) -> Option<Bytes> {
        self.alarm.restore(contents.alarm);
        self.load(contents.keys);
        contents.state
    }

    /// Goes back to what the store has of the actor, after a record failed. Returns its state.
    pub(crate) fn go_back(&mut self) -> Option<Bytes> {
        let durable = self.durable.as_mut()?;
        let contents = durable.contents();
        self.alarm.restore(contents.alarm);
        let known: Vec<u64> = self.clients.ids().map(|id| id.0).collect();
        durable.go_back(&contents, &known, self.alarm.set_to());
        for id in known.into_iter().filter(|id| !contents.open.contains(id)) {
            self.clients.remove(ConnectionId(id));
        }
        self.load(contents.keys);
        contents.state
    }

    /// Takes the event's changes back.
    pub async fn roll_back(&mut self, meter: &mut Meter) {
        self.transaction.roll_back(&mut self.clients, &mut self.storage, meter).await;
    }

    /// Records what waits no more: a server's answer, after its event was rolled back, messages that other
    /// actors have handled, or publications that brokers have. They do not come again.
    pub(crate) fn record_waits(&mut self) {
        let (waits, alarm, before) = (self.waits(), self.alarm.set_to(), self.last_record());
        let stored_alarm = alarm.map(|at| self.alarm.stored(at));
        let Some(durable) = &mut self.durable else { return };
        let after =
            After { old: None, new: None, keys: &[], waits, publishes: true, alarm, stored_alarm };
        if let Some(changes) = durable.changes(after) {
            // The state stays whose it was.
            durable.record_by(durable.stored_by(), changes, alarm);
        }
        self.note_look(before);
    }

    /// The longest tag of a request to a server, in bytes.
    pub(crate) fn longest_tag(&self) -> usize {
        self.limits.get(|limits| limits.tag)
    }

    /// The time of a call that begins now.
    pub fn time(&self) -> CallTime {
        CallTime::of(self.world.clone())
    }

    /// Whether messages wait for a connection that has not yet had the chance to write them.
    pub(crate) fn is_draining(&self, to: ConnectionId) -> bool {
        self.clients.get(to).is_some_and(|entry| entry.session.is_draining())
    }

    /// Counts a refusal. It is not logged, because the actor gets it as a result.
    pub(crate) fn count_refusal(&self) {
        self.stats.refused_effects.add(1);
    }

    /// Forgets the sender and the random generator of the last call.
    fn forget_call(&mut self) {
        self.sender = None;
        self.answered = None;
        self.received = None;
        self.random = None;
    }
}
