//! What a call may spend, fuel and processor time, and how it shares the thread.
//!
//! wasmi counts fuel: about one unit for an instruction. A call gets a *slice* of fuel at a time.
//! Slices keep wasmi's native stack bounded: on its fast dispatch a failing `memory.grow` uses up
//! some of it until the call is left. So a slice never grows past what that allows.
//!
//! Fuel is no measure of time, in either direction. So a call is bounded in processor time as
//! well, which is looked at after each slice: there the call's fuel is known, and the call could
//! be repeated up to the same place. Slices follow each other until a *turn* is over, which is
//! counted in time; then everything else that is ready comes first. A slice that took long makes
//! the next ones smaller. A call that ends in its first slice never looks at a clock.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use wasmi::Store;

use super::imports::Guest;
use crate::{convert::to_u64, executor::Turns, limits::SharedLimits};

/// The most fuel that one step may need at once. Code is charged a piece at a time, and bulk
/// instructions by the bytes they move (1 unit for 288), so a step may need more than a slice; past
/// this bound it is refused, however much fuel the event has. It allows 17 MB in one `memory.copy`,
/// and a piece of 60,000 instructions. More could use up the native stack: wasmi's fast dispatch keeps
/// up to 190 bytes of it for a call until the slice ends, and a call costs at least 5 units.
pub const MAX_AT_ONCE: u64 = 60_000;

/// The bytes that the host may move for one unit of a slice: so few that with the defaults the
/// largest state, in and out, fills a slice.
const BYTES_PER_UNIT: u64 = 64;
/// How long slices follow each other before everything else that is ready comes first. A message
/// waits for one turn at most, so this is about what a neighbour that computes adds to its time; ten
/// times as much would be ten times that. The end of a turn costs two or three microseconds here.
const TURN: Duration = Duration::from_micros(125);
/// A slice that takes longer than this makes the next one half as large.
const LONG_SLICE: Duration = TURN;
/// A slice that takes less than this makes the next one twice as large, up to `limits.slice`.
const SHORT_SLICE: Duration = Duration::from_micros(30);
/// The smallest slice.
const MIN_SLICE: u64 = 1000;

/// What came of asking for fuel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// The store has it.
    Given,
    /// The event has not that much left.
    Spent,
    /// No step may need that much.
    TooMuch {
        /// The most that one may need.
        most: u64,
    },
}

/// The call has computed for longer than `limits.time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overtime;

/// The fuel and the time of one actor.
#[derive(Debug)]
pub struct Meter {
    /// Has what the next event is granted. The present one keeps what it began with.
    limits: SharedLimits,
    /// What each event is granted, for every entry into the guest on its behalf: `limits.fuel`,
    /// or more than anybody can spend.
    limit: u64,
    /// The largest slice: `limits.slice`.
    largest: u64,
    /// How much the guest is given at a time now.
    slice: u64,
    /// What the present event may still spend, with what the store has of it.
    left: u64,
    /// What the store was given last.
    given: u64,
    /// What has been spent since the clock was last looked at, by the guest and by the host for
    /// it, over all events.
    unseen: u64,
    /// How long each event may compute: `limits.time`.
    time: Duration,
    /// How long the present event has computed, up to the beginning of `stretch`.
    computed: Duration,
    /// Since when it computes without a pause, in both kinds of time. `None` before the first
    /// slice's end, and while it waits.
    stretch: Option<Stretch>,
    /// When the clock was last looked at in the present turn; `None` if it was not.
    looked: Option<Instant>,
    /// When the present turn began, as far as is known.
    turn: Option<Instant>,
    /// Gives this actor its turns.
    turns: Arc<Turns>,
}

/// How long the present thread has computed since it began. It stands still while another thread
/// has the processor.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The beginning of a time in which an event computes without a pause, on one thread.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// On the wall clock, which is cheap to look at and goes at least as fast.
    wall: Instant,
    /// On the thread's own clock, which counts the processor's time.
    processor: Duration,
}

