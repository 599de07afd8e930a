//! When an actor is woken: by the alarm that it sets itself, and by the `tick` of its manifest.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use footlight_store::StoredAlarm;

use crate::{
    limits::SharedLimits,
    world::{Until, World, millis},
};

/// The longest time that an alarm can be set to: a year.
const MAX_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How often the wall clock is looked at for an alarm that was restored.
const LOOK: Duration = Duration::from_secs(10);

/// An actor's alarm and its tick.
#[derive(Debug)]
pub struct Alarm {
    world: World,
    /// When the alarm rings that the actor has set.
    once: Option<Instant>,
    /// The same by the wall clock, if the alarm was restored.
    wall: Option<Wall>,
    /// The period of the tick, and its next moment.
    tick: Option<(Duration, Instant)>,
    /// The moment of the last event. The next alarm comes at least `least` after it.
    rang: Option<Instant>,
    /// Has the least time between two alarms that the actor sets: `limits.alarm`.
    limits: SharedLimits,
    /// The timer for the earlier of `once` and `tick`, with its moment.
    timer: Option<(Instant, Until)>,
}

/// The wall clock's side of a restored alarm. The clock may jump: a board learns the time from the
/// network some while after it has started.
#[derive(Debug)]
struct Wall {
    /// When the alarm is due, in milliseconds since 1970.
    at: u64,
    /// When to look at the wall clock again.
    look: Instant,
}

impl Alarm {
    /// Starts without an alarm. The first tick comes one `tick` from now.
    pub fn new(world: World, tick: Option<Duration>, limits: SharedLimits) -> Self {
        let tick = tick.map(|tick| (tick, world.now() + tick));
        Self { world, once: None, wall: None, tick, rang: None, limits, timer: None }
    }

    /// Replaces the tick. The next one comes one `tick` from now, unless the period is the same.
    pub(crate) fn set_tick(&mut self, tick: Option<Duration>) {
        if tick != self.tick.map(|(tick, _)| tick) {
            self.tick = tick.map(|tick| (tick, self.world.now() + tick));
        }
    }

    /// The moment of an alarm that is set now, to `after` or to never.
    pub(crate) fn moment(&self, after: Option<Duration>) -> Option<Instant> {
        let (now, least) = (self.world.now(), self.limits.get(|limits| limits.alarm));
        let at = now + after?.min(MAX_WAIT);
        Some(self.rang.map_or(at, |rang| at.max(rang + least)))
    }

    /// Sets the alarm, or cancels it.
    pub(crate) fn set(&mut self, at: Option<Instant>) {
        self.once = at;
        self.wall = None;
    }

    /// The moment that the alarm is set to.
    pub(crate) fn set_to(&self) -> Option<Instant> {
        self.once
    }

    /// The moment of the next event: of the alarm or of a tick.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.once.into_iter().chain(self.tick.map(|(_, at)| at)).min()
    }

    /// An alarm's moment, as it is stored: by the wall clock, and what is left of it.
    pub(crate) fn stored(&self, at: Instant) -> StoredAlarm {
        let left = millis(at.saturating_duration_since(self.world.now()));
        // An alarm that was restored keeps the wall-clock moment that it was set for.
        let wall = self.wall.as_ref().filter(|_| self.once == Some(at)).map(|wall| wall.at);
        StoredAlarm { at: wall.unwrap_or(self.world.since_1970().saturating_add(left)), left }
    }

    /// Sets the alarm as it was stored. It comes at its moment by the wall clock, but not later than
    /// what was left of it: a board without a battery wakes in the past, until the network tells the
    /// time.
    pub(crate) fn restore(&mut self, stored: Option<StoredAlarm>) {
        let now = self.world.now();
        self.once = stored.map(|stored| {
            let wait = stored.at.saturating_sub(self.world.since_1970()).min(stored.left);
            now + Duration::from_millis(wait).min(MAX_WAIT)
        });
        self.wall = stored.map(|stored| Wall { at: stored.at, look: now + LOOK });
    }

    /// Ready when the alarm or a tick is due. If several ticks passed while the actor computed or
    /// the device slept, they become one event. The next tick keeps to the original moments.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let look = self.wall.as_ref().map(|wall| wall.look);
            let once = self.once.map(|once| look.map_or(once, |look| look.min(once)));
            let tick = self.tick.map(|(_, at)| at);
            let Some(at) = once.into_iter().chain(tick).min() else {
                self.timer = None;
                return Poll::Pending;
            };
            let timer = match &mut self.timer {
                Some((set, timer)) if *set == at => timer,
                other => &mut other.insert((at, self.world.until(at))).1,
            };
            ready!(Pin::new(timer).poll(cx));
            self.timer = None;
            let now = self.world.now();
            self.look_at_wall(now);
            let (once, tick) =
                (self.once.is_some_and(|at| at <= now), tick.is_some_and(|at| at <= now));
            if !once && !tick {
                continue;
            }
            if once {
                self.set(None);
            }
            if let Some((tick, next)) = &mut self.tick {
                *next = after(*next, *tick, now);
            }
            self.rang = Some(now);
            return Poll::Ready(());
        }
    }

    /// Makes a restored alarm due if the wall clock has reached its moment.
    fn look_at_wall(&mut self, now: Instant) {
        if let Some(wall) = &mut self.wall
            && wall.look <= now
        {
            wall.look = now + LOOK;
            if self.world.since_1970() >= wall.at {
                self.once = Some(now);
            }
        }
    }
}

