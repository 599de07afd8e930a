//! Runs blocking operations that may never return: one at a time, and with a deadline.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use smol::{Timer, future::FutureExt as _, unblock};
use wit_core::host::FileError;

use super::Failure;
use crate::limits::SharedLimits;

/// Runs one blocking operation at a time, on the thread pool for blocking calls.
///
/// An operation that timed out keeps its thread until the system call returns. It never keeps more
/// than one, because further operations fail at once meanwhile.
#[derive(Debug)]
pub(super) struct Blocking {
    /// Set while an operation runs, even after nobody waits for it any more. One at a time.
    busy: Arc<AtomicBool>,
    /// Has how long to wait for an operation: `limits.file_wait`.
    limits: SharedLimits,
}

/// Why an operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// `limits.file_wait` is over. The operation may still finish.
    TimedOut,
    Busy,
}

/// Marks the end of an operation when it is dropped, even if the operation panics.
struct BusyGuard(Arc<AtomicBool>);

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Blocking {
    /// Ready for the first operation.
    pub(super) fn new(limits: SharedLimits) -> Self {
        Self { busy: Arc::default(), limits }
    }

    /// Runs an operation.
    ///
    /// # Errors
    /// There is no result. An operation that timed out may still finish later.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unfinished> {
        let begun = Instant::now();
        self.run_by_steps(operation, || begun).await
    }

    /// Runs an operation of several steps. Each step may take as long as a whole operation with
    /// [`run`](Self::run). `begun` returns when the current step began.
    ///
    /// # Errors
    /// The same as for [`run`](Self::run).
    pub(super) async fn run_by_steps<T: Send + 'static>(
        &self,
        operation: impl FnOnce() -> T + Send + 'static,
        begun: impl Fn() -> Instant,
    ) -> Result<T, Unfinished> {
        if self.busy.swap(true, Ordering::Acquire) {
            return Err(Unfinished::Busy);
        }
        let guard = BusyGuard(self.busy.clone());
        let work = unblock(move || {
            let result = operation();
            drop(guard);
            result
        });
        let wait = self.limits.get(|limits| limits.file_wait);
        let given_up = async {
            loop {
                let left = wait.saturating_sub(begun().elapsed());
                if left.is_zero() {
                    return Err(Unfinished::TimedOut);
                }
                Timer::after(left).await;
            }
        };
        async { Ok(work.await) }.or(given_up).await
    }
}

impl From<Unfinished> for Failure {
    fn from(_: Unfinished) -> Self {
        Self(FileError::TimedOut)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::mpsc, time::Duration};

    use smol::block_on;

    use super::*;
    use crate::limits::Limits;

    /// Operations that may take so long.
    fn blocking(file_wait: Duration) -> Blocking {
        Blocking::new(Limits { file_wait, ..Limits::default() }.into())
    }

    /// Longer than any test takes.
    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn an_operation_that_takes_too_long_is_given_up_and_none_begins_until_it_is_over() {
        let blocking = blocking(Duration::from_millis(1));
        let (end, wait) = mpsc::channel::<()>();
        let stuck = block_on(blocking.run(move || wait.recv()));
        assert_eq!(stuck, Err(Unfinished::TimedOut));
        for _ in 0..3 {
            assert_eq!(block_on(blocking.run(|| unreachable!())), Err::<(), _>(Unfinished::Busy));
        }
        end.send(()).unwrap();
        // The thread ends the operation a little after it got the message.
        blocking.limits.set(Limits { file_wait: LONG, ..Limits::default() });
        let free = &blocking;
        let next = loop {
            match block_on(free.run(|| 7)) {
                Err(Unfinished::Busy) => std::thread::yield_now(),
                done => break done,
            }
        };
        assert_eq!(next, Ok(7));
    }

    #[test]
    fn an_operation_of_steps_is_given_up_only_if_one_of_them_takes_too_long() {
        let wait = Duration::from_millis(1);
        let blocking = blocking(wait);
        let (end, told) = mpsc::channel::<()>();
        // Counts the calls. Each comes when the current step may have timed out, and the last one
        // finds that it has.
        let asked = Cell::new(0);
        let begun = || {
            asked.set(asked.get() + 1);
            if asked.get() < 100 { Instant::now() } else { Instant::now() - wait }
        };
        let late = block_on(blocking.run_by_steps(move || told.recv(), begun));
        assert_eq!((late, asked.get()), (Err(Unfinished::TimedOut), 100));
        drop(end);
    }

    #[test]
    fn the_next_operation_can_start_as_soon_as_the_result_is_there() {
        let blocking = blocking(LONG);
        for number in 0..1000 {
            assert_eq!(block_on(blocking.run(move || number)), Ok(number));
        }
    }

    #[test]
    fn an_abandoned_operation_lets_the_next_one_start_once_it_ends() {
        let blocking = blocking(LONG);
        let (end, wait) = mpsc::channel::<()>();
        let mut pending = Box::pin(blocking.run(move || wait.recv()));
        block_on(smol::future::poll_once(&mut pending));
        drop(pending);
        drop(end);
        while block_on(blocking.run(|| ())).is_err() {
            std::thread::yield_now();
        }
    }
}
