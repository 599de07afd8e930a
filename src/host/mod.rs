//! Actors with their handlers, from start to shutdown.
//!
//! - [`build_command`]: the command that builds a module that is missing.
//! - [`opened`]: opens all files that a manifest names, for `run` and for `check`.
//! - [`exports`]: whether handlers and exports fit.
//! - [`handler`]: the steps of a handler's life: opened, bound, started, stopped.
//! - [`actor`]: one actor with its handlers.
//! - [`environment`]: what no manifest names.
//! - [`data`]: the folder for state, and which folders must keep away from it.
//! - [`kept_modules`]: copies of the modules that have made what is stored.
//! - [`secrets`]: the files with secrets.
//! - [`start_lines`]: what the log says at start.
//! - [`reload`]: reads the manifests anew while the host runs; [`restart`] says what it can't change.
//! - [`listening`]: where an actor listens.
//! - [`error`]: why a host could not be started.

mod actor;
mod build_command;
mod changed;
mod conflicts;
mod data;
mod environment;
mod error;
mod exports;
mod handler;
mod kept_modules;
mod listening;
mod opened;
mod reload;
mod restart;
mod secrets;
mod start_lines;

use std::{future::Future, pin::Pin, sync::Arc};

use footlight_store::Store;
use smol::{
    Executor, Task,
    channel::{self, Receiver, Sender},
};

use actor::{Prepared, Running};
use kept_modules::KeptModules;

use crate::{
    exchange::{ActorHandle, Directory},
    fd_limit,
    limits::Limits,
    lock::Lock,
    manifest::Manifest,
    named_folder::Forbidden,
    stats::Stats,
};

pub(crate) use conflicts::conflicts;
pub use data::DataError;
pub use environment::Environment;
pub use error::HostError;
pub use exports::MissingExport;
pub(crate) use exports::unused;
pub use handler::HandlerError;
pub use listening::Listening;
pub use opened::{NotOpened, Opened};
pub use reload::Reloaded;
pub(crate) use start_lines::unknown_receivers;

/// A host whose listeners are open.
pub struct Host {
    /// Those that could be started. One whose `init` failed is left out.
    actors: Vec<Running>,
    /// The handles of the same actors, by name.
    directory: Arc<Directory>,
    /// Where they store their state, if anywhere.
    store: Option<Store>,
    /// Runs their tasks, and the stops at the end.
    executor: Arc<Executor<'static>>,
    /// Dropped when the host stops, which ends handshakes.
    running: Sender<()>,
    /// The other end, for actors that are added.
    stopping: Receiver<()>,
    /// What no manifest names, for a reload.
    environment: Environment,
    /// What nobody may reach through a folder.
    forbidden: Arc<Forbidden>,
    /// The block of numbers for connections that an added actor without a store begins with.
    first: u64,
    /// Actors that a reload has removed, until they have ended.
    ending: Vec<Task<()>>,
}

impl Host {
    /// Loads and starts every actor and binds every listener. If the process may open too few files
    /// for `limits.connections`, the actors get fewer connections, with a warning.
    ///
    /// If an actor's `init` fails, the host logs an error and goes on without it, as long as
    /// another actor could be started. Every other mistake prevents the start.
    ///
    /// # Errors
    /// See [`HostError`].
    // Boxed here: what this future is made of would be compiled once more in each crate that polls it.
    pub fn start<'a>(
        executor: &'a Arc<Executor<'static>>,
        manifests: Vec<Manifest>,
        environment: Environment,
    ) -> Pin<Box<dyn Future<Output = Result<Self, HostError>> + 'a>> {
        Box::pin(Self::start_all(executor, manifests, environment))
    }

    /// Does what [`start`](Self::start) says.
    async fn start_all(
        executor: &Arc<Executor<'static>>,
        manifests: Vec<Manifest>,
        mut environment: Environment,
    ) -> Result<Self, HostError> {
        refuse_same(&manifests)?;
        data::check(&manifests, environment.data.as_deref()).map_err(several)?;
        let limits = fit_limits(environment.descriptors, &manifests)?;
        // Open everything before the first listener is bound, so that all mistakes are reported at
        // once.
        let mut opened = open(&manifests)?;
        let (store, first, place) = match environment.data.clone() {
            Some(folder) => {
                let opened = data::open(folder, &manifests).await;
                let (store, first, place) = opened.map_err(HostError::Data)?;
                (Some(store), first, Some(place))
            }
            None => (None, 0, None),
        };
        let secrets = Lock::new(secrets::secrets(manifests.iter()));
        let forbidden = Arc::new(Forbidden { store: place, secrets });
        if let Some((store, data)) = store.as_ref().zip(environment.data.as_deref()) {
            let kept = KeptModules::new(data, store);
            kept.clear(opened.iter().map(|one| one.module.hash()));
            let each = manifests.iter().zip(&mut opened);
            each.for_each(|(manifest, opened)| kept.prepare(manifest, opened));
        }
        let handlers = opened.iter().flat_map(|one| &one.handlers);
        handlers.for_each(|handler| handler.keep_away_from(&forbidden));
        let handle = |(manifest, limits)| handle(manifest, limits, store.clone(), first);
        start_lines::log(&manifests, &limits, environment.data.as_deref());
        if let Some(store) = &store {
            start_lines::log_store(&manifests, store);
        }
        let handles: Vec<_> = manifests.iter().zip(limits).map(handle).collect();
        let prepared = bind(manifests, &handles, opened, &mut environment)?;
        let directory = Arc::new(Directory::new(handles));
        let (running, stopping) = channel::bounded(1);
        let (mut actors, mut failed) = (Vec::new(), Vec::new());
        for prepared in prepared {
            let name = prepared.handle.name.clone();
            match prepared.start(executor, &environment, &directory, &stopping).await {
                Ok(running) => actors.push(running),
                Err(error) => {
                    log::error!(target: &name, "left out: {error}");
                    directory.remove(&name);
                    failed.push((name, error));
                }
            }
        }
        if actors.is_empty() {
            return Err(HostError::Start(failed));
        }
        let (executor, ending) = (executor.clone(), Vec::new());
        Ok(Self {
            actors,
            directory,
            store,
            executor,
            running,
            stopping,
            environment,
            forbidden,
            first,
            ending,
        })
    }

    /// The addresses that the actors listen on.
    pub fn listening(&self) -> Vec<Listening> {
        let mut all = Vec::new();
        self.actors.iter().for_each(|running| running.add_listening(&mut all));
        all
    }

    /// The number of actors that could be started.
    pub fn actors(&self) -> usize {
        self.actors.len()
    }

    /// The counters of the actor with this name.
    pub fn stats(&self, actor: &str) -> Option<Arc<Stats>> {
        self.directory.get(actor).map(|actor| actor.stats.clone())
    }

    /// Serves until `shutdown` is ready. Then stops accepting, closes every connection with 1001,
    /// lets the actors handle the last events, and returns. That takes at most the longest
    /// `limits.shutdown` of the actors.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        let Self { executor, actors, running, store, ending, .. } = self;
        drop(running);
        // Begin all stops before waiting for one, so that no actor delays another.
        let stops: Vec<_> = actors.into_iter().map(|running| running.stop(&executor)).collect();
        for stop in stops.into_iter().chain(ending) {
            stop.await;
        }
        if let Some(store) = store
            && let Err(error) = smol::unblock(move || store.close()).await
        {
            log::error!(target: "footlight", "the last changes are not stored: {error}");
        }
    }
}

