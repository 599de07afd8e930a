//! A client of the courier, and what it must find.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use footlight::exchange::{CloseCode, Message, OnOverflow, connections::Open, session::Action};

use super::Kept;

/// A client, and what must become of it.
pub(super) struct Member {
    /// Its place on the list of connections.
    pub(super) open: Open,
    /// Its number.
    pub(super) id: u64,
    /// What becomes of it when its messages don't fit.
    pub(super) on_overflow: OnOverflow,
    /// What must wait for it.
    pub(super) queue: VecDeque<Message>,
    /// How it must be closed.
    pub(super) close: Option<CloseCode>,
    /// What the actor keeps with it.
    pub(super) kept: Kept,
}

impl Member {
    /// The bytes that must wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.iter().map(Message::cost).sum()
    }

    /// Reads so many messages, or all if it is to close: they are what they must be.
    pub(super) fn reads(&mut self, count: usize) {
        let mut context = Context::from_waker(Waker::noop());
        for read in 0.. {
            match self.open.session.poll_action(&mut context, read < count) {
                Poll::Ready(Action::Send(message)) => {
                    assert_eq!(Some(message), self.queue.pop_front())
                }
                Poll::Ready(Action::Close(queued, close)) => {
                    assert_eq!(queued, self.queue);
                    assert_eq!(Some(close.code), self.close);
                    return;
                }
                Poll::Ready(Action::Read) => {
                    assert!(self.close.is_none());
                    // Whatever comes before the next read is not taken.
                    self.open.session.stop_draining();
                    return assert!(read >= count || self.queue.is_empty());
                }
                Poll::Pending => panic!("its event was handled"),
            }
        }
    }
}
