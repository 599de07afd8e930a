//! When an actor is woken: by the alarm that it sets itself, and by the `tick` of its manifest.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use crate::{
    limits::SharedLimits,
    world::{Until, World},
};

/// The longest time that an alarm can be set to: a year.
const MAX_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// An actor's alarm and its tick.
#[derive(Debug)]
pub struct Alarm {
    world: World,
    /// When the alarm rings that the actor has set.
    once: Option<Instant>,
    /// The period of the tick, and its next moment.
    tick: Option<(Duration, Instant)>,
    /// The moment of the last event. The next alarm comes at least `least` after it.
    rang: Option<Instant>,
    /// Has the least time between two alarms that the actor sets: `limits.alarm`.
    limits: SharedLimits,
    /// The timer for the earlier of `once` and `tick`, with its moment.
    timer: Option<(Instant, Until)>,
}

impl Alarm {
    /// Starts without an alarm. The first tick comes one `tick` from now.
    pub fn new(world: World, tick: Option<Duration>, limits: SharedLimits) -> Self {
        let tick = tick.map(|tick| (tick, world.now() + tick));
        Self { world, once: None, tick, rang: None, limits, timer: None }
    }

    /// Sets the alarm, or cancels it.
    pub fn set(&mut self, after: Option<Duration>) {
        let (now, least) = (self.world.now(), self.limits.get(|limits| limits.alarm));
        self.once = after.map(|after| {
            let at = now + after.min(MAX_WAIT);
            self.rang.map_or(at, |rang| at.max(rang + least))
        });
    }

    /// Ready when the alarm or a tick is due. If several ticks passed while the actor computed or
    /// the device slept, they become one event. The next tick keeps to the original moments.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let tick = self.tick.map(|(_, at)| at);
            let Some(at) = self.once.into_iter().chain(tick).min() else {
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
            if at > now {
                continue;
            }
            self.once = self.once.filter(|at| *at > now);
            if let Some((tick, next)) = &mut self.tick {
                *next = after(*next, *tick, now);
            }
            self.rang = Some(now);
            return Poll::Ready(());
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
        alarm.set(Some(Duration::from_millis(after)));
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
        alarm.set(None);
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
