//! Runs tasks, and looks at the sockets in between.
//!
//! smol's own loop looks at sockets and timers when no task is left to run, or else after every
//! 200 tasks that ran. An actor that computes is a task that is never done, and runs in slices:
//! 200 of these are milliseconds here, and a good part of a second on a slow board, in which no
//! message of anybody else's would be noticed.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use smol::{
    Executor,
    future::{FutureExt as _, yield_now},
};

/// How long tasks run, one after the other, before the sockets are looked at: so many times as
/// long as the last look took. That is a microsecond on a PC, and ten on a slow board.
const LOOKS: u32 = 16;
/// The least time. It is what a client has to wait while others keep the host busy.
const LEAST: Duration = Duration::from_micros(20);
/// The most, whatever interrupted the last look.
const MOST: Duration = Duration::from_micros(200);

/// Runs the executor's tasks until `future` is ready. `future` itself is polled after every
/// turn, so it should be a light one.
pub async fn run<T>(executor: &Executor<'_>, future: impl Future<Output = T>) -> T {
    let work = async {
        let (mut start, mut turn) = (Instant::now(), LEAST);
        loop {
            executor.tick().await;
            let end = Instant::now();
            if end.duration_since(start) >= turn {
                // Back to `block_on`, which looks at the sockets and comes here again.
                yield_now().await;
                start = Instant::now();
                turn = (LOOKS * start.duration_since(end)).clamp(LEAST, MOST);
            }
        }
    };
    future.or(work).await
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
        task::Poll,
    };

    use smol::block_on;

    use super::*;

    #[test]
    fn tasks_that_are_never_done_do_not_put_off_the_look_at_the_sockets() {
        let executor = Executor::new();
        let slices = Arc::new(AtomicU32::new(0));
        for _ in 0..2 {
            let slices = slices.clone();
            let computing = async move {
                loop {
                    let start = Instant::now();
                    while start.elapsed() < MOST {}
                    slices.fetch_add(1, Relaxed);
                    yield_now().await;
                }
            };
            executor.spawn(computing).detach();
        }
        // Every time that this is polled, `block_on` has just looked at the sockets.
        let mut looks = 0;
        let ten_looks = poll_fn(|_| {
            looks += 1;
            if looks > 10 { Poll::Ready(()) } else { Poll::Pending }
        });
        block_on(run(&executor, ten_looks));
        assert_eq!(slices.load(Relaxed), 10);
    }
}
