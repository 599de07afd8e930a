//! What a session is told when it is made.

use std::{error, fmt, time::Duration};

use bytes::Bytes;
use bytestring::ByteString;

use crate::{
    data_types::{fits, is_text},
    publication::{Publication, Qos},
    topic::{self, TopicError},
};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.1.
    V3_1_1,
    /// MQTT 5.
    V5,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V3_1_1 => "MQTT 3.1.1",
            Self::V5 => "MQTT 5",
        })
    }
}

/// With whom, as whom, and for what.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The version. `None` tries MQTT 5 first, and 3.1.1 if the broker refuses that.
    pub version: Option<Version>,
    /// The name by which the broker knows the session.
    pub client_id: String,
    /// Who the client is.
    pub credentials: Option<Credentials>,
    /// After how many seconds without a packet in one of the directions the session asks whether
    /// the broker is there. The broker ends a connection that is silent for half as long again. 0
    /// never asks.
    pub keepalive: u16,
    /// For how many seconds the broker keeps the session after a connection. With 0 each connection
    /// has a new one, and the session never expires with `u32::MAX`. 3.1.1 has no number: the broker decides for how long it keeps it.
    pub session_expiry: u32,
    /// What the session subscribes to.
    pub subscriptions: Vec<Subscription>,
    /// What the broker publishes when the connection ends without [`crate::Session::disconnect`].
    pub will: Option<Will>,
    /// How many messages with QoS 1 the broker may send before they are acknowledged, at least 1. On
    /// 3.1.1 the broker does not know it, and mosquitto 2.0.11 sends more on MQTT 5 when a session goes
    /// on. Only a caller that stops reading limits them.
    pub receive_maximum: u16,
    /// How long the broker may take to answer.
    pub timeout: Duration,
    /// What bounds the session's memory.
    pub limits: Limits,
}

impl Settings {
    /// Settings for a client identifier: any version, 60 seconds between two signs of life, 10 seconds
    /// for an answer, 20 unacknowledged messages, no session that lasts, and no subscriptions.
    #[must_use]
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            version: None,
            client_id: client_id.into(),
            credentials: None,
            keepalive: 60,
            session_expiry: 0,
            subscriptions: Vec::new(),
            will: None,
            receive_maximum: 20,
            timeout: Duration::from_secs(10),
            limits: Limits::default(),
        }
    }
}

/// Who the client is.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password. It may be any bytes, at most 65,535.
    pub password: Option<Bytes>,
}

// By hand, so that no log has the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Something to subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The topic filter.
    pub filter: ByteString,
    /// The highest QoS of its messages.
    pub qos: Qos,
}

/// What the broker publishes in the client's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// The message. Its payload has at most 65,535 bytes.
    pub publication: Publication,
    /// How many seconds the broker waits for the client to come back first. 3.1.1 never waits.
    pub delay: u32,
}

/// What bounds the session's memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest packet of the broker, in bytes. Default: 1 MiB. On 3.1.1, which can't tell the
    /// broker, a larger message is skipped if its topic fits.
    pub packet: u32,
    /// The longest topic of a message, in bytes. Default: 1024.
    pub topic: u16,
    /// All properties of a message together, in bytes. Default: 8 KiB.
    pub properties: u32,
    /// The user properties of a message. Default: 32.
    pub user_properties: u16,
    /// The publications with QoS 1 that the broker has not acknowledged, with the subscriptions at
    /// most 65,535. Default: 64.
    pub in_flight: u16,
    /// Their memory together, in bytes. Default: 1 MiB.
    pub in_flight_bytes: usize,
    /// What waits to be written before the session takes no further publication, in bytes. Default:
    /// 64 KiB.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet: 1 << 20,
            topic: 1024,
            properties: 8 << 10,
            user_properties: 32,
            in_flight: 64,
            in_flight_bytes: 1 << 20,
            output: 64 << 10,
        }
    }
}

/// Why settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The client identifier is empty, longer than 65,535 bytes, or contains a control character.
    ClientId,
    /// The user's name or the password is longer than 65,535 bytes, or the name contains a control character.
    Credentials,
    /// A subscription.
    Filter(ByteString, TopicError),
    /// The will's topic.
    WillTopic(TopicError),
    /// The will's payload or one of its properties is longer than 65,535 bytes, or a property contains
    /// U+0000.
    Will,
    /// The receive maximum is 0 (MQTT 5, section 3.1.2.11.3).
    ReceiveMaximum,
    /// The subscriptions and the publications in flight together are more than the 65,535 packet
    /// identifiers that exist.
    InFlight,
    /// The limit of packets is smaller than 64 bytes, which the answers of brokers need.
    PacketLimit,
}

/// The smallest limit of packets. A CONNACK has more than 20 bytes.
const LEAST_PACKET: u32 = 64;

