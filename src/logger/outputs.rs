//! The outputs of an installed logger: they can be reopened and replaced while it logs.

use std::{io, sync::Arc};

use super::{
    config::Logging,
    queue::Queue,
    routes::{Actor, Actors, max_level, shift},
};
use crate::lock::Lock;

/// The outputs of the process's logger.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The shift of all levels, for actors that are added.
    pub(super) verbosity: i8,
    /// Shared with the logger, which reads it at each record.
    pub(super) actors: Arc<Lock<Arc<Actors>>>,
    /// The writer thread reopens files, because only that thread writes.
    pub(super) queue: Arc<Queue>,
}

/// Outputs that are open and not in use yet.
#[derive(Debug)]
pub struct NewOutputs {
    /// Those in use. What stays the same is taken from here.
    old: Arc<Actors>,
    new: Actors,
    verbosity: i8,
}

impl Outputs {
    /// Asks the writer thread to reopen all files after the lines that wait. After a program such as
    /// logrotate has renamed them, further lines go to new files. A file that can't be reopened
    /// stays open, and standard error says so.
    pub fn reopen(&self) {
        let actors = self.actors.lock().clone();
        for sink in actors.iter().filter_map(|(_, actor)| actor.sink.as_ref()) {
            self.queue.reopen(sink);
        }
    }

    /// Begins with outputs that are to replace all present ones.
    pub fn begin(&self) -> NewOutputs {
        let old = self.actors.lock().clone();
        NewOutputs { old, new: Actors::default(), verbosity: self.verbosity }
    }

    /// Uses the new outputs from now on. With `keep_old`, actors that are not among them keep theirs,
    /// for their last lines.
    pub fn set(&self, outputs: &NewOutputs, keep_old: bool) {
        let mut actors = if keep_old { Actors::clone(&outputs.old) } else { Actors::default() };
        for (name, actor) in outputs.new.iter() {
            actors.set(name, actor.clone());
        }
        log::set_max_level(max_level(&actors, self.verbosity));
        *self.actors.lock() = Arc::new(actors);
    }
}

impl NewOutputs {
    /// Adds an actor. Its output stays open if it is the same as before.
    ///
    /// # Errors
    /// The file can't be opened. The message names it.
    pub fn add(&mut self, name: &str, logging: &Logging) -> io::Result<()> {
        let actor = match self.old.get(name).filter(|old| old.output == logging.output) {
            Some(old) => Actor { level: shift(logging.level, self.verbosity), ..Actor::clone(old) },
            None => Actor::open(logging, self.verbosity)?,
        };
        self.new.set(name, actor);
        Ok(())
    }
}