/// The first of the moments `at`, `at + tick`, `at + 2 * tick`… that is later than `now`.
fn after(at: Instant, tick: Duration, now: Instant) -> Instant {
    let Some(late) = now.checked_duration_since(at) else { return at };
    let behind = late.as_nanos() % tick.as_nanos().max(1);
    let ahead = tick.saturating_sub(Duration::from_nanos(u64::try_from(behind).unwrap_or(0)));
    now + ahead
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::task::Waker;

    use super::*;

    /// An alarm with this tick, and a function that advances its clock.
    fn alarm(tick: Option<u64>) -> (Alarm, impl Fn(u64)) {
        let (world, manual) = World::manual(0);
        let tick = tick.map(Duration::from_millis);
        let alarm = Alarm::new(world, tick, SharedLimits::default());
        (alarm, move |by| manual.advance(Duration::from_millis(by)))
    }

    fn rings(alarm: &mut Alarm) -> bool {
        alarm.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn set(alarm: &mut Alarm, after: u64) {
        alarm.set(alarm.moment(Some(Duration::from_millis(after))));
    }

    #[test]
    fn an_alarm_rings_once_at_its_moment_and_not_before() {
        let (mut alarm, pass) = alarm(None);
        assert!(!rings(&mut alarm));
        set(&mut alarm, 500);
        pass(499);
        assert!(!rings(&mut alarm));
        pass(1);
        assert!(rings(&mut alarm));
        pass(10_000);
        assert!(!rings(&mut alarm));
    }

    #[test]
    fn a_later_alarm_takes_the_place_of_the_one_before_and_can_be_taken_back() {
        let (mut alarm, pass) = alarm(None);
        set(&mut alarm, 100);
        set(&mut alarm, 300);
        pass(200);
        assert!(!rings(&mut alarm));
        alarm.set(alarm.moment(None));
        pass(200);
        assert!(!rings(&mut alarm));
    }

    #[test]
    fn two_alarms_are_at_least_the_limit_apart() {
        let (mut alarm, pass) = alarm(None);
        set(&mut alarm, 0);
        assert!(rings(&mut alarm));
        set(&mut alarm, 0);
        pass(9);
        assert!(!rings(&mut alarm));
        pass(1);
        assert!(rings(&mut alarm));
    }

    #[test]
    fn an_alarm_beyond_a_year_is_one_of_a_year() {
        let (mut alarm, pass) = alarm(None);
        set(&mut alarm, u64::MAX);
        pass(365 * 24 * 60 * 60 * 1000 - 1);
        assert!(!rings(&mut alarm));
        pass(1);
        assert!(rings(&mut alarm));
    }

    #[test]
    fn ticks_come_steadily_and_keep_their_moments_when_one_is_handled_late() {
        let (mut alarm, pass) = alarm(Some(1000));
        for _ in 0..5 {
            pass(999);
            assert!(!rings(&mut alarm));
            pass(1);
            assert!(rings(&mut alarm));
        }
        pass(1300);
        assert!(rings(&mut alarm));
        pass(699);
        assert!(!rings(&mut alarm));
        pass(1);
        assert!(rings(&mut alarm));
    }

    #[test]
    fn after_a_long_sleep_there_is_one_tick_and_no_burst() {
        let (mut alarm, pass) = alarm(Some(1000));
        pass(3_600_500);
        assert!(rings(&mut alarm));
        assert!(!rings(&mut alarm));
        pass(499);
        assert!(!rings(&mut alarm));
        pass(1);
        assert!(rings(&mut alarm));
    }

    #[test]
    fn a_restored_alarm_rings_at_its_moment_and_not_later_than_what_was_left() {
        for (at, left, rings_after) in [(5000, 9000, 5000), (9000, 5000, 5000), (0, 5000, 0)] {
            let (mut alarm, pass) = alarm(None);
            alarm.restore(Some(StoredAlarm { at, left }));
            if rings_after > 0 {
                pass(rings_after - 1);
                assert!(!rings(&mut alarm));
                pass(1);
            }
            assert!(rings(&mut alarm));
            pass(100_000);
            assert!(!rings(&mut alarm));
        }
    }

    #[test]
    fn an_alarm_that_is_stored_and_restored_keeps_its_moment() {
        let (mut alarm, pass) = alarm(None);
        set(&mut alarm, 60_000);
        pass(20_000);
        let stored = alarm.set_to().map(|at| alarm.stored(at));
        assert_eq!(stored, Some(StoredAlarm { at: 60_000, left: 40_000 }));
        alarm.restore(stored);
        pass(10_000);
        let stored = alarm.set_to().map(|at| alarm.stored(at));
        assert_eq!(stored, Some(StoredAlarm { at: 60_000, left: 30_000 }));
    }

    #[test]
    fn an_alarm_and_a_tick_do_not_touch_each_other() {
        let (mut alarm, pass) = alarm(Some(1000));
        set(&mut alarm, 1500);
        pass(1000);
        assert!(rings(&mut alarm));
        pass(500);
        assert!(rings(&mut alarm));
        pass(500);
        assert!(rings(&mut alarm));
        // At the same moment they are one event.
        set(&mut alarm, 1000);
        pass(1000);
        assert!(rings(&mut alarm));
        assert!(!rings(&mut alarm));
    }
}
