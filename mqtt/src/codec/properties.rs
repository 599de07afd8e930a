//! The properties of MQTT 5 (section 2.2.2) that a server sends.

use bytes::Bytes;
use bytestring::ByteString;

use super::reader::{MALFORMED, PROTOCOL, Reader};
use crate::broken::Broken;

/// A property that a server may send.
#[derive(Debug)]
pub(crate) enum Property {
    IsText(bool),
    MessageExpiry(u32),
    ContentType(ByteString),
    ResponseTopic(ByteString),
    CorrelationData(Bytes),
    User(ByteString, ByteString),
    ServerKeepAlive(u16),
    ReasonText(ByteString),
    ReceiveMaximum(u16),
    MaximumQos(u8),
    RetainAvailable(bool),
    MaximumPacket(u32),
    WildcardsAvailable(bool),
    SharedAvailable(bool),
    /// One that the session does not use.
    Other,
}

/// The identifiers of properties (section 2.2.2.2).
pub(crate) mod id {
    pub(crate) const PAYLOAD_FORMAT: u8 = 0x01;
    pub(crate) const MESSAGE_EXPIRY: u8 = 0x02;
    pub(crate) const CONTENT_TYPE: u8 = 0x03;
    pub(crate) const RESPONSE_TOPIC: u8 = 0x08;
    pub(crate) const CORRELATION_DATA: u8 = 0x09;
    pub(crate) const SUBSCRIPTION_ID: u8 = 0x0B;
    pub(crate) const SESSION_EXPIRY: u8 = 0x11;
    pub(crate) const ASSIGNED_CLIENT_ID: u8 = 0x12;
    pub(crate) const SERVER_KEEP_ALIVE: u8 = 0x13;
    pub(crate) const AUTH_METHOD: u8 = 0x15;
    pub(crate) const AUTH_DATA: u8 = 0x16;
    pub(crate) const WILL_DELAY: u8 = 0x18;
    pub(crate) const RESPONSE_INFORMATION: u8 = 0x1A;
    pub(crate) const SERVER_REFERENCE: u8 = 0x1C;
    pub(crate) const REASON_TEXT: u8 = 0x1F;
    pub(crate) const RECEIVE_MAXIMUM: u8 = 0x21;
    pub(crate) const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
    pub(crate) const TOPIC_ALIAS: u8 = 0x23;
    pub(crate) const MAXIMUM_QOS: u8 = 0x24;
    pub(crate) const RETAIN_AVAILABLE: u8 = 0x25;
    pub(crate) const USER: u8 = 0x26;
    pub(crate) const MAXIMUM_PACKET: u8 = 0x27;
    pub(crate) const WILDCARDS_AVAILABLE: u8 = 0x28;
    pub(crate) const SUBSCRIPTION_IDS_AVAILABLE: u8 = 0x29;
    pub(crate) const SHARED_AVAILABLE: u8 = 0x2A;

    /// Those of CONNACK (section 3.2.2.3).
    pub(crate) const CONNACK: &[u8] = &[
        SESSION_EXPIRY,
        ASSIGNED_CLIENT_ID,
        SERVER_KEEP_ALIVE,
        AUTH_METHOD,
        AUTH_DATA,
        RESPONSE_INFORMATION,
        SERVER_REFERENCE,
        REASON_TEXT,
        RECEIVE_MAXIMUM,
        TOPIC_ALIAS_MAXIMUM,
        MAXIMUM_QOS,
        RETAIN_AVAILABLE,
        USER,
        MAXIMUM_PACKET,
        WILDCARDS_AVAILABLE,
        SUBSCRIPTION_IDS_AVAILABLE,
        SHARED_AVAILABLE,
    ];
    /// Those of PUBLISH (section 3.3.2.3).
    pub(crate) const PUBLISH: &[u8] = &[
        PAYLOAD_FORMAT,
        MESSAGE_EXPIRY,
        CONTENT_TYPE,
        RESPONSE_TOPIC,
        CORRELATION_DATA,
        SUBSCRIPTION_ID,
        TOPIC_ALIAS,
        USER,
    ];
    /// Those of PUBACK and SUBACK (sections 3.4.2.2 and 3.9.2.1).
    pub(crate) const ACK: &[u8] = &[REASON_TEXT, USER];
    /// Those of DISCONNECT (section 3.14.2.2).
    pub(crate) const DISCONNECT: &[u8] = &[REASON_TEXT, USER, SERVER_REFERENCE];
}

