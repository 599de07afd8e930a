//! Runs a future by hand. One that is not ready and is not woken waits for ever: nothing here
//! happens on its own but the making of an instance that takes long, and the wait for the next one
//! after it has failed.

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

/// Notes that it was woken.
#[derive(Default)]
pub struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How long something may take that happens on its own.
const PATIENCE: Duration = Duration::from_secs(20);

impl Bell {
    /// Whether it is woken, now or soon.
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

    /// Whether it was woken since this was last asked.
    pub fn rang(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Polls until the future is ready, or `enough` says so. Gives the output, if there is one,
/// and how often the future was polled.
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

/// Runs a future to its end. Gives how often it was polled as well.
pub fn to_end<F: Future>(future: F) -> (F::Output, u64) {
    let (output, polls) = until(pin!(future), &Arc::default(), || false);
    (output.expect("it has ended"), polls)
}
