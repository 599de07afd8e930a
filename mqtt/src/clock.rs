//! When the session must ask the broker something, and when it must have answered.

use std::time::{Duration, Instant};

/// What a connection waits for.
#[derive(Debug)]
pub(crate) struct Clock {
    /// How long the broker may take to answer.
    timeout: Duration,
    /// How often there must be a sign of life, once the connection is up.
    interval: Option<Duration>,
    /// When the last packet was handed out.
    spoke: Instant,
    /// When the last bytes came.
    heard: Instant,
    /// When the last bytes came or went.
    moved: Instant,
    /// Since when CONNECT has no answer.
    connect: Option<Instant>,
    /// Since when a SUBSCRIBE has no answer.
    subscribe: Option<Instant>,
    /// Since when a PINGREQ has no answer.
    ping: Option<Instant>,
    /// Whether the caller reads at all.
    is_reading: bool,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A PINGREQ.
    Ping,
    /// The end of the connection, because the broker has not answered this packet.
    End(&'static str),
}

impl Clock {
    /// The clock of a connection on which CONNECT has just been handed out.
    pub(crate) fn new(timeout: Duration, now: Instant) -> Self {
        Self {
            timeout,
            interval: None,
            spoke: now,
            heard: now,
            moved: now,
            connect: Some(now),
            subscribe: None,
            ping: None,
            is_reading: true,
        }
    }

    /// The connection is up. There must be a sign of life this often, in seconds.
    pub(crate) fn up(&mut self, keepalive: Option<u16>) {
        self.connect = None;
        self.interval = keepalive.map(|seconds| Duration::from_secs(seconds.into()));
    }

    pub(crate) fn spoke(&mut self, now: Instant) {
        self.spoke = now;
    }

    pub(crate) fn wrote(&mut self, now: Instant) {
        self.moved = now;
    }

    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.moved = now;
    }

    pub(crate) fn subscribed(&mut self, now: Instant) {
        self.subscribe = Some(now);
    }

    pub(crate) fn all_subscriptions_answered(&mut self) {
        self.subscribe = None;
    }

    pub(crate) fn pinged(&mut self, now: Instant) {
        self.ping.get_or_insert(now);
    }

    pub(crate) fn is_pinged(&self) -> bool {
        self.ping.is_some()
    }

    pub(crate) fn ping_answered(&mut self) {
        self.ping = None;
    }

    /// Whether the caller reads. Time in which it does not is not the broker's.
    pub(crate) fn set_reading(&mut self, is_reading: bool, now: Instant) {
        if is_reading && !self.is_reading {
            self.moved = now;
        }
        self.is_reading = is_reading;
    }

    /// What is due next, and when.
    pub(crate) fn next(&self) -> Option<(Instant, Due)> {
        let answer = |since: Option<Instant>, packet| {
            let since = since.filter(|_| self.is_reading)?.max(self.moved);
            Some((since.checked_add(self.timeout)?, Due::End(packet)))
        };
        let connect = self.connect.and_then(|since| since.checked_add(self.timeout));
        // A broker that is silent is asked too, although it has packets of this client: the
        // connection may be dead.
        let quiet = if self.ping.is_some() { self.spoke } else { self.spoke.min(self.heard) };
        let ping = self.interval.and_then(|interval| quiet.checked_add(interval));
        [
            connect.map(|at| (at, Due::End("CONNECT"))),
            answer(self.subscribe, "SUBSCRIBE"),
            answer(self.ping, "PINGREQ"),
            ping.map(|at| (at, Due::Ping)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn up(keepalive: Option<u16>) -> (Clock, Instant) {
        let start = Instant::now();
        let mut clock = Clock::new(10 * SECOND, start);
        assert_eq!(clock.next(), Some((start + 10 * SECOND, Due::End("CONNECT"))));
        clock.up(keepalive);
        (clock, start)
    }

    #[test]
    fn without_a_keepalive_nothing_is_due() {
        assert_eq!(up(None).0.next(), None);
    }

    #[test]
    fn silence_in_either_direction_is_broken_with_a_ping() {
        let (mut clock, start) = up(Some(60));
        clock.heard(start + 50 * SECOND);
        assert_eq!(clock.next(), Some((start + 60 * SECOND, Due::Ping)));
        clock.spoke(start + 55 * SECOND);
        assert_eq!(clock.next(), Some((start + 110 * SECOND, Due::Ping)));
    }

    #[test]
    fn a_ping_without_an_answer_ends_the_connection() {
        let (mut clock, start) = up(Some(60));
        clock.spoke(start + 60 * SECOND);
        clock.pinged(start + 60 * SECOND);
        assert_eq!(clock.next(), Some((start + 70 * SECOND, Due::End("PINGREQ"))));
        // A slow link is not a dead one.
        clock.wrote(start + 65 * SECOND);
        assert_eq!(clock.next(), Some((start + 75 * SECOND, Due::End("PINGREQ"))));
        clock.ping_answered();
        clock.heard(start + 66 * SECOND);
        assert_eq!(clock.next(), Some((start + 120 * SECOND, Due::Ping)));
    }

    #[test]
    fn a_caller_that_does_not_read_goes_on_pinging_and_blames_nobody() {
        let (mut clock, start) = up(Some(60));
        clock.set_reading(false, start);
        for minute in 1..5 {
            let now = start + minute * 60 * SECOND;
            assert_eq!(clock.next(), Some((now, Due::Ping)));
            clock.spoke(now);
            clock.pinged(now);
        }
        clock.set_reading(true, start + 250 * SECOND);
        assert_eq!(clock.next(), Some((start + 260 * SECOND, Due::End("PINGREQ"))));
    }

    #[test]
    fn a_subscription_without_an_answer_ends_the_connection() {
        let (mut clock, start) = up(None);
        clock.subscribed(start + SECOND);
        assert_eq!(clock.next(), Some((start + 11 * SECOND, Due::End("SUBSCRIBE"))));
        clock.all_subscriptions_answered();
        assert_eq!(clock.next(), None);
    }
}
