//! One client of an actor without sockets, and the messages that must be in its outbox.

use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use footlight::{
    exchange::{
        Client as Known, Close, CloseCode, Event, EventKind, Mailbox, Message, Session,
        connections::Open, session::Action,
    },
    limits::Limits,
};

use crate::{drive::Bell, script::Want};

/// A client.
pub struct Client {
    /// Its place in the list of connections.
    open: Open,
    /// The messages that it must find, in order.
    queue: VecDeque<Want>,
    /// How the host must close it.
    close: Option<Code>,
    /// The most bytes and the most messages that may wait for it.
    most: (usize, usize),
    /// Wakes its connection's task.
    bell: Arc<Bell>,
}

/// How the host must close a connection.
#[derive(Clone, Debug)]
pub enum Code {
    /// With this code and reason.
    Exactly(Close),
    /// With this code.
    Code(CloseCode),
    /// In any way, or not at all.
    Any,
}

impl Client {
    /// A client whose `connect` event is next. `close` is how the actor may close it at any time.
    pub fn new(open: Open, limits: &Limits, close: Option<Code>) -> Self {
        // One answer or one message may always wait. More may wait only while the outbox has room.
        // A message counts for at least one byte.
        let bytes = limits.outbox.max(limits.answer).max(limits.effects);
        let most = (bytes, limits.outbox.max(limits.answers));
        Self { open, queue: VecDeque::new(), close, most, bell: Arc::default() }
    }

    /// The connection.
    pub fn session(&self) -> &Arc<Session> {
        &self.open.session
    }

    /// Pushes an event into the mailbox, as a connection does.
    pub fn tell(&self, mailbox: &Mailbox, kind: EventKind) {
        self.session().set_busy();
        mailbox.push_unrefused(Event::at(self.session(), kind));
        self.bell.rang();
        assert!(!self.is_idle());
    }

    /// Its event has been handled, and its connection's task was woken.
    pub fn is_handled(&self) {
        assert!(self.is_idle() && self.bell.rang());
    }

    /// Whether its last event has been handled.
    pub fn is_idle(&self) -> bool {
        let waker = self.bell.clone().into();
        pin!(self.session().until_idle()).poll(&mut Context::from_waker(&waker)).is_ready()
    }

    /// Adds messages that it must find.
    pub fn answered(&mut self, messages: impl IntoIterator<Item = Want>) {
        self.queue.extend(messages);
        let (_, most) = self.most;
        assert!(self.queue.len() <= most, "{} messages wait, of {most}", self.queue.len());
    }

    /// Notes that it must be closed. The first reason counts.
    pub fn closed(&mut self, code: Code) {
        if matches!(self.close, None | Some(Code::Any)) {
            self.close = Some(code);
        }
    }

    /// Notes that it was too slow.
    pub fn overflowed(&mut self) {
        assert!(!self.queue.is_empty(), "one answer always fits");
        self.queue.clear();
        self.closed(Code::Code(CloseCode::TRY_AGAIN_LATER));
    }

    /// Reads everything, without knowing what it must find. Returns false if it was closed.
    pub fn reads_anything(&mut self) -> bool {
        let (mut messages, closed) = self.read(usize::MAX);
        self.queue.clear();
        let open = closed.is_none();
        messages.extend(closed.into_iter().flat_map(|(queued, _)| queued));
        self.is_bounded(messages.iter());
        open
    }

    /// Reads up to `count` messages, and checks them. Returns false if it was closed.
    pub fn reads(&mut self, count: usize) -> bool {
        let (mut messages, closed) = self.read(count);
        if let Some((queued, close)) = closed {
            messages.extend(queued);
            self.is_bounded(messages.iter());
            match self.close.take().expect("nobody asked for it to be closed") {
                Code::Exactly(expected) => assert_eq!(close, expected),
                Code::Code(expected) => assert_eq!(close.code, expected),
                Code::Any => {}
            }
            assert_eq!(messages.len(), self.queue.len(), "all that waits is sent before");
            self.finds(messages);
            return false;
        }
        assert!(matches!(self.close, None | Some(Code::Any)), "it is not closed");
        assert!(messages.len() == count.min(self.queue.len()));
        self.finds(messages);
        true
    }

    /// Takes messages out of its outbox.
    #[allow(clippy::type_complexity)]
    fn read(&self, count: usize) -> (Vec<Message>, Option<(VecDeque<Message>, Close)>) {
        let mut messages = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let writable = messages.len() < count;
            match self.session().poll_action(&mut context, writable) {
                Poll::Ready(Action::Send(message)) => messages.push(message),
                Poll::Ready(Action::Close(queued, close)) => {
                    return (messages, Some((queued, close)));
                }
                Poll::Ready(Action::Read) => {
                    // Messages that come before the next read wait.
                    self.session().stop_draining();
                    return (messages, None);
                }
                Poll::Pending => panic!("its event was handled"),
            }
        }
    }

    /// Checks messages against those that it must find.
    fn finds(&mut self, messages: Vec<Message>) {
        self.is_bounded(messages.iter());
        for message in messages {
            let expected = self.queue.pop_front().expect("no message more than it must find");
            assert!(expected.is(&message), "{message:?} is not {expected:?}");
        }
    }

    /// Checks that no more bytes wait than are allowed.
    fn is_bounded<'m>(&self, messages: impl Iterator<Item = &'m Message>) {
        let (most, _) = self.most;
        let bytes: usize = messages.map(|message| message.payload().len()).sum();
        assert!(bytes <= most, "{bytes} bytes wait, of {most}");
    }
}

/// The facts about a client. They are the same for all clients.
pub fn known() -> Known {
    Known {
        peer: ([192, 0, 2, 7], 50_123).into(),
        path: "/ws".into(),
        query: "room=kitchen".into(),
        subprotocol: None,
        since: 1_700_000_000_000,
    }
}
