//! Notices that an actor has had no events for a while.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    limits::SharedLimits,
    world::{Until, World},
};

/// Ready after an actor has had no events for a time between the limit and twice the limit. The
/// timer is checked only when it rings, so that an event sets only a flag.
#[derive(Debug)]
pub struct Idle {
    /// Has the time: `limits.hibernate_after`.
    limits: SharedLimits,
    world: World,
    /// Set at the first wait. `None` before, and after it has fired.
    timer: Option<Until>,
    /// Whether there was an event since the timer was set.
    active: bool,
}

impl Idle {
    /// Starts as if there had been no event.
    pub fn new(world: World, limits: SharedLimits) -> Self {
        Self { limits, world, timer: None, active: false }
    }

    /// Notes that there was an event.
    pub fn active(&mut self) {
        self.active = true;
    }

    /// Ready when there was no event for long enough.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let timer = self.timer.get_or_insert_with(|| {
                self.world.after(self.limits.get(|limits| limits.hibernate_after))
            });
            ready!(Pin::new(timer).poll(cx));
            self.timer = None;
            if !std::mem::take(&mut self.active) {
                return Poll::Ready(());
            }
        }
    }
}
