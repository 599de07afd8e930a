//! Detects dead and idle clients.
//!
//! A client that has been silent for `limits.ping` gets a ping. If it stays silent for
//! `limits.pong` after that, it is considered dead (RFC 6455, section 5.5.2). A connection without
//! a message for `limits.idle` is closed. The timer is only polled until it fires, so a message
//! costs no more than storing the time.

use std::{
    task::{Context, Poll, ready},
    time::Instant,
};

use crate::{
    coarse_clock::{self, Moment},
    limits::SharedLimits,
    quiet_timer::QuietTimer,
};

/// The payload of the host's own pings, which identifies their pongs. An actor is unlikely to
/// choose it.
pub(crate) const PAYLOAD: &[u8] = b"\0footlight";

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Send a ping.
    Ping,
    /// Consider the client dead.
    Dead,
    /// Close the idle connection.
    Idle,
}

/// The timer of one connection.
#[derive(Debug)]
pub(crate) struct Keepalive {
    /// Fires when a ping, an answer or the end of idleness may be due.
    timer: QuietTimer,
    /// When the last message was sent or received.
    last_message: Moment,
    /// Apart from the timer, so that tests can set the time.
    state: State,
}

/// What is known about a connection's activity, apart from messages.
#[derive(Debug)]
struct State {
    /// When the last ping was sent; `None` once the client has been active since.
    pinged: Option<Instant>,
    /// Has the times: `limits.ping`, `limits.pong` and `limits.idle`.
    limits: SharedLimits,
}

impl Keepalive {
    /// Starts the timer now.
    pub(crate) fn new(limits: SharedLimits) -> Self {
        let first = limits.get(|limits| limits.ping.min(limits.idle));
        let state = State { pinged: None, limits };
        Self { timer: QuietTimer::after(first), last_message: coarse_clock::look(), state }
    }

    /// Notes that a message was sent or received.
    pub(crate) fn note_message(&mut self) {
        self.last_message = coarse_clock::read();
    }

    /// Ready when something is to be done. `last_activity` is when the client was last active.
    ///
    /// Call this only after everything that the client has sent was read. While the host does not
    /// read, it can't tell that a client is silent.
    pub(crate) fn poll(&mut self, last_activity: Moment, cx: &mut Context<'_>) -> Poll<Due> {
        loop {
            ready!(self.timer.poll(cx));
            let now = Instant::now();
            match self.state.at(self.last_message.instant(), last_activity.instant(), now) {
                Ok(due) => {
                    self.timer.set_at(now + self.state.limits.get(|limits| limits.pong));
                    return Poll::Ready(due);
                }
                Err(next) => self.timer.set_at(next),
            }
        }
    }
}

impl State {
    /// What to do now, or when to check again.
    fn at(
        &mut self,
        last_message: Instant,
        last_activity: Instant,
        now: Instant,
    ) -> Result<Due, Instant> {
        let (ping, pong, idle) = self.limits.get(|limits| (limits.ping, limits.pong, limits.idle));
        let idle = last_message + idle;
        if now >= idle {
            return Ok(Due::Idle);
        }
        if self.pinged.is_some_and(|pinged| last_activity > pinged) {
            self.pinged = None;
        }
        let (next, due) = match self.pinged {
            Some(pinged) => (pinged + pong, Due::Dead),
            None => (last_activity + ping, Due::Ping),
        };
        if now < next {
            return Err(next.min(idle));
        }
        if due == Due::Ping {
            self.pinged = Some(now);
        }
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limits::Limits;

    /// A time in seconds, so that tests can set the clock.
    fn clock() -> impl Fn(u64) -> Instant {
        let start = Instant::now();
        move |seconds| start + Duration::from_secs(seconds)
    }

    fn state() -> State {
        let [ping, pong, idle] = [25, 8, 100].map(Duration::from_secs);
        State { pinged: None, limits: Limits { ping, pong, idle, ..Limits::default() }.into() }
    }

    #[test]
    fn a_quiet_client_is_pinged_and_then_dead() {
        let at = clock();
        let mut state = state();
        assert_eq!(state.at(at(0), at(0), at(24)), Err(at(25)));
        assert_eq!(state.at(at(0), at(0), at(25)), Ok(Due::Ping));
        assert_eq!(state.at(at(0), at(0), at(32)), Err(at(33)));
        assert_eq!(state.at(at(0), at(0), at(33)), Ok(Due::Dead));
    }

    #[test]
    fn any_sign_of_life_is_as_good_as_a_pong() {
        let at = clock();
        let mut state = state();
        assert_eq!(state.at(at(0), at(0), at(25)), Ok(Due::Ping));
        assert_eq!(state.at(at(0), at(26), at(33)), Err(at(51)));
        assert_eq!(state.at(at(0), at(26), at(51)), Ok(Due::Ping));
        assert_eq!(state.at(at(0), at(26), at(59)), Ok(Due::Dead));
    }

    #[test]
    fn a_connection_without_messages_is_idle_however_often_it_pongs() {
        let at = clock();
        let mut state = state();
        assert_eq!(state.at(at(0), at(90), at(90)), Err(at(100)));
        assert_eq!(state.at(at(0), at(99), at(100)), Ok(Due::Idle));
        assert_eq!(state.at(at(99), at(99), at(100)), Err(at(124)));
    }
}