/// Binds the handlers of all actors, and uses all listeners that the service manager has passed.
fn bind(
    manifests: Vec<Manifest>,
    handles: &[Arc<ActorHandle>],
    opened: Vec<Opened>,
    environment: &mut Environment,
) -> Result<Vec<Prepared>, HostError> {
    let mut prepared = Vec::new();
    let manifests: Vec<_> = manifests.into_iter().map(Arc::new).collect();
    for (index, ((manifest, handle), opened)) in
        manifests.iter().zip(handles).zip(opened).enumerate()
    {
        let earlier = manifests.get(..index).unwrap_or_default();
        let bound = Prepared::new(manifest.clone(), handle.clone(), opened, environment);
        let named = bound.map_err(|error| conflicts::name_actor(error, earlier, environment.bind));
        prepared.push(named?);
    }
    environment.inherited.all_taken().map_err(HostError::Inherited)?;
    Ok(prepared)
}

/// The handle of an actor that has not started yet.
fn handle(
    manifest: &Manifest,
    limits: Limits,
    store: Option<Store>,
    first: u64,
) -> Arc<ActorHandle> {
    let handle = ActorHandle::with_store(manifest.name.as_str().into(), limits, store, first);
    if manifest.is_inspected() {
        handle.lines.inspect();
    }
    Arc::new(handle)
}

/// All mistakes of the data folder.
fn several(mistakes: Vec<DataError>) -> HostError {
    HostError::Several(mistakes.into_iter().map(HostError::Data).collect())
}

/// Refuses manifests with the same name, or with the same client of a broker.
fn refuse_same(manifests: &[Manifest]) -> Result<(), HostError> {
    let same = |(index, manifest)| {
        let earlier = manifests.get(..index)?;
        conflicts::same(manifest, earlier).next()
    };
    manifests.iter().enumerate().find_map(same).map_or(Ok(()), Err)
}

/// Each actor's limits, with fewer connections if there are too few file descriptors.
fn fit_limits(descriptors: Option<u64>, manifests: &[Manifest]) -> Result<Vec<Limits>, HostError> {
    let wanted = manifests.iter().map(|manifest| {
        let handlers = manifest.handlers.iter();
        let handlers = handlers.map(|handler| handler.descriptors(&manifest.limits));
        (&manifest.limits, handlers.sum())
    });
    let plan = fd_limit::plan(descriptors, wanted).map_err(HostError::Descriptors)?;
    if let Some(shortage) = plan.shortage {
        log::warn!(target: "footlight", "{shortage}");
    }
    let each = manifests.iter().zip(plan.bounds);
    Ok(each.map(|(manifest, bounds)| bounds.within(&manifest.limits)).collect())
}

/// Opens everything that the manifests name.
fn open(manifests: &[Manifest]) -> Result<Vec<Opened>, HostError> {
    let (mut opened, mut failures) = (Vec::new(), Vec::new());
    for manifest in manifests {
        match Opened::new(manifest) {
            Ok(all) => opened.push(all),
            Err(NotOpened { errors, .. }) => failures.extend(errors),
        }
    }
    if failures.is_empty() { Ok(opened) } else { Err(HostError::Several(failures)) }
}
