//! Polls a future by hand, and checks that something wakes it. A future that nothing wakes would
//! wait for ever. Only two things happen on another thread: making a slow instance, and the timer
//! for the next try after that has failed.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use footlight::limits::Limits;

/// A waker that notes that it was woken.
#[derive(Default)]
pub struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How long to wait for what happens on another thread.
const PATIENCE: Duration = Duration::from_secs(20);

impl Bell {
    /// Waits until it is woken. Returns false if that takes longer than [`PATIENCE`].
    pub fn rings(&self) -> bool {
        let start = Instant::now();
        while !self.rang() {
            if start.elapsed() > PATIENCE {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    /// Whether it was woken since the last call.
    pub fn rang(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Polls the future until it is ready or `enough` returns true. Returns the output, if there is
/// one, and the number of polls.
///
/// # Panics
/// The future waits for something.
pub fn until<F: Future + ?Sized>(
    mut future: Pin<&mut F>,
    bell: &Arc<Bell>,
    enough: impl Fn() -> bool,
) -> (Option<F::Output>, u64) {
    let waker = Waker::from(bell.clone());
    let mut context = Context::from_waker(&waker);
    for polls in 1.. {
        bell.rang();
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return (Some(output), polls);
        }
        if enough() {
            return (None, polls);
        }
        assert!(bell.rings(), "it waits, and nothing has woken it");
    }
    unreachable!("it is polled for ever")
}

/// Polls a future until it is ready. Returns its output and the number of polls.
pub fn to_end<F: Future>(future: F) -> (F::Output, u64) {
    let (output, polls) = until(pin!(future), &Arc::default(), || false);
    (output.expect("it has ended"), polls)
}

/// The most slices that a call can have. Slow slices make the next ones smaller, down to 1,000 units.
pub fn max_slices(limits: &Limits) -> u64 {
    2 * limits.fuel.unwrap_or(u64::MAX) / limits.slice.min(1000)
}
