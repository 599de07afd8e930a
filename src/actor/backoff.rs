//! How long to wait before making the next instance, if making one failed, or if it takes long and
//! the last one trapped.

use std::time::{Duration, Instant};

use crate::world::{Until, World};

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);

/// Waits that double, up to a bound.
#[derive(Debug)]
pub struct Backoff {
    /// The wait grows up to this, and then no more.
    longest: Duration,
    world: World,
    /// The last wait, which the next one doubles, and its end. `None` after a success.
    last: Option<(Duration, Instant)>,
}

impl Backoff {
    /// Nothing has failed yet.
    pub fn new(world: World, longest: Duration) -> Self {
        Self { longest, world, last: None }
    }

    /// Notes that a try failed. Returns how long to wait.
    pub fn failed(&mut self) -> Duration {
        let next = self.last.map_or(FIRST, |(last, _)| last.saturating_mul(2).min(self.longest));
        self.last = Some((next, self.world.now() + next));
        next
    }

    /// A future that ends with the wait. `None` if the last try succeeded.
    pub(crate) fn wait(&self) -> Option<Until> {
        self.last.map(|(_, end)| self.world.until(end))
    }

    /// Whether the last try failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.last.is_some()
    }

    /// Notes that a try succeeded.
    pub fn succeeded(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future as _,
        pin::Pin,
        task::{Context, Waker},
    };

    use super::*;

    #[test]
    fn the_waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new(World::System, Duration::from_secs(30));
        assert!(backoff.wait().is_none());
        let waits: Vec<_> = (0..11).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
        assert!(backoff.is_failing());
        backoff.succeeded();
        assert!(!backoff.is_failing());
        assert_eq!(backoff.failed(), FIRST);
    }

    #[test]
    fn a_wait_is_over_when_its_time_has_passed_and_not_before() {
        let (world, manual) = World::manual(0);
        let mut backoff = Backoff::new(world, Duration::from_secs(30));
        let wait = backoff.failed();
        let mut over = backoff.wait().unwrap();
        let cx = &mut Context::from_waker(Waker::noop());
        manual.advance(wait - Duration::from_millis(1));
        assert!(Pin::new(&mut over).poll(cx).is_pending());
        manual.advance(Duration::from_millis(1));
        assert!(Pin::new(&mut over).poll(cx).is_ready());
    }
}
