//! The host's side of an actor's calls: what the functions of its imports work on.
//!
//! Nothing here reaches a client before the event's [`Transaction`] has been committed.

use std::{sync::Arc, time::Duration};

use rand::rngs::StdRng;

use super::{
    alarm::Alarm,
    call_time::CallTime,
    clients::Clients,
    effects::Effect,
    transaction::{CommitError, Committed, Transaction},
};
use crate::{
    exchange::{ConnectionId, Event, EventKind, Source},
    files::Files,
    limits::SharedLimits,
    stats::Stats,
    world::World,
};

/// What the host knows and keeps for one actor, and what its present call asks for.
pub struct HostCalls {
    /// Its clients.
    pub clients: Clients,
    /// What its present event changes.
    pub(super) transaction: Transaction,
    /// When it is to be woken.
    pub alarm: Alarm,
    /// Its files, if its manifest grants any.
    pub(super) files: Option<Files>,
    /// The actor's counters.
    stats: Arc<Stats>,
    /// The time.
    pub(super) world: World,
    /// Whose event it is.
    pub(super) sender: Option<ConnectionId>,
    /// The present call's random generator, once it has asked for it.
    pub(super) random: Option<StdRng>,
}

impl HostCalls {
    /// What is there for an actor before its first call.
    pub fn new(
        limits: SharedLimits,
        world: World,
        tick: Option<Duration>,
        files: Option<Files>,
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            clients: Clients::new(limits.clone()),
            transaction: Transaction::new(limits.clone()),
            alarm: Alarm::new(world.clone(), tick, limits),
            files,
            stats,
            world,
            sender: None,
            random: None,
        }
    }

    /// Begins a call for an event. The client that it is about comes, or prepares to go.
    pub fn begin(&mut self, event: &Event) {
        self.forget_call();
        self.clients.begin();
        let Source::Connection(session) = &event.source else { return };
        self.sender = Some(session.id());
        match event.kind {
            EventKind::Connect => self.clients.enter(session),
            EventKind::Close(_) => self.clients.leave(session.id()),
            _ => {}
        }
    }

    /// Ends it, once what it has asked for was taken or undone.
    pub fn end(&mut self, event: &Event) {
        if let (Source::Connection(session), EventKind::Close(_)) = (&event.source, &event.kind) {
            self.clients.left(session.id());
        }
        self.forget_call();
    }

    /// Commits what the event has changed, with `new` as the new state. Returns the effects, which are
    /// to be delivered now.
    ///
    /// # Errors
    /// See [`CommitError`]. The event has failed, and must be rolled back.
    pub async fn commit(
        &mut self,
        new: Option<Vec<u8>>,
        state: &mut Option<Vec<u8>>,
    ) -> Result<Vec<Effect>, CommitError> {
        let (alarm, files) = (&mut self.alarm, self.files.as_ref());
        self.transaction.commit(new, Committed { state, alarm, files }).await
    }

    /// Takes back what the event has changed.
    pub fn roll_back(&mut self) {
        self.transaction.roll_back(&mut self.clients);
    }

    /// The time of a call that begins.
    pub fn time(&self) -> CallTime {
        CallTime::of(self.world.clone())
    }

    /// Whether messages wait for a connection that it has not yet had the chance to write.
    pub fn is_draining(&self, to: ConnectionId) -> bool {
        self.clients.get(to).is_some_and(|entry| entry.session.is_draining())
    }

    /// Counts a refusal. Whether it is worth a line is the actor's to say.
    pub fn count_refusal(&self) {
        self.stats.refused_effects.add(1);
    }

    /// Forgets what belongs to one call.
    fn forget_call(&mut self) {
        self.sender = None;
        self.random = None;
    }
}
