//! Handles one event: calls its handler, and commits the changes.

use super::{
    call_context::CallContext,
    dispatch::{Attempt, Called},
    ended::Handled,
    failure::Failure,
    instance::Instance,
    task::Actor,
};
use crate::exchange::Event;

impl Actor {
    /// Calls the handler of an event and commits its changes. Keeps the instance if the call ends
    /// without a fault.
    pub(super) async fn attempt(&mut self, event: &Event, how: Attempt<'_>) -> Handled {
        let meter = &mut self.context.meter;
        let made = match how {
            Attempt::Usual(connections) => self.instances.take(meter, connections).await,
            Attempt::Tried { .. } => {
                if let Some(durable) = &mut self.context.host.durable {
                    durable.set_module(self.instances.module().hash());
                }
                self.instances.make(meter).await
            }
        };
        let outcome = match made {
            Ok(instance) => self.call(event, instance, how).await?,
            Err(error) => Err(error.into()),
        };
        // Before the commit, which counts anew.
        self.stats.fuel.add(self.context.meter.spent());
        self.commit(outcome).await
    }

    /// Calls the handler of an event, after the migration if there is one.
    async fn call(
        &mut self,
        event: &Event,
        mut instance: Box<Instance>,
        how: Attempt<'_>,
    ) -> Result<Called, Failure> {
        instance.begin_for(event.source.connection());
        let migrated = match how {
            Attempt::Tried { migrates: true } => self.migrate(&mut instance).await?,
            _ => None,
        };
        let context = &mut self.context;
        context.meter.begin();
        let state = match &migrated {
            Some(migrated) => migrated.as_deref(),
            None => self.state.as_deref(),
        };
        let outcome = instance.handle(event, state, context).await;
        if outcome.is_ok() {
            self.instances.put_back(instance);
        }
        Ok(outcome)
    }

    /// Checks the result of a call and commits its changes: the state, the files, the alarm, the
    /// storage, and tags and attachments. None of them has reached a client yet.
    async fn commit(&mut self, outcome: Called) -> Handled {
        let reply = outcome.map_err(Failure::Call)?.map_err(Failure::Returned)?;
        let ending = reply.content.check()?;
        let CallContext { meter, host } = &mut self.context;
        let state = self.instances.module().present(reply.state);
        let committed = match host.commit_at_once(state, &mut self.state) {
            Ok(effects) => effects,
            // Boxed, because it is large, and its time goes to a disk or to many changes.
            Err(state) => Box::pin(host.commit(state, &mut self.state, meter))
                .await
                .map_err(Failure::Commit)?,
        };
        Ok((committed, ending))
    }
}
