//! What happened at a client, on its way to the actor.

use std::{fmt, sync::Arc};

use async_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::Outbox;

/// The number of a connection: counted up from 1 per actor, never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One event: at a client, or the actor's alarm.
#[derive(Debug)]
pub struct Event {
    /// Whose event it is, and where the answer goes. Nobody's, if it is the alarm.
    pub from: Option<Arc<Outbox>>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened. Payloads are tungstenite's reference-counted bytes: they are
/// copied once, into the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The handshake is complete. The first event of every connection.
    Connect,
    /// A text message.
    Text(Utf8Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping. The host has answered it already.
    Ping(Bytes),
    /// A pong.
    Pong(Bytes),
    /// The connection is over. The last event of every connection, exactly once.
    Close(Ending),
    /// The actor's alarm or its tick. It is at no client, and waits in no mailbox.
    Alarm,
}

/// How a connection ended, as RFC 6455, section 7.1.5 and 7.1.6, defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The code of the peer's close frame; 1005 if that had none, 1006 if no close frame came.
    pub code: u16,
    /// The reason in the peer's close frame, unless it is empty.
    pub reason: Option<Utf8Bytes>,
}

impl Ending {
    /// No close frame came (RFC 6455, section 7.4.1, code 1006).
    pub const ABNORMAL: Self = Self { code: 1006, reason: None };
    /// A close frame without a code (code 1005).
    pub const NO_STATUS: Self = Self { code: 1005, reason: None };
}

/// The `message-type` of an alarm.
pub const ALARM: &str = "alarm";

/// What an event costs in the mailbox beside its payload: its place in the queue, and the
/// share of it that the allocator takes.
const OVERHEAD: usize = 128;
/// The largest payload of a control frame (RFC 6455, section 5.5).
const CONTROL: usize = 125;

/// The most that an event costs, where messages have at most so many bytes.
pub fn most(message: usize) -> usize {
    OVERHEAD.saturating_add(message.max(CONTROL))
}

impl EventKind {
    /// The bytes that the event counts for in the mailbox.
    pub fn cost(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Connect | Self::Alarm => 0,
                Self::Text(text) => text.len(),
                Self::Binary(data) | Self::Ping(data) | Self::Pong(data) => data.len(),
                Self::Close(ending) => ending.reason.as_ref().map_or(0, |reason| reason.len()),
            }
    }

    /// The event's `message-type`, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Text(_) => "text",
            Self::Binary(_) => "binary",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
            Self::Close(_) => "close",
            Self::Alarm => ALARM,
        }
    }
}
