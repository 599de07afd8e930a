//! The inside of an actor, without mailbox and clients: for what no client can see.

use std::sync::Arc;

use footlight::{
    actor::{
        CallContext, Grants, Module, Resources,
        imports::Ambient,
        instance::{Instance, Outcome},
    },
    limits::Limits,
    logger::ActorLog,
    world::World,
};
use wit_core::{MessageRef, lift::Reply};

use super::guest::Guest;

/// An actor's inside.
pub struct Inside {
    /// The instance that is called.
    instance: Box<Instance>,
    /// What its calls may spend, and what the host does for them.
    pub context: CallContext,
}

impl Inside {
    /// Makes an instance of a guest, unless its module is refused.
    pub async fn of(guest: &Guest, limits: &Limits) -> Option<Self> {
        let bytes = wat::parse_str(guest.text()).unwrap();
        let module = Module::compile(&bytes, limits, Grants::ALL).ok()?;
        let lines = Arc::new(ActorLog::new(guest.name.into(), limits, Arc::default()));
        let mut context = CallContext::new(limits, Resources::default());
        context.meter.begin();
        let module = Arc::new(module);
        let made =
            Instance::new(&module, limits, Ambient::new(lines, World::System), &mut context.meter)
                .await;
        Some(Self { instance: made.unwrap(), context })
    }

    /// Has a text handled, as an actor does.
    pub async fn handle(&mut self, text: &str) -> Outcome<Reply> {
        self.context.meter.begin();
        self.instance.handle_message(MessageRef::text(text), None, &mut self.context).await
    }
}
