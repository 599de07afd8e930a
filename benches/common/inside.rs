//! The inside of an actor, without mailbox and clients: an instance and the context of its calls.

use std::{path::Path, sync::Arc};

use footlight::{
    actor::{
        CallContext, Grants, Module, Resources,
        imports::Ambient,
        instance::{Instance, Outcome},
        meter::Meter,
    },
    files::{Files, Folders, config::SharedFolder},
    limits::Limits,
    logger::ActorLog,
    world::World,
};
use wit_core::{MessageRef, lift::Reply};

use super::Result;

/// An actor's inside.
pub(crate) struct Inside {
    /// The instance that is called.
    instance: Box<Instance>,
    /// What its calls may spend, and what the host does for them.
    pub(crate) context: CallContext,
}

impl Inside {
    /// Makes an instance. These limits are for its calls: its start may take any fuel. Without a
    /// folder it has no files.
    pub(crate) async fn new(wasm: &[u8], limits: &Limits, folder: Option<&Path>) -> Result<Self> {
        let module =
            Module::compile(wasm, limits, Grants::ALL).map_err(|error| error.to_string())?;
        let lines = Arc::new(ActorLog::new("bench".into(), limits, Arc::default()));
        let mut files = None;
        if let Some(folder) = folder {
            let shared = SharedFolder { path: folder.into(), name: None, writable: true };
            let folders = Folders::open(&[shared]).map_err(|errors| format!("{errors:?}"))?;
            files = Some(Files::new("bench", folders, limits, Arc::default(), lines.clone()));
        }
        let mut meter = Meter::new(&Limits { fuel: None, ..limits.clone() }, Arc::default());
        meter.begin();
        Ok(Self {
            instance: Instance::new(
                &Arc::new(module),
                limits,
                Ambient::new(lines, World::System),
                &mut meter,
            )
            .await?,
            context: CallContext::new(limits, Resources { files, ..Resources::default() }),
        })
    }

    /// Has a text handled, as an actor does.
    pub(crate) async fn handle(&mut self, text: &str, state: Option<&[u8]>) -> Outcome<Reply> {
        self.context.meter.begin();
        self.instance.handle_message(MessageRef::text(text), state, &mut self.context).await
    }
}
