//! A manifest's handlers, from the files that they name to their end. Each step is a match over the
//! types that there are; what it does is in the handler's own folder.

use std::{fmt, sync::Arc};

use smol::{Executor, channel::Receiver};

use super::environment::Environment;
use crate::{
    actor::Setup,
    exchange::ActorHandle,
    files::{Files, FolderError, Folders},
    manifest::{Handler, Manifest},
    server::{self, EndpointError, Listeners, Served, ServerContext},
};

/// Handlers of one type whose files and folders are open: what `check` tries, and `run` goes on
/// with.
pub enum Opened {
    /// Where clients reach the actor.
    WebSocketServer(Listeners),
    /// What files the actor may use.
    Filesystem(Arc<Folders>),
}

/// Handlers that have everything which could keep the host from starting.
pub enum Bound {
    /// Where clients reach the actor, and wait.
    WebSocketServer(server::Bound),
    /// What files the actor may use.
    Filesystem(Arc<Folders>),
}

/// Handlers that run beside their actor.
pub enum Running {
    /// Where clients reach the actor.
    WebSocketServer(server::Accepting),
}

/// Why a handler can't be used. The operator's fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandlerError {
    /// A listener can't be served.
    WebSocketServer(EndpointError),
    /// A folder can't be shared.
    Filesystem(FolderError),
}

impl Opened {
    /// Opens what these handlers name. Nothing is bound, written or run.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn new(handler: &Handler) -> Result<Self, Vec<HandlerError>> {
        match handler {
            Handler::WebSocketServer(config) => Listeners::open(config)
                .map(Self::WebSocketServer)
                .map_err(|errors| errors.into_iter().map(HandlerError::WebSocketServer).collect()),
            Handler::Filesystem(config) => Folders::open(&config.folders)
                .map(|folders| Self::Filesystem(Arc::new(folders)))
                .map_err(|error| vec![HandlerError::Filesystem(error)]),
        }
    }

    /// Takes what one process alone can have.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn bind(
        self,
        manifest: &Manifest,
        environment: &mut Environment,
    ) -> Result<Bound, HandlerError> {
        match self {
            Self::WebSocketServer(listeners) => {
                let of = (&*manifest.name, &*manifest.file);
                let bound = listeners.bind(of, environment.bind, &mut environment.inherited);
                bound.map(Bound::WebSocketServer).map_err(HandlerError::WebSocketServer)
            }
            Self::Filesystem(folders) => Ok(Bound::Filesystem(folders)),
        }
    }
}

impl Bound {
    /// Gives the actor what these handlers grant it, before it starts.
    pub fn equip(&self, setup: &mut Setup) {
        match self {
            Self::WebSocketServer(_) => {}
            Self::Filesystem(folders) => {
                let (stats, lines) = (setup.stats.clone(), setup.lines.clone());
                let files =
                    Files::new(&setup.name, folders.clone(), setup.limits.clone(), stats, lines);
                setup.files = Some(files);
            }
        }
    }

    /// Lets events come to the actor, which runs. `stopping` ends when the host stops. `None` if
    /// there is nothing to stop later.
    pub fn start(
        self,
        executor: &Arc<Executor<'static>>,
        actor: &ActorHandle,
        environment: &Environment,
        stopping: &Receiver<()>,
    ) -> Option<Running> {
        match self {
            Self::WebSocketServer(bound) => {
                let (world, turns) = (environment.world.clone(), environment.turns.clone());
                let context = ServerContext::new(actor, world, turns, stopping.clone());
                let accepting = bound.start(executor, Arc::new(context));
                Some(Running::WebSocketServer(accepting))
            }
            Self::Filesystem(_) => None,
        }
    }
}

impl Running {
    /// Where clients reach the actor through these handlers.
    pub fn served(&self) -> &[Served] {
        match self {
            Self::WebSocketServer(accepting) => accepting.served(),
        }
    }

    /// Ends all that events come from. The actor has got the last of them then.
    pub async fn stop(self) {
        match self {
            Self::WebSocketServer(accepting) => accepting.stop().await,
        }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocketServer(error) => error.fmt(f),
            Self::Filesystem(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HandlerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::WebSocketServer(error) => error.source(),
            Self::Filesystem(error) => error.source(),
        }
    }
}
