//! A manifest's handlers through all steps of their life. Each step is a match over the types of
//! handlers. The work itself is in the folder of each handler.

use std::{fmt, sync::Arc};

use smol::{Executor, channel::Receiver};

use super::environment::Environment;
use crate::{
    actor::Setup,
    exchange::{ActorHandle, Directory, Mailbox},
    files::{Files, FolderError, Folders},
    http_client::{self, Http},
    manifest::{Handler, Manifest},
    messages::{self, Messages},
    mqtt::{self, Broker, BrokerError, Drivers, Mqtt, OpenedBroker},
    named_folder::Forbidden,
    server::{self, EndpointError, Listeners, Served, ServerContext},
};

/// Handlers of one type whose files and folders are open. `check` stops here, and `run` goes on.
pub enum Opened {
    /// The listeners that clients connect to.
    WebSocketServer(Listeners),
    /// The folders whose files the actor may use.
    Filesystem(Arc<Folders>),
    /// The servers that the actor may ask.
    HttpClient(http_client::Config),
    /// The actors that the actor may send to.
    MessageServer(messages::Config),
    /// The brokers that the actor uses.
    Mqtt(mqtt::Config, Vec<OpenedBroker>),
}

/// Handlers that have everything they need, so that starting them can't fail.
pub enum Bound {
    /// Bound listeners. Clients can connect and then wait.
    WebSocketServer(server::BoundListeners),
    /// The folders whose files the actor may use.
    Filesystem(Arc<Folders>),
    /// The servers that the actor may ask.
    HttpClient(http_client::Config),
    /// The actors that the actor may send to.
    MessageServer(messages::Config),
    /// The brokers that the actor uses, and what it shares with them once it is equipped.
    Mqtt(mqtt::Config, Vec<OpenedBroker>, Vec<Arc<Broker>>),
}

/// Handlers that run beside their actor.
pub enum Running {
    /// Listeners that accept clients.
    WebSocketServer(server::Accepting),
    /// Connections with brokers.
    Mqtt(Drivers),
}

/// Why a handler can't be used. It is the operator's fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandlerError {
    /// A listener can't be served.
    WebSocketServer(EndpointError),
    /// A folder can't be shared.
    Filesystem(FolderError),
    /// A broker can't be used.
    Mqtt(BrokerError),
}

impl Opened {
    /// Opens the files and folders that these handlers of an actor name. Nothing is bound, written or
    /// run.
    ///
    /// # Errors
    /// All mistakes.
    pub fn new(handler: &Handler, actor: &str) -> Result<Self, Vec<HandlerError>> {
        match handler {
            Handler::WebSocketServer(config) => Listeners::open(config)
                .map(Self::WebSocketServer)
                .map_err(|errors| errors.into_iter().map(HandlerError::WebSocketServer).collect()),
            Handler::Filesystem(config) => Folders::open(&config.folders)
                .map(|folders| Self::Filesystem(Arc::new(folders)))
                .map_err(|errors| errors.into_iter().map(HandlerError::Filesystem).collect()),
            // A server need not be there yet, and its name may lead elsewhere later.
            Handler::HttpClient(config) => Ok(Self::HttpClient(config.clone())),
            // Actors come and go.
            Handler::MessageServer(config) => Ok(Self::MessageServer(config.clone())),
            // A broker need not be there yet.
            Handler::Mqtt(config) => OpenedBroker::open_all(config, actor)
                .map(|opened| Self::Mqtt(config.clone(), opened))
                .map_err(|errors| errors.into_iter().map(HandlerError::Mqtt).collect()),
        }
    }

    /// Sets what nobody may reach through the folders of these handlers from now on.
    pub(crate) fn keep_away_from(&self, forbidden: &Arc<Forbidden>) {
        match self {
            Self::WebSocketServer(listeners) => listeners.keep_away_from(forbidden),
            Self::Filesystem(folders) => folders.keep_away_from(forbidden),
            Self::HttpClient(_) | Self::MessageServer(_) | Self::Mqtt(..) => {}
        }
    }

    /// The files that these handlers grant to an actor that runs already.
    pub(super) fn files(&self, actor: &ActorHandle) -> Option<Files> {
        let Self::Filesystem(folders) = self else { return None };
        let (stats, lines) = (actor.stats.clone(), actor.lines.clone());
        Some(Files::new(&actor.name, folders.clone(), actor.limits.clone(), stats, lines))
    }

    /// The actors that these handlers let an actor send to that runs already.
    pub(super) fn messages(
        &self,
        actor: &ActorHandle,
        directory: &Arc<Directory>,
    ) -> Option<Messages> {
        let Self::MessageServer(config) = self else { return None };
        let (stats, lines) = (actor.stats.clone(), actor.lines.clone());
        let (name, limits) = (actor.name.clone(), actor.limits.clone());
        Some(Messages::new(name, config.clone(), directory.clone(), limits, stats, lines))
    }

