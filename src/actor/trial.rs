//! The exchange of an actor's module, and the first event after it.
//!
//! The new module first migrates the state, if it exports `migrate`. The migration and the event are
//! one transaction. If that fails, the old module gets the event, with the old state. If the old one
//! succeeds, it stays. If it fails too, the event is the cause and says nothing about the new module,
//! so the new one stays, and the next event is its first one.

use log::Level;

use super::{
    change::Change, dispatch::Attempt, durable::Durable, ended::Handled, failure::Failure,
    instance::Instance, module::Module, task::Actor,
};
use crate::exchange::Event;

impl Actor {
    /// Makes the change that was left for the actor. No event is running.
    pub(super) fn change(&mut self) {
        let Some(Change { module, files, tick, env, done }) = self.changes.take() else { return };
        self.instances.drop_present();
        if let Some(module) = module {
            self.changes.set_running(&module);
            self.instances.replace(module);
        }
        if let Some(files) = files {
            self.context.host.set_files(files);
        }
        if let Some(tick) = tick {
            self.context.host.alarm.set_tick(tick);
        }
        if let Some(env) = env {
            self.context.host.env = env.clone();
            self.instances.set_env(env);
        }
        self.measure();
        drop(done);
    }

    /// Handles an event while it is not known whether the new module works. The caller has begun the
    /// event, and rolls it back if it failed.
    pub(super) async fn try_event(&mut self, event: &Event) -> Handled {
        self.instances.pause().await;
        let failure = match self.attempt(event, Attempt::Tried { migrates: true }).await {
            Ok(committed) => {
                self.instances.confirm();
                self.changes.set_good();
                let text = format_args!("the new module has handled its first event");
                self.lines.host(Level::Info, None, text);
                return Ok(committed);
            }
            Err(failure) => failure,
        };
        // A file that can't be written is no fault of the module.
        if matches!(failure, Failure::Commit(_)) || !self.instances.exchange() {
            return Err(failure);
        }
        self.context.host.roll_back(&mut self.context.meter).await;
        self.context.host.begin_call(event);
        match self.attempt(event, Attempt::Tried { migrates: false }).await {
            Ok(committed) => {
                self.instances.confirm();
                self.changes.set_running(self.instances.module());
                self.changes.set_good();
                self.stats.rollbacks.add(1);
                let kind = event.kind.name();
                let text = format_args!(
                    "the new module is given back: it failed at its first event ({kind}), which the \
                     old one has handled; the old one stays, with its state: {failure}"
                );
                self.lines.host(Level::Error, event.source.connection(), text);
                Ok(committed)
            }
            Err(_) => {
                self.instances.exchange();
                Err(failure)
            }
        }
    }

    /// Tries the module at the next event if another one has stored the state: in an earlier run, or
    /// before a record failed. `last_good` is that one, if it is still there.
    pub(super) fn try_if_foreign(&mut self, last_good: Option<Box<Module>>) {
        let durable = self.context.host.durable.as_ref();
        let migrates = self.instances.module().report().migrates;
        if durable.is_some_and(Durable::is_foreign) && (migrates || last_good.is_some()) {
            self.instances.begin_trial(last_good);
            let what = if migrates { "; it is migrated" } else { "" };
            let text = format_args!("another module has stored the state{what}");
            self.lines.host(Level::Info, None, text);
        }
    }

    /// Migrates the state. Returns the new one, or `None` if the module does not export `migrate`.
    pub(super) async fn migrate(
        &mut self,
        instance: &mut Instance,
    ) -> Result<Option<Option<Vec<u8>>>, Failure> {
        let context = &mut self.context;
        context.meter.begin();
        let migrated = instance.migrate(self.state.as_deref(), context).await;
        self.stats.fuel.add(self.context.meter.spent());
        let migrated = migrated.map_err(|error| Failure::Call(instance.explain(error)))?;
        migrated.map_err(|error| Failure::Returned(format!("`migrate`: {error}")))
    }
}
