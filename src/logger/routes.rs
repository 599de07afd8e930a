//! The level and the output of each actor, and how verbosity shifts levels.

use std::{io, sync::Arc};

use log::LevelFilter;

use super::{
    config::{Logging, Output},
    sink::Sink,
};

/// The logs of actors by their names, in the order of the names.
#[derive(Clone, Debug, Default)]
pub(super) struct Actors(Vec<(Box<str>, Actor)>);

impl Actors {
    /// The log of the actor with this name.
    pub(super) fn get(&self, name: &str) -> Option<&Actor> {
        let at = self.find(name).ok()?;
        self.0.get(at).map(|(_, actor)| actor)
    }

    /// Sets the log of an actor.
    pub(super) fn set(&mut self, name: &str, actor: Actor) {
        match self.find(name) {
            Err(at) => self.0.insert(at, (name.into(), actor)),
            Ok(at) => {
                if let Some((_, old)) = self.0.get_mut(at) {
                    *old = actor;
                }
            }
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Box<str>, Actor)> {
        self.0.iter()
    }

    /// Where a name is, or where it belongs.
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

/// The log of one actor.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    /// Lines below this level are dropped.
    pub(super) level: LevelFilter,
    /// As the manifest has it. A reload opens only what has changed.
    pub(super) output: Output,
    /// Where its lines go; `None` for standard error.
    pub(super) sink: Option<Arc<Sink>>,
}

impl Actor {
    /// Opens the log that a manifest describes. `verbosity` shifts its level.
    pub(super) fn open(logging: &Logging, verbosity: i8) -> io::Result<Self> {
        let sink = match &logging.output {
            Output::Stderr => None,
            Output::Stdout => Some(Sink::stdout()),
            Output::File(path) => Some(Sink::file(path)?),
        };
        let (level, output) = (shift(logging.level, verbosity), logging.output.clone());
        Ok(Self { level, output, sink: sink.map(Arc::new) })
    }
}

/// The level of the host's own records.
pub(super) fn host_level(verbosity: i8) -> LevelFilter {
    shift(LevelFilter::Info, verbosity)
}

/// The level of the dependencies' records, which are about details that an operator does not know.
pub(super) fn others_level(verbosity: i8) -> LevelFilter {
    let all = host_level(verbosity);
    if all == LevelFilter::Trace { all } else { all.min(LevelFilter::Warn) }
}

/// The least severe level that is written at all.
pub(super) fn max_level(actors: &Actors, verbosity: i8) -> LevelFilter {
    let levels = actors.iter().map(|(_, actor)| actor.level);
    let all = levels.chain([host_level(verbosity), others_level(verbosity)]);
    all.max().unwrap_or(LevelFilter::Off)
}

/// Shifts a level. `Off` stays `Off`, because it was asked for. No other level becomes `Off`:
/// errors are always shown.
pub(super) fn shift(level: LevelFilter, by: i8) -> LevelFilter {
    use LevelFilter::{Debug, Error, Info, Trace, Warn};
    let levels = [Error, Warn, Info, Debug, Trace];
    let Some(index) = levels.iter().position(|found| *found == level) else { return level };
    let moved = index.saturating_add_signed(by.into());
    levels.get(moved).copied().unwrap_or(Trace)
}
