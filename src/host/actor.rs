//! One actor with its handlers, from its files to its end.

use std::{sync::Arc, time::Duration};

use smol::{Executor, Task, channel::Receiver};

use super::{
    environment::Environment,
    error::HostError,
    handler::{self, Bound},
    opened::Opened,
};
use crate::{
    actor::{Actor, Module, Setup, task::StartError},
    deadline::within,
    exchange::{Connections, Delivery, Mailbox},
    limits::Limits,
    logger::ActorLog,
    manifest::Manifest,
    server::{Door, Listening, ServerContext},
    stats::Stats,
};

/// An actor that is loaded, and whose handlers are bound.
pub(super) struct Prepared {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its manifest's limits, with no more than there are files for.
    limits: Limits,
    /// Its code.
    module: Module,
    /// The content of its `init_state` file.
    init_state: Option<Vec<u8>>,
    /// How often it is woken.
    tick: Option<Duration>,
    /// Its handlers.
    handlers: Vec<Bound>,
}

/// An actor that handles events, with its handlers.
pub(super) struct Running {
    /// What its connections share.
    pub(super) context: Arc<ServerContext>,
    /// Where its events come from.
    handlers: Vec<handler::Running>,
    /// The task that handles events.
    task: Task<()>,
}

impl Prepared {
    /// Binds the handlers of an actor.
    pub(super) fn new(
        manifest: &Manifest,
        limits: Limits,
        opened: Opened,
        environment: &mut Environment,
    ) -> Result<Self, HostError> {
        let Opened { module, init_state, handlers } = opened;
        let handlers = handlers.into_iter().map(|handler| handler.bind(manifest, environment));
        let handlers = handlers.collect::<Result<_, _>>().map_err(HostError::Handler)?;
        let (name, tick) = (Arc::from(manifest.name.as_str()), manifest.tick);
        Ok(Self { name, limits, module, init_state, tick, handlers })
    }

    /// Makes the first state, then lets events come. `stopped` ends when the host stops.
    pub(super) async fn start(
        self,
        executor: &Arc<Executor<'static>>,
        environment: &Environment,
        stopped: &Receiver<()>,
    ) -> Result<Running, StartError> {
        let Self { name, limits, module, init_state, tick, handlers } = self;
        let (clock, turns) = (environment.clock.clone(), environment.turns.clone());
        let stats = Arc::new(Stats::default());
        let lines = Arc::new(ActorLog::new(name.clone(), limits.log_rate, stats.clone()));
        let mut setup = Setup {
            files: None,
            name: name.clone(),
            module,
            limits: limits.clone(),
            init_state,
            tick,
            clock: clock.clone(),
            turns: turns.clone(),
            stats: stats.clone(),
            lines: lines.clone(),
        };
        handlers.iter().for_each(|handler| handler.equip(&mut setup));
        let actor = Actor::start(setup).await?;
        let mailbox = Arc::new(Mailbox::new(limits.mailbox, limits.message));
        let connections = Connections::new(limits.connections, limits.outbox);
        let task = executor.spawn(actor.run(mailbox.clone(), connections.clone()));
        let context = Arc::new(ServerContext {
            actor: name,
            mailbox,
            connections,
            door: Door::new(&limits),
            limits,
            delivery: Delivery::new(stats.clone(), lines.clone()),
            stats,
            lines,
            clock,
            turns,
            stopping: stopped.clone(),
        });
        let start = |handler: Bound| handler.start(executor, &context);
        let handlers = handlers.into_iter().filter_map(start).collect();
        Ok(Running { context, handlers, task })
    }
}

impl Running {
    /// Where it listens.
    pub(super) fn listening(&self) -> impl Iterator<Item = &Listening> {
        self.handlers.iter().flat_map(|handler| handler.listening())
    }

    /// Stops its handlers and then the actor, within `limits.shutdown`.
    pub(super) async fn stop(self) {
        let Self { context, handlers, task } = self;
        let stop = async {
            for handler in handlers {
                handler.stop().await;
            }
            context.mailbox.close();
            task.await;
        };
        let stopped = within(context.limits.shutdown, stop).await;
        let open = context.connections.count();
        if stopped.is_none() {
            log::warn!(target: &context.actor,
                "{open} connections were still open after `limits.shutdown`");
        }
        log::info!(target: &context.actor, "{}", context.stats);
    }
}
