//! A timer that is polled far more often than it fires.
//!
//! A task that waits for several things polls all of them each time it runs. smol's timer reads the
//! clock at each poll, which is a good part of what an event costs. This one remembers that it waits,
//! and only looks whether the timer has woken it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{Acquire, Release},
        },
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use smol::Timer;

use crate::lock::Lock;

/// A timer. It is ready at one poll, once its moment has come, and not again before it is set again.
#[derive(Debug)]
pub(crate) struct QuietTimer {
    timer: Timer,
    /// What the timer wakes, and the task that it stands for. `None` before the first poll.
    waits: Option<(Arc<Signal>, Waker)>,
}

/// Notes that the timer has fired, and wakes the task.
#[derive(Debug, Default)]
struct Signal {
    fired: AtomicBool,
    task: Lock<Option<Waker>>,
}

impl QuietTimer {
    /// Fires after this time.
    pub(crate) fn after(wait: Duration) -> Self {
        Self { timer: Timer::after(wait), waits: None }
    }

    /// Fires at this moment.
    pub(crate) fn at(at: Instant) -> Self {
        Self { timer: Timer::at(at), waits: None }
    }

    /// Sets another moment.
    pub(crate) fn set_at(&mut self, at: Instant) {
        self.timer.set_at(at);
        // The next poll is the first one of the new moment.
        self.waits = None;
    }

    /// Ready once the moment has come. Otherwise the task is woken then.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((signal, task)) = &self.waits
            && task.will_wake(cx.waker())
            && !signal.fired.load(Acquire)
        {
            return Poll::Pending;
        }
        let signal = Arc::new(Signal::default());
        *signal.task.lock() = Some(cx.waker().clone());
        let waker = Waker::from(signal.clone());
        self.waits = Some((signal, cx.waker().clone()));
        Pin::new(&mut self.timer).poll(&mut Context::from_waker(&waker)).map(drop)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.fired.store(true, Release);
        // Woken without the lock.
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::atomic::AtomicUsize, sync::atomic::Ordering::Relaxed};

    use smol::{block_on, future::yield_now};

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn it_fires_at_its_moment_however_often_it_is_polled_before() {
        let start = Instant::now();
        let mut timer = QuietTimer::after(Duration::from_millis(50));
        block_on(async {
            while poll_fn(|cx| Poll::Ready(timer.poll(cx))).await.is_pending() {
                yield_now().await;
            }
        });
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn it_wakes_a_task_that_polls_it_once() {
        let start = Instant::now();
        let mut timer = QuietTimer::at(start + Duration::from_millis(50));
        block_on(poll_fn(|cx| timer.poll(cx)));
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn it_can_be_set_earlier_and_later_and_again_after_it_has_fired() {
        let mut timer = QuietTimer::after(Duration::from_secs(3600));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(timer.poll(&mut cx).is_pending() && timer.poll(&mut cx).is_pending());
        timer.set_at(Instant::now());
        assert!(timer.poll(&mut cx).is_ready());
        timer.set_at(Instant::now() + Duration::from_secs(3600));
        assert!(timer.poll(&mut cx).is_pending() && timer.poll(&mut cx).is_pending());
        timer.set_at(Instant::now() + Duration::from_millis(20));
        block_on(poll_fn(|cx| timer.poll(cx)));
    }

    #[test]
    fn it_wakes_the_task_that_polled_it_last() {
        let counts = [Arc::<Count>::default(), Arc::default()];
        let mut timer = QuietTimer::after(Duration::from_millis(100));
        for count in &counts {
            let waker = Waker::from(count.clone());
            assert!(timer.poll(&mut Context::from_waker(&waker)).is_pending());
        }
        block_on(Timer::after(Duration::from_millis(110)));
        while counts[1].0.load(Relaxed) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(counts[0].0.load(Relaxed), 0);
        let waker = Waker::from(counts[1].clone());
        assert!(timer.poll(&mut Context::from_waker(&waker)).is_ready());
    }
}
