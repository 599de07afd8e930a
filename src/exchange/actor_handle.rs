//! An actor, as all others hold it: where its events go, and its counters.

use std::sync::Arc;

use super::{Connections, Control, Mailbox};
use crate::{limits::SharedLimits, logger::ActorLog, stats::Stats};

/// An actor, as all others hold it. It is made before the actor starts, and outlives its task.
pub struct ActorHandle {
    /// The name in its manifest.
    pub name: Arc<str>,
    /// What it and those that bring it events may use. To set others here changes them for all.
    pub limits: SharedLimits,
    /// Where events go.
    pub mailbox: Arc<Mailbox>,
    /// Where commands go.
    pub control: Arc<Control>,
    /// Its open connections.
    pub connections: Arc<Connections>,
    /// Its counters.
    pub stats: Arc<Stats>,
    /// Its lines in the log.
    pub lines: Arc<ActorLog>,
}

impl ActorHandle {
    /// The handle of an actor that is yet to start.
    pub fn new(name: Arc<str>, limits: impl Into<SharedLimits>) -> Self {
        let limits = limits.into();
        let stats = Arc::new(Stats::default());
        Self {
            mailbox: Arc::new(Mailbox::new(limits.clone())),
            control: Arc::default(),
            connections: Connections::new(limits.clone()),
            lines: Arc::new(ActorLog::new(name.clone(), limits.clone(), stats.clone())),
            stats,
            name,
            limits,
        }
    }
}