impl Stretch {
    /// One that begins now.
    fn begin(wall: Instant) -> Self {
        Self { wall, processor: processor_time() }
    }
}

/// What each event is granted: its fuel, the largest slice, and its time.
fn granted(limits: &SharedLimits) -> (u64, u64, Duration) {
    limits.get(|limits| (limits.fuel.unwrap_or(u64::MAX), limits.slice, limits.time))
}

impl Meter {
    /// For an actor with these limits, which has its turns from `executor`.
    pub fn new(limits: impl Into<SharedLimits>, turns: Arc<Turns>) -> Self {
        let limits = limits.into();
        let (limit, largest, time) = granted(&limits);
        Self {
            limits,
            limit,
            largest,
            slice: largest,
            left: limit,
            given: 0,
            unseen: 0,
            time,
            computed: Duration::ZERO,
            stretch: None,
            looked: None,
            turn: None,
            turns,
        }
    }

    /// Begins an event: all of its fuel and its time are there.
    pub fn begin(&mut self) {
        (self.limit, self.largest, self.time) = granted(&self.limits);
        self.slice = self.slice.min(self.largest);
        self.left = self.limit;
        self.computed = Duration::ZERO;
        self.stretch = None;
    }

    /// What the present event has spent.
    pub fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.left)
    }

    /// What each event is granted.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// How long each event may compute.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// Gives the store a slice, or `needed` if that is more.
    ///
    /// # Errors
    /// The store does not count fuel, which would be this program's mistake.
    pub fn give(
        &mut self,
        store: &mut Store<Guest>,
        needed: u64,
    ) -> Result<Allowance, wasmi::Error> {
        let most = MAX_AT_ONCE.max(self.largest);
        // Said first: with more fuel, such a step would still be refused.
        if needed > most {
            return Ok(Allowance::TooMuch { most });
        }
        if needed > self.left {
            return Ok(Allowance::Spent);
        }
        self.given = needed.max(self.slice).min(self.left);
        store.set_fuel(self.given)?;
        Ok(Allowance::Given)
    }

    /// Takes back what the store has not spent, and takes what the imports that are done at once
    /// have cost beyond that.
    ///
    /// # Errors
    /// The store does not count fuel, which would be this program's mistake.
    pub fn settle(&mut self, store: &mut Store<Guest>) -> Result<(), wasmi::Error> {
        let spent = self.given.saturating_sub(store.get_fuel()?);
        self.given = 0;
        let debt = std::mem::take(&mut store.data_mut().debt);
        self.charge(spent.saturating_add(debt));
        Ok(())
    }

    /// Notes that the host has moved so many bytes into the guest or out of it. That costs the
    /// event nothing, but its time counts: a guest may do next to nothing with a large state.
    pub fn moved(&mut self, bytes: usize) {
        let units = to_u64(bytes) / BYTES_PER_UNIT;
        self.unseen = self.unseen.saturating_add(units);
    }

    /// Takes fuel for what the guest has done, or the host for it.
    pub fn charge(&mut self, units: u64) {
        self.left = self.left.saturating_sub(units);
        self.unseen = self.unseen.saturating_add(units);
    }

    /// Lets everything else that is ready come first: where connections have to write before the
    /// actor goes on, and after what took long.
    pub async fn yield_now(&mut self) {
        self.wait();
        self.turns.yield_now().await;
    }

    /// Notes that the event waits, or that there is none: that counts as no time of its own, and
    /// the next turn is a new one.
    pub fn wait(&mut self) {
        if let Some(stretch) = self.stretch.take() {
            self.computed += processor_time().saturating_sub(stretch.processor);
        }
        (self.unseen, self.looked, self.turn) = (0, None, None);
    }

    /// Looks at the clock if a slice has been spent since the last time, and ends the turn if it
    /// is over.
    ///
    /// # Errors
    /// The event has computed for too long.
    pub async fn yield_if_due(&mut self) -> Result<(), Overtime> {
        if self.unseen < self.slice { Ok(()) } else { self.end_slice().await }
    }

    /// Looks at the clock after a slice, and ends the turn if it is over.
    ///
    /// # Errors
    /// The event has computed for too long.
    pub async fn end_slice(&mut self) -> Result<(), Overtime> {
        self.unseen = 0;
        let now = Instant::now();
        if let Some(looked) = self.looked.replace(now) {
            self.adapt(now.duration_since(looked));
        }
        let stretch = *self.stretch.get_or_insert_with(|| Stretch::begin(now));
        if self.computed + now.duration_since(stretch.wall) > self.time {
            // Something else may have had the processor meanwhile.
            self.computed += processor_time().saturating_sub(stretch.processor);
            self.stretch = Some(Stretch::begin(now));
            if self.computed > self.time {
                return Err(Overtime);
            }
        }
        let turn = *self.turn.get_or_insert(now);
        if now.duration_since(turn) >= TURN {
            self.yield_now().await;
            let now = Instant::now();
            self.stretch = Some(Stretch::begin(now));
            (self.looked, self.turn) = (Some(now), Some(now));
        }
        Ok(())
    }

    /// Chooses the size of the next slice, by how long the last one took.
    fn adapt(&mut self, took: Duration) {
        if took > LONG_SLICE {
            self.slice = (self.slice / 2).max(MIN_SLICE.min(self.largest));
        } else if took < SHORT_SLICE {
            self.slice = self.slice.saturating_mul(2).min(self.largest);
        }
    }
}

