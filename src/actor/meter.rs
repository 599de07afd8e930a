//! Counts the fuel and the processor time of a call, and divides them into slices and turns.
//!
//! wasmi counts fuel: about one unit for an instruction. A call gets fuel in *slices*. Slices bound
//! wasmi's native stack: with its fast dispatch, a failing `memory.grow` takes some stack until the
//! call returns to the host. So there is a maximum size for slices.
//!
//! Fuel does not measure time, so the processor time of a call is limited too. It is checked after
//! each slice. There the call's fuel is known, so a repeated call could stop at the same place.
//! Slices follow each other until a *turn* is over, which is a time. Then all other tasks that are
//! ready run first. A slow slice makes the next ones smaller. A call that ends in its first slice
//! never reads a clock.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use wasmi::Store;

use super::imports::guest::Guest;
use crate::{
    convert::to_u64,
    executor::Turns,
    limits::{CachedLimits, SharedLimits},
};

/// The most fuel that a single step may need. wasmi charges for a piece of code at once, and for
/// bulk instructions by the bytes that they move (1 unit for 288). So a step may need more than a
/// slice. A step past this limit is refused, even if the event has enough fuel. The limit allows 17
/// MB in one `memory.copy`, and a piece of 60,000 instructions. More could use up the native stack:
/// wasmi's fast dispatch keeps up to 190 bytes of it for a call until the slice ends, and a call
/// costs at least 5 units.
pub const MAX_AT_ONCE: u64 = 60_000;

/// The bytes that the host may move for one unit of a slice. With the defaults, moving the largest
/// state in and out fills a slice.
const BYTES_PER_UNIT: u64 = 64;
/// The length of a turn. A message waits for at most one turn of a neighbour that computes, so this
/// is about the delay that a neighbour adds. A turn ten times as long would delay ten times as
/// much. The end of a turn costs two or three microseconds on a PC.
const TURN: Duration = Duration::from_micros(125);
/// A slice that takes longer than this makes the next one half as large.
const LONG_SLICE: Duration = TURN;
/// A slice that takes less than this makes the next one twice as large, up to `limits.slice`.
const SHORT_SLICE: Duration = Duration::from_micros(30);
/// The smallest slice.
const MIN_SLICE: u64 = 1000;

/// The result of a request for fuel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// The store has it, and the guest can go on.
    Given,
    /// The event does not have that much left: it ends.
    Spent,
    /// No step may need that much.
    TooMuch {
        /// The most that a step may need.
        most: u64,
    },
}

/// The call has computed for longer than `limits.time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overtime;

/// Counts the fuel and the time of one actor.
#[derive(Debug)]
pub struct Meter {
    /// Has what the next event may use. The present one keeps what it began with.
    limits: CachedLimits,
    /// The fuel of each event, for all entries into the guest: `limits.fuel`. Without a limit it is
    /// more than any event can use.
    limit: u64,
    /// The size of slices while they are fast: `limits.slice`.
    largest: u64,
    /// The size of the next slice: smaller after a slow one, larger after a fast one.
    slice: u64,
    /// The fuel that the current event has left, including that of the store.
    left: u64,
    /// The fuel of the current slice.
    given: u64,
    /// The fuel that guest and host have used since the last look at the clock, over all events.
    unseen: u64,
    /// How long each event may compute: `limits.time`.
    time: Duration,
    /// How long the current event has computed before `stretch` began.
    computed: Duration,
    /// The beginning of the current stretch of computing. `None` before the first slice ends, and
    /// while the event waits.
    stretch: Option<Stretch>,
    /// When this turn's last look at the clock was; `None` if there was none.
    looked: Option<Instant>,
    /// When the current turn began; `None` until the first look at the clock.
    turn: Option<Instant>,
    turns: Arc<Turns>,
}

/// The processor time of the current thread. It stands still while another thread has the
/// processor.
pub(crate) fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The beginning of a time in which an event computes on one thread without a pause.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Cheap to read, and never slower than the processor time, so it is read first.
    wall: Instant,
    /// What counts towards `limits.time`.
    processor: Duration,
}

impl Stretch {
    /// Begins now.
    fn begin(wall: Instant) -> Self {
        Self { wall, processor: processor_time() }
    }
}

