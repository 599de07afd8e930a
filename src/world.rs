//! Time and chance, as actors see them: what time it is, timers, and random numbers.
//!
//! Actors get all of these from one [`World`]. A test has a world of its own, in which time passes
//! when the test says so and the random numbers are always the same. So can a replay.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rand::{
    SeedableRng as _, TryRng as _,
    rngs::{StdRng, SysError, SysRng},
};

use crate::{lock::Lock, quiet_timer::QuietTimer};

/// The longest wait.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The source of time and chance.
#[derive(Clone, Debug, Default)]
pub enum World {
    /// The system's clocks and random numbers. Every run of `footlight` has these.
    #[default]
    System,
    /// Set by hand, for tests, benchmarks and `footlight call`.
    Manual(Arc<Manual>),
}

impl World {
    /// A world that is controlled by hand. It begins `since_1970` milliseconds after 1970 (UTC).
    pub fn manual(since_1970: u64) -> (Self, Arc<Manual>) {
        Self::seeded(since_1970, 0)
    }

    /// The same, with random numbers that `seed` decides.
    pub(crate) fn seeded(since_1970: u64, seed: u64) -> (Self, Arc<Manual>) {
        let state = State { generators: seed, ..State::default() };
        let start = Instant::now();
        let manual = Arc::new(Manual { start, since_1970, state: Lock::new(state) });
        (Self::Manual(manual.clone()), manual)
    }

    /// The present moment. It never goes back, and stands still while the machine sleeps.
    pub(crate) fn now(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Manual(manual) => manual.now(),
        }
    }

    /// Nanoseconds since some moment before the first call. The value never goes back.
    pub(crate) fn uptime(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        let passed = match self {
            Self::System => START.get_or_init(Instant::now).elapsed(),
            Self::Manual(manual) => manual.state.lock().passed,
        };
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Milliseconds since 1970 (UTC). The value goes back if the system's clock is set back.
    pub(crate) fn since_1970(&self) -> u64 {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                millis(since)
            }
            Self::Manual(manual) => {
                manual.since_1970.saturating_add(millis(manual.state.lock().passed))
            }
        }
    }

    /// Ready once it is `at`.
    pub(crate) fn until(&self, at: Instant) -> Until {
        match self {
            Self::System => Until::System(QuietTimer::at(at)),
            Self::Manual(manual) => Until::Manual(manual.clone(), at),
        }
    }

    /// Ready once `wait` has passed. A wait that no clock can count is one of a century.
    pub(crate) fn after(&self, wait: Duration) -> Until {
        let now = self.now();
        self.until(now.checked_add(wait).unwrap_or_else(|| now + CENTURY))
    }

    /// Fills `bytes` with random numbers. Those that were given by hand come first, and the others are
    /// of `generator`, which is made if there is none.
    ///
    /// # Errors
    /// The system has no random numbers to seed a generator with.
    pub(crate) fn fill_random(
        &self,
        generator: &mut Option<StdRng>,
        bytes: &mut [u8],
    ) -> Result<(), String> {
        let none = |error| format!("the system gives no random bytes: {error}");
        let generator = match generator {
            Some(generator) => generator,
            empty => empty.insert(self.generator().map_err(none)?),
        };
        let given = match self {
            Self::System => 0,
            Self::Manual(manual) => manual.take_random(bytes),
        };
        // This generator can't fail.
        let _ = generator.try_fill_bytes(bytes.get_mut(given..).unwrap_or_default());
        Ok(())
    }

    /// A new generator of random numbers, which nobody can predict. In a manual world it is the
    /// same at each run.
    ///
    /// # Errors
    /// The system has no random numbers to seed it with.
    pub fn generator(&self) -> Result<StdRng, SysError> {
        match self {
            Self::System => StdRng::try_from_rng(&mut SysRng),
            Self::Manual(manual) => {
                let mut state = manual.state.lock();
                state.generators = state.generators.wrapping_add(1);
                Ok(StdRng::seed_from_u64(state.generators))
            }
        }
    }
}

/// A moment that is waited for.
#[derive(Debug)]
pub(crate) enum Until {
    System(QuietTimer),
    Manual(Arc<Manual>, Instant),
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            Self::System(timer) => timer.poll(cx),
            Self::Manual(manual, at) => manual.poll(*at, cx),
        }
    }
}

/// A world that is controlled by hand.
#[derive(Debug)]
pub struct Manual {
    /// When it was made.
    start: Instant,
    /// What its clock showed then, in milliseconds since 1970.
    since_1970: u64,
    state: Lock<State>,
}

/// The part of a manual world that changes.
#[derive(Debug, Default)]
struct State {
    /// How much time has passed since it was made.
    passed: Duration,
    /// The seed of the last generator of random numbers. Each has another one.
    generators: u64,
    /// Random bytes that come before those of a generator.
    random: VecDeque<u8>,
    /// The tasks that wait: until when, and whom to wake.
    waiting: Vec<(Instant, Waker)>,
}

impl Manual {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state.lock();
        state.passed += by;
        let now = self.start + state.passed;
        let (due, rest) = state.waiting.drain(..).partition(|(at, _)| *at <= now);
        state.waiting = rest;
        drop(state);
        let due: Vec<(Instant, Waker)> = due;
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Lets time pass until `at`.
    pub(crate) fn pass_until(&self, at: Instant) {
        self.advance(at.saturating_duration_since(self.now()));
    }

    /// Lets time pass until the first moment that a task waits for, if one waits.
    pub(crate) fn pass_a_wait(&self) {
        let first = self.state.lock().waiting.iter().map(|(at, _)| *at).min();
        if let Some(at) = first {
            self.pass_until(at);
        }
    }

    /// Forgets the tasks that wait. They look at the clock again when they are polled.
    pub(crate) fn forget_waiting(&self) {
        self.state.lock().waiting.clear();
    }

    /// Gives random bytes, which come before those of a generator.
    pub(crate) fn give_random(&self, bytes: &[u8]) {
        self.state.lock().random.extend(bytes);
    }

    /// Takes as many of the given random bytes as fit.
    fn take_random(&self, bytes: &mut [u8]) -> usize {
        let mut state = self.state.lock();
        let given = state.random.len().min(bytes.len());
        bytes.iter_mut().zip(state.random.drain(..given)).for_each(|(byte, value)| *byte = value);
        given
    }

    /// The present moment.
    fn now(&self) -> Instant {
        self.start + self.state.lock().passed
    }

    /// Ready once it is `at`.
    fn poll(&self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if self.start + state.passed >= at {
            return Poll::Ready(());
        }
        state.waiting.push((at, cx.waker().clone()));
        Poll::Pending
    }
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;

    #[test]
    fn a_wait_may_be_longer_than_the_clock_can_count() {
        for world in [World::System, World::manual(0).0] {
            let mut wait = world.after(Duration::MAX);
            let cx = &mut Context::from_waker(Waker::noop());
            assert!(Pin::new(&mut wait).poll(cx).is_pending());
        }
    }

    #[test]
    fn a_manual_world_gives_the_same_random_numbers_at_each_run_and_others_to_each_generator() {
        let draw = |world: &World| world.generator().unwrap().next_u64();
        let (first, second) = (World::manual(0).0, World::manual(0).0);
        let drawn = [draw(&first), draw(&first)];
        assert_eq!(drawn, [draw(&second), draw(&second)]);
        assert_ne!(drawn[0], drawn[1]);
        assert_ne!(draw(&World::System), draw(&World::System));
    }
}