/// The properties of a packet, one after another. They may be absent at the packet's end.
#[derive(Debug)]
pub(crate) struct Properties {
    reader: Reader,
    allowed: &'static [u8],
    /// A bit for each identifier that was there.
    seen: u64,
}

impl Properties {
    /// The next properties in a packet, of which these identifiers are allowed.
    pub(crate) fn new(packet: &mut Reader, allowed: &'static [u8]) -> Result<Self, Broken> {
        let len = packet.variable()?;
        let reader = packet.part(usize::try_from(len).unwrap_or(usize::MAX))?;
        Ok(Self { reader, allowed, seen: 0 })
    }

    /// How many bytes are left.
    pub(crate) fn len(&self) -> usize {
        self.reader.len()
    }

    /// The text of the reason, if there is one. No other property is looked at.
    pub(crate) fn reason_text(mut self) -> Result<Option<ByteString>, Broken> {
        let mut found = None;
        while let Some(property) = self.next()? {
            if let Property::ReasonText(text) = property {
                found = Some(text);
            }
        }
        Ok(found)
    }

    /// The next property.
    pub(crate) fn next(&mut self) -> Result<Option<Property>, Broken> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        // An identifier is a variable byte integer, but all that exist have one byte.
        let before = self.reader.broken("this packet does not have such a property", MALFORMED);
        let id = self.reader.byte()?;
        if !self.allowed.contains(&id) {
            return Err(before);
        }
        let bit = 1u64 << (id & 63);
        if self.seen & bit != 0 && id != id::USER && id != id::SUBSCRIPTION_ID {
            return Err(self.reader.broken("a property is there twice", PROTOCOL));
        }
        self.seen |= bit;
        self.value(id).map(Some)
    }

    fn value(&mut self, id: u8) -> Result<Property, Broken> {
        let reader = &mut self.reader;
        Ok(match id {
            id::PAYLOAD_FORMAT => Property::IsText(self.flag()?),
            id::MESSAGE_EXPIRY => Property::MessageExpiry(reader.four_bytes()?),
            id::CONTENT_TYPE => Property::ContentType(reader.text()?),
            id::RESPONSE_TOPIC => Property::ResponseTopic(reader.text()?),
            id::CORRELATION_DATA => Property::CorrelationData(reader.binary()?),
            id::USER => Property::User(reader.text()?, reader.text()?),
            id::SERVER_KEEP_ALIVE => Property::ServerKeepAlive(reader.two_bytes()?),
            id::REASON_TEXT => Property::ReasonText(reader.text()?),
            id::RECEIVE_MAXIMUM => match reader.two_bytes()? {
                0 => return Err(reader.broken("the receive maximum is 0", PROTOCOL)),
                maximum => Property::ReceiveMaximum(maximum),
            },
            id::MAXIMUM_QOS => Property::MaximumQos(u8::from(self.flag()?)),
            id::RETAIN_AVAILABLE => Property::RetainAvailable(self.flag()?),
            id::MAXIMUM_PACKET => match reader.four_bytes()? {
                0 => return Err(reader.broken("the maximum packet size is 0", PROTOCOL)),
                maximum => Property::MaximumPacket(maximum),
            },
            id::WILDCARDS_AVAILABLE => Property::WildcardsAvailable(self.flag()?),
            id::SHARED_AVAILABLE => Property::SharedAvailable(self.flag()?),
            id::TOPIC_ALIAS => {
                return Err(reader.broken("there is a topic alias, and none is allowed", 0x94));
            }
            id::SUBSCRIPTION_IDS_AVAILABLE => self.flag().map(|_| Property::Other)?,
            id::SUBSCRIPTION_ID => reader.variable().map(|_| Property::Other)?,
            id::TOPIC_ALIAS_MAXIMUM => reader.two_bytes().map(|_| Property::Other)?,
            id::SESSION_EXPIRY => reader.four_bytes().map(|_| Property::Other)?,
            id::AUTH_DATA => reader.binary().map(|_| Property::Other)?,
            // The others are texts.
            _ => reader.text().map(|_| Property::Other)?,
        })
    }

    fn flag(&mut self) -> Result<bool, Broken> {
        let before = self.reader.broken("a property must be 0 or 1", PROTOCOL);
        match self.reader.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(before),
        }
    }
}
