//! What each call into a guest needs: the meter and the host's side of the imports.

use std::{sync::Arc, time::Duration};

use super::{host_calls::HostCalls, meter::Meter};
use crate::{
    executor::Turns, files::Files, http_client::Http, limits::SharedLimits, messages::Messages,
    mqtt::Mqtt, stats::Stats, world::World,
};

/// The context of an actor's calls. An actor has one, and all events use it in turn.
pub struct CallContext {
    /// Stops the event once it has spent its fuel or its time.
    pub meter: Meter,
    /// The host's side of the imports, with the current event's transaction.
    pub host: HostCalls,
}

/// Everything that a context is made from, apart from the limits.
pub struct Resources {
    /// What the actor gets instead of a clock and a generator of its own.
    pub world: World,
    /// How often the actor gets an `alarm` event. `None` if the manifest has no `tick`.
    pub tick: Option<Duration>,
    /// `None` if the manifest has no handler `filesystem`.
    pub files: Option<Files>,
    /// `None` if the manifest has no handler `http-client`.
    pub http: Option<Http>,
    /// `None` if the manifest has no handler `message-server`.
    pub messages: Option<Messages>,
    /// `None` if the manifest has no handler `mqtt`.
    pub mqtt: Option<Mqtt>,
    /// Gives the actor its turns on the executor.
    pub turns: Arc<Turns>,
    /// Counted here: fuel, faults, alarms, and what imports do.
    pub stats: Arc<Stats>,
}

impl Default for Resources {
    /// The system's time, and nothing else. Tests and fuzzers use it.
    fn default() -> Self {
        let (turns, stats) = (Arc::default(), Arc::default());
        Self {
            world: World::System,
            tick: None,
            files: None,
            http: None,
            messages: None,
            mqtt: None,
            turns,
            stats,
        }
    }
}

impl CallContext {
    /// The context of an actor that has not been called yet.
    pub fn new(limits: impl Into<SharedLimits>, resources: Resources) -> Self {
        let limits = limits.into();
        let Resources { world, tick, files, http, messages, mqtt, turns, stats } = resources;
        Self {
            meter: Meter::new(limits.clone(), turns),
            host: HostCalls::new(limits, world, tick, (files, http, messages, mqtt), stats),
        }
    }
}
