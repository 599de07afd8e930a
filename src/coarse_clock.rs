//! A clock that costs almost nothing to read. It shows the moment of the last look at the real clock.
//!
//! The executor looks after each task that it runs, and when it wakes up. So what one task reads here
//! is when it began to run, or a little later.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

/// What the nanoseconds of this clock count from.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
/// What the clock shows, in nanoseconds.
static SHOWN: AtomicU64 = AtomicU64::new(0);

/// A moment of this clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl Moment {
    /// The nanoseconds from an earlier moment to this one.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        // Another thread may have set the clock to a moment just before.
        self.0.saturating_sub(earlier.0)
    }
}

/// Sets the clock to the present moment, which the caller has just read.
pub(crate) fn set(now: Instant) -> Moment {
    let since = now.saturating_duration_since(*BEGINNING);
    // This is enough for centuries.
    let nanos =
        since.as_secs().wrapping_mul(1_000_000_000).wrapping_add(since.subsec_nanos().into());
    SHOWN.store(nanos, Relaxed);
    Moment(nanos)
}

/// The moment of the last look at the real clock.
pub(crate) fn read() -> Moment {
    Moment(SHOWN.load(Relaxed))
}

/// Looks at the real clock.
pub(crate) fn look() -> Moment {
    set(Instant::now())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_as_far_apart_as_those_of_the_real_clock() {
        let now = Instant::now() + Duration::from_secs(10);
        let (earlier, later) = (set(now), set(now + Duration::from_micros(1_500_001)));
        assert_eq!(later.since(earlier), 1_500_001_000);
        assert_eq!(earlier.since(later), 0);
        assert_eq!(set(*BEGINNING), Moment(0));
    }
}
