//! An actor's lines in the host's log: its own, and the host's about it.
//!
//! Guests and clients can cause both without limit. So `limits.log_rate` applies to both,
//! separately: a guest that floods the log does not hide the host's lines about it. Dropped lines
//! are counted, and the log says how many there were.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use log::Level;

use crate::{
    connection_id::ConnectionId, inspection::Inspection, limits::SharedLimits, lock::Lock,
    stats::Stats,
};

/// The log of one actor.
pub struct ActorLog {
    /// The target of the lines: they begin with it.
    actor: Arc<str>,
    /// One for the host's lines, so that a guest can't crowd them out.
    host: Lock<RateLimiter>,
    guest: Lock<RateLimiter>,
    /// Has the lines of each kind that pass in a second: `limits.log_rate`.
    limits: SharedLimits,
    stats: Arc<Stats>,
    /// What is recorded of the actor for inspectors. Not set if nobody may inspect it.
    inspection: OnceLock<Arc<Inspection>>,
}

/// The target of a line: `chat-room` or `chat-room#12`.
struct Target<'a>(&'a str, Option<ConnectionId>);

impl ActorLog {
    /// The log of an actor, with at most `limits.log_rate` lines of each kind per second.
    pub fn new(actor: Arc<str>, limits: impl Into<SharedLimits>, stats: Arc<Stats>) -> Self {
        let now = Instant::now();
        let limiter = || Lock::new(RateLimiter::new(now));
        let (limits, inspection) = (limits.into(), OnceLock::new());
        Self { actor, host: limiter(), guest: limiter(), limits, stats, inspection }
    }

    /// The actor's name.
    pub(crate) fn actor(&self) -> &str {
        &self.actor
    }

    /// Begins to record the actor for inspectors.
    pub fn inspect(&self) {
        self.inspection.get_or_init(|| Inspection::new(self.actor.clone()));
    }

    /// What is recorded of the actor for inspectors. `None` if nobody may inspect it.
    pub fn inspection(&self) -> Option<&Arc<Inspection>> {
        self.inspection.get()
    }

    /// Logs a line of the host. Debug lines have no limit, because somebody asked for all of them.
    pub(crate) fn host(
        &self,
        level: Level,
        connection: Option<ConnectionId>,
        text: fmt::Arguments<'_>,
    ) {
        let limiter = (level < Level::Debug).then_some(&self.host);
        self.write(limiter, level, connection, text);
    }

    /// Logs a line of the guest.
    pub(crate) fn guest(&self, connection: Option<ConnectionId>, text: fmt::Arguments<'_>) {
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
            let rate = self.limits.get(|limits| limits.log_rate);
            let mut limiter = limiter.lock();
            match limiter.pass(rate, Instant::now()) {
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

/// How far the lines may be ahead of the clock.
const BURST: Duration = Duration::from_secs(1);

/// Limits the average number of lines per second. One second's worth may come at once.
struct RateLimiter {
    /// The time up to which lines have used it up.
    booked: Instant,
    /// How many lines were dropped since the last one that passed.
    left_out: u64,
}

impl RateLimiter {
    /// A limiter that has let no line pass.
    fn new(now: Instant) -> Self {
        Self { booked: now, left_out: 0 }
    }

    /// The time that each of `rate` lines per second uses up.
    fn interval(rate: usize) -> Duration {
        BURST / u32::try_from(rate.max(1)).unwrap_or(u32::MAX)
    }

    /// Asks for one line, of at most `rate` per second. Returns `None` if it must be dropped, or else
    /// how many were dropped before it.
    fn pass(&mut self, rate: usize, now: Instant) -> Option<u64> {
        let booked = self.booked.max(now) + Self::interval(rate);
        if booked > now + BURST {
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
            let mut limiter = RateLimiter::new(start);
            for line in 0..rate {
                assert_eq!(limiter.pass(rate, start), Some(0), "line {line} of {rate}");
            }
            assert_eq!(limiter.pass(rate, start), None);
            assert_eq!(limiter.pass(rate, start), None);
            // After one line's time, one more passes and reports the two dropped ones.
            let later = start + RateLimiter::interval(rate);
            assert_eq!(limiter.pass(rate, later), Some(2));
            assert_eq!(limiter.pass(rate, later), None);
        }
    }

    #[test]
    fn quiet_times_are_not_saved_up_beyond_a_second() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(start);
        let later = start + Duration::from_secs(3600);
        let passed = (0..100).filter(|_| limiter.pass(3, later).is_some()).count();
        assert_eq!(passed, 3);
    }
}
