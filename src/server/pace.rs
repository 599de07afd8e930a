//! The minimum rate at which a client must send or take bytes: `limits.rate`.
//!
//! A deadline for a whole page or body would have to fit the largest one over the slowest link. A
//! rate fits all sizes, and still ends a transfer that stands still.

use std::time::{Duration, Instant};

use smol::Timer;

use super::places::Credit;
use crate::{convert::to_u64, lock::Lock};

/// How far a client may fall behind, in bytes: at 1 KiB a second, 64 seconds. The kernel's send
/// buffer has this size and drains in steps, so progress is visible only now and then.
const LAG: usize = 64 << 10;

/// Whether a client keeps up with the minimum rate.
#[derive(Debug)]
pub(crate) struct Pace {
    credit: Credit,
    /// When the client is too far behind.
    until: Lock<Instant>,
}

impl Pace {
    /// A transfer that begins now, at `rate` bytes a second or more.
    pub(crate) fn new(rate: usize) -> Self {
        let nanoseconds = |bytes: usize| {
            let whole = to_u64(bytes).saturating_mul(1_000_000_000);
            Duration::from_nanos(whole.checked_div(to_u64(rate)).unwrap_or(u64::MAX))
        };
        let max = nanoseconds(LAG);
        let credit = Credit { initial: max, per_byte: nanoseconds(1), max };
        Self { credit, until: Lock::new(Instant::now() + max) }
    }

    /// Notes that the client has sent or taken so many bytes.
    pub(crate) fn progress(&self, bytes: usize) {
        let mut until = self.until.lock();
        *until = self.credit.after(bytes, *until, Instant::now());
    }

    /// Waits until the client is too far behind.
    pub(crate) async fn late(&self) {
        loop {
            let until = *self.until.lock();
            if until <= Instant::now() {
                return;
            }
            Timer::at(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_fall_behind_by_64_kib_and_makes_up_for_it_by_progress() {
        let pace = Pace::new(1 << 10);
        let start = *pace.until.lock();
        let left = |pace: &Pace| pace.until.lock().saturating_duration_since(Instant::now());
        assert!(left(&pace) > Duration::from_secs(63) && left(&pace) <= Duration::from_secs(64));
        // More than the maximum is not saved up.
        pace.progress(1 << 20);
        assert!(left(&pace) <= Duration::from_secs(64) && *pace.until.lock() >= start);
        *pace.until.lock() = Instant::now() + Duration::from_secs(10);
        pace.progress(2 << 10);
        assert!(left(&pace) > Duration::from_secs(11) && left(&pace) <= Duration::from_secs(12));
    }
}
