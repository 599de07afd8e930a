//! An actor's lines in the host's log: those that it writes, and those that the host writes
//! about it.
//!
//! Both can be caused by a guest or by a client as often as they like, so both are held to
//! `limits.log_rate`, each on its own: a guest that floods the log does not hide what the host
//! has to say about it. Lines that are left out are counted, and told when there is room again.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use log::Level;

use crate::{connection_id::ConnectionId, lock::Lock, stats::Stats};

/// The lines of one actor.
pub struct ActorLog {
    /// The actor's name.
    actor: Arc<str>,
    /// Lets the host's lines through.
    host: Lock<RateLimiter>,
    /// Lets the guest's lines through.
    guest: Lock<RateLimiter>,
    /// Counts what is left out.
    stats: Arc<Stats>,
}

/// Whom a line is about, as it stands in the log: `chat-room` or `chat-room#12`.
struct Target<'a>(&'a str, Option<ConnectionId>);

impl ActorLog {
    /// The lines of an actor, at most `rate` of each kind in a second.
    pub fn new(actor: Arc<str>, rate: usize, stats: Arc<Stats>) -> Self {
        let now = Instant::now();
        let limiter = || Lock::new(RateLimiter::new(rate, now));
        Self { actor, host: limiter(), guest: limiter(), stats }
    }

    /// A line of the host's. Debug lines are not held back: whoever turns them on wants all.
    pub fn host(&self, level: Level, connection: Option<ConnectionId>, text: fmt::Arguments<'_>) {
        let limiter = (level < Level::Debug).then_some(&self.host);
        self.write(limiter, level, connection, text);
    }

    /// A line of the guest's.
    pub fn guest(&self, connection: Option<ConnectionId>, text: fmt::Arguments<'_>) {
        self.write(Some(&self.guest), Level::Info, connection, format_args!("actor: {text}"));
    }

    /// Writes a line if it is wanted and the limiter is open.
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

/// Lets a number of lines through in a second, on average; that many may come at once.
struct RateLimiter {
    /// The time that one line stands for.
    interval: Duration,
    /// How far ahead of the clock the lines may be.
    burst: Duration,
    /// The time up to which lines have been let through.
    booked: Instant,
    /// How many have been left out since the last one.
    left_out: u64,
}

impl RateLimiter {
    /// A limiter for `rate` lines in a second.
    fn new(rate: usize, now: Instant) -> Self {
        let second = Duration::from_secs(1);
        let interval = second / u32::try_from(rate.max(1)).unwrap_or(u32::MAX);
        Self { interval, burst: second, booked: now, left_out: 0 }
    }

    /// Asks for one line at a time: `None` if it is to be left out, else how many were before.
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
            // As soon as one line's time has passed, one more goes through and tells of two.
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
