//! The changes of one event. All of them are committed, or none.
//!
//! A call makes changes in several ways. Its result has the new state. Its imports request effects,
//! write files, set the alarm, tag clients, and store values. All these changes go through the
//! transaction. Only [`Transaction::commit`] makes them permanent. It may fail, and it runs before
//! anything reaches a client. Only [`Transaction::roll_back`] takes changes back.

use std::{
    fmt, io,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use footlight_store::{Changes, HOST_KEY, StoredAlarm, Ticket};

use super::{
    alarm::Alarm,
    clients::{Clients, Undo},
    durable::{After, Durable},
    effects::{Effect, EffectBudget},
    meter::Meter,
    storage::{self, Change, Storage},
};
use crate::{
    files::{Failed, Failure, Files, Pending},
    host_key::HostKey,
    limits::SharedLimits,
};

/// The changes of the current event.
#[derive(Debug)]
pub struct Transaction {
    /// What is left of `limits.effects`.
    pub budget: EffectBudget,
    /// How to undo the changes to clients. They are made in place, because the call itself sees
    /// them at once.
    pub undo: Undo,
    /// How to undo the changes to the storage, which are made in place too.
    pub stored: storage::Undo,
    /// What to do after the commit, in order.
    effects: Vec<Effect>,
    /// The changes of files and folders. They are paid for already. If one can't be made, the commit
    /// fails.
    pub pending: Pending,
    /// The last call of `alarm.set` or `alarm.cancel`.
    alarm: Option<Option<Duration>>,
}

/// Where a commit puts the changes.
pub struct Committed<'a> {
    /// The actor's state.
    pub state: &'a mut Option<Bytes>,
    /// Set last, since a commit that fails must not change it.
    pub alarm: &'a mut Alarm,
    /// Its files, if the manifest grants any.
    pub files: Option<&'a Files>,
    /// Its storage, where the changes are made already.
    pub storage: &'a Storage,
    /// Its place in the store, if its state is stored, and what waits to leave, that of this event too.
    pub(crate) durable: Option<(&'a mut Durable, HostKey)>,
}

/// Why a transaction can't be committed. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitError {
    /// A file or a folder could not be changed.
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
            pending: Pending::default(),
            alarm: None,
        }
    }

    /// Adds an effect. It must be paid for already.
    pub fn add(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Sets or cancels the alarm. Only the last request of a call counts.
    pub(crate) fn set_alarm(&mut self, after: Option<Duration>) {
        self.alarm = Some(after);
    }

    /// Makes all changes permanent, with `state` as the new state. Returns the effects, which the
    /// caller must deliver once the changes are on the disk. The transaction is then empty.
    ///
    /// The order is: files in place, the record of the changes, files and folders that are renamed or
    /// deleted, and then all that can't fail. So after a power cut a file may be ahead of the state, or behind it by this
    /// event. Neither is behind what a client was told.
    ///
    /// # Errors
    /// See [`CommitError`]. The caller must roll the transaction back.
    pub async fn commit(
        &mut self,
        state: Option<Vec<u8>>,
        to: Committed<'_>,
        meter: &mut Meter,
    ) -> Result<Vec<Effect>, CommitError> {
        let Committed { state: current, alarm, files, storage, mut durable } = to;
        let new = state.map(Bytes::from);
        let at = self.alarm_after(alarm);
        let keys = match durable {
            Some(_) => self.stored.changes(storage, meter).await,
            None => Vec::new(),
        };
        let mut changes = durable.as_mut().and_then(|(durable, waits)| {
            let stored_alarm = at.map(|at| alarm.stored(at));
            let (old, new) = (current.as_ref(), new.as_ref());
            let waits = waits.clone();
            let publishes = self.effects.iter().any(Effect::is_stored_publication);
            let keys = keys.as_slice();
            durable.changes(After { old, new, keys, waits, publishes, alarm: at, stored_alarm })
        });
        let pending = self.pending.take();
        if let (Some(files), false) = (files, pending.is_empty()) {
            let record = durable.as_mut().zip(changes.take());
            let record = record.map(|((durable, _), changes)| durable.record_elsewhere(changes));
            let reached: Arc<OnceLock<Ticket>> = Arc::default();
            let noted = reached.clone();
            let record = move || {
                let Some(record) = record else { return Ok(()) };
                let ticket = record().map_err(|failed| Failure::from(io::Error::other(failed)))?;
                let _ = noted.set(ticket);
                Ok(())
            };
            let written = files.commit(pending, record).await;
            if let (Some((durable, waits)), Some(ticket)) = (durable.as_mut(), reached.get()) {
                let (by, waited) = (durable.stored_by(), durable.waits());
                durable.recorded(*ticket, at, waits.clone());
                if written.is_err() {
                    // The record is on the disk already, so the old values follow it.
                    let (old, at) = (alarm.set_to(), alarm.set_to().map(|at| alarm.stored(at)));
                    durable.record_by(by, undo(current.as_ref(), keys, &waited, at), old);
                }
            }
            written.map_err(CommitError::Files)?;
        }
        // From here on, nothing can fail.
        if let (Some((durable, _)), Some(changes)) = (durable, changes) {
            durable.record(changes, at);
        }
        *current = new;
        self.stored.forget(meter).await;
        Ok(self.finish(alarm, at))
    }

    /// Whether the changes are only the state, the alarm, effects, and what is known of clients.
    pub(super) fn is_light(&self) -> bool {
        self.pending.is_empty() && self.stored.is_empty()
    }

    /// Commits light changes, apart from the state. Returns the effects.
    pub(super) fn commit_light(&mut self, alarm: &mut Alarm) -> Vec<Effect> {
        let at = self.alarm_after(alarm);
        self.finish(alarm, at)
    }

    /// Ends a commit with what can't fail. `at` is the moment of the alarm. Returns the effects.
    fn finish(&mut self, alarm: &mut Alarm, at: Option<Instant>) -> Vec<Effect> {
        if self.alarm.take().is_some() {
            alarm.set(at);
        }
        self.undo.forget();
        self.budget.renew();
        std::mem::take(&mut self.effects)
    }

    /// The moment of the alarm after the event.
    fn alarm_after(&self, alarm: &Alarm) -> Option<Instant> {
        match self.alarm {
            Some(after) => alarm.moment(after),
            None => alarm.set_to(),
        }
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
        self.pending.take();
        self.alarm = None;
        self.budget.renew();
    }
}

/// The changes that take a recorded event back.
fn undo(
    state: Option<&Bytes>,
    keys: Vec<(Box<str>, Change)>,
    waits: &HostKey,
    alarm: Option<StoredAlarm>,
) -> Changes {
    let mut changes =
        Changes { state: Some(state.cloned()), alarm: Some(alarm), ..Changes::default() };
    changes.keys.insert(HOST_KEY.into(), Some(waits.join()).filter(|all| !all.is_empty()));
    changes.keys.extend(keys.into_iter().map(|(key, change)| (key, change.old)));
    changes
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
