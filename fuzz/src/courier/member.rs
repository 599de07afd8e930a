//! The clients of the courier in the model.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use footlight::exchange::{
    Close, CloseCode, EventKind, Message, OnOverflow, connections::Open, session::Action,
};

use super::{Kept, Stage};
use crate::client::known;

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

impl Stage {
    /// A client connects, if there is room.
    pub(super) fn comes(&mut self, on_overflow: OnOverflow) {
        let Ok(open) = self.actor.connections.open(on_overflow, known) else {
            return assert_eq!(self.members.len(), self.limits.connections);
        };
        // Messages that come before the next read wait.
        open.session.stop_draining();
        let id = open.session.id().0;
        assert!(id > self.last, "numbers are never used again");
        self.last = id;
        let (queue, close, kept) = (VecDeque::new(), None, Kept::default());
        self.members.insert(id, Member { open, id, on_overflow, queue, close, kept });
        self.tell(id, EventKind::Connect, false);
    }

    /// Adds a message to an outbox. If it does not fit, the client is too slow.
    pub(super) fn queue(&mut self, id: u64, message: Message) {
        let limit = self.limits.outbox;
        let member = self.members.get_mut(&id).expect("it is there");
        let queued = member.waiting();
        if queued == 0 || queued + message.cost() <= limit {
            return member.queue.push_back(message);
        }
        if member.on_overflow == OnOverflow::Close {
            member.queue.clear();
            self.close(id, CloseCode::TRY_AGAIN_LATER);
        }
    }

    /// Closes a connection. The first reason counts.
    pub(super) fn close(&mut self, id: u64, code: CloseCode) {
        self.members.get_mut(&id).expect("it is there").close.get_or_insert(code);
    }

    /// Lets all connections check whether they must close.
    pub(super) fn look(&mut self) {
        while let Some(member) = self.members.values_mut().find(|member| member.close.is_some()) {
            let id = member.id;
            member.reads(0);
            self.leaves(id);
        }
    }

    /// A client reads up to this many messages.
    pub(super) fn reads(&mut self, who: u8, count: u8) {
        if let Some(id) = self.who(who) {
            self.members.get_mut(&id).expect("it is there").reads(count.into());
        }
    }

    /// A client closes.
    pub(super) fn leaves(&mut self, id: u64) {
        self.tell(id, EventKind::Close(Close::NO_STATUS), false);
        self.members.remove(&id);
    }
}
