//! One actor with its handlers, from loading to its end.

use std::sync::Arc;

use footlight_store::{Owner, Store};
use smol::{Executor, Task, channel::Receiver};

use super::{
    environment::Environment,
    error::HostError,
    handler::{self, Bound},
    listening::Listening,
    opened::Opened,
};
use crate::{
    actor::{Actor, ChangeSlot, Module, OutputGate, Setup, StartError},
    deadline::within,
    exchange::{ActorHandle, Command, Directory},
    manifest::Manifest,
    storage::{Durability, StorageConfig},
};

/// An actor that is loaded and whose handlers are bound.
pub(super) struct Prepared {
    /// What it is made from, to tell later what has changed.
    manifest: Arc<Manifest>,
    /// The handle that other parts of the host use.
    pub(super) handle: Arc<ActorHandle>,
    /// Checked already.
    module: Module,
    /// The one before it, if it is needed.
    last_good: Option<Box<Module>>,
    /// The content of its `init_state` file.
    init_state: Option<Vec<u8>>,
    /// Bound, so that starting them can't fail.
    handlers: Vec<Bound>,
}

/// An actor that runs, and whose handlers have not started.
pub(super) struct Ready {
    manifest: Arc<Manifest>,
    /// The handle that other parts of the host use.
    pub(super) handle: Arc<ActorHandle>,
    /// Where to leave what the actor gets anew.
    changes: Arc<ChangeSlot>,
    handlers: Vec<Bound>,
    task: Task<()>,
}

/// An actor that handles events.
pub(super) struct Running {
    /// As it is now.
    pub(super) manifest: Arc<Manifest>,
    /// Where to leave what the actor gets anew.
    pub(super) changes: Arc<ChangeSlot>,
    /// The handle that other parts of the host use.
    pub(super) handle: Arc<ActorHandle>,
    /// Stopped before the actor, so that it gets their last events.
    handlers: Vec<handler::Running>,
    /// Ends after the actor was told to stop and has handled what waits.
    task: Task<()>,
}

impl Prepared {
    /// Binds the handlers of an actor.
    pub(super) fn new(
        manifest: Arc<Manifest>,
        handle: Arc<ActorHandle>,
        opened: Opened,
        environment: &mut Environment,
    ) -> Result<Self, HostError> {
        let Opened { module, last_good, init_state, handlers } = opened;
        let handlers = handlers.into_iter().map(|handler| handler.bind(&manifest, environment));
        let handlers = handlers.collect::<Result<_, _>>().map_err(HostError::Handler)?;
        Ok(Self { manifest, handle, module, last_good, init_state, handlers })
    }

    /// Makes the first state, then starts the handlers. `stopping` ends when the host stops.
    pub(super) async fn start(
        self,
        executor: &Arc<Executor<'static>>,
        environment: &Environment,
        directory: &Arc<Directory>,
        stopping: &Receiver<()>,
    ) -> Result<Running, StartError> {
        Ok(self.make(executor, environment, directory).await?.serve(
            executor,
            environment,
            stopping,
        ))
    }

    /// Makes the first state and runs the actor, which gets no events yet.
    pub(super) async fn make(
        self,
        executor: &Arc<Executor<'static>>,
        environment: &Environment,
        directory: &Arc<Directory>,
    ) -> Result<Ready, StartError> {
        let Self { manifest, handle, module, last_good, init_state, mut handlers } = self;
        let (tick, storage) = (manifest.tick, &manifest.storage);
        let store = handle.store.as_ref().and_then(|store| owner(store, &handle.name, storage));
        let mut setup = Setup {
            name: handle.name.clone(),
            module,
            limits: handle.limits.clone(),
            init_state,
            tick,
            files: None,
            http: None,
            messages: None,
            mqtt: None,
            last_good,
            store,
            world: environment.world.clone(),
            turns: environment.turns.clone(),
            stats: handle.stats.clone(),
            lines: handle.lines.clone(),
            env: manifest.env.clone(),
        };
        let equip = |one: &mut Bound| one.equip(&mut setup, executor, directory, &handle.mailbox);
        handlers.iter_mut().for_each(equip);
        let mut actor = Actor::start(setup).await?;
        if environment.fresh_instances {
            actor.renew_at_each_event();
        }
        let changes = actor.changes();
        let (mailbox, control) = (handle.mailbox.clone(), handle.control.clone());
        let task = executor.spawn(actor.run(mailbox, control, handle.connections.clone()));
        Ok(Ready { manifest, handle, changes, handlers, task })
    }
}

impl Ready {
    /// Starts the handlers. `stopping` ends when the host stops.
    #[inline(never)] // It is large, and called at start and in a reload.
    pub(super) fn serve(
        self,
        executor: &Arc<Executor<'static>>,
        environment: &Environment,
        stopping: &Receiver<()>,
    ) -> Running {
        let Self { manifest, handle, changes, handlers, task } = self;
        let start = |handler: Bound| handler.start(executor, &handle, environment, stopping);
        let handlers = handlers.into_iter().filter_map(start).collect();
        Running { manifest, changes, handle, handlers, task }
    }
}

/// The actor's place in the store; `None` if its state ends with the process.
fn owner(store: &Store, name: &str, storage: &StorageConfig) -> Option<(Owner, OutputGate)> {
    let (durability, gate) = match storage.durability(true) {
        Durability::None => return None,
        Durability::Strict => (footlight_store::Durability::Strict, OutputGate::Closed),
        Durability::Relaxed => {
            let interval = storage.interval;
            (footlight_store::Durability::Relaxed { interval }, OutputGate::Open)
        }
    };
    Some((store.owner(name, durability), gate))
}

impl Running {
    /// Adds the addresses and endpoints that it listens on.
    pub(super) fn add_listening(&self, to: &mut Vec<Listening>) {
        for handler in &self.handlers {
            for served in handler.served() {
                let actor = self.handle.name.clone();
                let (address, endpoint) = (served.address, served.endpoint.clone());
                to.push(Listening { actor, address, endpoint });
            }
        }
    }

    /// Begins to stop it.
    pub(super) fn stop(self, executor: &Executor<'static>) -> Task<()> {
        executor.spawn(self.stopped())
    }

    /// Stops the handlers and then the actor, within `limits.shutdown`.
    async fn stopped(self) {
        let Self { handle, handlers, task, .. } = self;
        let stop = async {
            let mut remaining = Vec::new();
            for handler in handlers {
                remaining.extend(handler.stop().await);
            }
            if let Err(full) = handle.control.send(Command::Stop) {
                log::error!(target: &handle.name, "the actor can't be asked to stop: {full}");
            }
            task.await;
            for drivers in remaining {
                drivers.ended().await;
            }
        };
        let stopped = within(handle.limits.get(|limits| limits.shutdown), stop).await;
        // The task has done so already, unless it was late.
        handle.mailbox.close();
        let open = handle.connections.count();
        if stopped.is_none() {
            log::warn!(target: &handle.name,
                "{open} connections were still open after `limits.shutdown`");
        }
        log::info!(target: &handle.name, "{}", handle.stats);
    }
}
