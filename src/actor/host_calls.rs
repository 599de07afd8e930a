//! The host's side of an actor's calls: the functions of its imports work on it.
//!
//! Nothing here reaches a client before the event's [`Transaction`] is committed.

use std::{sync::Arc, time::Duration};

use rand::rngs::StdRng;

use super::{
    alarm::Alarm,
    call_time::CallTime,
    clients::Clients,
    effects::Effect,
    meter::Meter,
    storage::Storage,
    transaction::{CommitError, Committed, Transaction},
};
use crate::{
    exchange::{ConnectionId, Event, EventKind, Source},
    files::Files,
    limits::SharedLimits,
    stats::Stats,
    world::World,
};

/// What the host keeps for one actor, and what the current call requests.
pub struct HostCalls {
    /// The connections that the actor knows.
    pub clients: Clients,
    /// What the actor stores.
    pub storage: Storage,
    /// The changes of the current event.
    pub(super) transaction: Transaction,
    /// The actor's alarm and tick.
    pub alarm: Alarm,
    /// The folder that the manifest grants, if it grants one.
    pub(super) files: Option<Files>,
    /// The actor's counters.
    stats: Arc<Stats>,
    /// Where the time comes from.
    pub(super) world: World,
    /// The client of the current event, for `sender`.
    pub(super) sender: Option<ConnectionId>,
    /// The random generator of the current call, once the guest has sent for random bytes.
    pub(super) random: Option<StdRng>,
}

impl HostCalls {
    /// The state before an actor's first call.
    pub fn new(
        limits: SharedLimits,
        world: World,
        tick: Option<Duration>,
        files: Option<Files>,
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            clients: Clients::new(limits.clone()),
            storage: Storage::new(limits.clone()),
            transaction: Transaction::new(limits.clone()),
            alarm: Alarm::new(world.clone(), tick, limits),
            files,
            stats,
            world,
            sender: None,
            random: None,
        }
    }

    /// Begins a call for an event. Adds the client at its `connect` event, and marks it as closing
    /// at its `close` event.
    pub fn begin(&mut self, event: &Event) {
        self.forget_call();
        self.clients.begin();
        let Source::Connection(session) = &event.source else { return };
        self.sender = Some(session.id());
        match event.kind {
            EventKind::Connect => self.clients.add(session),
            EventKind::Close(_) => self.clients.set_leaving(session.id(), true),
            _ => {}
        }
    }

    /// Ends the call, after it was committed or rolled back.
    pub fn end(&mut self, event: &Event) {
        if let (Source::Connection(session), EventKind::Close(_)) = (&event.source, &event.kind) {
            self.clients.remove(session.id());
        }
        self.forget_call();
    }

    /// Commits the event's changes, with `new` as the new state. Returns the effects, which the
    /// caller must deliver now.
    ///
    /// # Errors
    /// See [`CommitError`]. The event has failed, and the caller must roll it back.
    pub async fn commit(
        &mut self,
        new: Option<Vec<u8>>,
        state: &mut Option<Vec<u8>>,
        meter: &mut Meter,
    ) -> Result<Vec<Effect>, CommitError> {
        let (alarm, files) = (&mut self.alarm, self.files.as_ref());
        self.transaction.commit(new, Committed { state, alarm, files }, meter).await
    }

    /// Takes the event's changes back.
    pub async fn roll_back(&mut self, meter: &mut Meter) {
        self.transaction.roll_back(&mut self.clients, &mut self.storage, meter).await;
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
        self.random = None;
    }
}
