//! One actor with its handlers, from loading to its end.

use std::{sync::Arc, time::Duration};

use footlight_store::{Owner, Store};
use smol::{Executor, Task, channel::Receiver};

use super::{
    environment::Environment,
    error::HostError,
    handler::{self, Bound},
    opened::Opened,
};
use crate::{
    actor::{Actor, Module, OutputGate, Setup, StartError},
    deadline::within,
    exchange::{ActorHandle, Command},
    manifest::Manifest,
    server::Served,
    storage::{Durability, StorageConfig},
};

/// An actor that is loaded and whose handlers are bound.
pub(super) struct Prepared {
    /// The handle that other parts of the host use.
    pub(super) handle: Arc<ActorHandle>,
    /// Checked already.
    module: Module,
    /// The content of its `init_state` file.
    init_state: Option<Vec<u8>>,
    /// The period of the manifest's `tick`.
    tick: Option<Duration>,
    /// When its changes are on the disk.
    storage: StorageConfig,
    /// Bound, so that starting them can't fail.
    handlers: Vec<Bound>,
}

/// An actor that handles events.
pub(super) struct Running {
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
        manifest: &Manifest,
        handle: Arc<ActorHandle>,
        opened: Opened,
        environment: &mut Environment,
    ) -> Result<Self, HostError> {
        let Opened { module, init_state, handlers } = opened;
        let handlers = handlers.into_iter().map(|handler| handler.bind(manifest, environment));
        let handlers = handlers.collect::<Result<_, _>>().map_err(HostError::Handler)?;
        let (tick, storage) = (manifest.tick, manifest.storage.clone());
        Ok(Self { handle, module, init_state, tick, storage, handlers })
    }

    /// Makes the first state, then starts the handlers. `stopping` ends when the host stops.
    pub(super) async fn start(
        self,
        executor: &Arc<Executor<'static>>,
        environment: &Environment,
        stopping: &Receiver<()>,
    ) -> Result<Running, StartError> {
        let Self { handle, module, init_state, tick, storage, handlers } = self;
        let store = handle.store.as_ref().and_then(|store| owner(store, &handle.name, &storage));
        let mut setup = Setup {
            name: handle.name.clone(),
            module,
            limits: handle.limits.clone(),
            init_state,
            tick,
            files: None,
            http: None,
            store,
            world: environment.world.clone(),
            turns: environment.turns.clone(),
            stats: handle.stats.clone(),
            lines: handle.lines.clone(),
        };
        handlers.iter().for_each(|handler| handler.equip(&mut setup, executor));
        let actor = Actor::start(setup).await?;
        let (mailbox, control) = (handle.mailbox.clone(), handle.control.clone());
        let task = executor.spawn(actor.run(mailbox, control, handle.connections.clone()));
        let start = |handler: Bound| handler.start(executor, &handle, environment, stopping);
        let handlers = handlers.into_iter().filter_map(start).collect();
        Ok(Running { handle, handlers, task })
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
    /// The addresses and endpoints that it listens on.
    pub(super) fn served(&self) -> impl Iterator<Item = &Served> {
        self.handlers.iter().flat_map(|handler| handler.served())
    }

    /// Stops the handlers and then the actor, within `limits.shutdown`.
    pub(super) async fn stop(self) {
        let Self { handle, handlers, task } = self;
        let stop = async {
            for handler in handlers {
                handler.stop().await;
            }
            if let Err(full) = handle.control.send(Command::Stop) {
                log::error!(target: &handle.name, "the actor can't be asked to stop: {full}");
            }
            task.await;
        };
        let stopped = within(handle.limits.get(|limits| limits.shutdown), stop).await;
        let open = handle.connections.count();
        if stopped.is_none() {
            log::warn!(target: &handle.name,
                "{open} connections were still open after `limits.shutdown`");
        }
        log::info!(target: &handle.name, "{}", handle.stats);
    }
}
