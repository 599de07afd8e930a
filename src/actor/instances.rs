//! An actor's current instance, and when the next one may be made.

use std::{sync::Arc, time::Duration};

use log::Level;

use super::{
    backoff::Backoff, call_error::CallError, imports::Ambient, instance::Instance, meter::Meter,
    module::Module, watermark::Watermark,
};
use crate::{
    env::Env,
    exchange::{Connections, connections::Unavailable},
    limits::{CachedLimits, Limits, SharedLimits},
    stats::Stats,
    world::World,
};

/// The longest wait before the next try, after an instance could not be made.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// The longest wait before the next instance, if making one takes long and the last one trapped. It
/// is shorter: one client can make an actor trap that serves all others well.
const MAX_TRAP_WAIT: Duration = Duration::from_secs(1);

/// Makes an actor's instances, and keeps the current one between events.
pub struct Instances {
    /// What each instance is made of.
    module: Arc<Module>,
    /// What each new instance may use.
    limits: SharedLimits,
    /// The same, to be read at each event.
    cached_limits: CachedLimits,
    /// Whether each event gets a new instance.
    fresh: bool,
    /// Set after the module was exchanged, until one has committed an event.
    trial: Option<Trial>,
    /// The current instance. It is dropped after a failure, when the actor is idle, and when its
    /// memory has grown too far.
    present: Option<Box<Instance>>,
    /// Says when the present instance has grown too far.
    watermark: Watermark,
    /// How long to wait after no instance could be made.
    backoff: Backoff,
    /// How long to wait after a trap, if instances take long to make.
    trap_backoff: Backoff,
    stats: Arc<Stats>,
    ambient: Ambient,
}

/// What is kept while it is not known whether the new module works.
struct Trial {
    /// The module that committed the last event. `None` if that was in an earlier run, and no copy of
    /// it is there.
    last_good: Option<Arc<Module>>,
}

impl Instances {
    /// Starts without an instance.
    pub fn new(module: Module, limits: SharedLimits, stats: Arc<Stats>, ambient: Ambient) -> Self {
        say_loaded(&module, &ambient);
        Self {
            module: Arc::new(module),
            cached_limits: limits.cached(),
            limits,
            fresh: false,
            trial: None,
            present: None,
            watermark: Watermark::default(),
            backoff: Backoff::new(ambient.world.clone(), MAX_WAIT),
            // This wait saves processor time, which passes on the machine and not in the actor's
            // `World`.
            trap_backoff: Backoff::new(World::System, MAX_TRAP_WAIT),
            stats,
            ambient,
        }
    }

    /// The compiled module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Makes an instance, with the fuel and the time of an event of its own.
    ///
    /// # Errors
    /// See [`Instance::new`].
    pub async fn make(&self, meter: &mut Meter) -> Result<Box<Instance>, CallError> {
        meter.begin();
        let limits = self.limits.get(Limits::clone);
        Instance::new(&self.module, &limits, self.ambient.clone(), meter).await
    }

    /// Takes the instance out for a call, so that it is gone if the call fails. Makes one if there
    /// is none. If that fails, this function waits, and `connections` accepts nobody meanwhile.
    ///
    /// # Errors
    /// No instance could be made.
    pub async fn take(
        &mut self,
        meter: &mut Meter,
        connections: &Connections,
    ) -> Result<Box<Instance>, CallError> {
        if let Some(instance) = self.present.take() {
            return Ok(instance);
        }
        self.pause().await;
        let made = self.make(meter).await;
        if made.is_ok() {
            self.backoff.succeeded();
            return made;
        }
        // The client gets its answer after the wait only, so that no client can shorten it.
        let wait = self.backoff.failed();
        connections.set_unavailable(Some(Unavailable::Instance));
        self.ambient.lines.host(
            Level::Error,
            None,
            format_args!("can't be started; waits {wait:?}"),
        );
        if let Some(wait) = self.backoff.wait() {
            wait.await;
        }
        // Without any client there would be no event to bring about the next try, so clients may
        // connect again.
        connections.set_unavailable(None);
        made
    }

