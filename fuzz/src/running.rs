//! An actor that runs without sockets, and what is needed to let it go on by hand.

use std::{future::Future, pin::Pin, sync::Arc};

use footlight::{
    actor::{Actor, Module, Setup, task::StartError},
    clock::Clock,
    exchange::{Connections, Mailbox},
    limits::Limits,
    logger::ActorLog,
    stats::Stats,
};

use crate::drive::{self, Bell};

/// An actor that has been started.
pub struct Running {
    /// Its mailbox.
    pub mailbox: Arc<Mailbox>,
    /// Its list of connections.
    pub connections: Arc<Connections>,
    /// Its counters.
    pub stats: Arc<Stats>,
    /// Its task.
    pub task: Pin<Box<dyn Future<Output = ()>>>,
    /// Rings when the task wants to be polled.
    pub bell: Arc<Bell>,
}

impl Running {
    /// Starts an actor without files. Its task has not been polled yet.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(
        module: Module,
        limits: &Limits,
        init_state: Option<Vec<u8>>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let stats = Arc::new(Stats::default());
        let setup = Setup {
            name: "fuzz".into(),
            module,
            limits: limits.clone(),
            init_state,
            tick: None,
            files: None,
            clock,
            turns: Arc::default(),
            stats: stats.clone(),
            lines: Arc::new(ActorLog::new("fuzz".into(), limits.log_rate, stats.clone())),
        };
        let (actor, _) = drive::to_end(Actor::start(setup));
        let mailbox = Arc::new(Mailbox::new(limits.mailbox, limits.message));
        let connections = Connections::new(limits.connections, limits.outbox);
        let task = Box::pin(actor?.run(mailbox.clone(), connections.clone()));
        Ok(Self { mailbox, connections, stats, task, bell: Arc::default() })
    }
}
