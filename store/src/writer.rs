//! The store's thread: groups what waits into records, writes them, and wakes those who wait.

use std::{
    io,
    sync::{Arc, MutexGuard},
    task::Waker,
    time::{Duration, Instant},
};

use ::log::{error, info, warn};

use crate::{
    batch::{LOOK, RECORD, SMALL, fitting},
    changes::Changes,
    log::{AppendError, Appended, Log, Work},
    plan::{Piece, Plan, Sight},
    queue::Part,
    shared::{Desk, Shared, wake_all},
    ticket::Failed,
    wear::Wear,
};

/// The wait after the first failure to write the live set to the other file.
const FIRST_RETRY: Duration = Duration::from_millis(100);

/// The longest wait between two such attempts.
const LAST_RETRY: Duration = Duration::from_secs(10);

/// How long relaxed changes and reservations wait for which there was no room.
const NO_ROOM: Duration = Duration::from_secs(1);

/// The target of log lines: the program that this store is a part of.
const TARGET: &str = "footlight";

/// What the thread owns.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    log: Log,
    wear: Wear,
    /// What of `log.written()` the budget for wear has paid.
    paid: u64,
    /// How long to wait after the next failed piece.
    backoff: Duration,
    /// When the next piece may be tried, after a failed one.
    retry: Option<Instant>,
    /// When the next reservation of a block may be tried, after one without room.
    reserve: Option<Instant>,
    /// Whether the last thing was a piece, so that a small record may go before the next one.
    small: bool,
    /// Whether the record that is due has waited for the budget for wear.
    gathered: bool,
    /// Whether records wait for that budget at present, for the log.
    gathering: bool,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, log: Log, wear: u64) -> Self {
        let paid = log.written();
        Self {
            shared,
            log,
            wear: Wear::new(wear, Instant::now()),
            paid,
            backoff: FIRST_RETRY,
            retry: None,
            reserve: None,
            small: false,
            gathered: false,
            gathering: false,
        }
    }

    /// Works until the store is closed. Says why if something was not written.
    pub(crate) fn run(&mut self) -> Result<(), Arc<str>> {
        self.settle(|_, _| {});
        loop {
            match self.next() {
                Plan::Record => self.record(),
                Plan::Small => self.small_record(),
                Plan::Piece => self.piece(),
                Plan::Wait(_) => {}
                Plan::End => return self.finish(),
            }
        }
    }

    /// Waits until there is something to do.
    fn next(&mut self) -> Plan {
        let shared = Arc::clone(&self.shared);
        let mut desk = shared.desk();
        loop {
            let now = Instant::now();
            let mut wake = Vec::new();
            desk.queue.expire(now, shared.wait, &mut wake);
            if !wake.is_empty() {
                drop(desk);
                wake_all(wake);
                desk = shared.desk();
                continue;
            }
            desk.queue.make_due(now);
            if desk.closing.is_some() {
                desk.queue.hurry();
            }
            let sight = self.look(&desk, now);
            self.note_gathering(&sight);
            match Plan::new(&sight) {
                Plan::Wait(until) => desk = shared.wait_for_turn(desk, until),
                plan => {
                    if plan == Plan::End {
                        desk.queue.seal();
                    }
                    return plan;
                }
            }
        }
    }

    /// What there is to do.
    fn look(&mut self, desk: &Desk, now: Instant) -> Sight {
        let expiry = desk.queue.oldest_strict();
        let expiry = expiry.and_then(|(_, since)| since.checked_add(self.shared.wait));
        let reserve = desk.blocks.wanted().is_some();
        let may_reserve = self.reserve.is_none_or(|moment| moment <= now);
        let retry_reserve = self.reserve.filter(|_| reserve && !may_reserve);
        let looks = [expiry, desk.queue.next_timed(), retry_reserve];
        Sight {
            now,
            failed: self.log.has_failed(),
            piece: match self.log.work() {
                Work::None => Piece::None,
                Work::Soon => Piece::Idle,
                Work::Now => Piece::First,
            },
            retry: self.retry,
            due: desk.queue.due_since(),
            reserve: reserve && may_reserve,
            small: self.small && desk.queue.has_small(RECORD),
            wear: self.wear.delay(now),
            look: looks.into_iter().flatten().min(),
            closing: desk.closing,
        }
    }

    /// Writes one record with what is due.
    fn record(&mut self) {
        let parts = {
            let mut desk = self.shared.desk();
            let gathered = u64::from(std::mem::take(&mut self.gathered));
            desk.stats.gathered = desk.stats.gathered.saturating_add(gathered);
            desk.queue.take(LOOK)
        };
        let fitting = fitting(&parts, &self.shared.image(), RECORD).max(1);
        self.write_first(parts, fitting);
    }

    /// Writes one record of small changes that are due, or a piece of the turn-over if none is small.
    fn small_record(&mut self) {
        let parts = self.shared.desk().queue.take_small(RECORD);
        let fitting = fitting(&parts, &self.shared.image(), SMALL);
        if fitting == 0 && !parts.is_empty() {
            self.shared.desk().queue.put_back(parts);
            self.piece();
        } else {
            self.write_first(parts, fitting);
        }
        self.small = false;
    }

    /// Writes one record with so many of these parts. The others wait for the next one.
    fn write_first(&mut self, mut parts: Vec<Part>, count: usize) {
        if count < parts.len() {
            let rest = parts.split_off(count);
            self.shared.desk().queue.put_back(rest);
        }
        let blocks = self.shared.desk().blocks.wanted();
        let blocks = blocks.filter(|_| self.reserve.is_none_or(|moment| moment <= Instant::now()));
        self.write(parts, blocks);
    }

    /// Writes one record with these parts, or several if there is no room for all of them.
    fn write(&mut self, parts: Vec<Part>, blocks: Option<u64>) {
        let batch: Vec<(&str, &Changes)> =
            parts.iter().map(|part| (&*part.name, &*part.changes)).collect();
        let outcome = self.log.append(&mut self.shared.live_set(), &batch, blocks);
        drop(batch);
        match outcome {
            Ok(Appended { bytes }) => self.written(&parts, blocks, bytes),
            Err(AppendError::Full(_)) if parts.len() + usize::from(blocks.is_some()) > 1 => {
                // Those for whom there is room must not suffer from the others.
                for part in parts {
                    self.write(vec![part], None);
                }
                if blocks.is_some() {
                    self.write(Vec::new(), blocks);
                }
            }
            Err(AppendError::Full(error)) => self.no_room(parts, &error),
            Err(AppendError::Failed(error)) => self.not_written(parts, &error),
        }
    }

    /// A record of so many bytes is on the disk. It has none if its changes changed nothing.
    fn written(&mut self, parts: &[Part], blocks: Option<u64>, bytes: u64) {
        self.settle(|desk, wake| {
            desk.stats.records += u64::from(bytes > 0);
            if let Some(blocks) = blocks {
                desk.blocks.reserved(blocks);
            }
            desk.queue.written(parts, wake);
        });
    }

    /// There is no room for these changes. Other changes may fit.
    fn no_room(&mut self, parts: Vec<Part>, error: &io::Error) {
        for part in &parts {
            error!(target: TARGET, "no room to store the changes of actor `{}`: {error}", part.name);
        }
        let later = Instant::now() + NO_ROOM;
        if parts.is_empty() {
            error!(target: TARGET, "no room to reserve connection numbers: {error}");
            self.reserve = Some(later);
        }
        let why = Failed::new(error.to_string().into());
        self.settle(|desk, wake| {
            desk.stats.failures += 1;
            desk.blocks.tried = true;
            desk.queue.not_written(parts, &why, Some(later), wake);
        });
    }

    /// A file has failed. Nothing is appended to it any more.
    fn not_written(&mut self, parts: Vec<Part>, error: &io::Error) {
        error!(target: TARGET, "can't write the store: {error}; it goes on in its other file");
        let why = Failed::new(format!("can't write the store: {error}").into());
        self.settle(|desk, wake| {
            desk.stats.failures += 1;
            desk.blocks.tried = true;
            desk.queue.broken(why.clone());
            desk.queue.not_written(parts, &why, None, wake);
        });
    }

    /// Writes a piece of the live set to the other file.
    fn piece(&mut self) {
        self.small = true;
        let failed = self.log.has_failed();
        let outcome = self.log.step(&self.shared.live_set());
        match outcome {
            Ok(_) => {
                self.backoff = FIRST_RETRY;
                self.retry = None;
                let mended = failed && !self.log.has_failed();
                if mended {
                    info!(target: TARGET, "the store goes on in its other file");
                }
                self.settle(|desk, wake| {
                    if mended {
                        desk.queue.mended(wake);
                    }
                });
            }
            Err(error) => self.piece_failed(&error),
        }
    }

    /// The other file has failed. It is tried again after a while.
    fn piece_failed(&mut self, error: &io::Error) {
        self.retry = Instant::now().checked_add(self.backoff);
        if self.backoff == FIRST_RETRY {
            warn!(target: TARGET, "can't write the store's other file: {error}; trying again");
        }
        self.backoff = self.backoff.saturating_mul(2).min(LAST_RETRY);
        let why = Failed::new(format!("can't write the store: {error}").into());
        // It may have taken the active file with it: see `Log::step`.
        let failed = self.log.has_failed();
        self.settle(|desk, _| {
            desk.stats.failures += 1;
            if failed {
                desk.queue.broken(why);
            }
        });
    }

    /// Changes what is on the desk after an operation, and wakes whom that concerns.
    fn settle(&mut self, change: impl FnOnce(&mut Desk, &mut Vec<Waker>)) {
        let shared = Arc::clone(&self.shared);
        let mut wake = Vec::new();
        let mut desk = shared.desk();
        change(&mut desk, &mut wake);
        self.count(&mut desk);
        drop(desk);
        shared.tell_progress();
        wake_all(wake);
    }

    /// Brings sizes and the budget for wear up to date.
    fn count(&mut self, desk: &mut MutexGuard<'_, Desk>) {
        let written = self.log.written();
        self.wear.spend(written.saturating_sub(self.paid), Instant::now());
        self.paid = written;
        desk.stats.bytes = written;
        desk.stats.size = self.log.size();
    }

    /// Logs when records begin to wait for the budget for wear, and when that is over.
    fn note_gathering(&mut self, sight: &Sight) {
        if sight.gathers() {
            self.gathered = true;
            if !self.gathering {
                self.gathering = true;
                warn!(target: TARGET, "the budget for wear is spent: changes are gathered, up to a second");
            }
        } else if self.gathering && self.wear.is_easy() {
            self.gathering = false;
            info!(target: TARGET, "the budget for wear has recovered: changes are stored at once");
        }
    }

    /// Writes the end of the log. Says why if something was not written.
    fn finish(&mut self) -> Result<(), Arc<str>> {
        let shared = Arc::clone(&self.shared);
        if let Some(why) = shared.desk().queue.trouble() {
            return Err(why.reason().into());
        }
        if shared.desk().queue.bytes() > 0 {
            return Err("not all changes could be stored before the end".into());
        }
        let outcome = self.log.append_end(&shared.live_set());
        self.settle(|desk, _| desk.stats.failures += u64::from(outcome.is_err()));
        outcome.map(drop).map_err(|error| format!("can't write the end of the log: {error}").into())
    }
}
