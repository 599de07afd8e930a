//! What a reload changes of an actor that runs.

use std::sync::Arc;

use smol::channel::{self, Receiver};

use super::{actor::Running, handler};
use crate::{
    actor::{Change, Module},
    exchange::{Command, Directory},
    files,
    limits::Limits,
    manifest::{Handler, Manifest},
};

/// What an actor that runs has according to its new manifest.
pub(super) struct Wanted {
    pub(super) manifest: Arc<Manifest>,
    /// Those that it really gets.
    pub(super) limits: Limits,
    /// Another module. `None` if it is the one that runs.
    pub(super) module: Option<Box<Module>>,
    /// With their folders.
    pub(super) handlers: Vec<handler::Opened>,
}

/// Changes a running actor. Returns `None` if nothing differs, and otherwise what to wait for, if the
/// actor itself has to do something.
pub(super) fn change(
    running: &mut Running,
    wanted: Wanted,
    directory: &Arc<Directory>,
) -> Option<Option<Receiver<()>>> {
    let Wanted { manifest, limits, module, handlers } = wanted;
    let old = std::mem::replace(&mut running.manifest, manifest);
    let (new, handle) = (&running.manifest, &running.handle);
    let other_limits = handle.limits.get(|old| *old != limits);
    let other_folders = folders(&old) != folders(new);
    let other_receivers = old.messages() != new.messages();
    let (other_tick, other_logging) = (old.tick != new.tick, old.logging != new.logging);
    let other_env = old.env != new.env;
    let mut parts = String::new();
    for (is, part) in [
        (module.is_some(), ", module"),
        (other_limits, ", limits"),
        (other_folders, ", folders"),
        (other_receivers, ", receivers"),
        (other_tick, ", tick"),
        (other_env, ", env"),
        (other_logging, ", logging"),
    ] {
        parts += if is { part } else { "" };
    }
    let parts = parts.get(2..)?;
    // As one of the host's own lines, since the actor's may be turned off.
    log::info!(target: "footlight", "{}: reloaded: {parts}", handle.name);
    handle.stats.reloads.add(1);
    if parts == "logging" {
        return Some(None);
    }
    handle.limits.set(limits);
    let files = || handlers.iter().find_map(|opened| opened.files(handle));
    let messages = || handlers.iter().find_map(|opened| opened.messages(handle, directory));
    let (done, wait) = channel::bounded(1);
    running.changes.put(Change {
        module: module.map(|module| *module),
        files: other_folders.then(files),
        messages: other_receivers.then(messages),
        tick: other_tick.then_some(new.tick),
        env: other_env.then(|| new.env.clone()),
        done,
    });
    if let Err(full) = handle.control.send(Command::Change) {
        // The commands that wait already lead the actor to the change.
        log::debug!(target: &handle.name, "{full}");
    }
    Some(Some(wait))
}

/// The folders that a manifest grants.
fn folders(manifest: &Manifest) -> Option<&files::Config> {
    manifest.handlers.iter().find_map(|handler| match handler {
        Handler::Filesystem(config) => Some(config),
        _ => None,
    })
}
