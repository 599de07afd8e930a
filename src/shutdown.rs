//! How fast connections are closed when the host stops.
//!
//! If all clients were closed at once, all of them would reconnect at once, to the next process or
//! to another machine. Meanwhile, clients that are still served would wait for all these closes.

use std::time::{Duration, Instant};

/// The minimum number of connections to close at a time. With [`PAUSE`], the default limit of 1024
/// connections takes a tenth of a second. One batch takes some milliseconds on a small board.
const MIN_BATCH: usize = 100;
/// The time between two batches, which is enough for other tasks to run.
pub const PAUSE: Duration = Duration::from_millis(10);

/// The schedule of a shutdown. All connections are asked to close in the first half of the time, so
/// that the last clients have time to answer.
#[derive(Debug)]
pub(crate) struct Shutdown {
    /// When all connections must have been asked.
    until: Instant,
}

impl Shutdown {
    /// Starts a shutdown that may take this long in all.
    pub(crate) fn begin(now: Instant, shutdown: Duration) -> Self {
        Self { until: now + shutdown / 2 }
    }

    /// How many of the waiting connections to close now. It is calculated anew each time, which
    /// makes up for pauses that took too long.
    pub(crate) fn batch(&self, waiting: usize, now: Instant) -> usize {
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

    /// The batches for this many clients, and the time of the last batch, if each pause takes this
    /// long.
    fn course(clients: usize, shutdown: Duration, pause: Duration) -> (Vec<usize>, Duration) {
        let start = Instant::now();
        let schedule = Shutdown::begin(start, shutdown);
        let (mut waiting, mut batches, mut now) = (clients, Vec::new(), start);
        loop {
            batches.push(schedule.batch(waiting, now));
            waiting -= batches[batches.len() - 1];
            if waiting == 0 {
                return (batches, now - start);
            }
            now += pause;
        }
    }

    #[test]
    fn a_hundred_connections_at_a_time_are_closed_while_there_is_time() {
        let shutdown = Duration::from_secs(10);
        assert_eq!(course(0, shutdown, PAUSE), (vec![0], Duration::ZERO));
        assert_eq!(course(100, shutdown, PAUSE), (vec![100], Duration::ZERO));
        assert_eq!(course(250, shutdown, PAUSE), (vec![100, 100, 50], 2 * PAUSE));
        // Half of the time is 500 pauses, so there are 501 batches.
        let (batches, end) = course(50_100, shutdown, PAUSE);
        assert_eq!((batches.len(), end), (501, shutdown / 2));
        assert!(batches.iter().all(|batch| *batch == 100));
    }

    #[test]
    fn batches_are_larger_if_a_hundred_would_be_too_slow() {
        let shutdown = Duration::from_secs(10);
        let (batches, end) = course(50_101, shutdown, PAUSE);
        assert_eq!((batches[0], end <= shutdown / 2), (101, true));
        let (batches, end) = course(1000, Duration::from_millis(40), PAUSE);
        assert_eq!((batches, end), (vec![334, 333, 333], 2 * PAUSE));
    }

    #[test]
    fn all_connections_are_closed_in_time_even_if_pauses_take_longer() {
        let shutdown = Duration::from_secs(10);
        for pause in [11, 35, 700, 6000].map(Duration::from_millis) {
            let (batches, end) = course(100_000, shutdown, pause);
            assert_eq!(batches.iter().sum::<usize>(), 100_000);
            // Only the pause in which the time runs out may end later.
            assert!(end < shutdown / 2 + pause, "{pause:?}: {end:?}");
        }
    }

    #[test]
    fn without_time_all_connections_are_closed_at_once() {
        assert_eq!(course(5000, Duration::ZERO, PAUSE), (vec![5000], Duration::ZERO));
        assert_eq!(course(5000, PAUSE, PAUSE), (vec![5000], Duration::ZERO));
    }
}
