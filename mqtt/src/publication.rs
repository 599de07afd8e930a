//! Messages for the broker, and what messages of both directions have.

use bytes::Bytes;
use bytestring::ByteString;

use crate::{
    codec::{
        decode::Broker,
        encode::{self, Head},
    },
    data_types::{fits, is_text},
    event::Refusal,
    settings::{Limits, Version},
    topic,
};

/// How often a message arrives (MQTT 5, section 4.3). There is no exactly once (2): the session
/// neither sends it nor subscribes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qos {
    /// 0: at most once. Nobody acknowledges it.
    AtMostOnce,
    /// 1: at least once. Its receiver acknowledges it.
    AtLeastOnce,
}

impl Qos {
    /// 0 or 1.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
        }
    }
}

/// A message for the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its topic name.
    pub topic: ByteString,
    /// Its content.
    pub payload: Bytes,
    /// How often it arrives.
    pub qos: Qos,
    /// Whether the broker keeps it for those who subscribe later.
    pub retain: bool,
    /// What MQTT 5 adds. Nothing of it is sent on 3.1.1.
    pub properties: Properties,
}

impl Publication {
    /// How much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.topic.len() + self.payload.len() + self.properties.size() + size_of::<Self>()
    }
}

/// The properties of a message (MQTT 5, section 3.3.2.3). All are absent on 3.1.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Whether the sender says that the payload is UTF-8. Nobody has checked it.
    pub is_text: bool,
    /// For how many seconds the broker keeps the message for receivers.
    pub expiry: Option<u32>,
    /// The type of the payload, such as a MIME type.
    pub content_type: Option<ByteString>,
    /// The topic name for an answer.
    pub response_topic: Option<ByteString>,
    /// By what the asker knows the answer.
    pub correlation_data: Option<Bytes>,
    /// Names with values, in order. A name may come again.
    pub user: Vec<(ByteString, ByteString)>,
}

impl Properties {
    /// Whether they can be in a packet.
    pub(crate) fn are_valid(&self) -> bool {
        self.content_type.as_deref().is_none_or(is_text)
            && self.response_topic.as_deref().is_none_or(|name| topic::check_name(name).is_ok())
            && self.correlation_data.as_deref().is_none_or(fits)
            && self.user.iter().all(|(name, value)| is_text(name) && is_text(value))
    }

    fn size(&self) -> usize {
        let texts = [&self.content_type, &self.response_topic];
        let pair = size_of::<(ByteString, ByteString)>();
        let user = self.user.iter().map(|(name, value)| name.len() + value.len() + pair);
        texts.iter().filter_map(|text| text.as_ref().map(|text| text.len())).sum::<usize>()
            + self.correlation_data.as_ref().map_or(0, Bytes::len)
            + user.sum::<usize>()
    }
}

/// The packet of a publication without its payload, if the broker takes it.
pub(crate) fn prepare(
    publication: &Publication,
    version: Version,
    broker: &Broker,
    limits: &Limits,
    id: Option<u16>,
    duplicate: bool,
) -> Result<Head, Refusal> {
    topic::check_name(&publication.topic).map_err(Refusal::Topic)?;
    if version == Version::V5 && !publication.properties.are_valid() {
        return Err(Refusal::Property);
    }
    if id.is_some() && !broker.has_qos_1 {
        return Err(Refusal::Qos);
    }
    if publication.retain && !broker.has_retain {
        return Err(Refusal::Retain);
    }
    let (size, limit) = (publication.size(), limits.in_flight_bytes);
    if id.is_some() && size > limit {
        return Err(Refusal::TooLarge { size, limit });
    }
    let head = encode::publish(publication, version, id, duplicate);
    let (size, limit) = (head.size(publication.payload.len()), broker.maximum_packet);
    if size > limit {
        return Err(Refusal::TooLarge { size, limit });
    }
    Ok(head)
}
