//! Notices that an actor has had nothing to do for a while.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    limits::SharedLimits,
    world::{Until, World},
};

/// Ready once nothing has happened for a time. That is between one and two times the limit,
/// because the timer is looked at only when it rings: so an event costs no more than a flag here.
#[derive(Debug)]
pub struct Idle {
    /// Has how long nothing must happen: `limits.hibernate_after`.
    limits: SharedLimits,
    /// Where the timer is from.
    world: World,
    /// The timer that rings next.
    timer: Option<Until>,
    /// Whether something has happened since the timer was set.
    active: bool,
}

impl Idle {
    /// Nothing has happened yet.
    pub fn new(world: World, limits: SharedLimits) -> Self {
        Self { limits, world, timer: None, active: false }
    }

    /// Notes that something has happened.
    pub fn active(&mut self) {
        self.active = true;
    }

    /// Ready when nothing has happened for long enough.
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