/// What each event is granted: its fuel, the largest slice, and its time.
fn granted(limits: &mut CachedLimits) -> (u64, u64, Duration) {
    limits.get(|limits| (limits.fuel.unwrap_or(u64::MAX), limits.slice, limits.time))
}

impl Meter {
    /// The meter of an actor with these limits. `turns` gives it its turns on the executor.
    pub fn new(limits: impl Into<SharedLimits>, turns: Arc<Turns>) -> Self {
        let mut limits = limits.into().cached();
        let (limit, largest, time) = granted(&mut limits);
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

    /// Begins an event with all of its fuel and time.
    pub fn begin(&mut self) {
        (self.limit, self.largest, self.time) = granted(&mut self.limits);
        self.slice = self.slice.min(self.largest);
        self.renew();
    }

    /// Gives all fuel and time back, for work after a call that has ended: it can't take too long.
    pub fn renew(&mut self) {
        self.left = self.limit;
        self.computed = Duration::ZERO;
        self.stretch = None;
    }

    /// The fuel that the current event has used.
    pub fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.left)
    }

    /// The fuel of each event.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// `limits.time`.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// Gives the store the fuel of a slice, or `needed` units if that is more.
    ///
    /// # Errors
    /// The store does not count fuel, which would be a bug of this program.
    pub fn give(
        &mut self,
        store: &mut Store<Guest>,
        needed: u64,
    ) -> Result<Allowance, wasmi::Error> {
        let most = MAX_AT_ONCE.max(self.largest);
        // Check this first: more fuel would not help such a step.
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

    /// Takes back the fuel that the store has left, and charges for what immediate imports cost
    /// beyond the slice.
    ///
    /// # Errors
    /// The store does not count fuel, which would be a bug of this program.
    pub fn settle(&mut self, store: &mut Store<Guest>) -> Result<(), wasmi::Error> {
        let spent = self.given.saturating_sub(store.get_fuel()?);
        self.given = 0;
        let debt = std::mem::take(&mut store.data_mut().debt);
        self.charge(spent.saturating_add(debt));
        Ok(())
    }

    /// Counts bytes that the host has moved into or out of the guest. They cost the event no fuel,
    /// but they count towards a slice, because a guest may do almost nothing with a large state.
    pub fn moved(&mut self, bytes: usize) {
        let units = to_u64(bytes) / BYTES_PER_UNIT;
        self.unseen = self.unseen.saturating_add(units);
    }

    /// Charges for work of the guest, or of the host for it.
    pub(crate) fn charge(&mut self, units: u64) {
        self.left = self.left.saturating_sub(units);
        self.unseen = self.unseen.saturating_add(units);
    }

    /// Lets all other tasks that are ready run first. This follows slow work, and lets connections
    /// write before the actor goes on.
    pub async fn yield_now(&mut self) {
        self.wait();
        self.turns.yield_now().await;
    }

    /// Notes that the event waits, or that there is none. The wait does not count as the event's
    /// time, and the next turn begins after it.
    pub fn wait(&mut self) {
        if let Some(stretch) = self.stretch.take() {
            self.computed += processor_time().saturating_sub(stretch.processor);
        }
        (self.unseen, self.looked, self.turn) = (0, None, None);
    }

    /// Reads the clock if the fuel of a slice was used since the last time. Yields if the turn is
    /// over.
    ///
    /// # Errors
    /// The event has computed for too long.
    pub async fn yield_if_due(&mut self) -> Result<(), Overtime> {
        if self.unseen < self.slice { Ok(()) } else { self.end_slice().await }
    }

    /// Reads the clock after a slice. Yields if the turn is over.
    ///
    /// # Errors
    /// The event has computed for too long.
    pub(crate) async fn end_slice(&mut self) -> Result<(), Overtime> {
        self.unseen = 0;
        let now = Instant::now();
        if let Some(looked) = self.looked.replace(now) {
            self.adapt(now.duration_since(looked));
        }
        let stretch = *self.stretch.get_or_insert_with(|| Stretch::begin(now));
        if self.computed + now.duration_since(stretch.wall) > self.time {
            // Other threads may have had the processor, so check the processor time.
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

    /// Adapts the size of the next slice to the time that the last one took.
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

    /// Keeps the processor busy for this long.
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
            // The first slice is not timed, and neither is the end of a turn.
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
