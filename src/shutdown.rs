//! How fast clients are asked to leave when the host stops.
//!
//! All at once they would come back all at once, to the next process or to the next machine,
//! and meanwhile the clients that are still served would wait for all those farewells.

use std::time::{Duration, Instant};

/// How many are asked at once, as long as there is time. With [`PAUSE`] the default limit of
/// 1024 connections takes a tenth of a second, in parts that take a board some milliseconds each.
const MIN_BATCH: usize = 100;
/// The time between one batch and the next: long enough for the others to have their turns.
pub const PAUSE: Duration = Duration::from_millis(10);

/// The time in which all have to be asked: half of what there is for the whole end, so that the
/// last ones, too, have time to answer.
#[derive(Debug)]
pub struct Shutdown {
    /// When it is over.
    until: Instant,
}

impl Shutdown {
    /// Begins now, with `shutdown` for the whole end.
    pub fn begin(now: Instant, shutdown: Duration) -> Self {
        Self { until: now + shutdown / 2 }
    }

    /// How many of those who wait are to be asked now. Counted anew each time, so that pauses
    /// which took longer than they should are made up for.
    pub fn batch(&self, waiting: usize, now: Instant) -> usize {
        let left = self.until.saturating_duration_since(now);
        let pauses = left.as_millis().checked_div(PAUSE.as_millis()).unwrap_or(0);
        // This batch, and one after each pause.
        let batches = usize::try_from(pauses).unwrap_or(usize::MAX).saturating_add(1);
        waiting.div_ceil(batches).max(MIN_BATCH).min(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The batches for so many clients, and the time at which the last was asked, if every
    /// pause takes as long as this.
    fn course(clients: usize, shutdown: Duration, pause: Duration) -> (Vec<usize>, Duration) {
        let start = Instant::now();
        let farewell = Shutdown::begin(start, shutdown);
        let (mut waiting, mut batches, mut now) = (clients, Vec::new(), start);
        loop {
            batches.push(farewell.batch(waiting, now));
            waiting -= batches[batches.len() - 1];
            if waiting == 0 {
                return (batches, now - start);
            }
            now += pause;
        }
    }

    #[test]
    fn a_hundred_are_asked_at_a_time_while_there_is_time() {
        let shutdown = Duration::from_secs(10);
        assert_eq!(course(0, shutdown, PAUSE), (vec![0], Duration::ZERO));
        assert_eq!(course(100, shutdown, PAUSE), (vec![100], Duration::ZERO));
        assert_eq!(course(250, shutdown, PAUSE), (vec![100, 100, 50], 2 * PAUSE));
        // Half of the time is 500 pauses, so 501 batches.
        let (batches, end) = course(50_100, shutdown, PAUSE);
        assert_eq!((batches.len(), end), (501, shutdown / 2));
        assert!(batches.iter().all(|batch| *batch == 100));
    }

    #[test]
    fn more_are_asked_at_a_time_where_that_would_be_too_slow() {
        let shutdown = Duration::from_secs(10);
        let (batches, end) = course(50_101, shutdown, PAUSE);
        assert_eq!((batches[0], end <= shutdown / 2), (101, true));
        let (batches, end) = course(1000, Duration::from_millis(40), PAUSE);
        assert_eq!((batches, end), (vec![334, 333, 333], 2 * PAUSE));
    }

    #[test]
    fn all_are_asked_in_time_even_if_pauses_take_longer() {
        let shutdown = Duration::from_secs(10);
        for pause in [11, 35, 700, 6000].map(Duration::from_millis) {
            let (batches, end) = course(100_000, shutdown, pause);
            assert_eq!(batches.iter().sum::<usize>(), 100_000);
            // The one pause in which the time runs out may end later.
            assert!(end < shutdown / 2 + pause, "{pause:?}: {end:?}");
        }
    }

    #[test]
    fn without_time_all_are_asked_at_once() {
        assert_eq!(course(5000, Duration::ZERO, PAUSE), (vec![5000], Duration::ZERO));
        assert_eq!(course(5000, PAUSE, PAUSE), (vec![5000], Duration::ZERO));
    }
}
