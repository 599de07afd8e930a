//! The time that actors are told, and by which their alarms ring. A test may have one of its own,
//! which goes on when the test says so.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustix::time::{ClockId, clock_gettime};
use smol::Timer;

use crate::lock::Lock;

/// How long the present thread has computed since it began. It stands still while another thread
/// has the processor.
pub fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// A clock.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that is set by hand.
    Manual(Arc<Manual>),
}

impl Clock {
    /// A clock that is set by hand, beginning so many milliseconds after 1970.
    pub fn manual(since_1970: u64) -> (Self, Arc<Manual>) {
        let manual = Arc::new(Manual {
            start: Instant::now(),
            since_1970,
            state: Lock::new(State { passed: Duration::ZERO, waiting: Vec::new() }),
        });
        (Self::Manual(manual.clone()), manual)
    }

    /// The present moment. It never goes back, and stands still while the machine sleeps.
    pub fn now(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Manual(manual) => manual.now(),
        }
    }

    /// Milliseconds since 1970 (UTC). It may go back, as the system's does when it is set.
    pub fn since_1970(&self) -> u64 {
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
    pub fn until(&self, at: Instant) -> Until {
        match self {
            Self::System => Until::System(Timer::at(at)),
            Self::Manual(manual) => Until::Manual(manual.clone(), at),
        }
    }
}

/// A moment that is waited for.
#[derive(Debug)]
pub enum Until {
    /// By the system's clock.
    System(Timer),
    /// By one that is set by hand.
    Manual(Arc<Manual>, Instant),
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            Self::System(timer) => Pin::new(timer).poll(cx).map(drop),
            Self::Manual(manual, at) => manual.poll(*at, cx),
        }
    }
}

/// A clock that is set by hand.
#[derive(Debug)]
pub struct Manual {
    /// When it was made.
    start: Instant,
    /// What it showed then, in milliseconds since 1970.
    since_1970: u64,
    /// The rest.
    state: Lock<State>,
}

/// What changes of it.
#[derive(Debug)]
struct State {
    /// How much time has passed since it was made.
    passed: Duration,
    /// Who waits: until when, and whom to wake.
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

    /// Waits until somebody waits for a moment that is `after` away from now, or nearer.
    pub async fn awaited(&self, after: Duration) {
        poll_fn(|cx| {
            let now = self.now();
            if self.state.lock().waiting.iter().any(|(at, _)| *at <= now + after) {
                return Poll::Ready(());
            }
            // Only tests come here; they have nothing better to do than to look again.
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
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
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
