//! An actor's lines in the host's log: its own, and the host's about it.
//!
//! Guests and clients can cause both without limit. So `limits.log_rate` applies to both,
//! separately: a guest that floods the log does not hide the host's lines about it. Dropped lines
//! are counted, and the log says how many there were.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use log::Level;

use crate::{connection_id::ConnectionId, lock::Lock, stats::Stats};

/// The log of one actor.
pub struct ActorLog {
    /// The actor's name, which is the target of its lines.
    actor: Arc<str>,
    /// Limits the host's lines.
    host: Lock<RateLimiter>,
    /// Limits the guest's lines.
    guest: Lock<RateLimiter>,
    /// Counts dropped lines.
    stats: Arc<Stats>,
}

/// The target of a line: `chat-room` or `chat-room#12`.
struct Target<'a>(&'a str, Option<ConnectionId>);

impl ActorLog {
    /// The log of an actor, with at most `rate` lines of each kind per second.
    pub fn new(actor: Arc<str>, rate: usize, stats: Arc<Stats>) -> Self {
        let now = Instant::now();
        let limiter = || Lock::new(RateLimiter::new(rate, now));
        Self { actor, host: limiter(), guest: limiter(), stats }
    }

    /// Logs a line of the host. Debug lines have no limit, because somebody asked for all of them.
    pub fn host(&self, level: Level, connection: Option<ConnectionId>, text: fmt::Arguments<'_>) {
        let limiter = (level < Level::Debug).then_some(&self.host);
        self.write(limiter, level, connection, text);
    }

    /// Logs a line of the guest.
    pub fn guest(&self, connection: Option<ConnectionId>, text: fmt::Arguments<'_>) {
        self.write(Some(&self.guest), Level::Info, connection, format_args!("actor: {text}"));
    }

    /// Writes a line, if its level is enabled and the limiter allows it.
    fn write(
        &self,
        limiter: Option<&Lock<RateLimiter>>,
        level: Level,
        connection: Option<ConnectionId>,
        text: fmt::Arguments<'_>,
    ) {
        if level > log::max_level() {
            return;
        }
        let target = Target(&self.actor, connection).to_string();
        if !log::log_enabled!(target: &target, level) {
            return;
        }
        if let Some(limiter) = limiter {
            let mut limiter = limiter.lock();
            match limiter.pass(Instant::now()) {
                None => return self.stats.lines_left_out.add(1),
                Some(0) => {}
                Some(left_out) => log::warn!(target: &self.actor,
                    "{left_out} lines were left out here; see `limits.log_rate`"),
            }
        }
        log::log!(target: &target, level, "{text}");
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        self.1.map_or(Ok(()), |id| id.fmt(f))
    }
}

/// Limits the average number of lines per second. One second's worth may come at once.
struct RateLimiter {
    /// The time that each line uses up.
    interval: Duration,
    /// How far the lines may be ahead of the clock.
    burst: Duration,
    /// The time up to which lines have used it up.
    booked: Instant,
    /// How many lines were dropped since the last one that passed.
    left_out: u64,
}

impl RateLimiter {
    /// A limiter for `rate` lines per second.
    fn new(rate: usize, now: Instant) -> Self {
        let second = Duration::from_secs(1);
        let interval = second / u32::try_from(rate.max(1)).unwrap_or(u32::MAX);
        Self { interval, burst: second, booked: now, left_out: 0 }
    }

    /// Asks for one line. Returns `None` if it must be dropped, or else how many were dropped
    /// before it.
    fn pass(&mut self, now: Instant) -> Option<u64> {
        let booked = self.booked.max(now) + self.interval;
        if booked > now + self.burst {
            self.left_out += 1;
            return None;
        }
        self.booked = booked;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_of_lines_passes_at_once_and_the_next_is_left_out() {
        for rate in [1, 2, 10, 1000] {
            let start = Instant::now();
            let mut limiter = RateLimiter::new(rate, start);
            for line in 0..rate {
                assert_eq!(limiter.pass(start), Some(0), "line {line} of {rate}");
            }
            assert_eq!(limiter.pass(start), None);
            assert_eq!(limiter.pass(start), None);
            // After one line's time, one more passes and reports the two dropped ones.
            let later = start + limiter.interval;
            assert_eq!(limiter.pass(later), Some(2));
            assert_eq!(limiter.pass(later), None);
        }
    }

    #[test]
    fn quiet_times_are_not_saved_up_beyond_a_second() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(3, start);
        let later = start + Duration::from_secs(3600);
        let passed = (0..100).filter(|_| limiter.pass(later).is_some()).count();
        assert_eq!(passed, 3);
    }
}
