//! Everything that an actor is made from.

use std::{sync::Arc, time::Duration};

use footlight_store::Owner;

use super::{durable::OutputGate, module::Module};
use crate::{
    env::Env, executor::Turns, files::Files, http_client::Http, limits::SharedLimits,
    logger::ActorLog, messages::Messages, mqtt::Mqtt, stats::Stats, world::World,
};

/// Everything that an actor is made from.
pub struct Setup {
    /// Given to `init`, and names it in the log.
    pub name: Arc<str>,
    /// Checked already: it can be run, and all its imports are granted.
    pub module: Module,
    /// Shared with its handlers. They may change while it runs.
    pub limits: SharedLimits,
    /// The content of its `init_state` file.
    pub init_state: Option<Vec<u8>>,
    /// The period of the manifest's `tick`.
    pub tick: Option<Duration>,
    /// The files that its manifest grants; `None` if it has no handler of that type.
    pub files: Option<Files>,
    /// The servers that its manifest allows; `None` if it has no handler of that type.
    pub http: Option<Http>,
    /// The actors that its manifest lets it send to; `None` if it has no handler of that type.
    pub messages: Option<Messages>,
    /// Its brokers; `None` if it has no handler of that type.
    pub mqtt: Option<Mqtt>,
    /// The module that has made the stored state, if that is another one and a copy of it is there.
    pub last_good: Option<Box<Module>>,
    /// Its place in the store; `None` if its state ends with the process.
    pub store: Option<(Owner, OutputGate)>,
    /// Has the time and the random numbers that it sees. A test gives others.
    pub world: World,
    /// Gives the actor its turns on the executor.
    pub turns: Arc<Turns>,
    /// Shared with its handlers, which count too.
    pub stats: Arc<Stats>,
    /// Shared with its handlers, so that one bound holds for all lines about it.
    pub lines: Arc<ActorLog>,
    /// The environment that it sees through WASI.
    pub env: Env,
}
