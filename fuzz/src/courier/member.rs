//! A client of the courier in the model.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use footlight::exchange::{CloseCode, Message, OnOverflow, connections::Open, session::Action};

use super::Kept;

/// A client in the model.
pub(super) struct Member {
    /// Its place in the list of connections.
    pub(super) open: Open,
    /// Its number.
    pub(super) id: u64,
    /// What happens if its messages don't fit.
    pub(super) on_overflow: OnOverflow,
    /// The messages that must wait for it.
    pub(super) queue: VecDeque<Message>,
    /// How it must be closed.
    pub(super) close: Option<CloseCode>,
    /// Its tags and attachment.
    pub(super) kept: Kept,
}

impl Member {
    /// The bytes that must wait for it.
    pub(super) fn waiting(&self) -> usize {
        self.queue.iter().map(Message::cost).sum()
    }

    /// Reads this many messages, or all if it must close, and checks them.
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
                    // Messages that come before the next read wait.
                    self.open.session.stop_draining();
                    return assert!(read >= count || self.queue.is_empty());
                }
                Poll::Pending => panic!("its event was handled"),
            }
        }
    }
}
