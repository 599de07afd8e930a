//! An actor that runs without sockets, with the handles to run it by hand.

use std::{future::Future, pin::Pin, sync::Arc};

use footlight::{
    actor::{Actor, Module, Setup, StartError},
    env::Env,
    exchange::{ActorHandle, Connections, Control, Mailbox},
    files::Files,
    limits::Limits,
    messages::Messages,
    stats::Stats,
    world::World,
};

use crate::drive::{self, Bell};

/// An actor that has been started.
pub struct Running {
    /// Its mailbox.
    pub mailbox: Arc<Mailbox>,
    /// Its commands.
    pub control: Arc<Control>,
    /// Its list of connections.
    pub connections: Arc<Connections>,
    /// Its counters.
    pub stats: Arc<Stats>,
    /// Its task.
    pub task: Pin<Box<dyn Future<Output = ()>>>,
    /// Notes that the task wants to be polled.
    pub bell: Arc<Bell>,
}

impl Running {
    /// Starts an actor without files and without other actors. Its task has not been polled yet.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(
        module: Module,
        limits: &Limits,
        init_state: Option<Vec<u8>>,
        world: World,
    ) -> Result<Self, StartError> {
        let handle = ActorHandle::new("fuzz".into(), limits.clone());
        Self::start_with(&handle, module, init_state, world, None, None)
    }

    /// The same for the actor of this handle, with these files and what it may send.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start_with(
        handle: &ActorHandle,
        module: Module,
        init_state: Option<Vec<u8>>,
        world: World,
        files: Option<Files>,
        messages: Option<Messages>,
    ) -> Result<Self, StartError> {
        let ActorHandle { name, limits, mailbox, control, connections, stats, lines, .. } = handle;
        let setup = Setup {
            name: name.clone(),
            module,
            limits: limits.clone(),
            init_state,
            tick: None,
            files,
            http: None,
            messages,
            last_good: None,
            store: None,
            world,
            turns: Arc::default(),
            stats: stats.clone(),
            lines: lines.clone(),
            env: Env::default(),
        };
        let (actor, _) = drive::to_end(Actor::start(setup));
        let task = actor?.run(mailbox.clone(), control.clone(), connections.clone());
        let task = Box::pin(task);
        Ok(Self {
            mailbox: mailbox.clone(),
            control: control.clone(),
            connections: connections.clone(),
            stats: stats.clone(),
            task,
            bell: Arc::default(),
        })
    }
}
