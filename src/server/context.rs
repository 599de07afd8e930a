//! The state that all connections of one actor share.

use std::sync::Arc;

use smol::channel::Receiver;

use super::admission::Admission;
use crate::{
    exchange::{ActorHandle, Connections, Delivery, Mailbox},
    executor::Turns,
    limits::SharedLimits,
    logger::ActorLog,
    stats::Stats,
    world::World,
};

/// The state that all connections of one actor share, of all its listeners.
pub struct ServerContext {
    /// The actor's name, which labels its metrics.
    pub actor: Arc<str>,
    /// Where events go.
    pub mailbox: Arc<Mailbox>,
    /// The open connections, so that `limits.connections` holds for all listeners together.
    pub connections: Arc<Connections>,
    /// The limits of requests, downloads and closing connections.
    pub(crate) admission: Admission,
    /// The manifest's limits.
    pub limits: SharedLimits,
    /// The actor's counters.
    pub stats: Arc<Stats>,
    /// Writes log lines under the actor's name.
    pub lines: Arc<ActorLog>,
    /// Queues the replies of `auto_response`, which the actor never sees.
    pub delivery: Delivery,
    /// The source of the time at which a client connected.
    pub world: World,
    /// Lets other tasks run after a connection has sent many messages in a row.
    pub turns: Arc<Turns>,
    /// Closed when the host stops. A request that is still being read is then refused.
    pub stopping: Receiver<()>,
}

impl ServerContext {
    /// Makes the shared state. `stopping` ends when the host stops.
    pub fn new(
        actor: &ActorHandle,
        world: World,
        turns: Arc<Turns>,
        stopping: Receiver<()>,
    ) -> Self {
        Self {
            actor: actor.name.clone(),
            mailbox: actor.mailbox.clone(),
            connections: actor.connections.clone(),
            admission: Admission::new(&actor.limits),
            limits: actor.limits.clone(),
            stats: actor.stats.clone(),
            lines: actor.lines.clone(),
            delivery: Delivery::new(actor.stats.clone(), actor.lines.clone()),
            world,
            turns,
            stopping,
        }
    }
}
