//! What happened at a client, on its way to the actor.

use std::sync::Arc;

use super::{
    Message, Session,
    close::{CONTROL, Close},
};

/// One event.
#[derive(Debug)]
pub struct Event {
    /// Where it is from.
    pub source: Source,
    /// What happened.
    pub kind: EventKind,
}

/// What has events for an actor, each at most one in a round: see [`mailbox`](super::mailbox).
#[derive(Debug)]
pub enum Source {
    /// A client's connection, which the answer goes to.
    Connection(Arc<Session>),
    /// The actor's alarm or its tick. Nobody gets an answer.
    Alarm,
}

impl Source {
    /// The connection, if it is one.
    pub fn session(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Connection(session) => Some(session),
            Self::Alarm => None,
        }
    }
}

impl Event {
    /// What happened at a connection.
    pub fn at(session: &Arc<Session>, kind: EventKind) -> Self {
        Self { source: Source::Connection(session.clone()), kind }
    }

    /// The actor's alarm.
    pub fn alarm() -> Self {
        Self { source: Source::Alarm, kind: EventKind::Alarm }
    }
}

/// What happened. Payloads are copied once, into the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The handshake is complete. The first event of every connection.
    Connect,
    /// A message came. The host has answered it already if it is a ping.
    Message(Message),
    /// The connection is over. The last event of every connection, exactly once. The close frame
    /// is the client's; there is [another](Close::ABNORMAL) if none came.
    Close(Close),
    /// The actor's alarm or its tick. It is at no client, and waits in no mailbox.
    Alarm,
}

/// The `message-type` of an alarm.
pub const ALARM: &str = "alarm";

/// What an event costs in the mailbox beside its payload: its place in the queue, and the
/// share of it that the allocator takes.
const OVERHEAD: usize = 128;

/// The most that an event costs, where messages have at most so many bytes.
pub fn max_cost(message: usize) -> usize {
    OVERHEAD.saturating_add(message.max(CONTROL))
}

impl EventKind {
    /// The bytes that the event counts for in the mailbox.
    pub fn cost(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Connect | Self::Alarm => 0,
                Self::Message(message) => message.payload().len(),
                Self::Close(close) => close.reason.len(),
            }
    }

    /// The event's `message-type`, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Message(message) => message.name(),
            Self::Close(_) => "close",
            Self::Alarm => ALARM,
        }
    }
}
