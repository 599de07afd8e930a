//! A clock that costs almost nothing to read. It shows the moment of the last look at the real clock.
//!
//! The executor looks after each task that it runs, and when it wakes up. So what one task reads here
//! is when it began to run, or a little later.
//!
//! Moments are plain numbers, because the executor compares several for each message. To compare two of
//! `Instant` takes ten times as many instructions.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
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

    /// The same moment of the real clock.
    pub(crate) fn instant(self) -> Instant {
        *BEGINNING + Duration::from_nanos(self.0)
    }
}

/// The moment of the last look at the real clock.
pub(crate) fn read() -> Moment {
    Moment(SHOWN.load(Relaxed))
}

/// Looks at the real clock. It never goes back, and stands still while the machine sleeps.
pub(crate) fn look() -> Moment {
    let since = Instant::now().saturating_duration_since(*BEGINNING);
    // Nanoseconds are enough for centuries.
    let nanos = since.as_secs().wrapping_mul(1_000_000_000) + u64::from(since.subsec_nanos());
    SHOWN.store(nanos, Relaxed);
    Moment(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_far_apart_as_those_of_the_real_clock() {
        let (outer, earlier) = (Instant::now(), look());
        let inner = Instant::now();
        while inner.elapsed() < Duration::from_millis(2) {}
        let least = inner.elapsed();
        let since = Duration::from_nanos(look().since(earlier));
        assert!(least <= since && since <= outer.elapsed(), "{least:?} {since:?}");
        assert_eq!(earlier.since(look()), 0);
        assert!(outer <= earlier.instant() && earlier.instant() <= inner);
    }

    #[test]
    fn what_is_read_is_the_last_look() {
        let before = look();
        // Other tests look, too.
        assert!(read().0 >= before.0);
    }
}
