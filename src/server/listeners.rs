//! The listeners of one actor: opened, bound, accepting, stopped.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Instant,
};

use rustix::net::listen;
use smol::{
    Executor, Task, Timer,
    channel::{self, Receiver},
};

use super::{
    accept,
    config::Config,
    context::ServerContext,
    endpoint::{Endpoint, EndpointError},
    live::Live,
    port_owner,
};
use crate::{
    exchange::CloseCode,
    named_folder::Forbidden,
    reactor::{Polled, Reactor},
    shutdown::{PAUSE, Shutdown},
    socket_activation::Inherited,
};

/// Listeners whose files are open, each with the number of further ports to try. `check` stops here,
/// and `run` goes on.
#[derive(Debug)]
pub struct Listeners(Vec<(Served, u16)>);

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
pub struct BoundListeners(Vec<(Polled<TcpListener>, Served)>);

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
                Ok(endpoint) => {
                    let served = Served { address, endpoint: Arc::new(endpoint) };
                    opened.push((served, listener.more_ports));
                }
                Err(mistakes) => errors.extend(mistakes),
            }
        }
        if errors.is_empty() { Ok(Self(opened)) } else { Err(errors) }
    }

    /// Sets what clients may not reach through a `static` folder from now on.
    pub(crate) fn keep_away_from(&self, forbidden: &Arc<Forbidden>) {
        let folders = self.0.iter().filter_map(|(served, _)| served.endpoint.files.as_ref());
        folders.for_each(|folder| folder.keep_away_from(forbidden));
    }

    /// Lets open pages load anew by this channel.
    pub(crate) fn make_live(&self, live: &Arc<Live>) {
        for (served, _) in &self.0 {
            let _ = served.endpoint.live.set(live.clone());
        }
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
        reactor: &Arc<Reactor>,
    ) -> Result<BoundListeners, EndpointError> {
        let open = |(Served { mut address, endpoint }, more_ports)| {
            address.set_ip(host.unwrap_or(address.ip()));
            let passed = inherited.take(address);
            if passed.is_none() && inherited.any() && address.port() != 0 {
                log::warn!(target: actor, "{address}: the service manager has passed other sockets, \
                    and none for this address, so the host listens there itself; in the .socket unit \
                    write ListenStream={address}, so that clients wait while the host restarts");
            }
            let bound = match passed {
                Some(listener) => Ok(listener),
                None => bind(address, more_ports),
            };
            let bound = bound.and_then(|bound| Polled::new(reactor, bound));
            let bound = bound.and_then(|bound| Ok((bound.get_ref().local_addr()?, bound)));
            let (address, bound) = bound.map_err(|error| {
                let is_taken = error.kind() == io::ErrorKind::AddrInUse;
                if let Some(misfit) = inherited.misfit(address).filter(|_| is_taken) {
                    return EndpointError::Inherited(misfit);
                }
                let manifest = manifest.to_owned();
                let owner = is_taken.then(|| port_owner::owner(address)).flatten();
                EndpointError::Bind { manifest, address, error, owner }
            })?;
            if let Err(error) = listen(bound.get_ref(), i32::MAX) {
                log::warn!(target: actor, "{address}: clients that come at once may have \
                    to wait longer: the listener's queue could not be made longer: {error}");
            }
            Ok((bound, Served { address, endpoint }))
        };
        self.0.into_iter().map(open).collect::<Result<_, _>>().map(BoundListeners)
    }
}

/// Binds an address, or the same one with the first free one of `more` next ports.
fn bind(mut address: SocketAddr, mut more: u16) -> io::Result<TcpListener> {
    loop {
        let bound = TcpListener::bind(address);
        let is_taken = bound.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse);
        let Some(next) = address.port().checked_add(1).filter(|_| is_taken && more > 0) else {
            return bound;
        };
        address.set_port(next);
        more -= 1;
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
