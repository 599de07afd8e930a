//! What each call into a guest needs: the meter and the host's side of the imports.

use std::{sync::Arc, time::Duration};

use super::{host_calls::HostCalls, meter::Meter};
use crate::{executor::Turns, files::Files, limits::SharedLimits, stats::Stats, world::World};

/// The context of an actor's calls. An actor has one, and all events use it in turn.
pub struct CallContext {
    /// Counts the fuel and the time of the current event.
    pub meter: Meter,
    /// The host's side of the imports, with the current event's transaction.
    pub host: HostCalls,
}

/// Everything that a context is made from, apart from the limits.
pub struct Resources {
    /// The source of time and random numbers.
    pub world: World,
    /// The period of the manifest's `tick`.
    pub tick: Option<Duration>,
    /// The files that the manifest grants.
    pub files: Option<Files>,
    /// Gives the actor its turns on the executor.
    pub turns: Arc<Turns>,
    /// The actor's counters.
    pub stats: Arc<Stats>,
}

impl Default for Resources {
    /// The system's time, and nothing else. Tests and fuzzers use it.
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
