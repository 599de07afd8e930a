//! What an actor gets anew while it runs: another module, other files, another tick.
//!
//! A change waits in the actor's [`ChangeSlot`] until the actor is between two events.
//! [`Command::Change`](crate::exchange::Command::Change) tells the actor to look there, so that an
//! event costs nothing for it.

use std::time::Duration;

use smol::channel::Sender;

use super::{module::Module, module_hash::ModuleHash};
use crate::{env::Env, files::Files, lock::Lock};

/// What an actor gets anew. Its instance is dropped in any case, because an instance keeps some of the
/// limits that it was made with.
pub struct Change {
    /// Another module. `None` keeps the one that runs.
    pub module: Option<Module>,
    /// Other files, or none any more.
    pub files: Option<Option<Files>>,
    /// Another period of the tick, or none any more.
    pub tick: Option<Option<Duration>>,
    /// Another environment.
    pub env: Option<Env>,
    /// Dropped when the change is made, which tells those who wait for that.
    pub done: Sender<()>,
}

/// Where a change waits for its actor.
#[derive(Default)]
pub struct ChangeSlot(Lock<Inner>);

/// What the lock protects.
#[derive(Default)]
struct Inner {
    /// The change that waits.
    change: Option<Change>,
    /// Says which module runs. A module that was given back is not the one that was put here last.
    running: Option<ModuleHash>,
    /// The module that ran before, until the one that runs has committed an event.
    before: Option<ModuleHash>,
}

impl ChangeSlot {
    /// Leaves a change for the actor. What an earlier change has that this one lacks is made too.
    pub fn put(&self, change: Change) {
        let mut inner = self.0.lock();
        let earlier = inner.change.take();
        let mut change = change;
        if let Some(earlier) = earlier {
            change.module = change.module.or(earlier.module);
            change.files = change.files.or(earlier.files);
            change.tick = change.tick.or(earlier.tick);
            change.env = change.env.or(earlier.env);
        }
        inner.change = Some(change);
    }

    /// Whether the actor runs this module.
    pub fn runs(&self, module: &Module) -> bool {
        self.0.lock().running == Some(module.hash())
    }

    /// The modules whose work the store may have next.
    pub fn modules(&self) -> impl Iterator<Item = ModuleHash> {
        let inner = self.0.lock();
        inner.running.into_iter().chain(inner.before)
    }

    /// Notes which module runs.
    pub(super) fn set_running(&self, module: &Module) {
        let mut inner = self.0.lock();
        let before = inner.running.replace(module.hash());
        inner.before = inner.before.or(before);
    }

    /// Notes that the module that runs has committed an event.
    pub(super) fn set_good(&self) {
        self.0.lock().before = None;
    }

    /// Takes the change that waits.
    pub(super) fn take(&self) -> Option<Change> {
        self.0.lock().change.take()
    }
}
