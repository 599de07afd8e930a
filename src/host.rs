//! Actors and listeners together, from start to shutdown.

mod error;
mod opened;

use std::{
    collections::HashSet,
    future::Future,
    net::{IpAddr, SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::net::listen;
use smol::{
    Async, Executor, Task, Timer,
    channel::{self, Receiver, Sender},
};

use crate::{
    actor::{Actor, Setup, task::StartError},
    clock::Clock,
    deadline::within,
    exchange::{CloseCode, Connections, Delivery, Mailbox},
    executor::Turns,
    fd_limit,
    files::Files,
    limits::Limits,
    logger::ActorLog,
    manifest::Manifest,
    server::{Door, Endpoint, ServerContext, accept},
    shutdown::{PAUSE, Shutdown},
    socket_activation::Inherited,
    stats::Stats,
};

pub use error::HostError;
pub use opened::{NotOpened, Opened};

/// A host that listens.
pub struct Host {
    /// The actors that could be started.
    actors: Vec<Running>,
    /// What runs their tasks.
    executor: Arc<Executor<'static>>,
    /// Dropped when the host stops, which ends handshakes.
    stopping: Sender<()>,
}

/// One actor, with its listeners.
struct Running {
    /// What its connections share.
    context: Arc<ServerContext>,
    /// Where it listens, and what is there.
    addresses: Vec<(SocketAddr, Arc<Endpoint>)>,
    /// The tasks that accept.
    accepting: Vec<Task<()>>,
    /// The task that handles events.
    task: Task<()>,
    /// Ends when the last connection's task has ended.
    alive: Receiver<()>,
}

/// What the host finds around it, which no manifest says.
#[derive(Debug, Default)]
pub struct Environment {
    /// Takes the place of the manifests' addresses.
    pub bind: Option<IpAddr>,
    /// How many files the process may have open; `None` if there is no limit.
    pub descriptors: Option<u64>,
    /// Listeners that are there already.
    pub inherited: Inherited,
    /// The time.
    pub clock: Clock,
    /// What gives actors their turns: the host's tasks are to be run by it.
    pub turns: Arc<Turns>,
}

/// Where an actor listens.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The actor's name.
    pub actor: Arc<str>,
    /// The address, with the port that was really taken.
    pub address: SocketAddr,
    /// What is there.
    pub endpoint: Arc<Endpoint>,
}

impl Host {
    /// Loads and starts every actor and binds every listener. Where the process may open too
    /// few files for `limits.connections`, the actors get fewer connections, with a warning.
    ///
    /// An actor whose `init` fails is left out, with an error in the log, as long as another
    /// one could be started. Every other mistake keeps the host from starting.
    ///
    /// # Errors
    /// See [`HostError`].
    pub async fn start(
        executor: &Arc<Executor<'static>>,
        manifests: &[Manifest],
        mut environment: Environment,
    ) -> Result<Self, HostError> {
        let (stopping, stopped) = channel::bounded(1);
        let mut names = HashSet::new();
        if let Some(again) = manifests.iter().find(|manifest| !names.insert(&manifest.name)) {
            let (name, file) = (again.name.clone(), again.file.clone());
            return Err(HostError::Duplicate { name, file });
        }
        let plan =
            fd_limit::plan(environment.descriptors, manifests).map_err(HostError::Descriptors)?;
        if let Some(shortage) = plan.shortage {
            log::warn!("{shortage}");
        }
        // All of it before the first listener is bound, and every mistake at once.
        let (mut opened, mut wrong) = (Vec::new(), Vec::new());
        for manifest in manifests {
            match Opened::new(manifest) {
                Ok(all) => opened.push(all),
                Err(NotOpened { errors, .. }) => wrong.extend(errors),
            }
        }
        if !wrong.is_empty() {
            return Err(HostError::Several(wrong));
        }
        let mut prepared = Vec::new();
        for ((manifest, opened), bounds) in manifests.iter().zip(opened).zip(plan.bounds) {
            let limits = bounds.within(&manifest.limits);
            prepared.push(Prepared::new(manifest, limits, opened, &mut environment)?);
        }
        environment.inherited.all_taken().map_err(HostError::Inherited)?;
        let (mut actors, mut failed) = (Vec::new(), Vec::new());
        for prepared in prepared {
            let name = prepared.name.clone();
            match prepared.start(executor, &stopped).await {
                Ok(running) => actors.push(running),
                Err(error) => {
                    log::error!(target: &name, "left out: {error}");
                    failed.push((name, error));
                }
            }
        }
        if actors.is_empty() {
            return Err(HostError::Start(failed));
        }
        Ok(Self { actors, executor: executor.clone(), stopping })
    }

    /// Where the actors listen.
    pub fn listening(&self) -> Vec<Listening> {
        let of = |running: &Running| {
            let actor = running.context.actor.clone();
            let each = running.addresses.clone().into_iter();
            each.map(move |(address, endpoint)| Listening {
                actor: actor.clone(),
                address,
                endpoint,
            })
        };
        self.actors.iter().flat_map(of).collect()
    }

    /// How many actors are served.
    pub fn actors(&self) -> usize {
        self.actors.len()
    }

    /// The counters of the actor of this name.
    pub fn stats(&self, actor: &str) -> Option<Arc<Stats>> {
        let mut actors = self.actors.iter().map(|running| &running.context);
        actors.find(|context| *context.actor == *actor).map(|context| context.stats.clone())
    }

    /// Serves until `shutdown` is ready. Then accepts no more, closes every connection with
    /// 1001, lets the actors handle what that brings, and returns; at the latest after the
    /// longest of their `limits.shutdown`.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        let Self { executor, actors, stopping } = self;
        drop(stopping);
        // All begin before one is waited for: no actor's end delays another's.
        let ends: Vec<_> =
            actors.into_iter().map(|running| executor.spawn(running.end())).collect();
        for end in ends {
            end.await;
        }
    }
}

