//! The packets of a client, as bytes.

use bytes::{BufMut, BytesMut};

use super::properties::id;
use crate::{
    publication::{Properties, Publication},
    settings::{Settings, Subscription, Version},
};

/// A packet without its payload, which is large and comes last.
#[derive(Debug)]
pub(crate) struct Head {
    first: u8,
    body: Vec<u8>,
}

impl Head {
    fn new(first: u8) -> Self {
        Self { first, body: Vec::new() }
    }

    /// How large the packet is with a payload of this many bytes.
    pub(crate) fn size(&self, payload: usize) -> usize {
        let len = self.body.len() + payload;
        1 + digits(len) + len
    }

    /// Appends the packet.
    pub(crate) fn write(&self, payload: &[u8], output: &mut BytesMut) {
        output.reserve(self.size(payload.len()));
        output.put_u8(self.first);
        put_variable(output, self.body.len() + payload.len());
        output.put_slice(&self.body);
        output.put_slice(payload);
    }

    /// Appends bytes with their length. Whoever made them has checked that they fit.
    fn binary(&mut self, bytes: &[u8]) {
        put_binary(&mut self.body, bytes);
    }

    /// Appends properties with their length.
    fn properties(&mut self, properties: &[u8]) {
        put_variable(&mut self.body, properties.len());
        self.body.put_slice(properties);
    }
}

/// CONNECT (section 3.1). `is_clean` says that the broker forgets the session of before.
pub(crate) fn connect(settings: &Settings, version: Version, is_clean: bool) -> Head {
    let mut head = Head::new(0x10);
    head.binary(b"MQTT");
    head.body.put_u8(if version == Version::V5 { 5 } else { 4 });
    let mut flags = u8::from(is_clean) << 1;
    if let Some(will) = &settings.will {
        let Publication { qos, retain, .. } = will.publication;
        flags |= 0x04 | qos.number() << 3 | u8::from(retain) << 5;
    }
    if let Some(credentials) = &settings.credentials {
        flags |= 0x80 | u8::from(credentials.password.is_some()) << 6;
    }
    head.body.put_u8(flags);
    head.body.put_u16(settings.keepalive);
    if version == Version::V5 {
        let mut properties = Vec::new();
        properties.put_u8(id::SESSION_EXPIRY);
        properties.put_u32(settings.session_expiry);
        properties.put_u8(id::RECEIVE_MAXIMUM);
        properties.put_u16(settings.receive_maximum);
        properties.put_u8(id::MAXIMUM_PACKET);
        properties.put_u32(settings.limits.packet);
        properties.put_u8(id::TOPIC_ALIAS_MAXIMUM);
        properties.put_u16(0);
        head.properties(&properties);
    }
    head.binary(settings.client_id.as_bytes());
    if let Some(will) = &settings.will {
        if version == Version::V5 {
            let mut properties = message_properties(&will.publication.properties);
            properties.put_u8(id::WILL_DELAY);
            properties.put_u32(will.delay);
            head.properties(&properties);
        }
        head.binary(will.publication.topic.as_bytes());
        head.binary(&will.publication.payload);
    }
    if let Some(credentials) = &settings.credentials {
        head.binary(credentials.user.as_bytes());
        if let Some(password) = &credentials.password {
            head.binary(password);
        }
    }
    head
}

/// PUBLISH (section 3.3), with its packet identifier if it has QoS 1. The payload follows.
pub(crate) fn publish(
    publication: &Publication,
    version: Version,
    packet_id: Option<u16>,
    duplicate: bool,
) -> Head {
    let qos = u8::from(packet_id.is_some());
    let retain = u8::from(publication.retain);
    let mut head = Head::new(0x30 | u8::from(duplicate) << 3 | qos << 1 | retain);
    head.binary(publication.topic.as_bytes());
    if let Some(id) = packet_id {
        head.body.put_u16(id);
    }
    if version == Version::V5 {
        head.properties(&message_properties(&publication.properties));
    }
    head
}

/// PUBACK (section 3.4). 3.1.1 has no reason codes.
pub(crate) fn puback(version: Version, packet_id: u16, code: u8) -> Head {
    let mut head = Head::new(0x40);
    head.body.put_u16(packet_id);
    if version == Version::V5 && code != 0 {
        head.body.put_u8(code);
    }
    head
}

/// SUBSCRIBE (section 3.8) with one filter. On MQTT 5 the broker sends what it has retained only if
/// the subscription is new.
pub(crate) fn subscribe(subscription: &Subscription, version: Version, packet_id: u16) -> Head {
    let mut head = Head::new(0x82);
    head.body.put_u16(packet_id);
    let mut options = subscription.qos.number();
    if version == Version::V5 {
        head.properties(&[]);
        options |= 1 << 4;
    }
    head.binary(subscription.filter.as_bytes());
    head.body.put_u8(options);
    head
}

/// PINGREQ (section 3.12).
pub(crate) fn pingreq() -> Head {
    Head::new(0xC0)
}

/// DISCONNECT (section 3.14). 3.1.1 has no reason codes.
pub(crate) fn disconnect(version: Version, code: u8) -> Head {
    let mut head = Head::new(0xE0);
    if version == Version::V5 && code != 0 {
        head.body.put_u8(code);
    }
    head
}

fn message_properties(properties: &Properties) -> Vec<u8> {
    let mut out = Vec::new();
    if properties.is_text {
        out.put_slice(&[id::PAYLOAD_FORMAT, 1]);
    }
    if let Some(seconds) = properties.expiry {
        out.put_u8(id::MESSAGE_EXPIRY);
        out.put_u32(seconds);
    }
    let Properties { content_type, response_topic, correlation_data, .. } = properties;
    let binaries = [
        (id::CONTENT_TYPE, content_type.as_ref().map(|text| text.as_bytes())),
        (id::RESPONSE_TOPIC, response_topic.as_ref().map(|text| text.as_bytes())),
        (id::CORRELATION_DATA, correlation_data.as_ref()),
    ];
    for (id, bytes) in binaries {
        if let Some(bytes) = bytes {
            out.put_u8(id);
            put_binary(&mut out, bytes);
        }
    }
    for (name, value) in &properties.user {
        out.put_u8(id::USER);
        put_binary(&mut out, name.as_bytes());
        put_binary(&mut out, value.as_bytes());
    }
    out
}

fn put_binary(out: &mut Vec<u8>, bytes: &[u8]) {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.put_u16(len);
    out.put_slice(bytes.get(..usize::from(len)).unwrap_or(bytes));
}

/// Appends a variable byte integer (section 1.5.5).
fn put_variable(out: &mut impl BufMut, mut value: usize) {
    loop {
        let [digit, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.put_u8(digit & 0x7F);
        }
        out.put_u8(digit | 0x80);
    }
}

/// How many bytes a variable byte integer has.
fn digits(value: usize) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}
