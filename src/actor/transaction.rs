//! The changes of one event. All of them are committed, or none.
//!
//! A call makes changes in several ways. Its result has the new state. Its imports request effects,
//! write files, set the alarm, tag clients, and store values. All these changes go through the
//! transaction. Only [`Transaction::commit`] makes them permanent. It may fail, and it runs before
//! anything reaches a client. Only [`Transaction::roll_back`] takes changes back.

use std::{fmt, time::Duration};

use super::{
    alarm::Alarm,
    clients::{Clients, Undo},
    effects::{Effect, EffectBudget},
    meter::Meter,
    storage::{self, Storage},
};
use crate::{
    files::{Failed, Files, Write},
    limits::SharedLimits,
};

/// The changes of the current event.
#[derive(Debug)]
pub struct Transaction {
    /// The memory that the changes may take.
    pub budget: EffectBudget,
    /// How to undo the changes to clients. They are made in place, because the call itself sees
    /// them at once.
    pub undo: Undo,
    /// How to undo the changes to the storage, which are made in place too.
    pub stored: storage::Undo,
    /// What to do after the commit, in order.
    effects: Vec<Effect>,
    /// The files to write. If one can't be written, the commit fails.
    writes: Vec<Write>,
    /// The last call of `alarm.set` or `alarm.cancel`.
    alarm: Option<Option<Duration>>,
}

/// Where a commit puts the changes.
pub struct Committed<'a> {
    /// The actor's state.
    pub state: &'a mut Option<Vec<u8>>,
    /// Its alarm.
    pub alarm: &'a mut Alarm,
    /// Its files, if the manifest grants any.
    pub files: Option<&'a Files>,
}

/// Why a transaction can't be committed. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitError {
    /// A file could not be written.
    Files(Failed),
}

impl Transaction {
    /// Starts without changes. They may take at most `limits.effects`.
    pub fn new(limits: SharedLimits) -> Self {
        Self {
            budget: EffectBudget::new(limits),
            undo: Undo::default(),
            stored: storage::Undo::default(),
            effects: Vec::new(),
            writes: Vec::new(),
            alarm: None,
        }
    }

    /// Adds an effect. It must be paid for already.
    pub fn add(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Adds a file to be written. It must be paid for already.
    pub fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// Sets or cancels the alarm. Only the last request of a call counts.
    pub(crate) fn set_alarm(&mut self, after: Option<Duration>) {
        self.alarm = Some(after);
    }

    /// Makes all changes permanent, with `state` as the new state. Returns the effects, which the
    /// caller must deliver now. The transaction is then empty.
    ///
    /// # Errors
    /// See [`CommitError`]. The caller must roll the transaction back.
    pub async fn commit(
        &mut self,
        state: Option<Vec<u8>>,
        to: Committed<'_>,
        meter: &mut Meter,
    ) -> Result<Vec<Effect>, CommitError> {
        // Everything that may fail comes first.
        if let Some(files) = to.files {
            let writes = std::mem::take(&mut self.writes);
            files.commit(writes).await.map_err(CommitError::Files)?;
        }
        *to.state = state;
        if let Some(after) = self.alarm.take() {
            to.alarm.set(after);
        }
        self.undo.forget();
        self.stored.forget(meter).await;
        self.budget.renew();
        Ok(std::mem::take(&mut self.effects))
    }

    /// Takes all changes back. The transaction is then empty.
    pub async fn roll_back(
        &mut self,
        clients: &mut Clients,
        storage: &mut Storage,
        meter: &mut Meter,
    ) {
        self.undo.apply(clients);
        self.stored.apply(storage, meter).await;
        for effect in self.effects.drain(..) {
            if let Effect::Close { to, .. } = effect {
                clients.set_leaving(to.id(), false);
            }
        }
        self.writes.clear();
        self.alarm = None;
        self.budget.renew();
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(failed) => failed.fmt(f),
        }
    }
}

impl std::error::Error for CommitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Files(failed) => Some(failed),
        }
    }
}
