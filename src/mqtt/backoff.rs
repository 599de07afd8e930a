//! How long to wait before the next connection, and which lines the log gets.
//!
//! The wait doubles from one attempt to the next, and a random part of it is taken (full jitter), so that
//! the clients of a broker that comes back do not all come at once. A connection that ends soon after the
//! broker has accepted it counts as an attempt that failed. The log gets lines at doubling intervals.

use std::time::Duration;

use rand::{Rng as _, rngs::StdRng};

use crate::world::World;

/// The longest first wait.
const FIRST: Duration = Duration::from_secs(1);
/// A connection that ends before has not lasted.
pub(super) const SOON: Duration = Duration::from_secs(10);

/// How an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The broker did not accept the connection.
    Failed,
    /// The connection ended soon after it was accepted.
    Short,
    /// Another client has the same client identifier. The two would push each other out forever.
    TakenOver,
    /// The connection has lasted.
    Lasted,
}

/// The attempts to connect with one broker.
pub(super) struct Backoff {
    /// The longest wait.
    longest: Duration,
    /// The attempts that failed since the last connection.
    failed: u32,
    /// The short connections since the last one that lasted.
    short: u32,
    /// `None` if the system has no random numbers.
    random: Option<StdRng>,
}

impl Backoff {
    /// No attempt so far.
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, failed: 0, short: 0, random: World::System.generator().ok() }
    }

    /// Notes how an attempt has ended. Returns how long to wait, and whether to log it.
    pub(super) fn ended(&mut self, attempt: Attempt) -> (Duration, bool) {
        let count = match attempt {
            Attempt::Failed => {
                self.failed = self.failed.saturating_add(1);
                self.failed
            }
            Attempt::Short | Attempt::TakenOver => {
                self.failed = 0;
                self.short = self.short.saturating_add(1);
                self.short
            }
            Attempt::Lasted => {
                (self.failed, self.short) = (0, 0);
                1
            }
        };
        let (least, most) = self.bounds(attempt);
        let wait = match &mut self.random {
            Some(random) => {
                least + (most - least).mul_f64(f64::from(random.next_u32()) / f64::from(u32::MAX))
            }
            None => most,
        };
        (wait, count.is_power_of_two())
    }

    /// Whether to log that the broker has accepted a connection. It is if its end will be, should that
    /// come soon, and if the log says that the broker is away.
    pub(super) fn logs_up(&self) -> bool {
        self.failed > 0 || self.short.saturating_add(1).is_power_of_two()
    }

    /// The attempts that failed since the last connection.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// The connections in a row that ended soon.
    pub(super) fn short(&self) -> u32 {
        self.short
    }

    /// The shortest and the longest next wait.
    fn bounds(&self, attempt: Attempt) -> (Duration, Duration) {
        if attempt == Attempt::TakenOver {
            return (self.longest / 2, self.longest);
        }
        let doublings = self.failed.saturating_add(self.short).saturating_sub(1).min(16);
        (Duration::ZERO, (FIRST * 2_u32.pow(doublings)).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// The longest waits of these attempts, in seconds.
    fn longest(attempts: &[Attempt]) -> Vec<u64> {
        let mut backoff = Backoff::new(MINUTE);
        let each = attempts.iter().map(|attempt| {
            let (wait, _) = backoff.ended(*attempt);
            let (least, most) = backoff.bounds(*attempt);
            assert!((least..=most).contains(&wait), "{wait:?}");
            most.as_secs()
        });
        each.collect()
    }

    #[test]
    fn waits_double_up_to_the_longest_one_and_begin_anew_after_a_connection_that_lasted() {
        use Attempt::{Failed, Lasted, Short, TakenOver};
        assert_eq!(longest(&[Failed; 8]), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(longest(&[Short; 8]), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(longest(&[Failed, Failed, Short, Short, Lasted]), [1, 2, 1, 2, 1]);
        assert_eq!(longest(&[TakenOver, Lasted]), [60, 1]);
        assert_eq!(longest(&vec![Failed; 100_000]).last(), Some(&60));
        let mut backoff = Backoff::new(MINUTE);
        assert!(backoff.ended(TakenOver).0 >= MINUTE / 2);
        let mut fast = Backoff::new(Duration::from_millis(100));
        assert!((0..9).all(|_| fast.ended(Failed).0 <= Duration::from_millis(100)));
    }

    #[test]
    fn the_log_gets_lines_at_doubling_intervals() {
        let mut backoff = Backoff::new(MINUTE);
        let logged = |attempt: Attempt, backoff: &mut Backoff| backoff.ended(attempt).1;
        let failed: Vec<_> = (1..=17).filter(|_| logged(Attempt::Failed, &mut backoff)).collect();
        assert_eq!(failed, [1, 2, 4, 8, 16]);
        assert!(backoff.logs_up(), "after it was away");
        let mut lines = Vec::new();
        for number in 1..=9 {
            let is_up_logged = number == 1 || backoff.logs_up();
            assert_eq!(is_up_logged, logged(Attempt::Short, &mut backoff));
            lines.extend(is_up_logged.then_some(number));
        }
        assert_eq!(lines, [1, 2, 4, 8]);
        assert!((0..3).all(|_| logged(Attempt::Lasted, &mut backoff) && backoff.logs_up()));
    }
}
