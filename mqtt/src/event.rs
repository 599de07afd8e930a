//! What a session tells its caller.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;

use crate::{
    broken::Broken,
    publication::{Properties, Qos},
    reason::Reason,
    settings::Version,
    topic::TopicError,
    unacknowledged::Ack,
};

/// Something that has happened.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The broker has accepted the connection.
    Up {
        /// The protocol of this connection.
        version: Version,
        /// Whether the broker has kept the session: its subscriptions, and what waited for it.
        session_present: bool,
    },
    /// The connection is over. The caller writes what [`crate::Session::output`] still has, and
    /// closes the socket. It comes exactly once for each [`crate::Session::connect`].
    Down(Down),
    /// A message of the broker.
    Message(Message),
    /// A message of the broker that the session did not take. It has been acknowledged, because the
    /// broker would send it again with each connection.
    Skipped {
        /// The beginning of its topic, at most 256 bytes.
        topic: ByteString,
        /// How large its packet is, in bytes.
        size: usize,
        /// Why.
        why: Skip,
    },
    /// The broker has acknowledged a publication with QoS 1.
    Delivered {
        /// What the caller calls it.
        key: u64,
    },
    /// A publication that will not be delivered.
    Refused {
        /// What the caller calls it.
        key: u64,
        /// Why.
        why: Refusal,
    },
    /// The broker has answered a subscription.
    Subscribed {
        /// Its filter.
        filter: ByteString,
        /// The QoS that the broker grants, or why it refuses.
        outcome: Result<Qos, Reason>,
    },
}

/// A message of the broker. Its parts share the memory of its packet.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// Its topic name. One of the subscriptions matches it.
    pub topic: ByteString,
    /// Its content.
    pub payload: Bytes,
    /// How often it arrives.
    pub qos: Qos,
    /// Whether the broker had kept it from before the subscription.
    pub retained: bool,
    /// Whether the broker says that it has sent the message before.
    pub duplicate: bool,
    /// With what [`crate::Session::acknowledge`] acknowledges it, if it has QoS 1.
    pub ack: Option<Ack>,
    /// What MQTT 5 adds.
    pub properties: Properties,
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// The broker has refused the connection (CONNACK).
    Refused(Reason),
    /// [`crate::Settings::version`] leaves the version open, and the broker does not know MQTT 5, or
    /// has closed the connection without an answer. The next [`crate::Session::connect`] tries 3.1.1.
    /// The caller connects again at once.
    OtherVersion,
    /// Another connection has the same client identifier. MQTT 5 only: on 3.1.1 the socket ends.
    TakenOver,
    /// The broker has ended the connection and said why (DISCONNECT). MQTT 5 only.
    Closed(Reason),
    /// The broker has not answered this packet within [`crate::Settings::timeout`]: `CONNECT`,
    /// `SUBSCRIBE`, or `PINGREQ` (the connection is dead).
    NoAnswer(&'static str),
    /// The broker has broken the protocol.
    Broken(Broken),
    /// The socket has ended.
    Ended,
    /// The caller has ended it.
    Disconnected,
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "the broker refuses the connection: {reason}"),
            Self::OtherVersion => f.write_str("the broker does not take MQTT 5, so 3.1.1 is next"),
            Self::TakenOver => f.write_str(
                "another client connected with the same client identifier. Each client needs its own",
            ),
            Self::Closed(reason) => write!(f, "the broker ended the connection: {reason}"),
            Self::NoAnswer(packet) => write!(f, "the broker did not answer {packet} in time"),
            Self::Broken(broken) => broken.fmt(f),
            Self::Ended => f.write_str("the connection ended without a reason"),
            Self::Disconnected => f.write_str("the connection was ended from here"),
        }
    }
}

/// Why the session does not take a message. All limits are in [`crate::Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The packet is larger than `packet`. On MQTT 5 the broker knows the limit, so that is
    /// [`Broken`].
    Packet,
    /// The topic is longer than `topic`.
    Topic,
    /// The properties together are longer than `properties`.
    Properties,
    /// There are more user properties than `user_properties`.
    UserProperties,
    /// No subscription matches it: a session that the broker has kept still has those of before.
    Unsubscribed,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Packet => "it is larger than the limit of packets",
            Self::Topic => "its topic is longer than the limit",
            Self::Properties => "its properties are longer than the limit",
            Self::UserProperties => "it has more user properties than the limit",
            Self::Unsubscribed => "no subscription matches it",
        })
    }
}

/// Why a publication will not be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The broker has refused it (PUBACK). MQTT 5 only: on 3.1.1 a broker can't.
    Broker(Reason),
    /// Its topic is wrong.
    Topic(TopicError),
    /// A property has more than 65,535 bytes or is no [text](crate::is_text), or the response topic is wrong.
    Property,
    /// The broker does not take QoS 1.
    Qos,
    /// The broker does not retain messages.
    Retain,
    /// It is larger than the broker takes, or than MQTT allows, or than
    /// [`crate::Limits::in_flight_bytes`].
    TooLarge {
        /// How large it is, in bytes.
        size: usize,
        /// How large it may be, in bytes.
        limit: usize,
    },
    /// The broker has ended 12 connections in a row after it, without a word on it. If the broker has
    /// named a malformed packet, a protocol error or the like as the reason (DISCONNECT, MQTT 5 only), an
    /// end counts as four. From the second one on the publication is sent alone, once the broker has answered
    /// all subscriptions and a PINGREQ.
    Ends,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker(reason) => write!(f, "the broker refuses it: {reason}"),
            Self::Topic(error) => write!(f, "the topic is wrong: {error}"),
            Self::Property => f.write_str(
                "a property has more than 65,535 bytes or a control character, or the response topic is wrong",
            ),
            Self::Qos => f.write_str("the broker takes QoS 0 only"),
            Self::Retain => f.write_str("the broker does not retain messages"),
            Self::Ends => f.write_str(
                "it ends the connection each time, as brokers do with a topic, a size or a right that they \
                 do not allow",
            ),
            Self::TooLarge { size, limit } => {
                write!(f, "it has {size} bytes, and at most {limit} are possible")
            }
        }
    }
}
