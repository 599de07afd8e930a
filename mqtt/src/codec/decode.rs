//! The packets of a server, taken apart and checked.

use bytes::Bytes;
use bytestring::ByteString;

use super::{
    CONNACK, DISCONNECT, PUBACK, PUBLISH, SUBACK,
    framer::Frame,
    properties::{Properties, Property, id},
    reader::{MALFORMED, PROTOCOL, Reader},
};
use crate::{
    broken::Broken,
    event::Skip,
    publication,
    reason::{Reason, SUCCESS},
    settings::{Limits, Version},
    topic,
};

/// A packet of the server.
#[derive(Debug)]
pub(crate) enum Packet {
    Connack(Connack),
    Publish(Publish),
    Puback { id: u16, reason: Reason },
    Suback { id: u16, reason: Reason },
    Pingresp,
    Disconnect(Reason),
}

/// The answer to CONNECT.
#[derive(Debug)]
pub(crate) struct Connack {
    pub(crate) session_present: bool,
    pub(crate) reason: Reason,
    pub(crate) broker: Broker,
}

/// What the broker supports (section 3.2.2.3).
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    /// How many publications with QoS 1 may be unacknowledged.
    pub(crate) receive_maximum: u16,
    /// The largest packet, in bytes.
    pub(crate) maximum_packet: usize,
    pub(crate) has_qos_1: bool,
    pub(crate) has_retain: bool,
    pub(crate) has_wildcards: bool,
    pub(crate) has_shared: bool,
    /// The keepalive that it wants instead of the client's, in seconds.
    pub(crate) keepalive: Option<u16>,
}

/// The largest packet of MQTT, in bytes: a length of 4 bytes, with the header.
pub(crate) const LARGEST: usize = (1 << 28) - 1 + 5;

impl Default for Broker {
    fn default() -> Self {
        Self {
            receive_maximum: u16::MAX,
            maximum_packet: LARGEST,
            has_qos_1: true,
            has_retain: true,
            has_wildcards: true,
            has_shared: true,
            keepalive: None,
        }
    }
}

/// A message of the broker.
#[derive(Debug)]
pub(crate) struct Publish {
    pub(crate) topic: ByteString,
    /// Its packet identifier, if it has QoS 1.
    pub(crate) id: Option<u16>,
    pub(crate) retained: bool,
    pub(crate) duplicate: bool,
    pub(crate) size: usize,
    /// What follows, or why it is not taken.
    pub(crate) content: Result<(publication::Properties, Bytes), Skip>,
}

/// Takes a packet apart.
pub(crate) fn decode(frame: &Frame, version: Version, limits: &Limits) -> Result<Packet, Broken> {
    let mut reader = Reader::new(frame);
    let packet = match frame.kind() {
        PUBLISH => return publish(frame, reader, version, limits).map(Packet::Publish),
        CONNACK => Packet::Connack(connack(&mut reader, version)?),
        PUBACK => {
            let id = reader.packet_id()?;
            let reason = ending(&mut reader, version, id::ACK)?;
            if !reason.is_error() && !matches!(reason.code(), SUCCESS | 0x10) {
                return Err(reader.broken("PUBACK has no such reason code", MALFORMED));
            }
            Packet::Puback { id, reason }
        }
        SUBACK => suback(&mut reader, version)?,
        DISCONNECT if version == Version::V3_1_1 => {
            return Err(reader.broken("a server does not send it on MQTT 3.1.1", PROTOCOL));
        }
        DISCONNECT => Packet::Disconnect(ending(&mut reader, version, id::DISCONNECT)?),
        // The framer lets no other type pass.
        _ => Packet::Pingresp,
    };
    reader.end()?;
    Ok(packet)
}

/// A reason code and properties, which may both be absent. 3.1.1 has neither.
fn ending(reader: &mut Reader, version: Version, allowed: &'static [u8]) -> Result<Reason, Broken> {
    if version == Version::V3_1_1 || reader.is_empty() {
        return Ok(Reason::new(SUCCESS));
    }
    let code = reader.byte()?;
    if reader.is_empty() {
        return Ok(Reason::new(code));
    }
    let text = Properties::new(reader, allowed)?.reason_text()?;
    Ok(Reason::with_text(code, text.as_ref()))
}

