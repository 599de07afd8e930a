//! The handle of an actor: its queues, its connections and its counters.

use std::sync::Arc;

use super::{Connections, Control, Mailbox};
use crate::{limits::Limits, logger::ActorLog, stats::Stats};

/// The handle of an actor for the rest of the host. It exists before the actor starts, and longer
/// than its task.
pub struct ActorHandle {
    /// The name in its manifest.
    pub name: Arc<str>,
    /// The limits of the actor and of its sources of events.
    pub limits: Limits,
    /// The queue for events.
    pub mailbox: Arc<Mailbox>,
    /// The queue for commands.
    pub control: Arc<Control>,
    /// Its open connections.
    pub connections: Arc<Connections>,
    /// Its counters.
    pub stats: Arc<Stats>,
    /// The actor's lines in the log.
    pub lines: Arc<ActorLog>,
}

impl ActorHandle {
    /// The handle of an actor that has not started yet.
    pub fn new(name: Arc<str>, limits: Limits) -> Self {
        let stats = Arc::new(Stats::default());
        Self {
            mailbox: Arc::new(Mailbox::new(limits.mailbox, limits.message)),
            control: Arc::default(),
            connections: Connections::new(limits.connections, limits.outbox),
            lines: Arc::new(ActorLog::new(name.clone(), limits.log_rate, stats.clone())),
            stats,
            name,
            limits,
        }
    }
}
