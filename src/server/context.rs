//! What the connections of one actor share.

use std::sync::Arc;

use smol::channel::Receiver;

use super::admission::Door;
use crate::{
    clock::Clock,
    exchange::{ActorHandle, Connections, Delivery, Mailbox},
    executor::Turns,
    limits::Limits,
    logger::ActorLog,
    stats::Stats,
};

/// What the connections of one actor share.
pub struct ServerContext {
    /// The actor's name.
    pub actor: Arc<str>,
    /// Where events go.
    pub mailbox: Arc<Mailbox>,
    /// The open connections.
    pub connections: Arc<Connections>,
    /// What is open before and beside them.
    pub door: Door,
    /// What clients may use.
    pub limits: Limits,
    /// The actor's counters.
    pub stats: Arc<Stats>,
    /// The actor's lines in the log.
    pub lines: Arc<ActorLog>,
    /// Takes what the host answers by itself to the outboxes.
    pub delivery: Delivery,
    /// The time.
    pub clock: Clock,
    /// Gives turns to those who have had one.
    pub turns: Arc<Turns>,
    /// Ends when the host stops.
    pub stopping: Receiver<()>,
}

impl ServerContext {
    /// What the connections of this actor share. `stopping` ends when the host stops.
    pub fn new(
        actor: &ActorHandle,
        clock: Clock,
        turns: Arc<Turns>,
        stopping: Receiver<()>,
    ) -> Self {
        Self {
            actor: actor.name.clone(),
            mailbox: actor.mailbox.clone(),
            connections: actor.connections.clone(),
            door: Door::new(&actor.limits),
            limits: actor.limits.clone(),
            stats: actor.stats.clone(),
            lines: actor.lines.clone(),
            delivery: Delivery::new(actor.stats.clone(), actor.lines.clone()),
            clock,
            turns,
            stopping,
        }
    }
}
