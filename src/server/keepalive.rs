//! Whether a client is still there, and whether anybody still talks.
//!
//! A client that has been quiet for `limits.ping` is sent a ping; if it stays quiet for
//! `limits.pong` after that, it is taken for dead (RFC 6455, section 5.5.2). One whose
//! connection has carried no message for `limits.idle` is closed. The timer is looked at only
//! when it rings, so that a message costs nothing here but a note of the time.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use smol::Timer;

use crate::limits::Limits;

/// The payload of the host's own pings, by which their pongs are known. No actor would come
/// upon it by chance.
pub const PAYLOAD: &[u8] = b"\0footlight";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Send a ping.
    Ping,
    /// Take the client for dead.
    Dead,
    /// Close: nobody talks.
    Idle,
}

/// The watch over one connection.
#[derive(Debug)]
pub struct Keepalive {
    /// Rings at the next time that matters.
    timer: Timer,
    /// The rest.
    state: State,
}

/// What is known, apart from the clock.
#[derive(Debug)]
struct State {
    /// When the last message was sent or came.
    spoke: Instant,
    /// When a ping was sent, unless the client has been heard since.
    pinged: Option<Instant>,
    /// `limits.ping`.
    ping: Duration,
    /// `limits.pong`.
    pong: Duration,
    /// `limits.idle`.
    idle: Duration,
}

impl Keepalive {
    /// Watches from now on.
    pub fn new(limits: &Limits) -> Self {
        let Limits { ping, pong, idle, .. } = *limits;
        let state = State { spoke: Instant::now(), pinged: None, ping, pong, idle };
        Self { timer: Timer::after(ping.min(idle)), state }
    }

    /// Notes that there was a message.
    pub fn spoke(&mut self) {
        self.state.spoke = Instant::now();
    }

    /// Ready when something is to be done. `heard` is when the client last gave a sign of life.
    /// To be asked only when everything that the client has sent so far has been read: while
    /// the host itself does not read, it can't say that a client is quiet.
    pub fn poll(&mut self, heard: Instant, cx: &mut Context<'_>) -> Poll<Due> {
        loop {
            ready!(Pin::new(&mut self.timer).poll(cx));
            let now = Instant::now();
            match self.state.at(heard, now) {
                Ok(due) => {
                    self.timer.set_at(now + self.state.pong);
                    return Poll::Ready(due);
                }
                Err(next) => self.timer.set_at(next),
            }
        }
    }
}

impl State {
    /// What is to be done now, or when to look again.
    fn at(&mut self, heard: Instant, now: Instant) -> Result<Due, Instant> {
        let idle = self.spoke + self.idle;
        if now >= idle {
            return Ok(Due::Idle);
        }
        if self.pinged.is_some_and(|pinged| heard > pinged) {
            self.pinged = None;
        }
        let (next, due) = match self.pinged {
            Some(pinged) => (pinged + self.pong, Due::Dead),
            None => (heard + self.ping, Due::Ping),
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
    use super::*;

    /// Seconds, on a clock that the tests move by hand.
    fn clock() -> impl Fn(u64) -> Instant {
        let start = Instant::now();
        move |seconds| start + Duration::from_secs(seconds)
    }

    fn state(spoke: Instant) -> State {
        let [ping, pong, idle] = [25, 8, 100].map(Duration::from_secs);
        State { spoke, pinged: None, ping, pong, idle }
    }

    #[test]
    fn a_quiet_client_is_pinged_and_then_dead() {
        let at = clock();
        let mut state = state(at(0));
        assert_eq!(state.at(at(0), at(24)), Err(at(25)));
        assert_eq!(state.at(at(0), at(25)), Ok(Due::Ping));
        assert_eq!(state.at(at(0), at(32)), Err(at(33)));
        assert_eq!(state.at(at(0), at(33)), Ok(Due::Dead));
    }

    #[test]
    fn any_sign_of_life_is_as_good_as_a_pong() {
        let at = clock();
        let mut state = state(at(0));
        assert_eq!(state.at(at(0), at(25)), Ok(Due::Ping));
        assert_eq!(state.at(at(26), at(33)), Err(at(51)));
        assert_eq!(state.at(at(26), at(51)), Ok(Due::Ping));
        assert_eq!(state.at(at(26), at(59)), Ok(Due::Dead));
    }

    #[test]
    fn a_connection_without_messages_is_idle_however_often_it_pongs() {
        let at = clock();
        let mut state = state(at(0));
        assert_eq!(state.at(at(90), at(90)), Err(at(100)));
        assert_eq!(state.at(at(99), at(100)), Ok(Due::Idle));
        state.spoke = at(99);
        assert_eq!(state.at(at(99), at(100)), Err(at(124)));
    }
}
