//! The listeners of one actor: opened, bound, accepting, stopped.

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Instant,
};

use rustix::net::listen;
use smol::{
    Async, Executor, Task, Timer,
    channel::{self, Receiver},
};

use super::{
    accept,
    config::Config,
    context::ServerContext,
    endpoint::{Endpoint, EndpointError},
};
use crate::{
    exchange::CloseCode,
    shutdown::{PAUSE, Shutdown},
    socket_activation::Inherited,
};

/// Listeners whose files are open: what `check` tries, and `run` goes on with.
#[derive(Debug)]
pub struct Listeners(Vec<Served>);

/// Where clients reach an actor.
#[derive(Clone, Debug)]
pub struct Served {
    /// The address. Once it is bound, with the port that was really taken.
    pub address: SocketAddr,
    /// What is there.
    pub endpoint: Arc<Endpoint>,
}

/// Listeners whose addresses are bound. Clients wait in the kernel's queues.
#[derive(Debug)]
pub struct Bound(Vec<(Async<TcpListener>, Served)>);

/// Listeners that accept.
pub struct Accepting {
    /// What the connections share.
    context: Arc<ServerContext>,
    /// Where they listen.
    served: Vec<Served>,
    /// The tasks that accept.
    tasks: Vec<Task<()>>,
    /// Ends when the last connection's task has ended.
    alive: Receiver<()>,
}

impl Listeners {
    /// Opens what the manifest names.
    ///
    /// # Errors
    /// All that is wrong, at most one mistake for each listener.
    pub fn open(config: &Config) -> Result<Self, Vec<EndpointError>> {
        let (mut opened, mut errors) = (Vec::new(), Vec::new());
        for listener in &config.listeners {
            let address = SocketAddr::new(listener.host, listener.port);
            match Endpoint::new(listener) {
                Ok(endpoint) => opened.push(Served { address, endpoint: Arc::new(endpoint) }),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(opened)) } else { Err(errors) }
    }

    /// Binds the addresses, or takes those that were handed over. `host` takes the place of the
    /// manifest's addresses; `actor` and `manifest` are for messages.
    ///
    /// # Errors
    /// An address can't be listened on.
    pub fn bind(
        self,
        (actor, manifest): (&str, &Path),
        host: Option<IpAddr>,
        inherited: &mut Inherited,
    ) -> Result<Bound, EndpointError> {
        let bind = |Served { mut address, endpoint }| {
            address.set_ip(host.unwrap_or(address.ip()));
            let bound = match inherited.take(address) {
                Some(listener) => Async::new(listener),
                None => Async::<TcpListener>::bind(address),
            };
            let bound = bound.and_then(|bound| Ok((bound.get_ref().local_addr()?, bound)));
            let (address, bound) = bound.map_err(|error| {
                let manifest = manifest.to_owned();
                EndpointError::Bind { manifest, address, error }
            })?;
            if let Err(error) = listen(&bound, i32::MAX) {
                log::warn!(target: actor, "{address}: clients that come at once may have \
                    to wait longer: the listener's queue could not be made longer: {error}");
            }
            Ok((bound, Served { address, endpoint }))
        };
        self.0.into_iter().map(bind).collect::<Result<_, _>>().map(Bound)
    }
}

impl Bound {
    /// Begins to accept.
    pub fn start(
        self,
        executor: &Arc<Executor<'static>>,
        context: Arc<ServerContext>,
    ) -> Accepting {
        let (held, alive) = channel::bounded(1);
        let (mut served, mut tasks) = (Vec::new(), Vec::new());
        for (listener, place) in self.0 {
            let (endpoint, context) = (place.endpoint.clone(), context.clone());
            let run = accept::run(executor.clone(), listener, endpoint, context, held.clone());
            tasks.push(executor.spawn(run));
            served.push(place);
        }
        Accepting { context, served, tasks, alive }
    }
}

impl Accepting {
    /// Where clients reach the actor.
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// Accepts no more, asks every client to leave, and waits until all have left. The actor has
    /// got the last event of each one then.
    pub async fn stop(self) {
        for task in self.tasks {
            task.cancel().await;
        }
        dismiss(&self.context).await;
        let _ = self.alive.recv().await;
    }
}

/// Asks every client to leave, some at a time. Until its turn comes a client is served.
async fn dismiss(context: &ServerContext) {
    let farewell = Shutdown::begin(Instant::now(), context.limits.get(|limits| limits.shutdown));
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
