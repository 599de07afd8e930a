//! The inside of an actor, without mailbox and clients: an instance, its fuel, and what the host does
//! for it.

use std::{path::Path, sync::Arc};

use footlight::{
    actor::{
        Grants, Module, Services,
        instance::{Instance, Outcome},
        meter::Meter,
    },
    clock::Clock,
    files::{Files, Folders},
    logger::ActorLog,
    manifest::{Limits, SharedFolder},
};
use wit_core::{MessageRef, lift::Reply};

use super::Result;

/// An actor's inside.
pub(crate) struct Inside {
    /// What is called.
    instance: Instance,
    /// Its fuel.
    pub(crate) meter: Meter,
    /// What the host does for it, and keeps for it.
    pub(crate) services: Services,
}

impl Inside {
    /// Makes an instance. These limits are for its calls: its start may take any fuel. With a folder
    /// it may import everything, without one nothing of the host's.
    pub(crate) async fn new(wasm: &[u8], limits: &Limits, folder: Option<&Path>) -> Result<Self> {
        let grants = if folder.is_some() { Grants::ALL } else { Grants::default() };
        let module = Module::compile(wasm, limits, grants).map_err(|error| error.to_string())?;
        let lines = Arc::new(ActorLog::new("bench".into(), limits.log_rate, Arc::default()));
        let mut files = None;
        if let Some(folder) = folder {
            let shared = SharedFolder { path: folder.into(), name: None, writable: true };
            let folders = Folders::open(&[shared]).map_err(|error| error.to_string())?;
            files = Some(Files::new("bench", folders, limits, Arc::default(), lines.clone()));
        }
        let mut meter = Meter::new(&Limits { fuel: None, ..limits.clone() }, Arc::default());
        meter.begin();
        Ok(Self {
            instance: Instance::new(&Arc::new(module), limits, lines, &mut meter).await?,
            meter: Meter::new(limits, Arc::default()),
            services: Services::new(limits, Clock::System, None, files, Arc::default()),
        })
    }

    /// Has a text handled, as an actor does.
    pub(crate) async fn handle(&mut self, text: &str, state: Option<&[u8]>) -> Outcome<Reply> {
        let Self { instance, meter, services } = self;
        meter.begin();
        instance.handle_message(MessageRef::text(text), state, meter, services).await
    }
}
