//! What the store's thread does next. It is a function of what it sees, without locks or clocks.

use std::time::{Duration, Instant};

/// The longest that a record waits for the budget for wear.
pub(crate) const GATHER: Duration = Duration::from_secs(1);

/// What the thread sees.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// The present moment.
    pub(crate) now: Instant,
    /// Nothing can be appended before the live set is in the other file.
    pub(crate) failed: bool,
    /// Whether a piece of a turn-over is to be written.
    pub(crate) piece: Piece,
    /// Before this moment no piece is tried, because the last one failed.
    pub(crate) retry: Option<Instant>,
    /// Since when the next record is due. `None` if nobody waits for it.
    pub(crate) due: Option<Instant>,
    /// A block of connection numbers has to be reserved.
    pub(crate) reserve: bool,
    /// A small record may go before the next piece, because the last thing was one.
    pub(crate) small: bool,
    /// How long until the budget for wear has enough for a record.
    pub(crate) wear: Duration,
    /// When changes expire, or when others become due, whichever comes first.
    pub(crate) look: Option<Instant>,
    /// When everything has to be written. `None` while the store is open.
    pub(crate) closing: Option<Instant>,
}

/// Whether a piece of a turn-over is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// There is no turn-over.
    None,
    /// If nothing else is to be done.
    Idle,
    /// Before the next record.
    First,
}

/// What the thread does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Writes a record.
    Record,
    /// Writes a record only of small changes, beside a turn-over that is behind because of large ones.
    Small,
    /// Writes a piece of a turn-over.
    Piece,
    /// Waits until somebody calls, or until this moment.
    Wait(Option<Instant>),
    /// Ends, because all is written or because the time is up.
    End,
}

impl Plan {
    /// The next thing to do.
    pub(crate) fn new(sight: &Sight) -> Self {
        let Sight { now, closing, .. } = *sight;
        if closing.is_some_and(|end| end <= now) {
            return Self::End;
        }
        let may_step = sight.retry.is_none_or(|retry| retry <= now);
        let stepping = sight.failed || sight.piece != Piece::None;
        // Wakes up for the piece only if there is one.
        let retry = sight.retry.filter(|_| stepping);
        let wait = |record: Option<Instant>| {
            Self::Wait([record, retry, sight.look, closing].into_iter().flatten().min())
        };
        if sight.failed {
            return if may_step { Self::Piece } else { wait(None) };
        }
        let record = sight.record();
        let is_due = record.is_some_and(|moment| moment <= now);
        if may_step && sight.piece == Piece::First {
            return if is_due && sight.small { Self::Small } else { Self::Piece };
        }
        if is_due {
            return Self::Record;
        }
        // The next process finishes a turn-over that is under way at the end.
        if may_step && stepping && closing.is_none() {
            return Self::Piece;
        }
        if record.is_none() && closing.is_some() {
            return Self::End;
        }
        wait(record)
    }
}

impl Sight {
    /// When the next record is to be written.
    fn record(&self) -> Option<Instant> {
        if self.reserve || (self.due.is_some() && self.closing.is_some()) {
            return Some(self.now);
        }
        let due = self.due?;
        let paid = self.now.checked_add(self.wear);
        let latest = due.checked_add(GATHER)?;
        Some(paid.map_or(latest, |paid| paid.min(latest)))
    }

    /// Whether a record waits for the budget for wear.
    pub(crate) fn gathers(&self) -> bool {
        let record = self.record();
        !self.failed && self.due.is_some() && record.is_some_and(|moment| moment > self.now)
    }
}

#[cfg(test)]
mod tests;