fn connack(reader: &mut Reader, version: Version) -> Result<Connack, Broken> {
    // A broker without MQTT 5 answers as in 3.1.1.
    let has_properties = version == Version::V5 && reader.len() > 2;
    let flags = reader.broken("a reserved flag is set", MALFORMED);
    let session_present = match reader.byte()? {
        0 => false,
        1 => true,
        _ => return Err(flags),
    };
    let unknown = reader.broken("CONNACK has no such reason code", MALFORMED);
    let code = reader.byte()?;
    let (mut reason, mut broker) = (Reason::new(code), Broker::default());
    if has_properties {
        let mut properties = Properties::new(reader, id::CONNACK)?;
        let mut text = None;
        while let Some(property) = properties.next()? {
            match property {
                Property::ReasonText(value) => text = Some(value),
                Property::ServerKeepAlive(seconds) => broker.keepalive = Some(seconds),
                Property::ReceiveMaximum(maximum) => broker.receive_maximum = maximum,
                Property::MaximumQos(qos) => broker.has_qos_1 = qos != 0,
                Property::RetainAvailable(is) => broker.has_retain = is,
                Property::MaximumPacket(size) => {
                    broker.maximum_packet = usize::try_from(size).unwrap_or(LARGEST).min(LARGEST);
                }
                Property::WildcardsAvailable(is) => broker.has_wildcards = is,
                Property::SharedAvailable(is) => broker.has_shared = is,
                _ => {}
            }
        }
        reason = Reason::with_text(code, text.as_ref());
    } else if !reason.is_error() {
        reason = Reason::of_3_1_1(code).ok_or_else(|| unknown.clone())?;
    }
    if !reason.is_error() && reason.code() != SUCCESS {
        return Err(unknown);
    }
    if reason.is_error() && session_present {
        return Err(reader.broken("a refused connection has no session", PROTOCOL));
    }
    Ok(Connack { session_present, reason, broker })
}

fn suback(reader: &mut Reader, version: Version) -> Result<Packet, Broken> {
    let id = reader.packet_id()?;
    let text = match version {
        Version::V3_1_1 => None,
        Version::V5 => Properties::new(reader, id::ACK)?.reason_text()?,
    };
    // Each SUBSCRIBE of the session has one filter.
    let unknown = reader.broken("the code is neither QoS 0 or 1 nor an error", PROTOCOL);
    let reason = Reason::with_text(reader.byte()?, text.as_ref());
    if !reason.is_error() && reason.code() > 1 {
        return Err(unknown);
    }
    Ok(Packet::Suback { id, reason })
}

fn publish(
    frame: &Frame,
    mut reader: Reader,
    version: Version,
    limits: &Limits,
) -> Result<Publish, Broken> {
    let flags = frame.first & 0x0F;
    let wrong = reader.broken("the topic is empty, or has a wildcard", MALFORMED);
    let topic = reader.text()?;
    if topic.is_empty() && version == Version::V5 {
        return Err(reader.broken("the topic is empty, and there are no aliases", PROTOCOL));
    }
    if !topic::is_name(&topic) {
        return Err(wrong);
    }
    let id = if flags & 0b110 == 0 { None } else { Some(reader.packet_id()?) };
    let content = if frame.is_cut() {
        Err(Skip::Packet)
    } else {
        let properties = match version {
            Version::V3_1_1 => Ok(publication::Properties::default()),
            Version::V5 => message_properties(&mut reader, limits)?,
        };
        properties.map(|properties| (properties, reader.rest()))
    };
    let content = content.and_then(|content| match topic.len() > usize::from(limits.topic) {
        true => Err(Skip::Topic),
        false => Ok(content),
    });
    let (retained, duplicate) = (flags & 1 != 0, flags & 8 != 0);
    Ok(Publish { topic, id, retained, duplicate, size: frame.size, content })
}

/// The properties of a message, unless there are too many.
fn message_properties(
    reader: &mut Reader,
    limits: &Limits,
) -> Result<Result<publication::Properties, Skip>, Broken> {
    let mut properties = Properties::new(reader, id::PUBLISH)?;
    if properties.len() > usize::try_from(limits.properties).unwrap_or(usize::MAX) {
        return Ok(Err(Skip::Properties));
    }
    let mut message = publication::Properties::default();
    while let Some(property) = properties.next()? {
        match property {
            Property::IsText(is) => message.is_text = is,
            Property::MessageExpiry(seconds) => message.expiry = Some(seconds),
            Property::ContentType(text) => message.content_type = Some(text),
            Property::ResponseTopic(name) if topic::is_name(&name) => {
                message.response_topic = Some(name);
            }
            Property::ResponseTopic(_) => {
                return Err(reader.broken("the response topic is not a topic name", PROTOCOL));
            }
            Property::CorrelationData(data) => message.correlation_data = Some(data),
            Property::User(..) if message.user.len() >= usize::from(limits.user_properties) => {
                return Ok(Err(Skip::UserProperties));
            }
            Property::User(name, value) => message.user.push((name, value)),
            _ => {}
        }
    }
    Ok(Ok(message))
}
