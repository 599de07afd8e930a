//! Events on their way to the actor.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    Answered, BrokerMessage, ConnectionId, HttpRequest, Message, Outcome, Receipt, Responder,
    Session,
    close::{CONTROL, Close},
};

/// One event.
#[derive(Debug)]
pub struct Event {
    /// Says who gets the answer.
    pub source: Source,
    /// Says what happened there.
    pub kind: EventKind,
}

/// A source of events. Each has at most one event in the mailbox: see [`mailbox`](super::mailbox).
#[derive(Debug)]
pub enum Source {
    /// A client's connection. It gets the answer.
    Connection(Arc<Session>),
    /// The actor's alarm or its tick. There is no one to answer.
    Alarm,
    /// A request of the actor to a server. There is no one to answer.
    Fetch,
    /// A connection that ended with an earlier run of the host, or while nothing could be stored. The
    /// actor gets the `close` event that it misses. There is no one to answer.
    Lost(ConnectionId),
    /// An HTTP request. It has only this event, and gets its answer.
    Request(Responder),
    /// An actor that has sent a message. It is told what became of the message.
    Sender(Receipt),
    /// An actor that waits for a reply.
    Asker(Responder<Vec<u8>>),
    /// A broker. It is told what became of the event.
    Broker(Receipt),
}

impl Source {
    /// The connection, if this is one.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Connection(session) => Some(session),
            _ => None,
        }
    }

    /// Tells the source that its event was handled, so that it may bring the next one.
    pub(crate) fn handled(&self) {
        match self {
            Self::Connection(session) => session.handled(),
            Self::Sender(receipt) | Self::Broker(receipt) => receipt.settle(Outcome::Delivered),
            _ => {}
        }
    }

    /// Whether this is a request that nobody waits for any more. Otherwise its handling begins.
    pub(crate) fn is_gone(&self) -> bool {
        match self {
            Self::Request(responder) => !responder.begin(),
            Self::Asker(responder) => !responder.begin(),
            _ => false,
        }
    }

    /// The number of the connection that the event is about.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Connection(session) => Some(session.id()),
            Self::Lost(id) => Some(*id),
            _ => None,
        }
    }
}

impl Event {
    /// An event of a connection.
    pub fn at(session: &Arc<Session>, kind: EventKind) -> Self {
        Self { source: Source::Connection(session.clone()), kind }
    }

    /// An event of the actor's alarm.
    pub fn alarm() -> Self {
        Self { source: Source::Alarm, kind: EventKind::Alarm }
    }

    /// An HTTP request. `responder` gets its answer.
    pub fn request(responder: Responder, request: HttpRequest) -> Self {
        Self { source: Source::Request(responder), kind: EventKind::Request(Box::new(request)) }
    }

    /// The answer of a server.
    pub(crate) fn response(answered: Answered) -> Self {
        Self { source: Source::Fetch, kind: EventKind::Response(Arc::new(answered)) }
    }

    /// A message of another actor.
    pub(crate) fn sent(receipt: Receipt, message: ActorMessage) -> Self {
        Self { source: Source::Sender(receipt), kind: EventKind::Sent(message) }
    }

    /// A message of another actor, which waits for the reply.
    pub(crate) fn asked(responder: Responder<Vec<u8>>, message: ActorMessage) -> Self {
        Self { source: Source::Asker(responder), kind: EventKind::Asked(message) }
    }

    /// The `close` event that the actor misses of a connection.
    pub(crate) fn lost(id: ConnectionId) -> Self {
        Self { source: Source::Lost(id), kind: EventKind::Close(Close::ABNORMAL) }
    }
}

/// What happened. Payloads are copied once, into the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The handshake is complete. This is the first event of every connection.
    Connect,
    /// A message was received. If it is a ping, the host has answered it already.
    Message(Message),
    /// The connection has ended. This is the last event of every connection, and it comes exactly
    /// once. It contains the client's close frame, or [a substitute](Close::ABNORMAL) if none was
    /// received.
    Close(Close),
    /// The actor's alarm or its tick. It belongs to no client and never waits in the mailbox.
    Alarm,
    /// An HTTP request. It is boxed, because it is larger than other events and rarer.
    Request(Box<HttpRequest>),
    /// The answer of a server, or why there is none. It belongs to no client, and waits with its
    /// request.
    Response(Arc<Answered>),
    /// A message of another actor.
    Sent(ActorMessage),
    /// A message of another actor, which waits for the reply.
    Asked(ActorMessage),
    /// A message of a broker, which waits with it.
    Mqtt(Arc<BrokerMessage>),
    /// A connection with the broker of this name has begun.
    MqttUp(Arc<str>),
    /// The connection with the broker of this name has ended.
    MqttDown(Arc<str>),
}

/// A message of another actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorMessage {
    /// The name of the actor that has sent it.
    pub from: Arc<str>,
    /// Its bytes, which the sender keeps too.
    pub content: Bytes,
}

/// The `message-type` of an alarm.
const ALARM: &str = "alarm";
/// The `message-type` of a server's answer.
const RESPONSE: &str = "http-response";

/// What an event costs in the mailbox beside its payload, in bytes: its entry and the allocator's
/// overhead.
const OVERHEAD: usize = 128;

/// The highest cost of an event, for messages of at most `message` bytes.
pub(crate) fn max_cost(message: usize) -> usize {
    OVERHEAD.saturating_add(message.max(CONTROL))
}

impl EventKind {
    /// What the event costs in the mailbox, in bytes.
    pub fn cost(&self) -> usize {
        OVERHEAD
            + match self {
                // A request's content counts where it is read, and the message of another actor or of
                // a broker with its sender: see `mailbox`.
                Self::Connect
                | Self::Alarm
                | Self::Request(_)
                | Self::Response(_)
                | Self::Sent(_)
                | Self::Mqtt(_)
                | Self::MqttUp(_)
                | Self::MqttDown(_) => 0,
                Self::Asked(message) => message.content.len(),
                Self::Message(message) => message.payload().len(),
                Self::Close(close) => close.reason.len(),
            }
    }

    /// The event's `message-type`, or another name for what is no message. For logs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Message(message) => message.name(),
            Self::Close(_) => "close",
            Self::Alarm => ALARM,
            Self::Request(_) => "request",
            Self::Response(_) => RESPONSE,
            Self::Sent(_) => "send",
            Self::Asked(_) => "message-request",
            Self::Mqtt(_) => "mqtt",
            Self::MqttUp(_) => "mqtt-up",
            Self::MqttDown(_) => "mqtt-down",
        }
    }
}
