//! Reads all manifests anew while the host runs.
//!
//! First, everything is checked and opened, as at start and off the executor. Then the added actors
//! are bound and make their first state. Until then, one mistake ends the reload, and nothing has
//! changed. Then all changes are made at once, without a wait in between. At last, the reload waits
//! until each actor has taken its change, between two of its events, and until the removed ones have
//! ended. So a reload can be dropped at any wait.

use std::{fmt, path::Path, sync::Arc};

use footlight_store::Store;
use smol::channel::{self, Receiver};

use super::{
    Host, Listening, NotOpened, Opened,
    actor::{Prepared, Ready, Running},
    conflicts,
    data::{self, DataError},
    error::HostError,
    fit_limits, handle, handler,
    kept_modules::KeptModules,
    restart, secrets,
};
use crate::{
    actor::{Change, ChangeSlot, Module},
    exchange::Command,
    limits::Limits,
    logger::{NewOutputs, Outputs},
    manifest::{Handler, Manifest},
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

/// What is known of an actor that runs, for the check of its new manifest.
struct Present {
    manifest: Manifest,
    /// Says which module runs.
    changes: Arc<ChangeSlot>,
}

/// An actor of a new manifest, with its files open.
enum Checked {
    /// It runs already.
    Present {
        /// The new module. `None` if it is the one that runs.
        module: Option<Box<Module>>,
        /// With their folders.
        handlers: Vec<handler::Opened>,
    },
    /// It is to be added.
    Added(Box<Opened>),
}

impl Checked {
    /// Sets what nobody may reach through the opened folders.
    fn keep_away_from(&self, forbidden: &Arc<Forbidden>) {
        let handlers = match self {
            Self::Present { handlers, .. } => handlers,
            Self::Added(opened) => &opened.handlers,
        };
        handlers.iter().for_each(|handler| handler.keep_away_from(forbidden));
    }
}

impl Host {
    /// Changes the running actors as the manifests say, adds new ones and ends those that have no
    /// manifest any more. Connections, states and alarms stay.
    ///
    /// # Errors
    /// All mistakes, and all changes that need a restart. Nothing has changed then.
    pub async fn reload(
        &mut self,
        manifests: Vec<Manifest>,
        outputs: &Outputs,
    ) -> Result<Reloaded, HostError> {
        let (manifests, checked) = self.check(manifests, outputs.begin()).await;
        let (checked, new_outputs) = checked?;
        checked.iter().for_each(|one| one.keep_away_from(&self.forbidden));
        let limits = fit_limits(self.environment.descriptors, &manifests)?;
        let secrets = secrets::secrets(&manifests).cloned().collect();
        let (mut present, mut added) = (Vec::new(), Vec::new());
        for ((manifest, limits), checked) in manifests.into_iter().zip(limits).zip(checked) {
            match checked {
                Checked::Present { module, handlers } => {
                    present.push((manifest, limits, module, handlers));
                }
                Checked::Added(opened) => added.push((manifest, limits, *opened)),
            }
        }
        let added = self.prepare(added).await?;
        // From here on, nothing can fail.
        outputs.set(&new_outputs, true);
        *self.forbidden.secrets.lock() = secrets;
        let (mut waits, mut changed, mut kept) = (Vec::new(), 0, Vec::new());
        for (manifest, limits, module, handlers) in present {
            let at = self.actors.iter().position(|one| *one.handle.name == *manifest.name);
            let Some(at) = at else { continue };
            let mut running = self.actors.swap_remove(at);
            if let Some(wait) = change(&mut running, manifest, limits, module, &handlers) {
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
            self.directory.remove(&running.handle.name);
            // Without a store, an actor of this name that comes again must give out other numbers.
            self.first += 1;
            self.ending.push(self.executor.spawn(running.stop()));
        }
        let (first, new) = (self.actors.len(), added.len());
        for ready in added {
            self.directory.add(ready.handle.clone());
            let running = ready.serve(&self.executor, &self.environment, &self.stopping);
            let urls = running.listening().flat_map(|at| at.endpoint.urls(at.address));
            let urls: Vec<_> = urls.collect();
            let name = &running.handle.name;
            log::info!(target: "footlight", "{name}: added, at {}", urls.join(", "));
            self.actors.push(running);
        }
        let added = self.actors.iter().skip(first).flat_map(Running::listening).collect();
        for wait in waits {
            // The actor drops its end when it has made the change.
            let _ = wait.recv().await;
        }
        while let Some(ending) = self.ending.last_mut() {
            ending.await;
            self.ending.pop();
        }
        outputs.set(&new_outputs, false);
        Ok(Reloaded { actors: self.actors.len(), added, new, changed, removed: of_removed })
    }

    /// Counts a reload that has changed nothing, for all actors.
    pub fn count_failed_reload(&self) {
        self.actors.iter().for_each(|running| running.handle.stats.failed_reloads.add(1));
    }

    /// Checks manifests and opens all that they name, on another thread. Returns the manifests too.
    async fn check(
        &self,
        manifests: Vec<Manifest>,
        outputs: NewOutputs,
    ) -> (Vec<Manifest>, Result<(Vec<Checked>, NewOutputs), HostError>) {
        let present = self.actors.iter().map(|running| Present {
            manifest: running.manifest.clone(),
            changes: running.changes.clone(),
        });
        let present: Vec<_> = present.collect();
        let data = self.environment.data.clone();
        let store = self.store.clone();
        smol::unblock(move || {
            let mut checked = check(&manifests, &present, data.as_deref(), outputs);
            if let (Ok((checked, _)), Some((store, data))) =
                (&mut checked, store.as_ref().zip(data.as_deref()))
            {
                keep(&KeptModules::new(data, store), &manifests, &present, checked);
            }
            (manifests, checked)
        })
        .await
    }

    /// The error of a store that has no numbers for connections.
    fn no_numbers(&self, store: &Store) -> HostError {
        let folder = self.environment.data.clone().unwrap_or_default();
        let error = store.health().err().unwrap_or_else(|| "the numbers are used up".into());
        HostError::Data(DataError::Numbers { folder, error })
    }

    /// Binds the handlers of added actors and makes their first states.
    async fn prepare(
        &mut self,
        added: Vec<(Manifest, Limits, Opened)>,
    ) -> Result<Vec<Ready>, HostError> {
        let mut prepared = Vec::new();
        for (manifest, limits, opened) in added {
            let first = match self.store.clone() {
                // The actor may have run before, so it needs numbers that it has never had.
                Some(store) => {
                    let health = store.clone();
                    let block = smol::unblock(move || store.next_block()).await;
                    block.ok_or_else(|| self.no_numbers(&health))?
                }
                None => self.first,
            };
            let handle = handle(&manifest, limits, self.store.clone(), first);
            prepared.push(Prepared::new(&manifest, handle, opened, &mut self.environment)?);
        }
        let (mut ready, mut failed) = (Vec::new(), Vec::new());
        for prepared in prepared {
            let name = prepared.handle.name.clone();
            match prepared.make(&self.executor, &self.environment).await {
                Ok(made) => ready.push(made),
                Err(error) => failed.push((name, error)),
            }
        }
        if failed.is_empty() { Ok(ready) } else { Err(HostError::Start(failed)) }
    }
}

/// Checks all manifests and opens all that they name. A module that runs already is dropped at once,
/// so that memory is needed for the new ones only.
fn check(
    manifests: &[Manifest],
    present: &[Present],
    data: Option<&Path>,
    mut outputs: NewOutputs,
) -> Result<(Vec<Checked>, NewOutputs), HostError> {
    let (mut checked, mut errors) = (Vec::new(), Vec::new());
    for (index, manifest) in manifests.iter().enumerate() {
        let earlier = manifests.get(..index).unwrap_or_default();
        errors.extend(conflicts::same_name(manifest, earlier));
        errors.extend(data::mistakes(manifest, earlier, data).into_iter().map(HostError::Data));
        let old = present.iter().find(|present| present.manifest.name == manifest.name);
        let keys = match old {
            Some(old) => restart::keys(&old.manifest, manifest),
            None => {
                let all = || present.iter().map(|present| &present.manifest);
                errors.extend(all().find_map(|other| conflicts::taken(manifest, other)));
                restart::process_keys(all(), manifest)
            }
        };
        if !keys.is_empty() {
            errors.push(HostError::Restart { file: manifest.file.clone(), keys });
        }
        match Opened::new(manifest) {
            Ok(opened) => checked.push(match old {
                Some(old) => {
                    let Opened { module, handlers, .. } = opened;
                    let module = (!old.changes.runs(&module)).then(|| Box::new(module));
                    Checked::Present { module, handlers }
                }
                None => Checked::Added(Box::new(opened)),
            }),
            Err(NotOpened { errors: mistakes, .. }) => errors.extend(mistakes),
        }
        if errors.is_empty()
            && let Err(error) = outputs.add(&manifest.name, &manifest.logging)
        {
            errors.push(HostError::log(manifest, error));
        }
    }
    if errors.is_empty() { Ok((checked, outputs)) } else { Err(HostError::Several(errors)) }
}

/// Keeps copies of the new modules.
fn keep(kept: &KeptModules, manifests: &[Manifest], present: &[Present], checked: &mut [Checked]) {
    // The others are kept already.
    let news = checked.iter().filter_map(|checked| match checked {
        Checked::Present { module, .. } => module.as_ref().map(|module| module.hash()),
        Checked::Added(opened) => Some(opened.module.hash()),
    });
    kept.clear(present.iter().flat_map(|present| present.changes.modules()).chain(news));
    for (manifest, checked) in manifests.iter().zip(checked) {
        match checked {
            Checked::Present { module, .. } => {
                module.iter().for_each(|module| kept.keep(manifest, module));
            }
            Checked::Added(opened) => kept.prepare(manifest, opened),
        }
    }
}

/// Changes a running actor. Returns `None` if nothing differs, and otherwise what to wait for, if the
/// actor itself has to do something.
fn change(
    running: &mut Running,
    manifest: Manifest,
    limits: Limits,
    module: Option<Box<Module>>,
    handlers: &[handler::Opened],
) -> Option<Option<Receiver<()>>> {
    let old = std::mem::replace(&mut running.manifest, manifest);
    let (new, handle) = (&running.manifest, &running.handle);
    let folders = |manifest: &Manifest| {
        let of = |handler: &Handler| matches!(handler, Handler::Filesystem(_));
        manifest.handlers.iter().find(|handler| of(handler)).cloned()
    };
    let other_limits = handle.limits.get(|old| *old != limits);
    let other_folders = folders(&old) != folders(new);
    let parts = [
        (module.is_some(), "module"),
        (other_limits, "limits"),
        (other_folders, "folders"),
        (old.tick != new.tick, "tick"),
        (old.logging != new.logging, "logging"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(is, _)| *is).map(|(_, part)| part).collect();
    if parts.is_empty() {
        return None;
    }
    // As one of the host's own lines, since the actor's may be turned off.
    log::info!(target: "footlight", "{}: reloaded: {}", handle.name, parts.join(", "));
    handle.stats.reloads.add(1);
    if parts == ["logging"] {
        return Some(None);
    }
    handle.limits.set(limits);
    let files = || handlers.iter().find_map(|opened| opened.files(handle));
    let (done, wait) = channel::bounded(1);
    running.changes.put(Change {
        module: module.map(|module| *module),
        files: other_folders.then(files),
        tick: (old.tick != new.tick).then_some(new.tick),
        done,
    });
    if let Err(full) = handle.control.send(Command::Change) {
        // The commands that wait already lead the actor to the change.
        log::debug!(target: &handle.name, "{full}");
    }
    Some(Some(wait))
}
