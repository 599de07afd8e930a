//! How long to wait before an instance is tried again that could not be made.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST: Duration = Duration::from_secs(30);

/// Waits that double, up to a bound.
#[derive(Debug, Default)]
pub struct Backoff {
    /// The last wait, if the last try failed.
    last: Option<Duration>,
}

impl Backoff {
    /// How long to wait now that a try has failed.
    pub fn failed(&mut self) -> Duration {
        let next = self.last.map_or(FIRST, |last| last.saturating_mul(2).min(LONGEST));
        self.last = Some(next);
        next
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
    fn the_waits_double_up_to_thirty_seconds_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..11).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        assert!(backoff.is_failing());
        backoff.succeeded();
        assert!(!backoff.is_failing());
        assert_eq!(backoff.failed(), FIRST);
    }
}