    /// Keeps the instance for the next event, unless its memory has grown too far.
    pub(crate) fn put_back(&mut self, instance: Box<Instance>) {
        if self.fresh {
            return;
        }
        // A new instance has its module's first memory again.
        let first = self.module.report().memory.map_or(0, |(minimum, _)| minimum);
        let limit = self.cached_limits.get(|limits| limits.watermark);
        let limit = limit.max(usize::try_from(first).unwrap_or(usize::MAX));
        if self.watermark.is_passed(instance.memory_size(), limit) {
            self.stats.watermarks.add(1);
        } else {
            self.present = Some(instance);
        }
    }

    /// Gives each event a new instance from now on, so that who relies on global variables notices.
    pub(crate) fn renew_at_each_event(&mut self) {
        self.fresh = true;
        self.present = None;
    }

    /// Keeps the first instance, however large it is.
    pub(crate) fn begin_with(&mut self, instance: Box<Instance>) {
        self.present = Some(instance);
    }

    /// Notes whether a call succeeded. If it failed and instances take long to make, the next one
    /// has to wait. Otherwise a client that makes the actor trap could use all of the processor.
    pub(crate) fn note_outcome(&mut self, succeeded: bool) {
        if succeeded {
            self.trap_backoff.succeeded();
        } else if self.module.is_slow() && !self.backoff.is_failing() {
            let wait = self.trap_backoff.failed();
            let text = format_args!("takes long to make anew after a failure; waits {wait:?}");
            self.ambient.lines.host(Level::Warn, None, text);
        }
    }

    /// Waits until another instance may be made, if the last one failed.
    pub(crate) async fn pause(&self) {
        if let Some(wait) = self.trap_backoff.wait() {
            wait.await;
        }
    }

    /// Gives all further instances another environment.
    pub(crate) fn set_env(&mut self, env: Env) {
        self.ambient.env = env;
        self.present = None;
    }

    /// Makes all further instances of another module. The one so far is kept until the other has
    /// committed an event.
    pub(crate) fn replace(&mut self, module: Module) {
        say_loaded(&module, &self.ambient);
        let old = std::mem::replace(&mut self.module, Arc::new(module));
        self.trial.get_or_insert(Trial { last_good: Some(old) });
        self.present = None;
        self.watermark = Watermark::default();
        self.backoff.succeeded();
        self.trap_backoff.succeeded();
    }

    /// Treats the next event as the first one. `last_good` has made what an earlier run has left.
    pub(crate) fn begin_trial(&mut self, last_good: Option<Box<Module>>) {
        let last_good = last_good.map(|module| Arc::new(*module));
        self.trial.get_or_insert(Trial { last_good });
    }

    /// Whether the next event is the first one of a new module.
    pub(crate) fn is_on_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// Keeps the module, and forgets the other one.
    pub(crate) fn confirm(&mut self) {
        self.trial = None;
    }

    /// Exchanges the module with the last good one. Returns false if there is none.
    pub(crate) fn exchange(&mut self) -> bool {
        let Some(other) = self.trial.as_mut().and_then(|trial| trial.last_good.as_mut()) else {
            return false;
        };
        std::mem::swap(&mut self.module, other);
        self.present = None;
        true
    }

    /// Whether there is an instance.
    pub(crate) fn is_present(&self) -> bool {
        self.present.is_some()
    }

    /// Drops the instance. The next event makes a new one.
    pub(crate) fn drop_present(&mut self) {
        self.present = None;
    }

    /// The size of the present instance's memory, in bytes.
    pub fn memory_size(&self) -> usize {
        self.present.as_ref().map_or(0, |instance| instance.memory_size())
    }
}

/// Logs what a module imports and must not call, and what a script's top level has logged.
fn say_loaded(module: &Module, ambient: &Ambient) {
    for line in module.script().map_or(&[][..], |script| script.log()) {
        ambient.lines.guest(None, format_args!("{line}"));
    }
    for line in module.report().traps() {
        ambient.lines.host(Level::Warn, None, format_args!("{line}"));
    }
}