#[cfg(test)]
mod tests {
    use smol::block_on;

    use super::*;

    fn meter(time: Duration) -> Meter {
        let limits = crate::limits::Limits { time, ..crate::limits::Limits::default() };
        Meter::new(&limits, Arc::new(Turns::default()))
    }

    /// Keeps the processor busy for so long.
    fn compute(time: Duration) {
        let start = processor_time();
        while processor_time() - start < time {}
    }

    #[test]
    fn an_event_may_compute_for_its_time_and_no_longer_however_many_turns_that_takes() {
        let mut meter = meter(Duration::from_millis(20));
        for _ in 0..2 {
            meter.begin();
            let (start, mut slices) = (processor_time(), 0);
            while block_on(meter.end_slice()).is_ok() {
                compute(Duration::from_micros(300));
                slices += 1;
            }
            // The first slice is not looked at, nor what a turn's end takes.
            let took = processor_time() - start;
            assert!(took > Duration::from_millis(20) && slices > 20, "{took:?} {slices}");
        }
    }

    #[test]
    fn what_an_event_waits_for_is_no_time_of_its_own() {
        let mut meter = meter(Duration::from_millis(1));
        meter.begin();
        assert_eq!(block_on(meter.end_slice()), Ok(()));
        meter.wait();
        compute(Duration::from_millis(5));
        assert_eq!(block_on(meter.end_slice()), Ok(()));
        compute(Duration::from_millis(5));
        assert_eq!(block_on(meter.end_slice()), Err(Overtime));
        meter.begin();
        assert_eq!(block_on(meter.end_slice()), Ok(()));
    }

    #[test]
    fn long_slices_make_the_next_ones_smaller_and_short_ones_larger_again_up_to_the_limit() {
        let mut meter = meter(Duration::from_secs(5));
        let (long, short) = (LONG_SLICE * 2, SHORT_SLICE / 2);
        let sizes = |meter: &mut Meter, took: Duration| -> Vec<u64> {
            (0..7)
                .map(|_| {
                    meter.adapt(took);
                    meter.slice
                })
                .collect()
        };
        assert_eq!(sizes(&mut meter, long), [10_000, 5000, 2500, 1250, 1000, 1000, 1000]);
        assert_eq!(sizes(&mut meter, LONG_SLICE), [1000; 7]);
        assert_eq!(sizes(&mut meter, short), [2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
    }
}