impl Settings {
    /// Whether they can be used.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.client_id.is_empty() || !is_text(&self.client_id) {
            return Err(Invalid::ClientId);
        }
        if let Some(Credentials { user, password }) = &self.credentials
            && !(is_text(user) && password.as_deref().is_none_or(fits))
        {
            return Err(Invalid::Credentials);
        }
        for Subscription { filter, .. } in &self.subscriptions {
            topic::check_filter(filter).map_err(|error| Invalid::Filter(filter.clone(), error))?;
        }
        if let Some(Will { publication, .. }) = &self.will {
            topic::check_name(&publication.topic).map_err(Invalid::WillTopic)?;
            if !(fits(&publication.payload) && publication.properties.are_valid()) {
                return Err(Invalid::Will);
            }
        }
        if self.receive_maximum == 0 {
            return Err(Invalid::ReceiveMaximum);
        }
        let ids = self.subscriptions.len() + usize::from(self.limits.in_flight);
        if ids > usize::from(u16::MAX) {
            return Err(Invalid::InFlight);
        }
        if self.limits.packet < LEAST_PACKET {
            return Err(Invalid::PacketLimit);
        }
        Ok(())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientId => f.write_str(
                "the client identifier is empty, has more than 65,535 bytes, or contains a control character",
            ),
            Self::Credentials => f.write_str(
                "the user's name or the password has more than 65,535 bytes, or the name contains a control character",
            ),
            Self::Filter(filter, error) => write!(f, "the filter {filter:?} is wrong: {error}"),
            Self::WillTopic(error) => write!(f, "the will's topic is wrong: {error}"),
            Self::Will => f.write_str(
                "the will's payload or one of its properties has more than 65,535 bytes, or a property is wrong",
            ),
            Self::ReceiveMaximum => f.write_str("the receive maximum must be at least 1"),
            Self::InFlight => f.write_str(
                "subscriptions and publications in flight may be 65,535 together. Lower the limit in_flight",
            ),
            Self::PacketLimit => write!(f, "the limit of packets must be at least {LEAST_PACKET}"),
        }
    }
}

impl error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Settings)) -> Result<(), Invalid> {
        let mut settings = Settings::new("lamp");
        change(&mut settings);
        settings.check()
    }

    fn will(payload: usize) -> Option<Will> {
        let publication = Publication {
            topic: "gone".into(),
            payload: vec![0; payload].into(),
            qos: Qos::AtMostOnce,
            retain: false,
            properties: Default::default(),
        };
        Some(Will { publication, delay: 0 })
    }

    #[test]
    fn settings_are_taken_at_their_limits_and_refused_past_them() {
        let password =
            |len| Some(Credentials { user: "u".into(), password: Some(vec![0; len].into()) });
        let filter =
            |filter: &str| vec![Subscription { filter: filter.into(), qos: Qos::AtMostOnce }];
        assert_eq!(check(|_| {}), Ok(()));
        assert_eq!(check(|s| s.client_id = "x".repeat(65_535)), Ok(()));
        assert_eq!(check(|s| s.client_id = "x".repeat(65_536)), Err(Invalid::ClientId));
        assert_eq!(check(|s| s.client_id = String::new()), Err(Invalid::ClientId));
        assert_eq!(check(|s| s.client_id = "\0".into()), Err(Invalid::ClientId));
        assert_eq!(check(|s| s.credentials = password(65_535)), Ok(()));
        assert_eq!(check(|s| s.credentials = password(65_536)), Err(Invalid::Credentials));
        assert_eq!(check(|s| s.subscriptions = filter("a/#")), Ok(()));
        assert!(matches!(check(|s| s.subscriptions = filter("a#")), Err(Invalid::Filter(..))));
        assert_eq!(check(|s| s.will = will(65_535)), Ok(()));
        assert_eq!(check(|s| s.will = will(65_536)), Err(Invalid::Will));
        assert_eq!(check(|s| s.receive_maximum = 1), Ok(()));
        assert_eq!(check(|s| s.receive_maximum = 0), Err(Invalid::ReceiveMaximum));
        assert_eq!(check(|s| s.limits.in_flight = 65_535), Ok(()));
        let both = |s: &mut Settings| (s.limits.in_flight, s.subscriptions) = (65_535, filter("a"));
        assert_eq!(check(both), Err(Invalid::InFlight));
        assert_eq!(check(|s| s.limits.packet = 64), Ok(()));
        assert_eq!(check(|s| s.limits.packet = 63), Err(Invalid::PacketLimit));
    }

    #[test]
    fn no_debug_text_has_the_password() {
        let credentials = Credentials { user: "ann".into(), password: Some("secret".into()) };
        assert!(!format!("{credentials:?}").contains("secret"));
    }
}
