//! The listeners of one actor: opened, bound, accepting, stopped.

use std::{
    io::ErrorKind,
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
    named_folder::Forbidden,
    shutdown::{PAUSE, Shutdown},
    socket_activation::Inherited,
};

/// Listeners whose files are open. `check` stops here, and `run` goes on.
#[derive(Debug)]
pub struct Listeners(Vec<Served>);

/// An address of an actor, and what is served there.
#[derive(Clone, Debug)]
pub struct Served {
    /// The address. After binding it has the port that the system chose.
    pub address: SocketAddr,
    /// What clients get there.
    pub endpoint: Arc<Endpoint>,
}

/// Listeners that are bound. Clients wait in the kernel's queues.
#[derive(Debug)]
pub struct BoundListeners(Vec<(Async<TcpListener>, Served)>);

/// Listeners that accept clients.
pub struct Accepting {
    context: Arc<ServerContext>,
    /// For the lines that say where an actor listens.
    served: Vec<Served>,
    /// Cancelled at the stop, before connections are closed.
    tasks: Vec<Task<()>>,
    /// Closed when the last connection's task has ended.
    alive: Receiver<()>,
}

impl Listeners {
    /// Opens the files that the manifest names.
    ///
    /// # Errors
    /// All mistakes.
    pub fn open(config: &Config) -> Result<Self, Vec<EndpointError>> {
        let (mut opened, mut errors) = (Vec::new(), Vec::new());
        for listener in &config.listeners {
            let address = SocketAddr::new(listener.host, listener.port);
            match Endpoint::new(listener) {
                Ok(endpoint) => opened.push(Served { address, endpoint: Arc::new(endpoint) }),
                Err(mistakes) => errors.extend(mistakes),
            }
        }
        if errors.is_empty() { Ok(Self(opened)) } else { Err(errors) }
    }

    /// Sets what clients may not reach through a `static` folder from now on.
    pub(crate) fn keep_away_from(&self, forbidden: &Arc<Forbidden>) {
        let folders = self.0.iter().filter_map(|served| served.endpoint.files.as_ref());
        folders.for_each(|folder| folder.keep_away_from(forbidden));
    }

    /// Binds the addresses, or uses the sockets that the service manager has passed. `host`
    /// replaces the addresses of the manifest. `actor` and `manifest` are for messages.
    ///
    /// # Errors
    /// The host can't listen on an address.
    pub fn bind(
        self,
        (actor, manifest): (&str, &Path),
        host: Option<IpAddr>,
        inherited: &mut Inherited,
    ) -> Result<BoundListeners, EndpointError> {
        let bind = |Served { mut address, endpoint }| {
            address.set_ip(host.unwrap_or(address.ip()));
            let passed = inherited.take(address);
            if passed.is_none() && inherited.any() && address.port() != 0 {
                log::warn!(target: actor, "{address}: the service manager has passed other sockets, \
                    and none for this address, so the host listens there itself; in the .socket unit \
                    write ListenStream={address}, so that clients wait while the host restarts");
            }
            let bound = match passed {
                Some(listener) => Async::new(listener),
                None => Async::<TcpListener>::bind(address),
            };
            let bound = bound.and_then(|bound| Ok((bound.get_ref().local_addr()?, bound)));
            let (address, bound) = bound.map_err(|error| match inherited.misfit(address) {
                Some(misfit) if error.kind() == ErrorKind::AddrInUse => {
                    EndpointError::Inherited(misfit)
                }
                _ => EndpointError::Bind { manifest: manifest.to_owned(), address, error },
            })?;
            if let Err(error) = listen(&bound, i32::MAX) {
                log::warn!(target: actor, "{address}: clients that come at once may have \
                    to wait longer: the listener's queue could not be made longer: {error}");
            }
            Ok((bound, Served { address, endpoint }))
        };
        self.0.into_iter().map(bind).collect::<Result<_, _>>().map(BoundListeners)
    }
}

impl BoundListeners {
    /// Starts accepting.
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
    /// The addresses and endpoints.
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// Stops accepting, closes all connections, and waits until they have ended. The actor has then
    /// got the last event of each one.
    pub async fn stop(self) {
        for task in self.tasks {
            task.cancel().await;
        }
        dismiss(&self.context).await;
        let _ = self.alive.recv().await;
    }
}

/// Closes all connections in small groups. A client is served until its turn comes.
async fn dismiss(context: &ServerContext) {
    let farewell =
        Shutdown::begin(Instant::now(), context.actor.limits.get(|limits| limits.shutdown));
    let mut waiting = context.actor.connections.stop();
    loop {
        let batch = farewell.batch(waiting.len(), Instant::now());
        for session in waiting.split_off(waiting.len().saturating_sub(batch)) {
            session.close(CloseCode::GOING_AWAY, "the host is stopping");
        }
        if waiting.is_empty() {
            return;
        }
        log::debug!(target: &context.actor.name, "{batch} clients dismissed, {} left", waiting.len());
        Timer::after(PAUSE).await;
    }
}