    /// Takes what only one process can have, such as an address.
    ///
    /// # Errors
    /// The first mistake.
    pub fn bind(
        self,
        manifest: &Manifest,
        environment: &mut Environment,
    ) -> Result<Bound, HandlerError> {
        match self {
            Self::WebSocketServer(listeners) => {
                environment.live.iter().for_each(|live| listeners.make_live(live));
                let of = (&*manifest.name, &*manifest.file);
                let Environment { bind, inherited, reactor, .. } = environment;
                let bound = listeners.bind(of, *bind, inherited, reactor);
                bound.map(Bound::WebSocketServer).map_err(HandlerError::WebSocketServer)
            }
            Self::Filesystem(folders) => Ok(Bound::Filesystem(folders)),
            Self::HttpClient(config) => Ok(Bound::HttpClient(config)),
            Self::MessageServer(config) => Ok(Bound::MessageServer(config)),
            Self::Mqtt(config, opened) => Ok(Bound::Mqtt(config, opened, Vec::new())),
        }
    }
}

impl Bound {
    /// Gives the actor what these handlers grant, before it starts.
    pub(crate) fn equip(
        &mut self,
        setup: &mut Setup,
        executor: &Arc<Executor<'static>>,
        directory: &Arc<Directory>,
        mailbox: &Arc<Mailbox>,
    ) {
        match self {
            Self::WebSocketServer(_) => {}
            Self::Filesystem(folders) => {
                let (stats, lines) = (setup.stats.clone(), setup.lines.clone());
                let files =
                    Files::new(&setup.name, folders.clone(), setup.limits.clone(), stats, lines);
                setup.files = Some(files);
            }
            Self::HttpClient(config) => {
                let (stats, lines) = (setup.stats.clone(), setup.lines.clone());
                let (executor, limits) = (executor.clone(), setup.limits.clone());
                setup.http = Http::new(config, executor, limits, stats, lines);
            }
            Self::MessageServer(config) => {
                let (stats, lines) = (setup.stats.clone(), setup.lines.clone());
                let (name, limits) = (setup.name.clone(), setup.limits.clone());
                let (config, directory) = (config.clone(), directory.clone());
                let messages = Messages::new(name, config, directory, limits, stats, lines);
                setup.messages = Some(messages);
            }
            Self::Mqtt(config, _, brokers) => {
                let (stats, lines) = (setup.stats.clone(), setup.lines.clone());
                let (world, limits) = (setup.world.clone(), setup.limits.clone());
                setup.mqtt = Mqtt::new(config, mailbox, world, limits, stats, lines);
                let mqtt = setup.mqtt.iter();
                *brokers = mqtt.flat_map(|mqtt| mqtt.brokers().to_vec()).collect();
            }
        }
    }

    /// Starts the handlers. The actor must be running. `stopping` ends when the host stops. Returns
    /// `None` if there is nothing to stop later.
    pub fn start(
        self,
        executor: &Arc<Executor<'static>>,
        actor: &Arc<ActorHandle>,
        environment: &Environment,
        stopping: &Receiver<()>,
    ) -> Option<Running> {
        match self {
            Self::WebSocketServer(bound) => {
                let (world, turns) = (environment.world.clone(), environment.turns.clone());
                let context = ServerContext::new(actor.clone(), world, turns, stopping.clone());
                let accepting = bound.start(executor, Arc::new(context));
                Some(Running::WebSocketServer(accepting))
            }
            Self::Filesystem(_) | Self::HttpClient(_) | Self::MessageServer(_) => None,
            Self::Mqtt(_, opened, brokers) => {
                let brokers = opened.into_iter().zip(brokers);
                Drivers::start(executor, actor, &environment.turns, brokers).map(Running::Mqtt)
            }
        }
    }
}

impl Running {
    /// The addresses and endpoints of these handlers.
    pub fn served(&self) -> &[Served] {
        match self {
            Self::WebSocketServer(accepting) => accepting.served(),
            Self::Mqtt(_) => &[],
        }
    }

    /// Stops the handlers. The actor has then got their last event. Returns what remains for what the
    /// actor does until it has ended.
    pub async fn stop(self) -> Option<Drivers> {
        match self {
            Self::WebSocketServer(accepting) => {
                accepting.stop().await;
                None
            }
            Self::Mqtt(drivers) => {
                drivers.stop();
                Some(drivers)
            }
        }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocketServer(error) => error.fmt(f),
            Self::Filesystem(error) => error.fmt(f),
            Self::Mqtt(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HandlerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::WebSocketServer(error) => error.source(),
            Self::Filesystem(error) => error.source(),
            Self::Mqtt(error) => error.source(),
        }
    }
}