impl Running {
    /// Stops accepting, closes the connections and then ends the actor, within `limits.shutdown`.
    async fn end(self) {
        let Self { context, accepting, task, alive, .. } = self;
        let end = async {
            for accepting in accepting {
                accepting.cancel().await;
            }
            dismiss(&context).await;
            let _ = alive.recv().await;
            context.mailbox.close();
            task.await;
        };
        let ended = within(context.limits.shutdown, end).await;
        let open = context.connections.count();
        if ended.is_none() {
            log::warn!(target: &context.actor,
                "{open} connections were still open after `limits.shutdown`");
        }
        log::info!(target: &context.actor, "{}", context.stats);
    }
}

/// Asks every client to leave, some at a time. Until its turn comes a client is served.
async fn dismiss(context: &ServerContext) {
    let farewell = Shutdown::begin(Instant::now(), context.limits.shutdown);
    let mut waiting = context.connections.stop();
    loop {
        let batch = farewell.batch(waiting.len(), Instant::now());
        for session in waiting.split_off(waiting.len().saturating_sub(batch)) {
            session.close(CloseCode::GOING_AWAY, "the host is stopping");
        }
        if waiting.is_empty() {
            return;
        }
        log::debug!(target: &context.actor, "{batch} clients dismissed, {} left", waiting.len());
        Timer::after(PAUSE).await;
    }
}

/// An actor that is loaded and whose addresses are bound.
struct Prepared {
    /// Its name.
    name: Arc<str>,
    /// Its manifest's limits, with no more than there are files for.
    limits: Limits,
    /// Its code, and what else its manifest names.
    opened: Opened,
    /// How often it is woken.
    tick: Option<Duration>,
    /// The time.
    clock: Clock,
    /// Gives it its turns.
    turns: Arc<Turns>,
    /// Its listeners, in the order of what is at each.
    listeners: Vec<(Async<TcpListener>, SocketAddr)>,
}

impl Prepared {
    /// Binds the listeners of an actor.
    fn new(
        manifest: &Manifest,
        limits: Limits,
        opened: Opened,
        environment: &mut Environment,
    ) -> Result<Self, HostError> {
        let mut listeners = Vec::new();
        for listener in &manifest.listeners {
            let address = SocketAddr::new(environment.bind.unwrap_or(listener.host), listener.port);
            let bound = match environment.inherited.take(address) {
                Some(listener) => Async::new(listener),
                None => Async::<TcpListener>::bind(address),
            };
            let bound = bound.and_then(|bound| Ok((bound.get_ref().local_addr()?, bound)));
            let (address, bound) = bound.map_err(|error| HostError::Bind {
                file: manifest.file.clone(),
                address,
                error,
            })?;
            if let Err(error) = listen(&bound, i32::MAX) {
                log::warn!(target: &manifest.name, "{address}: clients that come at once may have \
                    to wait longer: the listener's queue could not be made longer: {error}");
            }
            listeners.push((bound, address));
        }
        let name = Arc::from(manifest.name.as_str());
        let (tick, clock) = (manifest.tick, environment.clock.clone());
        let turns = environment.turns.clone();
        Ok(Self { name, limits, opened, listeners, tick, clock, turns })
    }

    /// Makes the first state and starts the tasks.
    async fn start(
        self,
        executor: &Arc<Executor<'static>>,
        stopped: &Receiver<()>,
    ) -> Result<Running, StartError> {
        let Self { name, limits, opened, listeners, tick, clock, turns } = self;
        let Opened { module, init_state, folders, endpoints } = opened;
        let stats = Arc::new(Stats::default());
        let lines = Arc::new(ActorLog::new(name.clone(), limits.log_rate, stats.clone()));
        let files = folders
            .map(|folders| Files::new(&name, folders, &limits, stats.clone(), lines.clone()));
        let setup = Setup {
            files,
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
        let actor = Actor::start(setup).await?;
        let mailbox = Arc::new(Mailbox::new(limits.mailbox, limits.message));
        let connections = Connections::new(limits.connections, limits.outbox);
        let task = executor.spawn(actor.run(mailbox.clone(), connections.clone()));
        let (alive, ended) = channel::bounded(1);
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
        let (mut addresses, mut accepting) = (Vec::new(), Vec::new());
        for ((listener, address), endpoint) in listeners.into_iter().zip(endpoints) {
            addresses.push((address, endpoint.clone()));
            let run =
                accept::run(executor.clone(), listener, endpoint, context.clone(), alive.clone());
            accepting.push(executor.spawn(run));
        }
        Ok(Running { context, addresses, accepting, task, alive: ended })
    }
}
