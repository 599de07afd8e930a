//! The handle of an actor: its queues, its connections and its counters.

use std::sync::Arc;

use footlight_store::Store;

use super::{
    Connections, Control, Mailbox,
    connections::{OpenError, Unavailable},
};
use crate::{limits::SharedLimits, logger::ActorLog, stats::Stats};

/// The handle of an actor for the rest of the host. It exists before the actor starts, and longer
/// than its task.
pub struct ActorHandle {
    /// For the log, `/metrics` and names of files.
    pub name: Arc<str>,
    /// The limits of the actor and of its sources of events. Setting others here changes them for all.
    pub limits: SharedLimits,
    /// Events wait here for the actor's task.
    pub mailbox: Arc<Mailbox>,
    /// Commands wait here. They never wait behind events.
    pub control: Arc<Control>,
    /// Counts them for `limits.connections`, and closes them when the host stops.
    pub connections: Arc<Connections>,
    /// Each part of the host counts here what it does for this actor.
    pub stats: Arc<Stats>,
    /// Puts the actor's name before each line, and limits how many there are.
    pub lines: Arc<ActorLog>,
    /// Where the host's actors store their state, if anywhere.
    pub store: Option<Store>,
}

impl ActorHandle {
    /// The handle of an actor that has not started yet.
    pub fn new(name: Arc<str>, limits: impl Into<SharedLimits>) -> Self {
        Self::with_store(name, limits, None, 0)
    }

    /// The same, in a host that stores its actors' state in `store`. `first` is the block of numbers
    /// for connections that this run of the host begins with.
    pub(crate) fn with_store(
        name: Arc<str>,
        limits: impl Into<SharedLimits>,
        store: Option<Store>,
        first: u64,
    ) -> Self {
        let limits = limits.into();
        let stats = Arc::new(Stats::default());
        Self {
            mailbox: Arc::new(Mailbox::new(limits.clone())),
            control: Arc::default(),
            connections: Connections::with_store(limits.clone(), store.clone(), first),
            lines: Arc::new(ActorLog::new(name.clone(), limits.clone(), stats.clone())),
            stats,
            name,
            limits,
            store,
        }
    }

    /// Why the actor can't do its work now; `None` if it can. An actor counts as unavailable while
    /// nothing can be stored, even if it stores nothing itself: the device then needs its operator.
    pub(crate) fn unavailable(&self) -> Option<&'static str> {
        let store = || self.store.as_ref().filter(|store| store.health().is_err());
        let why = self.connections.unavailable();
        why.or_else(|| store().map(|_| OpenError::Unavailable(Unavailable::Storage).reason()))
    }
}
