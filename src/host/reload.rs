//! Reads all manifests anew while the host runs.
//!
//! First, everything is checked and opened, as at start and off the executor. Then the added actors
//! are bound and make their first state. Until then, one mistake ends the reload, and nothing has
//! changed. Then all changes are made at once, without a wait in between. At last, the reload waits
//! until each actor has taken its change, between two of its events, and until the removed ones have
//! ended. So a reload can be dropped at any wait.

use std::{fmt, path::PathBuf, sync::Arc};

use footlight_store::Store;
use smol::channel::Receiver;

use super::{
    Host, Listening, NotOpened, Opened,
    actor::{Prepared, Ready, Running},
    changed::{Wanted, change},
    conflicts, data,
    error::HostError,
    fit_limits, handle, handler,
    kept_modules::KeptModules,
    restart, secrets,
};
use crate::{
    actor::{ChangeSlot, Module},
    limits::Limits,
    logger::{NewOutputs, Outputs},
    manifest::{Manifest, Selection},
    named_folder::Forbidden,
};

/// What a reload has changed.
#[derive(Debug)]
pub struct Reloaded {
    /// How many actors there are now.
    pub actors: usize,
    /// Where the added ones listen.
    pub added: Vec<Listening>,
    /// How many were added.
    pub new: usize,
    /// How many actors got something new.
    pub changed: usize,
    /// How many actors have ended.
    pub removed: usize,
}

impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actors, new, changed, removed, .. } = self;
        write!(f, "{changed} changed, {new} added, {removed} removed; {actors} in all")
    }
}

/// What the check of new manifests needs of the host.
struct Check {
    /// Of an actor that runs: its manifest, and what says which module runs.
    present: Vec<(Arc<Manifest>, Arc<ChangeSlot>)>,
    data: Option<PathBuf>,
    store: Option<Store>,
    descriptors: Option<u64>,
    /// The block of numbers for connections of added actors without a store.
    first: u64,
    forbidden: Arc<Forbidden>,
    outputs: NewOutputs,
}

/// An actor of a new manifest, with its files open.
struct Checked {
    manifest: Arc<Manifest>,
    /// Those that it really gets.
    limits: Limits,
    kind: Kind,
}

/// Whether an actor is there already.
enum Kind {
    /// It runs.
    Present {
        /// The new module. `None` if it is the one that runs.
        module: Option<Box<Module>>,
        /// With their folders.
        handlers: Vec<handler::Opened>,
    },
    /// It is to be added.
    Added {
        opened: Box<Opened>,
        /// Its first block of numbers for connections.
        first: u64,
    },
}

impl Host {
    /// Reads these manifests. Changes the running actors as they say, adds new ones and
    /// ends those that have no manifest any more. Connections, states and alarms stay.
    ///
    /// # Errors
    /// All mistakes, and all changes that need a restart, a line for each. Nothing has changed then.
    pub async fn reload(
        &mut self,
        selection: Selection,
        outputs: &Outputs,
    ) -> Result<Reloaded, String> {
        let present = |running: &Running| (running.manifest.clone(), running.changes.clone());
        let check = Check {
            present: self.actors.iter().map(present).collect(),
            data: self.environment.data.clone(),
            store: self.store.clone(),
            descriptors: self.environment.descriptors,
            first: self.first,
            forbidden: self.forbidden.clone(),
            outputs: outputs.begin(),
        };
        let (checked, new_outputs) = smol::unblock(move || check.run(&selection)).await?;
        let (present, added): (Vec<_>, Vec<_>) =
            checked.into_iter().partition(|one| matches!(one.kind, Kind::Present { .. }));
        let (mut ready, mut failed) = (Vec::new(), Vec::new());
        for prepared in self.bind(added).map_err(|error| error.to_string())? {
            let name = prepared.handle.name.clone();
            match prepared.make(&self.executor, &self.environment, &self.directory).await {
                Ok(made) => ready.push(made),
                Err(error) => failed.push((name, error)),
            }
        }
        if !failed.is_empty() {
            return Err(HostError::Start(failed).to_string());
        }
        // From here on, nothing can fail.
        outputs.set(&new_outputs, true);
        let (reloaded, waits) = self.apply(present, ready);
        for wait in waits {
            // The actor drops its end when it has made the change.
            let _ = wait.recv().await;
        }
        while let Some(ending) = self.ending.last_mut() {
            ending.await;
            self.ending.pop();
        }
        outputs.set(&new_outputs, false);
        Ok(reloaded)
    }

    /// Counts a reload that has changed nothing, for all actors.
    pub fn count_failed_reload(&self) {
        self.actors.iter().for_each(|running| running.handle.stats.failed_reloads.add(1));
    }

    /// Binds the handlers of added actors.
    fn bind(&mut self, added: Vec<Checked>) -> Result<Vec<Prepared>, HostError> {
        let mut prepared = Vec::new();
        for Checked { manifest, limits, kind } in added {
            let Kind::Added { opened, first } = kind else { continue };
            let handle = handle(&manifest, limits, self.store.clone(), first);
            prepared.push(Prepared::new(manifest, handle, *opened, &mut self.environment)?);
        }
        Ok(prepared)
    }

