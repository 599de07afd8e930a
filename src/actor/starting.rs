//! The start of an actor: its first instance, and its first state or the one that is stored.

use std::sync::Arc;

use footlight_store::Contents;
use log::Level;
use wit_core::InitForm;

use super::{
    call_context::{CallContext, Resources},
    effects::Effect,
    failure::StartError,
    feed::Feed,
    idle::Idle,
    imports::Ambient,
    instances::Instances,
    outgoing::Outgoing,
    setup::Setup,
    task::Actor,
};
use crate::exchange::{Delivery, Takes};

impl Actor {
    /// Makes the first instance and the first state. An actor that has something stored goes on from
    /// that. Otherwise, an `init` that takes a state gets the content of `init_state`. For the others
    /// the state is `init_state`, else the result of `init`, else empty.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        Self::start_from(setup, None).await
    }

    /// The same. An actor that is given `contents` goes on from these, as if they had been stored.
    pub(crate) async fn start_from(
        setup: Setup,
        contents: Option<Contents>,
    ) -> Result<Self, StartError> {
        let Setup {
            name,
            module,
            limits,
            init_state,
            tick,
            files,
            http,
            messages,
            mqtt,
            last_good,
            store,
            world,
            turns,
            stats,
            lines,
            env,
        } = setup;
        let mut ambient = Ambient::new(lines.clone(), world.clone());
        ambient.env = env.clone();
        let mut actor = Self {
            state: None,
            instances: Instances::new(module, limits.clone(), stats.clone(), ambient),
            outgoing: Outgoing::new(Delivery::new(stats.clone(), lines.clone()), stats.clone()),
            limits: limits.clone(),
            last: Feed::Mailbox,
            idle: Idle::new(world.clone(), limits.clone()),
            changes: Arc::default(),
            taken: Takes::default(),
            context: CallContext::new(
                limits,
                Resources { world, tick, files, http, messages, mqtt, turns, stats: stats.clone() },
            ),
            stats,
            lines,
        };
        let hash = actor.instances.module().hash();
        let host = &mut actor.context.host;
        host.env = env;
        let restored = match contents {
            Some(contents) => Some(host.go_on_from(contents)),
            None => store.and_then(|(owner, gate)| host.restore(owner, gate, hash)),
        };
        let context = &mut actor.context;
        let made = actor.instances.make(&mut context.meter).await;
        let mut instance = made.map_err(|error| StartError::Call(error.into()))?;
        if let Some(state) = restored {
            actor.state = state;
            actor.try_if_foreign(last_good);
        } else {
            let bare = actor.instances.module().report().init == Some(InitForm::Bare);
            let new = if init_state.is_some() && bare {
                init_state
            } else {
                context.meter.begin();
                let made = instance.init(init_state.as_deref(), &name, context).await;
                actor.stats.fuel.add(context.meter.spent());
                let made = made.map_err(|error| StartError::Call(instance.explain(error)));
                made?.map_err(StartError::Init)?
            };
            let new = actor.instances.module().present(new);
            let committed = context.host.commit(new, &mut actor.state, &mut context.meter).await;
            let effects = committed.map_err(StartError::Commit)?;
            // Without a first state on the disk, the actor would have nothing to go back to.
            if let Some(durable) = &context.host.durable {
                durable.reached().await.map_err(StartError::Store)?;
            }
            // The actor has no clients yet, so what goes to others is all that there is to deliver.
            for effect in effects {
                match effect {
                    Effect::Fetch(asked) => asked.start(),
                    Effect::Message(sent) => sent.start(),
                    Effect::Publish(publishing) => publishing.start(),
                    _ => {}
                }
            }
        }
        if actor.context.host.has_dropped {
            let text = "messages that it has sent are dropped: its manifest has no handler of type \
                        message-server any more";
            actor.lines.host(Level::Warn, None, format_args!("{text}"));
            actor.stats.messages_failed.add(1);
        }
        if actor.context.host.has_unpublished {
            let text =
                "publications are dropped: its manifest has no handler of type mqtt any more";
            actor.lines.host(Level::Warn, None, format_args!("{text}"));
            actor.stats.mqtt_dropped.add(1);
        }
        actor.changes.set_running(actor.instances.module());
        actor.instances.begin_with(instance);
        actor.measure();
        Ok(actor)
    }
}
