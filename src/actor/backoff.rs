//! How long to wait before an instance is made again: one that could not be made, or one that takes
//! long to make and traps.

use std::time::{Duration, Instant};

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);

/// Waits that double, up to a bound.
#[derive(Debug)]
pub struct Backoff {
    /// The longest wait.
    longest: Duration,
    /// The last wait, if the last try failed, and its end.
    last: Option<(Duration, Instant)>,
}

impl Backoff {
    /// Nothing has failed yet.
    pub fn new(longest: Duration) -> Self {
        Self { longest, last: None }
    }

    /// Notes that a try has failed. Gives how long to wait.
    pub fn failed(&mut self) -> Duration {
        let next = self.last.map_or(FIRST, |(last, _)| last.saturating_mul(2).min(self.longest));
        self.last = Some((next, Instant::now() + next));
        next
    }

    /// When the next try may be, if the last one failed.
    pub fn until(&self) -> Option<Instant> {
        self.last.map(|(_, end)| end)
    }

    /// Whether the last try failed.
    pub fn is_failing(&self) -> bool {
        self.last.is_some()
    }

    /// Notes that a try went well.
    pub fn succeeded(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(30));
        assert_eq!(backoff.until(), None);
        let start = Instant::now();
        let waits: Vec<_> = (0..11).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        assert!(backoff.is_failing());
        assert!(backoff.until().unwrap() >= start + Duration::from_secs(30));
        backoff.succeeded();
        assert!(!backoff.is_failing());
        assert_eq!(backoff.failed(), FIRST);
    }
}
