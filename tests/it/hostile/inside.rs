//! The inside of an actor, without mailbox and clients: for what no client can see.

use std::sync::Arc;

use footlight::{
    actor::{
        Grants, Module, Services,
        instance::{Instance, Outcome},
        meter::Meter,
    },
    clock::Clock,
    logger::ActorLog,
    manifest::Limits,
};
use wit_core::{MessageRef, lift::Reply};

use super::guest::Guest;

/// An actor's inside.
pub struct Inside {
    /// What is called.
    instance: Instance,
    /// Its fuel.
    pub meter: Meter,
    /// What the host does for it.
    services: Services,
}

impl Inside {
    /// Makes an instance of a guest, unless its module is refused.
    pub async fn of(guest: &Guest, limits: &Limits) -> Option<Self> {
        let bytes = wat::parse_str(guest.text()).unwrap();
        let module = Module::compile(&bytes, limits, Grants::ALL).ok()?;
        let lines = Arc::new(ActorLog::new(guest.name.into(), 1, Arc::default()));
        let mut meter = Meter::new(limits, Arc::default());
        meter.begin();
        Some(Self {
            instance: Instance::new(&Arc::new(module), limits, lines, &mut meter).await.unwrap(),
            meter: Meter::new(limits, Arc::default()),
            services: Services::new(limits, Clock::System, None, None, Arc::default()),
        })
    }

    /// Has a text handled, as an actor does.
    pub async fn handle(&mut self, text: &str) -> Outcome<Reply> {
        let Self { instance, meter, services } = self;
        meter.begin();
        instance.handle_message(MessageRef::text(text), None, meter, services).await
    }
}