    /// Makes all changes. Also returns what to wait for.
    fn apply(&mut self, present: Vec<Checked>, added: Vec<Ready>) -> (Reloaded, Vec<Receiver<()>>) {
        let (mut waits, mut changed, mut kept) = (Vec::new(), 0, Vec::new());
        for Checked { manifest, limits, kind } in present {
            let Kind::Present { module, handlers } = kind else { continue };
            let at = self.actors.iter().position(|one| *one.handle.name == *manifest.name);
            let Some(at) = at else { continue };
            let mut running = self.actors.swap_remove(at);
            let wanted = Wanted { manifest, limits, module, handlers };
            if let Some(wait) = change(&mut running, wanted, &self.directory) {
                changed += 1;
                waits.extend(wait);
            }
            kept.push(running);
        }
        let removed = std::mem::replace(&mut self.actors, kept);
        let of_removed = removed.len();
        for running in removed {
            let name = &running.handle.name;
            log::info!(target: "footlight", "{name}: removed, because no manifest has it any more");
            self.directory.remove(name);
            // Without a store, an actor of this name that comes again must give out other numbers.
            self.first += 1;
            self.ending.push(running.stop(&self.executor));
        }
        let (mut listening, new) = (Vec::new(), added.len());
        for ready in added {
            self.directory.add(ready.handle.clone());
            let running = ready.serve(&self.executor, &self.environment, &self.stopping);
            let from = listening.len();
            running.add_listening(&mut listening);
            let mut urls = Vec::new();
            for at in listening.iter().skip(from) {
                urls.append(&mut at.endpoint.urls(at.address));
            }
            let name = &running.handle.name;
            let at = if urls.is_empty() { "" } else { ", at " };
            log::info!(target: "footlight", "{name}: added{at}{}", urls.join(", "));
            self.actors.push(running);
        }
        let manifests = self.actors.iter().map(|running| &*running.manifest);
        *self.forbidden.secrets.lock() = secrets::secrets(manifests);
        let (actors, added) = (self.actors.len(), listening);
        (Reloaded { actors, added, new, changed, removed: of_removed }, waits)
    }
}

impl Check {
    /// Reads and checks all manifests, opens all that they name, and keeps copies of new modules.
    fn run(mut self, selection: &Selection) -> Result<(Vec<Checked>, NewOutputs), String> {
        let manifests = selection.load()?;
        let checked = self.check(manifests).map_err(|error| error.to_string())?;
        Ok((checked, self.outputs))
    }

    /// The same, for manifests that have been read.
    fn check(&mut self, manifests: Vec<Manifest>) -> Result<Vec<Checked>, HostError> {
        let kinds = self.open(&manifests)?;
        let limits = fit_limits(self.descriptors, &manifests)?;
        let mut checked = Vec::new();
        for ((manifest, limits), kind) in manifests.into_iter().zip(limits).zip(kinds) {
            checked.push(Checked { manifest: Arc::new(manifest), limits, kind });
        }
        if let Some((store, data)) = self.store.as_ref().zip(self.data.as_deref()) {
            for checked in &mut checked {
                // An added actor may have run before, so it needs numbers that it has never had.
                if let Kind::Added { first, .. } = &mut checked.kind {
                    *first = data::next_block(data, store).map_err(HostError::Data)?;
                }
            }
            self.keep(&KeptModules::new(data, store), &mut checked);
        }
        Ok(checked)
    }

    /// Checks all manifests and opens all that they name. A module that runs already is dropped at
    /// once, so that memory is needed for the new ones only.
    fn open(&mut self, manifests: &[Manifest]) -> Result<Vec<Kind>, HostError> {
        let (mut kinds, mut errors) = (Vec::new(), Vec::new());
        for (index, manifest) in manifests.iter().enumerate() {
            let earlier = manifests.get(..index).unwrap_or_default();
            errors.extend(conflicts::same(manifest, earlier));
            let data = data::mistakes(manifest, earlier, self.data.as_deref());
            errors.extend(data.into_iter().map(HostError::Data));
            let present = |(present, _): &&(Arc<Manifest>, _)| present.name == manifest.name;
            let old = self.present.iter().find(present);
            let keys = match old {
                Some((old, _)) => restart::keys(old, manifest),
                None => {
                    let all = || self.present.iter().map(|(present, _)| &**present);
                    errors.extend(all().find_map(|other| conflicts::taken(manifest, other)));
                    restart::process_keys(all(), manifest)
                }
            };
            if !keys.is_empty() {
                errors.push(HostError::Restart { file: manifest.file.clone(), keys });
            }
            match Opened::new(manifest) {
                Ok(opened) => {
                    let handlers = opened.handlers.iter();
                    handlers.for_each(|handler| handler.keep_away_from(&self.forbidden));
                    kinds.push(match old {
                        Some((_, changes)) => {
                            let Opened { module, handlers, .. } = opened;
                            let module = (!changes.runs(&module)).then(|| Box::new(module));
                            Kind::Present { module, handlers }
                        }
                        None => Kind::Added { opened: Box::new(opened), first: self.first },
                    });
                }
                Err(NotOpened { errors: mistakes, .. }) => errors.extend(mistakes),
            }
            if errors.is_empty()
                && let Err(error) = self.outputs.add(&manifest.name, &manifest.logging)
            {
                errors.push(HostError::log(manifest, error));
            }
        }
        if errors.is_empty() { Ok(kinds) } else { Err(HostError::Several(errors)) }
    }

    /// Keeps copies of the new modules. The others are kept already.
    fn keep(&self, kept: &KeptModules, checked: &mut [Checked]) {
        let new = checked.iter().filter_map(|checked| match &checked.kind {
            Kind::Present { module, .. } => module.as_ref().map(|module| module.hash()),
            Kind::Added { opened, .. } => Some(opened.module.hash()),
        });
        kept.clear(self.present.iter().flat_map(|(_, changes)| changes.modules()).chain(new));
        for Checked { manifest, kind, .. } in checked {
            match kind {
                Kind::Present { module, .. } => {
                    module.iter().for_each(|module| kept.keep(manifest, module));
                }
                Kind::Added { opened, .. } => kept.prepare(manifest, opened),
            }
        }
    }
}
