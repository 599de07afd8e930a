//! What one event changes, from its beginning to its end: all of it is committed, or none.
//!
//! A call's changes come from several places: its result has the new state, its imports ask for
//! effects, write files, set the alarm and change what the actor keeps with its clients. All of them
//! go through the transaction. [`Transaction::commit`] is the only way to make them last. It may
//! fail, and it is done before anything reaches a client. [`Transaction::roll_back`] is the only way
//! to take them back.

use std::{fmt, time::Duration};

use super::{
    alarm::Alarm,
    clients::{Clients, Undo},
    effects::{Effect, EffectBudget},
};
use crate::{
    files::{Failed, Files, Write},
    limits::SharedLimits,
};

/// The changes of the present event.
#[derive(Debug)]
pub struct Transaction {
    /// The memory that they may take.
    pub budget: EffectBudget,
    /// How to take back what the call has changed about its clients. The call sees these changes at
    /// once, so they are made in place.
    pub undo: Undo,
    /// What happens after the commit, in order.
    effects: Vec<Effect>,
    /// The files to be written. If one can't be written, the commit fails.
    writes: Vec<Write>,
    /// The alarm that the call has set or cancelled last.
    alarm: Option<Option<Duration>>,
}

/// What a commit changes.
pub struct Committed<'a> {
    /// The actor's state.
    pub state: &'a mut Option<Vec<u8>>,
    /// Its alarm.
    pub alarm: &'a mut Alarm,
    /// Its files, if it may use any.
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
    /// No changes yet. They may take at most `limits.effects`.
    pub fn new(limits: SharedLimits) -> Self {
        Self {
            budget: EffectBudget::new(limits),
            undo: Undo::default(),
            effects: Vec::new(),
            writes: Vec::new(),
            alarm: None,
        }
    }

    /// Adds an effect, which has been paid for.
    pub fn add(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Adds a file to be written, which has been paid for.
    pub fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// Sets the alarm, or cancels it. The last request of a call counts.
    pub fn set_alarm(&mut self, after: Option<Duration>) {
        self.alarm = Some(after);
    }

    /// Makes all changes last, with `state` as the new state, and returns the effects. They are to be
    /// delivered now: the transaction is empty again.
    ///
    /// # Errors
    /// See [`CommitError`]. The transaction must be rolled back.
    pub async fn commit(
        &mut self,
        state: Option<Vec<u8>>,
        to: Committed<'_>,
    ) -> Result<Vec<Effect>, CommitError> {
        // All that may fail comes first.
        if let Some(files) = to.files {
            let writes = std::mem::take(&mut self.writes);
            files.commit(writes).await.map_err(CommitError::Files)?;
        }
        *to.state = state;
        if let Some(after) = self.alarm.take() {
            to.alarm.set(after);
        }
        self.undo.forget();
        self.budget.renew();
        Ok(std::mem::take(&mut self.effects))
    }

    /// Takes all changes back. The transaction is empty again.
    pub fn roll_back(&mut self, clients: &mut Clients) {
        self.undo.apply(clients);
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
