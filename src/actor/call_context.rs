//! What belongs to every call into a guest: what it may spend, and what the host does for it.

use std::{sync::Arc, time::Duration};

use super::{host_calls::HostCalls, meter::Meter};
use crate::{executor::Turns, files::Files, limits::SharedLimits, stats::Stats, world::World};

/// The context of an actor's calls. An actor has one, which each event uses in turn.
pub struct CallContext {
    /// The fuel and the time of the present event.
    pub meter: Meter,
    /// The host's side of the imports, with the transaction of the present event.
    pub host: HostCalls,
}

/// What a context is made of.
pub struct Resources {
    /// The source of time and chance.
    pub world: World,
    /// How often the actor is woken, if it is.
    pub tick: Option<Duration>,
    /// The files that its manifest grants, if it grants any.
    pub files: Option<Files>,
    /// What gives the actor its turns.
    pub turns: Arc<Turns>,
    /// The actor's counters.
    pub stats: Arc<Stats>,
}

impl Default for Resources {
    /// The system's time, and nothing else.
    fn default() -> Self {
        let (turns, stats) = (Arc::default(), Arc::default());
        Self { world: World::System, tick: None, files: None, turns, stats }
    }
}

impl CallContext {
    /// The context of an actor that has not been called yet.
    pub fn new(limits: impl Into<SharedLimits>, resources: Resources) -> Self {
        let limits = limits.into();
        let Resources { world, tick, files, turns, stats } = resources;
        Self {
            meter: Meter::new(limits.clone(), turns),
            host: HostCalls::new(limits, world, tick, files, stats),
        }
    }
}
