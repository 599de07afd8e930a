//! A broker that says what the test tells it to, and the packets that it says.

use std::time::{Duration, Instant};

use bytestring::ByteString;
use footlight_mqtt::{
    Event, Properties, Publication, Qos, Session, Settings, Subscription, Version,
};

/// A session, and the time.
pub struct Stage {
    pub session: Session,
    pub now: Instant,
}

impl Stage {
    pub fn new(settings: Settings) -> Self {
        Self { session: Session::new(settings).unwrap(), now: Instant::now() }
    }

    /// A session that is up, on a connection with this CONNACK.
    pub fn up(settings: Settings, connack: &[u8]) -> Self {
        let mut stage = Self::new(settings);
        stage.reconnect(connack);
        stage
    }

    /// Connects, and lets the broker answer. Returns the events and the packets after CONNECT.
    pub fn reconnect(&mut self, connack: &[u8]) -> (Vec<Event>, Vec<Vec<u8>>) {
        self.session.connect(self.now);
        self.output();
        let events = self.hear(connack);
        (events, self.output())
    }

    /// Lets the broker say this. Returns all events.
    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = self.events();
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.session.received(rest, self.now);
            let more = self.events();
            assert!(taken > 0 || !more.is_empty(), "nothing goes on");
            rest = &rest[taken..];
            events.extend(more);
        }
        events
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.next_event()).collect()
    }

    /// The packets that the session wants to write, which it has written then.
    pub fn output(&mut self) -> Vec<Vec<u8>> {
        let packets = split(self.session.output());
        self.session.wrote(self.session.output().len(), self.now);
        packets
    }

    pub fn publish(&mut self, key: u64, publication: &Publication) -> bool {
        self.session.publish(key, publication, self.now).is_ok()
    }

    /// Lets this much time pass, and the session do what is due then.
    pub fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.session.expired(self.now);
    }
}

/// Settings for this version, with a subscription to everything, and a session that lasts.
pub fn settings(version: Version) -> Settings {
    let mut settings = Settings::new("lamp");
    settings.version = Some(version);
    settings.session_expiry = 3600;
    settings.subscriptions = vec![subscription("#")];
    settings
}

pub fn subscription(filter: &str) -> Subscription {
    Subscription { filter: filter.into(), qos: Qos::AtLeastOnce }
}

/// A publication with QoS 1 to the topic `t`.
pub fn publication(payload: &str) -> Publication {
    Publication {
        topic: "t".into(),
        payload: payload.to_owned().into(),
        qos: Qos::AtLeastOnce,
        retain: false,
        properties: Properties::default(),
    }
}

/// A packet with this first byte.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut len = body.len();
    while len > 0x7F {
        packet.push(u8::try_from(len & 0x7F).unwrap() | 0x80);
        len >>= 7;
    }
    packet.push(u8::try_from(len).unwrap());
    packet.extend_from_slice(body);
    packet
}

/// A text with its length.
pub fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

/// CONNACK of MQTT 5 with these properties.
pub fn connack(session_present: bool, properties: &[u8]) -> Vec<u8> {
    let len = u8::try_from(properties.len()).unwrap();
    packet(0x20, &[&[u8::from(session_present), 0, len], properties].concat())
}

/// CONNACK of either version without properties.
pub fn connack_of(version: Version, session_present: bool) -> Vec<u8> {
    match version {
        Version::V5 => connack(session_present, &[]),
        Version::V3_1_1 => packet(0x20, &[u8::from(session_present), 0]),
    }
}

/// PUBLISH with these flags, an identifier if it has QoS 1, and properties for MQTT 5.
pub fn publish(
    flags: u8,
    topic: &str,
    id: u16,
    properties: Option<&[u8]>,
    payload: &str,
) -> Vec<u8> {
    let mut body = text(topic);
    if flags & 0b110 != 0 {
        body.extend(id.to_be_bytes());
    }
    if let Some(properties) = properties {
        let len = packet(0, properties);
        body.extend_from_slice(&len[1..]);
    }
    body.extend_from_slice(payload.as_bytes());
    packet(0x30 | flags, &body)
}

pub fn puback(id: u16) -> Vec<u8> {
    packet(0x40, &id.to_be_bytes())
}

/// The packets in these bytes.
pub fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while !bytes.is_empty() {
        let digits = 1 + bytes[1..].iter().position(|byte| byte & 0x80 == 0).unwrap();
        let digit = |sum, byte: &u8| sum << 7 | usize::from(byte & 0x7F);
        let len = 1 + digits + bytes[1..=digits].iter().rev().fold(0, digit);
        packets.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    packets
}

/// The answers to these SUBSCRIBEs, with this code.
pub fn subacks(version: Version, subscribes: &[Vec<u8>], code: u8) -> Vec<u8> {
    let properties: &[u8] = if version == Version::V5 { &[0] } else { &[] };
    let suback = |packet_: &Vec<u8>| packet(0x90, &[&packet_[2..4], properties, &[code]].concat());
    subscribes.iter().filter(|packet| packet[0] == 0x82).flat_map(suback).collect()
}

/// The topics of messages among these events.
pub fn topics(events: &[Event]) -> Vec<ByteString> {
    let topic = |event: &Event| match event {
        Event::Message(message) => Some(message.topic.clone()),
        _ => None,
    };
    events.iter().filter_map(topic).collect()
}
