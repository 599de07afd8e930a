//! How far a connection with a broker has written, and when it wakes up.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use smol::Timer;

use super::Outbox;
use crate::convert::to_u64;

/// The publications of QoS 0 that wait to be written.
#[derive(Default)]
pub(super) struct Written {
    /// How many bytes were written.
    bytes: u64,
    /// Where each publication ends, and its number.
    waiting: VecDeque<(u64, u64)>,
}

/// A timer that may ring earlier than needed, so that it is not set anew with each packet.
pub(super) struct Alarm {
    timer: Timer,
    /// When it rings.
    at: Option<Instant>,
}

impl Written {
    /// Notes a publication that ends `waits` bytes after what was written.
    pub(super) fn add(&mut self, waits: usize, number: u64) {
        self.waiting.push_back((self.bytes.saturating_add(to_u64(waits)), number));
    }

    /// Notes that bytes were written.
    pub(super) fn wrote(&mut self, len: usize, outbox: &Outbox) {
        self.bytes = self.bytes.saturating_add(to_u64(len));
        while let Some((end, number)) = self.waiting.front()
            && *end <= self.bytes
        {
            outbox.delivered(*number);
            self.waiting.pop_front();
        }
    }

    /// Gives back what was not written.
    pub(super) fn give_back(self, outbox: &Outbox) {
        self.waiting.iter().for_each(|(_, number)| outbox.unwritten(*number));
    }
}

impl Alarm {
    /// An alarm that does not ring.
    pub(super) fn new() -> Self {
        Self { timer: Timer::never(), at: None }
    }

    /// Ready when it is `at`, or earlier.
    pub(super) fn poll(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.at.is_none_or(|set| at < set) {
            self.timer.set_at(at);
            self.at = Some(at);
        }
        let poll = Pin::new(&mut self.timer).poll(cx).map(drop);
        if poll.is_ready() {
            self.at = None;
        }
        poll
    }
}
