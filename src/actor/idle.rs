//! Notices that an actor has had nothing to do for a while.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use smol::Timer;

/// Ready once nothing has happened for a time; between one and two times as long as asked
/// for, because the timer is looked at only when it rings. That makes an event cost nothing
/// here but a flag.
#[derive(Debug)]
pub struct Idle {
    /// How long nothing must happen.
    after: Duration,
    /// Rings next.
    timer: Option<Timer>,
    /// Whether something has happened since the timer was set.
    active: bool,
}

impl Idle {
    /// Nothing has happened yet.
    pub fn new(after: Duration) -> Self {
        Self { after, timer: None, active: false }
    }

    /// Notes that something has happened.
    pub fn active(&mut self) {
        self.active = true;
    }

    /// Ready when nothing has happened for long enough.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let timer = self.timer.get_or_insert_with(|| Timer::after(self.after));
            ready!(Pin::new(timer).poll(cx));
            self.timer = None;
            if !std::mem::take(&mut self.active) {
                return Poll::Ready(());
            }
        }
    }
}
